/** The columns that equality deletes compare: found by id, dropped and promoted ones included. */
import { Unsupported } from '../../errors.js'
import type { TableMetadata } from '../../format/model.js'
import { canPromote } from '../../types/promote.js'
import { type IndexedField, schemaIndex } from '../../types/schema-index.js'
import type { Field, Schema } from '../../types/type.js'
import { pruneFields } from '../projection.js'

/** One column to compare. */
export interface EqualityColumn {
  readonly id: number
  /** The top-level field, pruned to this column: each struct around it has one member. */
  readonly tree: Field
}

/**
 * The columns of equality ids, in the widest type that any schema of the table gives them: a column
 * that was widened since, or is read as it was before, compares by value. A dropped column is found
 * in the schemas that had it (spec: "Equality Delete Files").
 *
 * @throws Unsupported for ids that no schema has, and for columns that are not primitive or lie in a
 *   list or map, which the specification excludes
 */
export function equalityColumns(
  ids: readonly number[],
  metadata: TableMetadata,
  schema: Schema,
): readonly EqualityColumn[] {
  return ids.map((id) => {
    let widest: { readonly field: IndexedField; readonly schema: Schema } | undefined
    for (const candidate of [schema, ...metadata.schemas]) {
      const field = schemaIndex(candidate).byId.get(id)
      if (field === undefined) continue
      if (widest === undefined || isWider(widest.field, field))
        widest = { field, schema: candidate }
    }
    if (widest === undefined) {
      throw new Unsupported(
        'equality-delete-column',
        `an equality delete compares column #${id}, which no schema of the table has`,
        { details: { column: id } },
      )
    }
    checkComparable(widest.field)
    return { id, tree: pruneFields(widest.schema.fields, new Set([id]))[0]! }
  })
}

function isWider(known: IndexedField, other: IndexedField): boolean {
  return !canPromote(other.type, known.type, 3) && canPromote(known.type, other.type, 3)
}

function checkComparable(field: IndexedField): void {
  const { kind } = field.type
  const isNested = kind === 'struct' || kind === 'list' || kind === 'map' || kind === 'variant'
  if (!isNested && !field.inRepeated) return
  const name = field.path.join('.')
  throw new Unsupported(
    'equality-delete-column',
    `an equality delete compares column \`${name}\`, which is ${isNested ? `a ${kind}` : 'in a list or map'}`,
    { details: { column: name } },
  )
}
