/**
 * A plain model of schema evolution: columns are objects with an identity of their own, rows are maps
 * by that identity. It knows nothing of field ids, files or the library.
 */

export type Leaf =
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'dec9'
  | 'dec12'
  | 'date'
  | 'timestamp'
  | 'string'
  | 'boolean'
  | 'unknown'

export type ModelType =
  | { readonly kind: 'leaf'; leaf: Leaf }
  | { readonly kind: 'struct'; members: Column[] }
  | { readonly kind: 'list'; readonly element: Part }
  | { readonly kind: 'map'; readonly value: Part }

/** A list element or map value. */
export interface Part {
  required: boolean
  type: ModelType
}

export interface Column extends Part {
  readonly uid: number
  name: string
  /** What rows from before the column show: a public value. */
  initial?: Scalar
  /** What rows written without the column get. */
  write?: Scalar
}

export type Scalar = string | number | boolean | bigint
/** A stored value: by the type it was written with. */
export type Stored =
  | null
  | { readonly leaf: Leaf; readonly value: Scalar }
  | { readonly members: ReadonlyMap<number, Stored> }
  | { readonly items: readonly Stored[] }
  | { readonly entries: readonly (readonly [string, Stored])[] }

/** A promoted value. */
export function promoted(from: Leaf, to: Leaf, value: Scalar): Scalar {
  if (from === to) return value
  if (from === 'int' && to === 'long') return BigInt(value as number)
  if (from === 'date' && to === 'timestamp') return `${value}T00:00:00.000000`
  return value
}

/** A stored row as the columns show it. */
export function project(
  columns: readonly Column[],
  row: ReadonlyMap<number, Stored>,
): Record<string, unknown> {
  return Object.fromEntries(
    columns.map((column) => {
      const stored = row.get(column.uid)
      return [
        column.name,
        stored === undefined ? (column.initial ?? null) : show(column.type, stored),
      ]
    }),
  )
}

function show(type: ModelType, stored: Stored): unknown {
  if (stored === null) return null
  if (type.kind === 'leaf' && 'leaf' in stored)
    return promoted(stored.leaf, type.leaf, stored.value)
  if (type.kind === 'struct' && 'members' in stored) return project(type.members, stored.members)
  if (type.kind === 'list' && 'items' in stored) {
    return stored.items.map((item) => show(type.element.type, item))
  }
  if (type.kind === 'map' && 'entries' in stored) {
    return new Map(stored.entries.map(([key, item]) => [key, show(type.value.type, item)]))
  }
  throw new RangeError(`a stored value does not fit ${type.kind}`)
}

export function copyColumns(columns: readonly Column[]): Column[] {
  return columns.map((column) => ({ ...column, type: copyType(column.type) }))
}

function copyType(type: ModelType): ModelType {
  switch (type.kind) {
    case 'leaf':
      return { ...type }
    case 'struct':
      return { kind: 'struct', members: copyColumns(type.members) }
    case 'list':
      return { kind: 'list', element: { ...type.element, type: copyType(type.element.type) } }
    case 'map':
      return { kind: 'map', value: { ...type.value, type: copyType(type.value.type) } }
  }
}

/** Something of a schema that can be named: a column, list element or map value. */
export interface Place {
  readonly path: readonly string[]
  readonly part: Part
  /** Undefined for elements and values. */
  readonly column: Column | undefined
  /** The columns that it is one of. */
  readonly siblings: Column[] | undefined
  /** Columns around it and itself, outermost first. */
  readonly around: readonly Column[]
  readonly inRepeated: boolean
}

export function places(columns: Column[]): Place[] {
  return inside(columns, [], [], false)
}

function inside(
  columns: Column[],
  path: readonly string[],
  around: readonly Column[],
  inRepeated: boolean,
): Place[] {
  return columns.flatMap((column) => {
    const own = [...path, column.name]
    const chain = [...around, column]
    const place: Place = {
      path: own,
      part: column,
      column,
      siblings: columns,
      around: chain,
      inRepeated,
    }
    return [place, ...below(column.type, own, chain, inRepeated)]
  })
}

function below(
  type: ModelType,
  path: readonly string[],
  around: readonly Column[],
  inRepeated: boolean,
): Place[] {
  if (type.kind === 'struct') return inside(type.members, path, around, inRepeated)
  if (type.kind === 'leaf') return []
  const [name, part] = type.kind === 'list' ? ['element', type.element] : ['value', type.value]
  const own = [...path, name as string]
  const inner = part as Part
  const place: Place = {
    path: own,
    part: inner,
    column: undefined,
    siblings: undefined,
    around,
    inRepeated: true,
  }
  return [place, ...below(inner.type, own, around, true)]
}

/** A text by which equal values are equal: rows are compared as sorted lists of these. */
export function textOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${k}=>${textOf(v)}`).join()}}`
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (typeof value === 'object' && value !== null) {
    return `(${Object.entries(value)
      .map(([k, v]) => `${k}:${textOf(v)}`)
      .join()})`
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}
