/**
 * Row types that follow from a schema written with the builder. Types only: nothing here exists at
 * run time.
 */
import type { ConversionOptions } from './from-datum.js'
import type { SimplePrimitiveName } from './type.js'

/** Kinds of types without parts. */
export type LeafKind =
  | SimplePrimitiveName
  | 'decimal'
  | 'fixed'
  | 'geometry'
  | 'geography'
  | 'variant'

/**
 * What a column's type is, at the level of TypeScript types. The parts of nested tags are columns;
 * they are not constrained here, which would make the types recursive without end.
 */
export type TypeTag =
  | { readonly kind: LeafKind }
  | { readonly kind: 'list'; readonly element: unknown }
  | { readonly kind: 'map'; readonly key: unknown; readonly value: unknown }
  | { readonly kind: 'struct'; readonly fields: unknown }

/** What the row types need to know of a column. `Column` of the builder is one. */
export interface ColumnTag<
  T extends TypeTag = TypeTag,
  R extends boolean = boolean,
  D extends boolean = boolean,
> {
  readonly tag: T
  readonly isRequired: R
  readonly hasDefault: D
}

/** Columns by name. */
export interface ShapeTag {
  readonly [name: string]: ColumnTag
}

/** Columns by name, or name-and-column pairs where their order should be fixed. */
export type SchemaShape = ShapeTag | readonly (readonly [string, ColumnTag])[]

declare const unknownSchema: unique symbol

/** Stands for the schema of a table that was loaded without one: rows are untyped. */
export interface UnknownSchema {
  readonly [unknownSchema]: true
}

export type AnySchema = SchemaShape | UnknownSchema

/** The columns of a schema by name, however they were written. */
export type ShapeOf<S> = S extends readonly (readonly [string, ColumnTag])[]
  ? { readonly [E in S[number] as E[0]]: E[1] }
  : S extends ShapeTag
    ? S
    : never

type Flatten<T> = { [K in keyof T]: T[K] } & {}

type OptionOf<O, K extends keyof ConversionOptions, D> = O extends { readonly [P in K]: infer V }
  ? V extends undefined
    ? D
    : V
  : D

type Whole = Record<never, never>

/** What reads give for one column. */
export type ColumnValue<C, O = Whole> =
  C extends ColumnTag<infer T, infer R>
    ? true extends R
      ? TypeValue<T, O>
      : TypeValue<T, O> | null
    : never

type LongForm<F> = F extends 'number' ? number : bigint
type DecimalForm<F> = F extends 'number' ? number : string
type TimestampForm<F> = F extends 'bigint' ? bigint : string
type TimestamptzForm<F> = F extends 'bigint' ? bigint : F extends 'date' ? Date : string
type MapForm<F, K, V> = F extends 'object' ? Record<string, V> : Map<K, V>

type TypeValue<T extends TypeTag, O> = T extends {
  readonly kind: 'list'
  readonly element: infer E
}
  ? ColumnValue<E, O>[]
  : T extends { readonly kind: 'map'; readonly key: infer K; readonly value: infer V }
    ? MapForm<OptionOf<O, 'maps', 'map'>, ColumnValue<K, O>, ColumnValue<V, O>>
    : T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? RowOf<F, O>
      : LeafValue<T['kind'], O>

type LeafValue<K, O> = K extends 'boolean'
  ? boolean
  : K extends 'int' | 'float' | 'double'
    ? number
    : K extends 'long'
      ? LongForm<OptionOf<O, 'longs', 'bigint'>>
      : K extends 'decimal'
        ? DecimalForm<OptionOf<O, 'decimals', 'string'>>
        : K extends 'timestamp' | 'timestamp_ns'
          ? TimestampForm<OptionOf<O, 'timestamps', 'string'>>
          : K extends 'timestamptz' | 'timestamptz_ns'
            ? TimestamptzForm<OptionOf<O, 'timestamps', 'string'>>
            : K extends 'string' | 'uuid' | 'date' | 'time'
              ? string
              : K extends 'binary' | 'fixed' | 'geometry' | 'geography'
                ? Uint8Array
                : K extends 'unknown'
                  ? null
                  : unknown

/** The rows that reads give: every column, `null` where an optional one has no value. */
export type RowOf<S, O = Whole> = S extends UnknownSchema
  ? Record<string, unknown>
  : Flatten<{ -readonly [K in keyof ShapeOf<S>]: ColumnValue<ShapeOf<S>[K], O> }>

type Omittable<S> = {
  [K in keyof S]: S[K] extends ColumnTag<TypeTag, true, false> ? never : K
}[keyof S]

