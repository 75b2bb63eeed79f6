/**
 * Predicates from SQL text. The grammar:
 *
 *   or      = and { OR and }          and   = not { AND not }        not = [NOT] test
 *   test    = '(' or ')' | TRUE | FALSE
 *           | term ( cmp literal | IS [NOT] (NULL | NAN) | [NOT] IN '(' literals ')'
 *                  | [NOT] BETWEEN literal AND literal | [NOT] LIKE 'prefix%' )
 *           | literal cmp term
 *   term    = path | (year|month|day|hour|identity) '(' path ')' | (bucket|truncate) '(' n ',' path ')'
 *   literal = [+-] number | 'text' | X'hex' | TRUE | FALSE | (DATE|TIME|TIMESTAMP|UUID) 'text' | bound value
 */
import { fromHex } from '../util/bytes.js'
import { alwaysFalse, alwaysTrue, and, not, or, TermBuilder } from './build.js'
import { NumericText } from './numeric-text.js'
import type { CompareOp, Predicate } from './predicate.js'
import { sqlError, type Token, tokenize } from './sql-lexer.js'
import { bucket, day, hour, identity, month, truncate, year } from './terms.js'

const COMPARE: ReadonlyMap<string, CompareOp> = new Map([
  ['=', 'eq'],
  ['==', 'eq'],
  ['<>', 'ne'],
  ['!=', 'ne'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['>', 'gt'],
  ['>=', 'gte'],
])
const MIRRORED: Readonly<Record<string, CompareOp>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  lte: 'gte',
  gt: 'lt',
  gte: 'lte',
}
/** What to write in place of functions that other dialects have. */
const FUNCTION_HINTS: ReadonlyMap<string, string> = new Map([
  ...['isnan', 'is_nan'].map((name) => [name, 'write x IS NAN'] as const),
  ...['isnull', 'is_null'].map((name) => [name, 'write x IS NULL'] as const),
  ...['startswith', 'starts_with'].map((name) => [name, "write x LIKE 'prefix%'"] as const),
])

const UNARY_TRANSFORMS = new Map([
  ['year', year],
  ['years', year],
  ['month', month],
  ['months', month],
  ['day', day],
  ['days', day],
  ['hour', hour],
  ['hours', hour],
  ['identity', identity],
])
const WIDTH_TRANSFORMS = new Map([
  ['bucket', bucket],
  ['truncate', truncate],
])
const TYPED_LITERALS = new Set(['date', 'time', 'timestamp', 'timestamptz', 'uuid'])
const RESERVED = new Set([
  'and',
  'or',
  'not',
  'in',
  'is',
  'between',
  'like',
  'null',
  'true',
  'false',
])
const DEPTH_LIMIT = 200

/** Parses a predicate; `values` are what the marks in the text stand for. */
export function parseSql(text: string, values: readonly unknown[]): Predicate {
  return new Parser(text, values).parse()
}

class Parser {
  readonly #text: string
  readonly #values: readonly unknown[]
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(text: string, values: readonly unknown[]) {
    this.#text = text
    this.#values = values
    this.#tokens = tokenize(text)
  }

