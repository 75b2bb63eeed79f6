import { InvalidArgument } from '../errors.js'
import { checkTypeParts } from './check-parts.js'
import type { ColumnTag, InputValue, LeafKind, SchemaShape, ShapeOf, TypeTag } from './infer.js'
import type {
  EdgeAlgorithm,
  PrimitiveType,
  SimplePrimitiveName,
  Type,
  VariantType,
} from './type.js'
import { parameterProblem } from './type-text.js'
import { describeValue } from './value-error.js'

/** A type whose fields have no ids yet. */
export type DraftType =
  | PrimitiveType
  | VariantType
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [string, Column])[] }
  | { readonly kind: 'list'; readonly element: Column }
  | { readonly kind: 'map'; readonly key: Column; readonly value: Column }

interface ColumnState {
  readonly isRequired: boolean
  readonly docText: string | undefined
  readonly defaultValue: unknown
}

const OPTIONAL: ColumnState = { isRequired: false, docText: undefined, defaultValue: undefined }

/**
 * A column of a schema under construction: a type, whether it is required, its doc and its default.
 * Immutable; each method gives a new one.
 */
export class Column<
  T extends TypeTag = TypeTag,
  R extends boolean = boolean,
  D extends boolean = boolean,
> implements ColumnTag<T, R, D>
{
  readonly draft: DraftType
  readonly state: ColumnState

  constructor(draft: DraftType, state: ColumnState = OPTIONAL) {
    this.draft = draft
    this.state = state
  }

  /** The type, for TypeScript; at run time the draft that it was made from. */
  get tag(): T {
    return this.draft as unknown as T
  }

  get isRequired(): R {
    return this.state.isRequired as R
  }

  get hasDefault(): D {
    return (this.state.defaultValue !== undefined) as D
  }

  /** Values may not be null. */
  required(): Column<T, true, D> {
    return new Column(this.draft, { ...this.state, isRequired: true })
  }

  /** Values may be null: what columns are unless `required()`. */
  optional(): Column<T, false, D> {
    return new Column(this.draft, { ...this.state, isRequired: false })
  }

  /** A comment that is stored with the column. */
  doc(text: string): Column<T, R, D> {
    if (typeof text !== 'string') {
      throw new InvalidArgument(`a doc is a text, not ${describeValue(text)}`)
    }
    return new Column(this.draft, { ...this.state, docText: text })
  }

  /**
   * The value that writes use when a row leaves the column out, and, for a column added to a table,
   * the value of the rows that are there already. Format version 3 only.
   */
  default(value: InputValue<T>): Column<T, R, true> {
    return new Column(this.draft, { ...this.state, defaultValue: value })
  }
}

type SimpleKind = SimplePrimitiveName | 'variant'
type Simple<K extends LeafKind> = Column<{ readonly kind: K }, false, false>

function simple<K extends SimpleKind>(kind: K): Simple<K> {
  return new Column({ kind } as DraftType)
}

