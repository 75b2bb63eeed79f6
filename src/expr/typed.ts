import type { ColumnTag, InputValue, ShapeOf, TypeTag, UnknownSchema } from '../types/infer.js'
import { TermBuilder } from './build.js'

/** The columns of a row, to be compared: `(r) => r.fare.gt('10')`, `(r) => r.stop.lat.isNull()`. */
export type TypedRow<S> = S extends UnknownSchema
  ? { readonly [name: string]: UntypedTerm }
  : { readonly [K in keyof ShapeOf<S>]: TypedTerm<ShapeOf<S>[K]> }

/** A column of which nothing is known: any comparison, any member. */
export type UntypedTerm = TermBuilder & { readonly [name: string]: UntypedTerm }

type TypedTerm<C> =
  C extends ColumnTag<infer T>
    ? T extends { readonly kind: 'struct'; readonly fields: infer F }
      ? TermBuilder<never> & TypedRow<F>
      : TermBuilder<Comparable<T>>
    : never

/** A long column is compared with the numbers that rows take, and so on for each type. */
type Comparable<T extends TypeTag> = InputValue<T>

/**
 * The row that `where: (r) => …` gets. Reading a member of it names a column; inside a struct, the
 * names of the comparisons (`eq`, `in`, …) mean the comparisons: use `col([...])` for such columns.
 */
export function columnsProxy(): TypedRow<UnknownSchema> {
  return new Proxy(Object.create(null), {
    get: (_target, name) => (typeof name === 'string' ? columnProxy([name]) : undefined),
  })
}

function columnProxy(path: readonly string[]): TermBuilder {
  return new Proxy(new TermBuilder({ path }), {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member === 'function') return member.bind(target)
      return name in target ? member : columnProxy([...path, name])
    },
  })
}
