/** Predicates turned into tests of partition tuples, once per partition spec. */
import { evaluator } from '../../expr/evaluate.js'
import { mayMatch } from '../../expr/inclusive.js'
import { manifestBounds } from '../../expr/manifest-bounds.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import { projectInclusive } from '../../expr/project.js'
import { residualFor, tupleReader } from '../../expr/residual.js'
import { specById } from '../../format/lookup.js'
import type { ManifestFile, PartitionTuple, TableMetadata } from '../../format/model.js'
import { partitionType } from '../../partition/partition-type.js'
import type { Datum } from '../../types/datum.js'
import { promoteDatum } from '../../types/promote.js'
import type { Schema, Type } from '../../types/type.js'

/** What one partition spec can tell about a predicate. */
export interface SpecFilter {
  /** Whether a manifest of this spec may hold a matching row, by its partition summaries. */
  manifestMayMatch(manifest: ManifestFile): boolean
  /** Whether a partition may hold a matching row (inclusive projection). */
  partitionMayMatch(tuple: PartitionTuple): boolean
  /** What is left to test of rows in a partition. */
  residual(tuple: PartitionTuple): BoundPredicate
}

/** Filters by spec id. Specs are evaluated as they were when the manifest was written. */
export function specFilters(
  metadata: TableMetadata,
  schema: Schema,
  where: BoundPredicate,
): (specId: number) => SpecFilter {
  const bySpec = new Map<number, SpecFilter>()
  return (specId) => {
    let filter = bySpec.get(specId)
    if (filter === undefined) {
      filter = makeFilter(metadata, schema, where, specId)
      bySpec.set(specId, filter)
    }
    return filter
  }
}

function makeFilter(
  metadata: TableMetadata,
  schema: Schema,
  where: BoundPredicate,
  specId: number,
): SpecFilter {
  const spec = specById(metadata, specId)
  if (where.op === 'true' || spec.fields.length === 0) {
    return { manifestMayMatch: () => true, partitionMayMatch: () => true, residual: () => where }
  }
  const projected = projectInclusive(where, spec)
  const types = partitionType(spec, schema).fields.map((field) => field.type)
  const matches = evaluator(projected)
  const residual = residualFor(where, spec)
  return {
    manifestMayMatch: (manifest) =>
      mayMatch(projected, manifestBounds(spec, types, manifest.partitions)),
    partitionMayMatch: (tuple) => matches(tupleReader(spec, asTypes(tuple, types))),
    residual: (tuple) => residual(asTypes(tuple, types)),
  }
}

/**
 * Partition values in the types of the schema that is read, which may be older than the one that
 * they were decoded with: an int was promoted to long since, or the other way round.
 */
function asTypes(tuple: PartitionTuple, types: readonly Type[]): PartitionTuple {
  return tuple.map((datum, index) => (datum === null ? null : coerceDatum(datum, types[index])))
}

/** A partition value in the type that its column has now. */
export function coerceDatum(datum: Datum, type: Type | undefined): Datum {
  switch (type?.kind) {
    case 'int':
    case 'date':
      return typeof datum === 'bigint' ? Number(datum) : datum
    case 'long':
      return typeof datum === 'number' ? BigInt(datum) : datum
    case 'timestamp':
    case 'timestamp_ns':
      return typeof datum === 'number' ? promoteDatum({ kind: 'date' }, type, datum) : datum
    default:
      return datum
  }
}
