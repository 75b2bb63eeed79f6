/** What rows with one of the source's keys must be like: narrows what is read of the table. */
import type { Data } from 'apache-arrow'
import { castData } from '../../arrow/cast.js'
import { datumReader } from '../../arrow/datum-reader.js'
import { validAt, validityOf } from '../../arrow/layout.js'
import { arrowTypeOf } from '../../arrow/schema.js'
import type { BoundPredicate, BoundTerm } from '../../expr/predicate.js'
import { boundAnd, boundOr } from '../../expr/simplify.js'
import { datumComparator, isFloat } from '../../types/compare.js'
import type { Datum } from '../../types/datum.js'
import { typesEqual } from '../../types/type-equal.js'
import { chainTo } from './row-columns.js'
import type { KeyField, SourceRows } from './source-rows.js'

/** Up to this many distinct values of a column are looked for one by one. */
const IN_MAX = 200

/** A predicate that holds for every row of the table that has a key of the source. */
export function keyPredicate(source: SourceRows, on: readonly KeyField[]): BoundPredicate {
  if (source.rows === 0) return { op: 'false' }
  return boundAnd(on.map((key) => columnPredicate(key, source)))
}

function columnPredicate(key: KeyField, source: SourceRows): BoundPredicate {
  const { target, type, name } = key
  // Values that the table's type may not hold: nothing is said of them.
  if (!typesEqual(type, target.type)) return { op: 'true' }
  const term: BoundTerm = {
    fieldId: target.id,
    path: target.path,
    sourceType: type,
    type,
    required: !target.nullable,
  }
  const chain = chainTo(source.schema, source.batch.data.children, key.source.path)
  const leaf = castData(chain.at(-1)!, arrowTypeOf(type), { path: name })
  const present = presence(chain.slice(0, -1))
  const at = datumReader(type, leaf)
  const values = new Values(key)
  for (let row = 0; row < source.rows; row += 1) {
    const value = present(row) ? at(row) : null
    if (value !== null) values.add(value)
  }
  return values.predicate(term)
}

function presence(around: readonly Data[]): (row: number) => boolean {
  const tests = around.filter((data) => validityOf(data) !== undefined).map(validAt)
  return (row) => tests.every((valid) => valid(row))
}

/** The values of a key column: all of them while they are few, and their ends. */
class Values {
  readonly #compare: (a: Datum, b: Datum) => number
  readonly #isFloat: boolean
  readonly #distinct = new Map<string, Datum>()
  #low: Datum | undefined
  #high: Datum | undefined
  #hasNaN = false

  constructor({ type }: KeyField) {
    this.#compare = datumComparator(type)
    this.#isFloat = isFloat(type)
  }

  add(value: Datum): void {
    if (this.#isFloat && Number.isNaN(value)) {
      this.#hasNaN = true
      return
    }
    if (this.#distinct.size <= IN_MAX) this.#distinct.set(String(value), value)
    if (this.#low === undefined || this.#compare(value, this.#low) < 0) this.#low = value
    if (this.#high === undefined || this.#compare(value, this.#high) > 0) this.#high = value
  }

  predicate(term: BoundTerm): BoundPredicate {
    const range = this.#range(term)
    return this.#hasNaN ? boundOr([{ op: 'isNaN', term }, range]) : range
  }

  #range(term: BoundTerm): BoundPredicate {
    const [low, high] = [this.#low, this.#high]
    if (low === undefined || high === undefined) return { op: 'false' }
    if (!this.#isFloat && this.#distinct.size <= IN_MAX) {
      return { op: 'in', term, values: [...this.#distinct.values()] }
    }
    // Zeros of both signs lie within: bounds may have either.
    return boundAnd([
      { op: 'gte', term, value: low === 0 ? -0 : low },
      { op: 'lte', term, value: high === 0 ? 0 : high },
    ])
  }
}
