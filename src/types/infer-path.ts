/** The column at a path, and what may be done with it. Types only. */
import type { ColumnTag, InputValue, PathOf, ShapeOf, TypeTag, UnknownSchema } from './infer.js'

/** The column at a path; any column where the schema is not known. */
export type ColumnAt<S, P extends string> = S extends UnknownSchema
  ? ColumnTag
  : AtShape<ShapeOf<S>, P>

type AtShape<S, P extends string> = P extends keyof S
  ? S[P]
  : P extends `${infer K}.${infer Rest}`
    ? K extends keyof S
      ? AtColumn<S[K], Rest>
      : never
    : never

type AtColumn<C, P extends string> =
  C extends ColumnTag<infer T>
    ? T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? AtShape<F, P>
      : T extends { readonly kind: 'list'; readonly element: infer E }
        ? AtPart<E, 'element', P>
        : T extends { readonly kind: 'map'; readonly key: infer K; readonly value: infer V }
          ? AtPart<K, 'key', P> | AtPart<V, 'value', P>
          : never
    : never

type AtPart<C, Name extends string, P extends string> = P extends Name
  ? C
  : P extends `${Name}.${infer Rest}`
    ? AtColumn<C, Rest>
    : never

/** The columns that the one at a path may be widened to. */
export type WidenedColumn<S, P extends string> = S extends UnknownSchema
  ? ColumnTag
  : Widened<ColumnAt<S, P>>

type Widened<C> =
  C extends ColumnTag<infer T>
    ? T['kind'] extends 'unknown'
      ? ColumnTag
      : T['kind'] extends 'list' | 'map' | 'struct'
        ? never
        : ColumnTag<TypeTag & { readonly kind: WiderKind<T['kind']> }>
    : never

type WiderKind<K> = K extends 'int'
  ? 'int' | 'long'
  : K extends 'float'
    ? 'float' | 'double'
    : K extends 'date'
      ? 'date' | 'timestamp' | 'timestamp_ns'
      : K

/** What the default of the column at a path may be: null removes it. */
export type DefaultOf<S, P extends string> = S extends UnknownSchema
  ? unknown
  : DefaultValue<ColumnAt<S, P>>

type DefaultValue<C> =
  C extends ColumnTag<infer T>
    ? T['kind'] extends 'unknown' | 'variant' | 'geometry' | 'geography'
      ? null
      : T['kind'] extends 'struct'
        ? Readonly<Record<string, never>> | null
        : InputValue<T> | null
    : never

/** The paths of columns that can identify rows: of an exact primitive type, outside lists and maps. */
export type IdentifierPathOf<S> = S extends UnknownSchema
  ? string
  : string extends PathOf<S>
    ? string
    : { [P in PathOf<S>]: Identifies<ColumnAt<S, P>> extends true ? P : never }[PathOf<S>]

type Identifies<C> =
  C extends ColumnTag<infer T>
    ? T['kind'] extends
        | 'float'
        | 'double'
        | 'variant'
        | 'geometry'
        | 'geography'
        | 'unknown'
        | 'struct'
        | 'list'
        | 'map'
      ? false
      : true
    : never
