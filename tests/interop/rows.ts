/** Small makers for scenarios. */
import type { FieldJson, Path, Pred, Row, SortJson, TypeJson } from './scenario.js'

/** An optional column. */
export const field = (name: string, type: TypeJson, more: Partial<FieldJson> = {}): FieldJson => ({
  name,
  type,
  ...more,
})
export const required = (name: string, type: TypeJson): FieldJson => ({
  name,
  type,
  required: true,
})
export const list = (element: TypeJson, elementRequired = false): TypeJson => ({
  type: 'list',
  element,
  ...(elementRequired && { 'element-required': true }),
})
export const map = (key: TypeJson, value: TypeJson, valueRequired = false): TypeJson => ({
  type: 'map',
  key,
  value,
  ...(valueRequired && { 'value-required': true }),
})
export const struct = (...fields: readonly FieldJson[]): TypeJson => ({ type: 'struct', fields })

export const by = (column: string, transform = 'identity', name?: string) => ({
  source: column.split('.'),
  transform,
  ...(name !== undefined && { name }),
})
export const sorted = (
  column: string,
  direction: 'asc' | 'desc' = 'asc',
  nulls: 'first' | 'last' = direction === 'asc' ? 'first' : 'last',
  transform = 'identity',
): SortJson => ({ source: column.split('.'), transform, direction, nulls })

const at = (column: string): Path => column.split('.')
type Compare = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'notStartsWith'
export const compare = (column: string, op: Compare, value: string | number | boolean): Pred => ({
  op,
  path: at(column),
  value,
})
export const within = (column: string, ...values: readonly (string | number)[]): Pred => ({
  op: 'in',
  path: at(column),
  values,
})
export const isNull = (column: string): Pred => ({ op: 'isNull', path: at(column) })
export const notNull = (column: string): Pred => ({ op: 'notNull', path: at(column) })
export const all = (...args: readonly Pred[]): Pred => ({ op: 'and', args })
export const any = (...args: readonly Pred[]): Pred => ({ op: 'or', args })
export const none = (arg: Pred): Pred => ({ op: 'not', arg })

/** Rows `{id, …}` numbered from a start. */
export const numbered = (from: number, count: number, make: (n: number) => Row): readonly Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(from + index), ...make(from + index) }))