  parse(): Predicate {
    const predicate = this.#or()
    if (this.#peek().kind !== 'end') this.#fail('nothing was expected after this point')
    return predicate
  }

  #or(): Predicate {
    if (++this.#depth > DEPTH_LIMIT) this.#fail('too deeply nested')
    const args = [this.#and()]
    while (this.#takeWord('or')) args.push(this.#and())
    this.#depth--
    return or(...args)
  }

  #and(): Predicate {
    const args = [this.#not()]
    while (this.#takeWord('and')) args.push(this.#not())
    return and(...args)
  }

  #not(): Predicate {
    let negated = false
    while (this.#takeWord('not')) negated = !negated
    const test = this.#test()
    return negated ? not(test) : test
  }

  #test(): Predicate {
    if (this.#takeSymbol('(')) {
      const inner = this.#or()
      this.#expectSymbol(')')
      return inner
    }
    if (this.#isLiteral()) return this.#literalFirst()
    return this.#afterTerm(this.#term())
  }

  /** `10 < fare`, or TRUE or FALSE alone. */
  #literalFirst(): Predicate {
    const value = this.#literal()
    const op = this.#compareOp()
    if (op === undefined) {
      if (typeof value === 'boolean') return value ? alwaysTrue : alwaysFalse
      this.#fail('a comparison (=, <>, <, <=, >, >=) was expected')
    }
    return compare(this.#term(), MIRRORED[op] ?? op, value)
  }

  #afterTerm(term: TermBuilder): Predicate {
    const op = this.#compareOp()
    if (op !== undefined) return compare(term, op, this.#literal())
    if (this.#takeWord('is')) return this.#isTest(term)
    const negated = this.#takeWord('not')
    if (this.#takeWord('in')) {
      const values = this.#literals()
      return negated ? term.notIn(values) : term.in(values)
    }
    if (this.#takeWord('between')) {
      const low = this.#literal()
      if (!this.#takeWord('and')) this.#fail('AND was expected between the ends of BETWEEN')
      const range = term.between(low, this.#literal())
      return negated ? not(range) : range
    }
    if (this.#takeWord('like')) return this.#like(term, negated)
    this.#fail('a comparison (=, <, IN, BETWEEN, LIKE, IS NULL …) was expected')
  }

  #isTest(term: TermBuilder): Predicate {
    const negated = this.#takeWord('not')
    if (this.#takeWord('null')) return negated ? term.notNull() : term.isNull()
    if (this.#takeWord('nan')) return negated ? term.notNaN() : term.isNaN()
    this.#fail('NULL or NAN was expected')
  }

  /** Only patterns that fix a beginning can be answered: 'Os%'; without a wildcard it is equality. */
  #like(term: TermBuilder, negated: boolean): Predicate {
    const at = this.#peek()
    const pattern = this.#literal()
    if (typeof pattern !== 'string') throw sqlError(this.#text, at.at, 'LIKE takes a text')
    const prefix = pattern.endsWith('%') ? pattern.slice(0, -1) : undefined
    const body = prefix ?? pattern
    if (/[%_\\]/.test(body)) {
      throw sqlError(this.#text, at.at, "only 'prefix%' patterns can be used with LIKE")
    }
    if (prefix === undefined) return negated ? term.ne(body) : term.eq(body)
    return negated ? term.notStartsWith(body) : term.startsWith(body)
  }

  #term(): TermBuilder {
    const token = this.#peek()
    const call = token.kind === 'word' && this.#symbolAt(1, '(')
    if (!call || token.kind !== 'word') return new TermBuilder(this.#path())
    const name = token.text.toLowerCase()
    const unary = UNARY_TRANSFORMS.get(name)
    const withWidth = WIDTH_TRANSFORMS.get(name)
    if (unary === undefined && withWidth === undefined) {
      const known = 'use year, month, day, hour, bucket, truncate'
      this.#fail(`there is no function ${token.text}; ${FUNCTION_HINTS.get(name) ?? known}`)
    }
    this.#next += 2
    const build = unary ?? this.#widthFirst(withWidth ?? truncate)
    const term = build(this.#path().path)
    this.#expectSymbol(')')
    return term
  }

  #widthFirst(build: typeof bucket): (path: readonly string[]) => TermBuilder {
    const token = this.#peek()
    if (token.kind !== 'number' || !/^\d{1,10}$/.test(token.text)) {
      this.#fail('a whole number was expected first, then the column')
    }
    this.#next++
    this.#expectSymbol(',')
    return (path) => build(Number(token.text), path)
  }

  #path(): { readonly path: readonly string[] } {
    const path: string[] = []
    do {
      const token = this.#peek()
      const isName =
        token.kind === 'quoted' ||
        (token.kind === 'word' && !(path.length === 0 && RESERVED.has(token.text.toLowerCase())))
      if (!isName) this.#fail('a column name was expected')
      path.push(token.text)
      this.#next++
    } while (this.#takeSymbol('.'))
    return { path }
  }

  #literals(): unknown[] {
    this.#expectSymbol('(')
    const values: unknown[] = []
    do {
      const token = this.#peek()
      const value = this.#literal()
      if (token.kind === 'value' && Array.isArray(value)) values.push(...value)
      else values.push(value)
    } while (this.#takeSymbol(','))
    this.#expectSymbol(')')
    return values
  }

  #isLiteral(): boolean {
    const token = this.#peek()
    if (token.kind === 'word') {
      const word = token.text.toLowerCase()
      if (word === 'true' || word === 'false') return true
      return TYPED_LITERALS.has(word) && this.#tokens[this.#next + 1]?.kind === 'string'
    }
    if (token.kind === 'symbol') return token.text === '-' || token.text === '+'
    return ['number', 'string', 'bytes', 'value'].includes(token.kind)
  }

  #literal(): unknown {
    const token = this.#peek()
    if (!this.#isLiteral()) {
      const isNull = token.kind === 'word' && token.text.toLowerCase() === 'null'
      this.#fail(isNull ? 'compare with NULL by IS NULL or IS NOT NULL' : 'a value was expected')
    }
    this.#next++
    switch (token.kind) {
      case 'number':
        return new NumericText(token.text)
      case 'string':
        return token.text
      case 'bytes':
        return this.#hex(token.text, token.at)
      case 'value':
        return this.#bound(token.index, token.at)
      case 'symbol':
        return this.#signed(token.text)
      case 'word':
        return this.#wordLiteral(token.text.toLowerCase())
      default:
        this.#fail('a value was expected')
    }
  }

  #signed(sign: string): NumericText {
    const token = this.#peek()
    if (token.kind !== 'number') this.#fail('a number was expected after the sign')
    this.#next++
    return new NumericText(sign === '-' ? `-${token.text}` : token.text)
  }

  #wordLiteral(word: string): unknown {
    if (word === 'true') return true
    if (word === 'false') return false
    const token = this.#peek()
    if (token.kind !== 'string') this.#fail('a quoted text was expected')
    this.#next++
    return token.text
  }

  #hex(text: string, at: number): Uint8Array {
    const bytes = fromHex(text)
    if (bytes === undefined) throw sqlError(this.#text, at, "X'…' takes pairs of hex digits")
    return bytes
  }

  #bound(index: number, at: number): unknown {
    const value = this.#values[index]
    if (value === null || value === undefined) {
      throw sqlError(this.#text, at, 'a bound value is null; use IS NULL instead')
    }
    return value
  }

  #compareOp(): CompareOp | undefined {
    const token = this.#peek()
    const op = token.kind === 'symbol' ? COMPARE.get(token.text) : undefined
    if (op !== undefined) this.#next++
    return op
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: this.#text.length }
  }

  #symbolAt(ahead: number, text: string): boolean {
    const token = this.#tokens[this.#next + ahead]
    return token?.kind === 'symbol' && token.text === text
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    const found = token.kind === 'word' && token.text.toLowerCase() === word
    if (found) this.#next++
    return found
  }

  #takeSymbol(text: string): boolean {
    const found = this.#symbolAt(0, text)
    if (found) this.#next++
    return found
  }

  #expectSymbol(text: string): void {
    if (!this.#takeSymbol(text)) this.#fail(`\`${text}\` was expected`)
  }

  #fail(problem: string): never {
    throw sqlError(this.#text, this.#peek().at, problem)
  }
}

function compare(term: TermBuilder, op: CompareOp, value: unknown): Predicate {
  switch (op) {
    case 'eq':
      return term.eq(value)
    case 'ne':
      return term.ne(value)
    case 'lt':
      return term.lt(value)
    case 'lte':
      return term.lte(value)
    case 'gt':
      return term.gt(value)
    default:
      return term.gte(value)
  }
}