type InputColumn<C> =
  C extends ColumnTag<infer T, infer R>
    ? true extends R
      ? InputValue<T>
      : InputValue<T> | null
    : never

/** What writes take for a value of a type. */
export type InputValue<T extends TypeTag> = T extends {
  readonly kind: 'list'
  readonly element: infer E
}
  ? readonly InputColumn<E>[]
  : T extends { readonly kind: 'map'; readonly key: infer K; readonly value: infer V }
    ? ReadonlyMap<InputColumn<K>, InputColumn<V>> | InputMapObject<InputColumn<K>, InputColumn<V>>
    : T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? InputOf<F>
      : InputLeaf<T['kind']>

type InputMapObject<K, V> = [K] extends [string] ? { readonly [key: string]: V } : never

type InputLeaf<K> = K extends 'boolean'
  ? boolean
  : K extends 'int' | 'float' | 'double'
    ? number
    : K extends 'long'
      ? number | bigint
      : K extends 'decimal'
        ? string | number | bigint
        : K extends 'timestamp' | 'timestamp_ns' | 'time'
          ? string | bigint
          : K extends 'timestamptz' | 'timestamptz_ns'
            ? string | bigint | Date
            : K extends 'string' | 'date'
              ? string
              : K extends 'uuid'
                ? string | Uint8Array
                : K extends 'binary' | 'fixed' | 'geometry' | 'geography'
                  ? Uint8Array
                  : K extends 'unknown'
                    ? null
                    : unknown

/** The rows that writes take: optional columns and those with a default may be left out. */
export type InputOf<S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : InputShape<ShapeOf<S>>

type InputShape<S> = Flatten<
  { readonly [K in Exclude<keyof S, Omittable<S>>]: InputColumn<S[K]> } & {
    readonly [K in Omittable<S>]?: InputColumn<S[K]> | undefined
  }
>

/** The paths of a schema's columns, nested ones with dots. Any string for an unknown schema. */
export type PathOf<S> = S extends UnknownSchema ? string : ShapePath<ShapeOf<S>>

/**
 * The metadata columns that a scan can select beside those of the schema. What `_partition` holds
 * depends on the table's partition specs.
 */
export interface MetadataShape {
  readonly _file: ColumnTag<{ readonly kind: 'string' }, true, false>
  readonly _pos: ColumnTag<{ readonly kind: 'long' }, true, false>
  readonly _deleted: ColumnTag<{ readonly kind: 'boolean' }, true, false>
  readonly _spec_id: ColumnTag<{ readonly kind: 'int' }, true, false>
  readonly _partition: ColumnTag<{ readonly kind: 'variant' }, false, false>
  readonly _row_id: ColumnTag<{ readonly kind: 'long' }, false, false>
  readonly _last_updated_sequence_number: ColumnTag<{ readonly kind: 'long' }, false, false>
}

/** What a scan can select: the paths of the schema's columns, and the metadata columns. */
export type SelectPathOf<S> = PathOf<S> | keyof MetadataShape

type ShapePath<S> = { [K in keyof S & string]: K | `${K}.${Inner<S[K]>}` }[keyof S & string]

type Inner<C> =
  C extends ColumnTag<infer T>
    ? T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? ShapePath<F>
      : T extends { readonly kind: 'list'; readonly element: infer E }
        ? 'element' | `element.${Inner<E>}`
        : T extends { readonly kind: 'map'; readonly key: infer K; readonly value: infer V }
          ? 'key' | 'value' | `key.${Inner<K>}` | `value.${Inner<V>}`
          : never
    : never

/** The schema that is left when only some paths are selected; a struct keeps the picked members. */
export type SelectOf<S, P extends string> = S extends UnknownSchema
  ? UnknownSchema
  : string extends P
    ? UnknownSchema
    : SelectShape<ShapeOf<S> & MetadataShape, P>

type Below<P, K extends string> = P extends `${K}.${infer Rest}` ? Rest : never

type SelectShape<S, P extends string> = {
  readonly [K in keyof S & string as K extends P
    ? K
    : [Below<P, K>] extends [never]
      ? never
      : K]: K extends P ? S[K] : SelectColumn<S[K], Below<P, K>>
}

type SelectColumn<C, P extends string> =
  C extends ColumnTag<infer T, infer R, infer D>
    ? T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? ColumnTag<{ readonly kind: 'struct'; readonly fields: SelectShape<F, P> }, R, D>
      : T extends { readonly kind: 'list'; readonly element: infer E }
        ? 'element' extends P
          ? C
          : ColumnTag<
              { readonly kind: 'list'; readonly element: SelectColumn<E, Below<P, 'element'>> },
              R,
              D
            >
        : C
    : never
