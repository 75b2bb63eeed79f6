/** How a union by name changes the row types. Types only. */
import type { ColumnTag, SchemaShape, ShapeOf, TypeTag, UnknownSchema } from './infer.js'

type Flatten<T> = { readonly [K in keyof T]: T[K] } & {}

/** The schema that holds another one too; what is not written as columns makes it unknown. */
export type WithUnion<S, N> = S extends UnknownSchema
  ? UnknownSchema
  : N extends SchemaShape
    ? UnionShape<ShapeOf<S>, ShapeOf<N>>
    : UnknownSchema

type UnionShape<S, N> = Flatten<
  { readonly [K in keyof S]: K extends keyof N ? UnionColumn<S[K], N[K]> : S[K] } & {
    readonly [K in Exclude<keyof N, keyof S>]: Added<N[K]>
  }
>

type Added<C> = C extends ColumnTag<infer T, infer _R, infer D> ? ColumnTag<T, false, D> : never

type UnionColumn<A, B> =
  A extends ColumnTag<infer TA, infer RA, infer DA>
    ? B extends ColumnTag<infer TB, infer RB, infer DB>
      ? ColumnTag<UnionTag<TA, TB>, Both<RA, RB>, Either<DA, DB>>
      : A
    : never

type Both<A, B> = [A, B] extends [true, true] ? true : false
type Either<A extends boolean, B extends boolean> = A extends true ? true : B

type UnionTag<A extends TypeTag, B extends TypeTag> = A extends {
  readonly kind: 'struct'
  readonly fields: infer FA
}
  ? B extends { readonly kind: 'struct'; readonly fields: infer FB }
    ? { readonly kind: 'struct'; readonly fields: UnionShape<ShapeOf<FA>, ShapeOf<FB>> }
    : A
  : A extends { readonly kind: 'list'; readonly element: infer EA }
    ? B extends { readonly kind: 'list'; readonly element: infer EB }
      ? { readonly kind: 'list'; readonly element: UnionColumn<EA, EB> }
      : A
    : A extends { readonly kind: 'map'; readonly key: infer K; readonly value: infer VA }
      ? B extends { readonly kind: 'map'; readonly value: infer VB }
        ? { readonly kind: 'map'; readonly key: K; readonly value: UnionColumn<VA, VB> }
        : A
      : Wider<A, B>

/** The wider of two types without parts: the first, unless it is promoted to the second. */
type Wider<A extends TypeTag, B extends TypeTag> = A['kind'] extends 'unknown'
  ? B
  : [A['kind'], B['kind']] extends
        | ['int', 'long']
        | ['float', 'double']
        | ['date', 'timestamp' | 'timestamp_ns']
    ? B
    : A
