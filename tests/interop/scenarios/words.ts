/** Short words to write scenarios with. */
import type { FieldJson, Json, PartitionJson, Path, Pred, Row, TypeJson } from '../scenario.js'

/** Fields from `name: type`; a name that ends with `!` is required. */
export function fields(of: Readonly<Record<string, TypeJson>>): {
  readonly fields: readonly FieldJson[]
} {
  return {
    fields: Object.entries(of).map(([name, type]) =>
      name.endsWith('!') ? { name: name.slice(0, -1), type, required: true } : { name, type },
    ),
  }
}

export function struct(of: Readonly<Record<string, TypeJson>>): TypeJson {
  return { type: 'struct', ...fields(of) }
}

export function list(element: TypeJson): TypeJson {
  return { type: 'list', element }
}

export function map(key: TypeJson, value: TypeJson): TypeJson {
  return { type: 'map', key, value }
}

/** Rows from column names and the values of each. */
export function rows(names: string, ...values: readonly (readonly Json[])[]): readonly Row[] {
  const columns = names.split(' ')
  return values.map((row) =>
    Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])),
  )
}

/** `count` rows, each from its number. */
export function many(count: number, row: (n: number) => Row, from = 0): readonly Row[] {
  return Array.from({ length: count }, (_, index) => row(from + index))
}

export function by(transform: string, ...source: readonly string[]): PartitionJson {
  return { source, transform }
}

type Compare = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'notStartsWith'

function pathOf(path: string | Path): Path {
  return typeof path === 'string' ? [path] : path
}

export function is(path: string | Path, op: Compare, value: Json): Pred {
  return { op, path: pathOf(path), value }
}

export function among(path: string | Path, ...values: readonly Json[]): Pred {
  return { op: 'in', path: pathOf(path), values }
}

export function nothing(path: string | Path): Pred {
  return { op: 'isNull', path: pathOf(path) }
}

export function something(path: string | Path): Pred {
  return { op: 'notNull', path: pathOf(path) }
}

export function both(...args: readonly Pred[]): Pred {
  return { op: 'and', args }
}

export function either(...args: readonly Pred[]): Pred {
  return { op: 'or', args }
}

export function none(arg: Pred): Pred {
  return { op: 'not', arg }
}

/** Deletes, updates and merges write delete files. */
export const MERGE_ON_READ = {
  'write.delete.mode': 'merge-on-read',
  'write.update.mode': 'merge-on-read',
  'write.merge.mode': 'merge-on-read',
} as const

/** Deletes, updates and merges write data files anew. */
export const COPY_ON_WRITE = {
  'write.delete.mode': 'copy-on-write',
  'write.update.mode': 'copy-on-write',
  'write.merge.mode': 'copy-on-write',
} as const
