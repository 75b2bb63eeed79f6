/** The columns that equality deletes compare, and the parts of rows that hold them. */
import { type Data, RecordBatch, Struct } from 'apache-arrow'
import { makeColumn, retype } from '../arrow/layout.js'
import { arrowSchemaOf, arrowTypeOf } from '../arrow/schema.js'
import { InvalidArgument } from '../errors.js'
import { type KeyColumn, keyColumn } from '../scan/deletes/key-columns.js'
import { chainOf } from '../scan/deletes/task-deletes.js'
import { pruneFields } from '../scan/projection.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Field, Schema } from '../types/type.js'
import { checkCompared } from './deletes/equality-deletes.js'
import { writeForm } from './input.js'

export interface EqualityKey {
  /** Ids of the compared columns, in the order they were named. */
  readonly ids: readonly number[]
  /** The table's schema pruned to them: the columns of the delete files. */
  readonly schema: Schema
  readonly names: string
}

/**
 * The key of equality deletes. Its columns may be optional and lie in structs, but not in lists or
 * maps, and floats cannot be compared (spec: "Equality Delete Files", "Identifier Field IDs").
 *
 * @throws InvalidArgument, NotFound('column')
 */
export function equalityKey(
  schema: Schema,
  names: readonly string[],
  where: string,
  caseSensitive: boolean,
): EqualityKey {
  if (names.length === 0) {
    throw new InvalidArgument(
      `${where}: the table has no identifier fields to match by; name columns with \`on\``,
    )
  }
  const index = schemaIndex(schema)
  const ids = names.map((name) => index.require(name, { caseSensitive }).id)
  checkCompared(schema, ids)
  for (const [at, id] of ids.entries()) {
    const { kind } = index.byId.get(id)!.type
    if (kind === 'float' || kind === 'double' || kind === 'unknown') {
      throw new InvalidArgument(
        `${where}: rows cannot be matched by \`${index.pathText(id)}\`, a column of type ${kind}`,
      )
    }
    if (ids.indexOf(id) !== at) {
      throw new InvalidArgument(`${where}: column \`${index.pathText(id)}\` is named twice`)
    }
  }
  const fields = pruneFields(schema.fields, new Set(ids))
  return {
    ids,
    schema: { schemaId: schema.schemaId, identifierFieldIds: [], fields },
    names: ids.map((id) => index.pathText(id)).join(', '),
  }
}

/** The members of a batch in `writeForm` that a pruned schema keeps. */
export function pruneBatch(batch: RecordBatch, from: Schema, to: Schema): RecordBatch {
  const { fields } = arrowSchemaOf(to, writeForm)
  const children = prunedColumns(batch.data.children, from.fields, to.fields)
  const data = makeColumn(new Struct(fields), batch.numRows, 0, { children })
  return new RecordBatch(arrowSchemaOf(to, writeForm), data as RecordBatch['data'])
}

function prunedColumns(
  columns: readonly Data[],
  from: readonly Field[],
  to: readonly Field[],
): readonly Data[] {
  return to.map((field) => {
    const at = from.findIndex(({ id }) => id === field.id)
    const [data, source] = [columns[at]!, from[at]!]
    if (source === field || field.type.kind !== 'struct' || source.type.kind !== 'struct') {
      return data
    }
    const members = prunedColumns(data.children, source.type.fields, field.type.fields)
    return retype(data, arrowTypeOf(field.type, writeForm), members)
  })
}

/** The key columns of batches of the key's schema, as the deletes will compare them. */
export function keyReader({ ids, schema }: EqualityKey): (batch: RecordBatch) => KeyColumn[] {
  const trees = ids.map((id) => ({
    ...schema,
    fields: pruneFields(schema.fields, new Set([id])),
  }))
  return (batch) =>
    trees.map((tree) => {
      const [top] = pruneBatch(batch, schema, tree).data.children
      return keyColumn(chainOf(top!), batch.numRows)
    })
}
