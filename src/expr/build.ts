/** Building predicates in code: `col('fare').gt('10')`, `and(…)`, `day('at').eq('2026-01-31')`. */
import { InvalidArgument } from '../errors.js'
import type { Transform } from '../partition/model.js'
import type { CompareOp, Predicate, SetOp, Term, UnaryOp } from './predicate.js'

/** A column path: `'stop.lat'` (dots separate names), or the names one by one. */
export type PathInput = string | readonly string[]

/** A column or a transform of one, and the comparisons that it can start. */
export class TermBuilder<V = unknown, P extends PathInput = PathInput> implements Term {
  /** Only for the types: the path as it was written, so that tables refuse columns they lack. */
  declare readonly columnPath?: P
  readonly path: readonly string[]
  readonly dotted?: boolean
  readonly transform?: Transform
  /** Name of the partition field that this term makes; undefined takes the usual one. */
  readonly name?: string

  constructor(term: Term, name?: string) {
    this.path = term.path
    if (term.dotted !== undefined) this.dotted = term.dotted
    if (term.transform !== undefined) this.transform = term.transform
    if (name !== undefined) this.name = name
  }

  eq(value: V): Predicate {
    return this.#compare('eq', value)
  }
  /** Not equal; does not match null. */
  ne(value: V): Predicate {
    return this.#compare('ne', value)
  }
  lt(value: V): Predicate {
    return this.#compare('lt', value)
  }
  lte(value: V): Predicate {
    return this.#compare('lte', value)
  }
  gt(value: V): Predicate {
    return this.#compare('gt', value)
  }
  gte(value: V): Predicate {
    return this.#compare('gte', value)
  }
  /** Both ends included. */
  between(low: V, high: V): Predicate {
    return and(this.gte(low), this.lte(high))
  }
  in(values: Iterable<V>): Predicate {
    return this.#set('in', values)
  }
  /** None of the values; does not match null. */
  notIn(values: Iterable<V>): Predicate {
    return this.#set('notIn', values)
  }
  isNull(): Predicate {
    return this.#unary('isNull')
  }
  notNull(): Predicate {
    return this.#unary('notNull')
  }
  isNaN(): Predicate {
    return this.#unary('isNaN')
  }
  notNaN(): Predicate {
    return this.#unary('notNaN')
  }
  startsWith(prefix: string): Predicate {
    return this.#compare('startsWith', prefix)
  }
  /** Does not match null. */
  notStartsWith(prefix: string): Predicate {
    return this.#compare('notStartsWith', prefix)
  }
  /** Names the partition field made from this term. */
  as(name: string): TermBuilder<V, P> {
    return new TermBuilder<V, P>(this, name)
  }

  #term(): Term {
    return {
      path: this.path,
      ...(this.dotted !== undefined && { dotted: this.dotted }),
      ...(this.transform !== undefined && { transform: this.transform }),
    }
  }

  #unary(op: UnaryOp): Predicate {
    return Object.freeze({ op, term: this.#term() })
  }

  #compare(op: CompareOp, value: unknown): Predicate {
    if (value === null || value === undefined) {
      throw new InvalidArgument(
        `${this.path.join('.')}: a comparison with ${String(value)} matches nothing; use isNull() or notNull()`,
      )
    }
    return Object.freeze({ op, term: this.#term(), value })
  }

  #set(op: SetOp, values: Iterable<unknown>): Predicate {
    if (typeof values === 'string' || typeof values?.[Symbol.iterator] !== 'function') {
      throw new InvalidArgument(`${this.path.join('.')}: ${op} takes an array of values`)
    }
    const list = Object.freeze([...values])
    if (list.some((value) => value === null || value === undefined)) {
      throw new InvalidArgument(
        `${this.path.join('.')}: null in a set matches nothing; combine with isNull() or notNull()`,
      )
    }
    return Object.freeze({ op, term: this.#term(), values: list })
  }
}

/** The path of a term from its public spelling. */
export function toTerm(path: PathInput): Term {
  if (typeof path === 'string' && path !== '') return { path: [path], dotted: true }
  if (Array.isArray(path) && path.length > 0 && path.every((name) => typeof name === 'string')) {
    return { path: [...path] }
  }
  throw new InvalidArgument('a column is a non-empty name, or an array of the names of its path')
}

/** A column, to be compared: `col('fare').gt('10')`. */
export function col<const P extends PathInput>(path: P): TermBuilder<unknown, P> {
  return new TermBuilder(toTerm(path))
}

export const alwaysTrue: Predicate = Object.freeze({ op: 'true' })
export const alwaysFalse: Predicate = Object.freeze({ op: 'false' })

/** All of the predicates; true when there is none. */
export function and(...predicates: readonly Predicate[]): Predicate {
  return combine('and', predicates, alwaysTrue)
}

/** Any of the predicates; false when there is none. */
export function or(...predicates: readonly Predicate[]): Predicate {
  return combine('or', predicates, alwaysFalse)
}

/** The opposite, by three-valued logic: where the predicate is unknown, so is its opposite. */
export function not(predicate: Predicate): Predicate {
  checkPredicate(predicate)
  return Object.freeze({ op: 'not', arg: predicate })
}

function combine(op: 'and' | 'or', predicates: readonly Predicate[], none: Predicate): Predicate {
  for (const predicate of predicates) checkPredicate(predicate)
  const [first] = predicates
  if (first === undefined) return none
  return predicates.length === 1
    ? first
    : Object.freeze({ op, args: Object.freeze([...predicates]) })
}

/** Throws `InvalidArgument` unless the value looks like a predicate. */
export function checkPredicate(value: unknown): asserts value is Predicate {
  const op = typeof value === 'object' && value !== null && 'op' in value ? value.op : undefined
  if (typeof op !== 'string') {
    throw new InvalidArgument(
      "a predicate was expected: build one with col('name').eq(…), and(…), or give SQL text",
    )
  }
}