/** Makes columns: `{ id: t.long().required(), tags: t.list(t.string()) }`. Optional by default. */
export const t = Object.freeze({
  boolean: () => simple('boolean'),
  int: () => simple('int'),
  long: () => simple('long'),
  float: () => simple('float'),
  double: () => simple('double'),
  date: () => simple('date'),
  time: () => simple('time'),
  /** Microseconds, without zone. */
  timestamp: () => simple('timestamp'),
  /** Microseconds, an instant in UTC. */
  timestamptz: () => simple('timestamptz'),
  /** Nanoseconds, without zone. Format version 3. */
  timestampNs: () => simple('timestamp_ns'),
  /** Nanoseconds, an instant in UTC. Format version 3. */
  timestamptzNs: () => simple('timestamptz_ns'),
  string: () => simple('string'),
  uuid: () => simple('uuid'),
  binary: () => simple('binary'),
  /** Always null. Format version 3. */
  unknown: () => simple('unknown'),
  /** Semi-structured values. Format version 3. */
  variant: () => simple('variant'),
  /** `precision` digits (1 to 38), `scale` of them after the point. */
  decimal: (precision: number, scale: number): Simple<'decimal'> =>
    parameterized({ kind: 'decimal', precision, scale }),
  /** Exactly `length` bytes. */
  fixed: (length: number): Simple<'fixed'> => parameterized({ kind: 'fixed', length }),
  /** Geometry as WKB; the CRS is OGC:CRS84 unless given. Format version 3. */
  geometry: (crs?: string): Simple<'geometry'> => parameterized({ kind: 'geometry', crs }),
  /** Geography as WKB; edges are spherical unless an algorithm is given. Format version 3. */
  geography: (crs?: string, algorithm?: EdgeAlgorithm): Simple<'geography'> =>
    parameterized({ kind: 'geography', crs, algorithm }),
  list: <E extends ColumnTag>(
    element: E,
  ): Column<{ readonly kind: 'list'; readonly element: E }, false, false> =>
    new Column({ kind: 'list', element: asColumn(element, 'element') }),
  map: <K extends ColumnTag, V extends ColumnTag>(
    key: K,
    value: V,
  ): Column<
    { readonly kind: 'map'; readonly key: RequiredTag<K>; readonly value: V },
    false,
    false
  > => new Column({ kind: 'map', key: asColumn(key, 'key'), value: asColumn(value, 'value') }),
  struct: <const F extends SchemaShape>(
    fields: F,
  ): Column<{ readonly kind: 'struct'; readonly fields: ShapeOf<F> }, false, false> =>
    new Column({ kind: 'struct', fields: shapeEntries(fields) }),
  /** A column of a type that is only known at run time. */
  of: (type: Type): Column<TypeTag, false, false> => {
    checkTypeParts(type, '')
    return new Column(draftOf(type))
  },
})

/** Map keys are never null. */
type RequiredTag<K extends ColumnTag> =
  K extends ColumnTag<infer T> ? ColumnTag<T, true, false> : never

/** @throws InvalidArgument for parameters that the type cannot have */
function parameterized<K extends LeafKind>(type: PrimitiveType & { readonly kind: K }): Simple<K> {
  const problem = parameterProblem(type)
  if (problem !== undefined) throw new InvalidArgument(problem)
  return new Column(type)
}

/** @throws InvalidArgument for what `t` did not make */
export function asColumn(value: unknown, name: string): Column {
  if (value instanceof Column) return value
  const hint = typeof value === 'function' ? 'call it: t.string()' : 'make one with t: t.string()'
  throw new InvalidArgument(
    `column '${name}' needs a type, and ${describeValue(value)} is none; ${hint}`,
    { details: { column: name } },
  )
}

export function shapeEntries(shape: SchemaShape): readonly (readonly [string, Column])[] {
  if (typeof shape !== 'object' || shape === null) throw noShape(shape)
  if (!Array.isArray(shape) && !isPlain(shape)) throw noShape(shape)
  const entries: readonly unknown[] = Array.isArray(shape) ? shape : Object.entries(shape)
  const names = new Set<string>()
  return entries.map((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2) throw noShape(entry)
    const name: unknown = entry[0]
    if (typeof name !== 'string' || name === '') {
      throw new InvalidArgument(
        `a column needs a name that is not empty, not ${describeValue(name)}`,
      )
    }
    if (names.has(name)) {
      throw new InvalidArgument(`column '${name}' is there twice`, { details: { column: name } })
    }
    names.add(name)
    return [name, asColumn(entry[1], name)]
  })
}

/** Objects of literals, of `Object.create(null)`, and the like from another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function noShape(value: unknown): InvalidArgument {
  return new InvalidArgument(
    `columns are an object { name: t.string() } or pairs ['name', t.string()], not ${describeValue(value)}`,
  )
}

function draftOf(type: Type): DraftType {
  switch (type.kind) {
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map((field) => [field.name, draftColumn(field.type, field.required)]),
      }
    case 'list':
      return { kind: 'list', element: draftColumn(type.element, type.elementRequired) }
    case 'map':
      return {
        kind: 'map',
        key: draftColumn(type.key, true),
        value: draftColumn(type.value, type.valueRequired),
      }
    default:
      return type
  }
}

function draftColumn(type: Type, isRequired: boolean): Column {
  return new Column(draftOf(type), { ...OPTIONAL, isRequired })
}
