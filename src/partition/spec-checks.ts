import { InvalidArgument } from '../errors.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import type { PartitionField, PartitionSpec, Transform } from './model.js'
import { formatTransform, transformsEqual } from './transform.js'

/** Rules that a spec must keep, as the reference's builder enforces them. */

/** The spec of tables without partitions. */
export const UNPARTITIONED: PartitionSpec = Object.freeze({ specId: 0, fields: [] })

/**
 * Whether two specs are equivalent: the same source columns, transforms and names in order (spec:
 * "Partitioning"). Ids do not count.
 */
export function specsEquivalent(a: PartitionSpec, b: PartitionSpec): boolean {
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, index) => {
      const other = b.fields[index] as PartitionField
      return field.name === other.name && sameSourceAndTransform(field, other)
    })
  )
}

/** Whether two fields compute the same, whatever their names and ids. */
export function sameSourceAndTransform(a: PartitionField, b: PartitionField): boolean {
  return (
    a.sourceIds.length === b.sourceIds.length &&
    a.sourceIds.every((id, index) => id === b.sourceIds[index]) &&
    transformsEqual(a.transform, b.transform)
  )
}

export function isTimeTransform(transform: Transform): boolean {
  return ['year', 'month', 'day', 'hour'].includes(transform.kind)
}

/** A changed spec is checked more freely than a new one, as the reference does. */
export type SpecOrigin = 'created' | 'changed'

/**
 * Checks the names and the redundancy of a spec's fields.
 *
 * @throws InvalidArgument naming the field.
 */
export function checkSpecFields(
  fields: readonly PartitionField[],
  schema: Pick<Schema, 'fields'>,
  origin: SpecOrigin,
): void {
  const names = new Set<string>()
  const computed = new Set<string>()
  for (const field of fields) {
    if (field.name === '') throw problem(field, 'its name is empty')
    if (names.has(field.name)) throw problem(field, 'the name is used more than once')
    names.add(field.name)
    checkNameAgainstSchema(field, schema, origin)
    if (field.transform.kind === 'void') continue
    // Two time transforms of one column are redundant: the finer one implies the coarser.
    const isTime = origin === 'created' && isTimeTransform(field.transform)
    const kind = isTime ? 'time' : formatTransform(field.transform)
    const key = `${field.sourceIds.join(',')}:${kind}`
    if (computed.has(key)) throw problem(field, 'another field partitions its column alike')
    computed.add(key)
  }
}

/**
 * A partition field may share the name of its own column: at creation only when it holds the column
 * unchanged.
 */
function checkNameAgainstSchema(
  field: PartitionField,
  schema: Pick<Schema, 'fields'>,
  origin: SpecOrigin,
): void {
  const column = schemaIndex(schema).find(field.name)
  if (column === undefined) return
  const { kind } = field.transform
  const mayShare = origin === 'changed' || kind === 'identity' || kind === 'void'
  const [source] = field.sourceIds
  if (mayShare && column.id === source) return
  // What is left of a dropped column is named as it was.
  if (kind === 'void' && source !== undefined && !schemaIndex(schema).byId.has(source)) return
  throw problem(field, 'a column has the same name; give the field another')
}

function problem(field: PartitionField, reason: string): InvalidArgument {
  return new InvalidArgument(`bad partition field '${field.name}': ${reason}`, {
    details: { field: field.name },
  })
}
