/** What changed between two partition specs or sort orders, in words and by kind. */
import type { ShapeChange, ShapeChangeKind } from '../types/schema-diff.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import type { PartitionField, PartitionSpec, SortOrder, Transform } from './model.js'
import { formatTransform } from './transform.js'

/**
 * The differences between two specs of one table, fields told by their ids. A field that has become
 * void is a removed one; one that is void from the start was added so. Columns are named as in
 * `schema`.
 */
export function specDiff(
  before: PartitionSpec,
  after: PartitionSpec,
  schema: Schema,
): readonly ShapeChange[] {
  const live = (spec: PartitionSpec): ReadonlyMap<number, PartitionField> =>
    new Map(
      spec.fields
        .filter((field) => field.transform.kind !== 'void')
        .map((field) => [field.fieldId, field]),
    )
  const [old, now] = [live(before), live(after)]
  const changes: ShapeChange[] = []
  for (const [id, field] of old) {
    if (now.has(id)) continue
    changes.push(change('dropped', field.name, `removed ${fieldText(field, schema)}`))
  }
  for (const [id, field] of now) {
    const was = old.get(id)
    if (was === undefined) {
      changes.push(change('added', field.name, `added ${fieldText(field, schema)}`))
    } else if (was.name !== field.name) {
      const text = `renamed partition field '${was.name}' to '${field.name}'`
      changes.push(change('renamed', field.name, text))
    }
  }
  const known = new Set(before.fields.map((field) => field.fieldId))
  for (const field of after.fields) {
    if (field.transform.kind !== 'void' || known.has(field.fieldId)) continue
    changes.push(change('added', field.name, `added ${fieldText(field, schema)}`))
  }
  return changes
}

/** The one difference between two sort orders; none when they sort alike. */
export function orderDiff(
  before: SortOrder,
  after: SortOrder,
  schema: Schema,
): readonly ShapeChange[] {
  const text = orderText(after, schema)
  if (text === orderText(before, schema)) return []
  const said = after.fields.length === 0 ? 'no longer sorted' : `now sorted by ${text}`
  return [{ of: 'sort order', kind: 'order', name: '', text: said }]
}

/** `at_day = day(at)`; just `city` for a column that keeps its name. */
export function partitionFieldText(field: PartitionField, schema: Schema): string {
  const term = termText(field.transform, field.sourceIds, schema)
  return term === field.name ? term : `${field.name} = ${term}`
}

/** `at asc nulls-first, bucket[4](id) desc nulls-last`; `not sorted` for no order. */
export function orderText(order: SortOrder, schema: Schema): string {
  if (order.fields.length === 0) return 'not sorted'
  return order.fields
    .map(({ transform, sourceIds, direction, nullOrder }) => {
      return `${termText(transform, sourceIds, schema)} ${direction} ${nullOrder}`
    })
    .join(', ')
}

function fieldText(field: PartitionField, schema: Schema): string {
  return `partition field ${partitionFieldText(field, schema)}`
}

function termText(transform: Transform, sourceIds: readonly number[], schema: Schema): string {
  const index = schemaIndex(schema)
  const source = sourceIds
    .map((id) => index.byId.get(id)?.path.join('.') ?? `dropped column ${id}`)
    .join(', ')
  return transform.kind === 'identity' ? source : `${formatTransform(transform)}(${source})`
}

function change(kind: ShapeChangeKind, name: string, text: string): ShapeChange {
  return { of: 'partition field', kind, name, text }
}
