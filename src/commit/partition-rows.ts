/** The rows of partitions, told from those of other files by what the partitions are computed of. */
import { CommitConflict } from '../errors.js'
import type { BoundPredicate, BoundTerm } from '../expr/predicate.js'
import { boundAnd, boundOr, FALSE } from '../expr/simplify.js'
import { specById } from '../format/lookup.js'
import type { DataFile, PartitionTuple, TableMetadata } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import type { PartitionField, PartitionSpec } from '../partition/model.js'
import { transformOps } from '../partition/ops.js'
import type { Datum } from '../types/datum.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'

/** The predicate that exactly the rows of some partitions of one spec fulfil. */
export function partitionRows(
  spec: PartitionSpec,
  schema: Schema,
  tuples: readonly PartitionTuple[],
): BoundPredicate {
  const terms = spec.fields.map((field) => termOf(field, schema))
  return boundOr(
    tuples.map((tuple) =>
      boundAnd(
        terms.flatMap((term, index) =>
          term === undefined ? [] : [equals(term, tuple[index] ?? null)],
        ),
      ),
    ),
  )
}

/** The rows of the partitions that files of one spec fall into. */
export function partitionsOf(
  metadata: TableMetadata,
  schema: Schema,
  files: readonly DataFile[],
): BoundPredicate {
  const [first] = files
  if (first === undefined) return FALSE
  const tuples = new Map(
    files.map((file) => [partitionKey(file.specId, file.partition), file.partition]),
  )
  return partitionRows(specById(metadata, first.specId), schema, [...tuples.values()])
}

/** Undefined for a void field, which tells no rows apart. */
function termOf(field: PartitionField, schema: Schema): BoundTerm | undefined {
  const { transform, sourceIds } = field
  if (transform.kind === 'void') return undefined
  const source = schemaIndex(schema).byId.get(sourceIds[0] as number)
  if (source === undefined) {
    throw new CommitConflict(
      `the column of partition field '${field.name}' was dropped meanwhile`,
      {
        conflict: 'schema-changed',
      },
    )
  }
  return {
    fieldId: source.id,
    path: source.path,
    sourceType: source.type,
    type: transformOps(transform, source.type).resultType,
    required: !source.nullable,
    ...(transform.kind === 'identity' ? {} : { transform }),
  }
}

function equals(term: BoundTerm, value: Datum | null): BoundPredicate {
  if (value === null) return { op: 'isNull', term }
  if (typeof value === 'number' && Number.isNaN(value)) return { op: 'isNaN', term }
  return { op: 'eq', term, value }
}
