/** The tree of an expression as it was written. */
import type { CompareOp, Term } from './predicate.js'

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%'
export type Comparison = Exclude<CompareOp, 'startsWith' | 'notStartsWith'>
export type FunctionName = 'coalesce' | 'greatest' | 'least' | 'lower' | 'upper'

/** An expression as written: names, public values and operators, not yet checked against a schema. */
export type ValueNode =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'column'; readonly term: Term }
  | { readonly kind: 'negate' | 'not' | 'isNull' | 'isNaN'; readonly arg: ValueNode }
  | { readonly kind: 'and' | 'or'; readonly args: readonly ValueNode[] }
  | { readonly kind: 'startsWith'; readonly arg: ValueNode; readonly prefix: string }
  | { readonly kind: 'in'; readonly arg: ValueNode; readonly values: readonly ValueNode[] }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly ValueNode[] }
  | {
      readonly kind: 'compare'
      readonly op: Comparison
      readonly left: ValueNode
      readonly right: ValueNode
    }
  | {
      readonly kind: 'arithmetic'
      readonly op: ArithmeticOp
      readonly left: ValueNode
      readonly right: ValueNode
    }
  | { readonly kind: 'concat'; readonly left: ValueNode; readonly right: ValueNode }
  | { readonly kind: 'case'; readonly whens: readonly When[]; readonly otherwise: ValueNode }

export interface When {
  readonly test: ValueNode
  readonly value: ValueNode
}
