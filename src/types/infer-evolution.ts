/** How schema changes change the row types. Types only. */
import type { ColumnTag, ShapeOf, TypeTag, UnknownSchema } from './infer.js'

type Edit =
  | { readonly op: 'drop' | 'optional' | 'required' }
  | { readonly op: 'rename'; readonly to: string }
  | { readonly op: 'retype'; readonly tag: TypeTag }
  | { readonly op: 'add'; readonly name: string; readonly column: ColumnTag }

type Flatten<T> = { readonly [K in keyof T]: T[K] } & {}

type Edited<C, E extends Edit> =
  C extends ColumnTag<infer T, infer R, infer D>
    ? E extends { readonly op: 'optional' }
      ? ColumnTag<T, false, D>
      : E extends { readonly op: 'required' }
        ? ColumnTag<T, true, D>
        : E extends { readonly op: 'retype'; readonly tag: infer N extends TypeTag }
          ? ColumnTag<N, R, D>
          : C
    : never

type EditKey<S, K extends keyof S, E extends Edit> = E extends { readonly op: 'drop' }
  ? Omit<S, K>
  : E extends { readonly op: 'rename'; readonly to: infer To extends string }
    ? { readonly [N in keyof S as N extends K ? To : N]: S[N] }
    : { readonly [N in keyof S]: N extends K ? Edited<S[N], E> : S[N] }

type EditShape<S, P extends string, E extends Edit> = P extends keyof S
  ? E extends { readonly op: 'add' }
    ? { readonly [N in keyof S]: N extends P ? EditInside<S[N], '', E> : S[N] }
    : EditKey<S, P, E>
  : P extends `${infer K}.${infer Rest}`
    ? { readonly [N in keyof S]: N extends K ? EditInside<S[N], Rest, E> : S[N] }
    : S

type EditInside<C, P extends string, E extends Edit> =
  C extends ColumnTag<infer T, infer R, infer D>
    ? T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? ColumnTag<{ readonly kind: 'struct'; readonly fields: EditFields<F, P, E> }, R, D>
      : T extends { readonly kind: 'list'; readonly element: infer I }
        ? ColumnTag<{ readonly kind: 'list'; readonly element: EditPart<I, 'element', P, E> }, R, D>
        : T extends {
              readonly kind: 'map'
              readonly key: infer K
              readonly value: infer V
            }
          ? ColumnTag<
              { readonly kind: 'map'; readonly key: K; readonly value: EditPart<V, 'value', P, E> },
              R,
              D
            >
          : C
    : never

type EditFields<F, P extends string, E extends Edit> = P extends ''
  ? E extends {
      readonly op: 'add'
      readonly name: infer N extends string
      readonly column: infer C
    }
    ? Flatten<F & { readonly [K in N]: C }>
    : F
  : Flatten<EditShape<F, P, E>>

type EditPart<C, Name extends string, P extends string, E extends Edit> = P extends Name | ''
  ? E extends { readonly op: 'add' }
    ? EditInside<C, '', E>
    : Edited<C, E>
  : P extends `${Name}.${infer Rest}`
    ? EditInside<C, Rest, E>
    : C

type Change<S, P extends string, E extends Edit> = S extends UnknownSchema
  ? UnknownSchema
  : Flatten<EditShape<ShapeOf<S>, P, E>>

/** Everything before the last dot of a path; never when there is none. */
type ParentPath<P extends string> = P extends `${infer Head}.${infer Rest}`
  ? [ParentPath<Rest>] extends [never]
    ? Head
    : `${Head}.${ParentPath<Rest>}`
  : never

type LastName<P extends string> = P extends `${string}.${infer Rest}` ? LastName<Rest> : P

/** The schema with one column more; a path adds it to the struct in front of its last dot. */
export type WithColumn<S, P extends string, C extends ColumnTag> = S extends UnknownSchema
  ? UnknownSchema
  : [ParentPath<P>] extends [never]
    ? Flatten<ShapeOf<S> & { readonly [K in P]: C }>
    : Change<
        S,
        ParentPath<P>,
        { readonly op: 'add'; readonly name: LastName<P>; readonly column: C }
      >

/** The schema without a column. */
export type WithoutColumn<S, P extends string> = Change<S, P, { readonly op: 'drop' }>

/** The schema with a column renamed. */
export type WithRenamed<S, P extends string, To extends string> = Change<
  S,
  P,
  { readonly op: 'rename'; readonly to: To }
>

/** The schema with a column's type widened. */
export type WithWidened<S, P extends string, C extends ColumnTag> = Change<
  S,
  P,
  { readonly op: 'retype'; readonly tag: C['tag'] }
>

/** The schema with a column made optional. */
export type WithOptional<S, P extends string> = Change<S, P, { readonly op: 'optional' }>

/** The schema with a column made required. */
export type WithRequired<S, P extends string> = Change<S, P, { readonly op: 'required' }>
