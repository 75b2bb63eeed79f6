/**
 * Expressions from SQL text. The grammar, the loosest first:
 *
 *   or    = and { OR and }       and  = not { AND not }      not = { NOT } test
 *   test  = sum [ cmp sum | IS [NOT] (NULL | NAN) | [NOT] IN '(' sums ')'
 *               | [NOT] BETWEEN sum AND sum | [NOT] LIKE 'prefix%' ]
 *   sum   = factor { (+ | - | '||') factor }      factor = signed { (* | / | %) signed }
 *   signed = [+ | -] atom
 *   atom  = number | 'text' | X'hex' | TRUE | FALSE | NULL | (DATE|TIME|TIMESTAMP|UUID) 'text' | bound value
 *         | path | '(' or ')' | name '(' ors ')' | CASE { WHEN or THEN or } [ELSE or] END
 */
import { fromHex } from '../util/bytes.js'
import { NumericText } from './numeric-text.js'
import { sqlError, type Token, tokenize } from './sql-lexer.js'
import type { ArithmeticOp, Comparison, FunctionName, ValueNode, When } from './value-node.js'

const COMPARE: ReadonlyMap<string, Comparison> = new Map([
  ['=', 'eq'],
  ['==', 'eq'],
  ['<>', 'ne'],
  ['!=', 'ne'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['>', 'gt'],
  ['>=', 'gte'],
])
const FUNCTIONS: ReadonlyMap<string, FunctionName> = new Map(
  (['coalesce', 'greatest', 'least', 'lower', 'upper'] as const).map((name) => [name, name]),
)
const TYPED_LITERALS = new Set(['date', 'time', 'timestamp', 'timestamptz', 'uuid'])
const RESERVED = new Set(
  'and or not in is between like null true false case when then else end'.split(' '),
)
const DEPTH_LIMIT = 200

/** Parses an expression; `values` are what the marks in the text stand for. */
export function parseValue(text: string, values: readonly unknown[]): ValueNode {
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

  parse(): ValueNode {
    const node = this.#or()
    if (this.#peek().kind !== 'end') this.#fail('nothing was expected after this point')
    return node
  }

  #or(): ValueNode {
    if (++this.#depth > DEPTH_LIMIT) this.#fail('too deeply nested')
    const args = [this.#and()]
    while (this.#takeWord('or')) args.push(this.#and())
    this.#depth--
    return args.length === 1 ? args[0]! : { kind: 'or', args }
  }

  #and(): ValueNode {
    const args = [this.#not()]
    while (this.#takeWord('and')) args.push(this.#not())
    return args.length === 1 ? args[0]! : { kind: 'and', args }
  }

  #not(): ValueNode {
    let negated = false
    while (this.#takeWord('not')) negated = !negated
    return opposite(this.#test(), negated)
  }

  #test(): ValueNode {
    const left = this.#sum()
    const token = this.#peek()
    const op = token.kind === 'symbol' ? COMPARE.get(token.text) : undefined
    if (op !== undefined) {
      this.#next++
      return { kind: 'compare', op, left, right: this.#sum() }
    }
    if (this.#takeWord('is')) return this.#isTest(left)
    const negated = this.#takeWord('not')
    if (this.#takeWord('in')) return opposite(this.#in(left), negated)
    if (this.#takeWord('between')) {
      const low = this.#sum()
      if (!this.#takeWord('and')) this.#fail('AND was expected between the ends of BETWEEN')
      const args: readonly ValueNode[] = [
        { kind: 'compare', op: 'gte', left, right: low },
        { kind: 'compare', op: 'lte', left, right: this.#sum() },
      ]
      return opposite({ kind: 'and', args }, negated)
    }
    if (this.#takeWord('like')) return opposite(this.#like(left), negated)
    if (negated) this.#fail('IN, BETWEEN or LIKE was expected after NOT')
    return left
  }

  #isTest(arg: ValueNode): ValueNode {
    const negated = this.#takeWord('not')
    if (this.#takeWord('null')) return opposite({ kind: 'isNull', arg }, negated)
    if (this.#takeWord('nan')) return opposite({ kind: 'isNaN', arg }, negated)
    this.#fail('NULL or NAN was expected')
  }

  #in(arg: ValueNode): ValueNode {
    this.#expectSymbol('(')
    const values: ValueNode[] = []
    do {
      const node = this.#sum()
      if (node.kind === 'literal' && Array.isArray(node.value)) {
        values.push(...node.value.map((value): ValueNode => ({ kind: 'literal', value })))
      } else values.push(node)
    } while (this.#takeSymbol(','))
    this.#expectSymbol(')')
    return { kind: 'in', arg, values }
  }

  /** Only patterns that fix a beginning, as in predicates. */
  #like(arg: ValueNode): ValueNode {
    const token = this.#peek()
    const pattern = token.kind === 'value' ? this.#values[token.index] : undefined
    const text = token.kind === 'string' ? token.text : pattern
    if (typeof text !== 'string') this.#fail('LIKE takes a text')
    const body = text.endsWith('%') ? text.slice(0, -1) : text
    if (/[%_\\]/.test(body)) this.#fail("only 'prefix%' patterns can be used with LIKE")
    this.#next++
    if (text.endsWith('%')) return { kind: 'startsWith', arg, prefix: body }
    return { kind: 'compare', op: 'eq', left: arg, right: { kind: 'literal', value: body } }
  }

  #sum(): ValueNode {
    let left = this.#factor()
    for (;;) {
      if (this.#takeSymbol('||')) left = { kind: 'concat', left, right: this.#factor() }
      else {
        const op = this.#takeOperator(['+', '-'])
        if (op === undefined) return left
        left = { kind: 'arithmetic', op, left, right: this.#factor() }
      }
    }
  }

  #factor(): ValueNode {
    let left = this.#signed()
    for (;;) {
      const op = this.#takeOperator(['*', '/', '%'])
      if (op === undefined) return left
      left = { kind: 'arithmetic', op, left, right: this.#signed() }
    }
  }

  #signed(): ValueNode {
    let negative = false
    for (;;) {
      if (this.#takeSymbol('-')) negative = !negative
      else if (!this.#takeSymbol('+')) break
    }
    if (!negative) return this.#atom()
    const token = this.#peek()
    if (token.kind !== 'number') return { kind: 'negate', arg: this.#atom() }
    this.#next++
    return { kind: 'literal', value: new NumericText(`-${token.text}`) }
  }

  #atom(): ValueNode {
    const token = this.#peek()
    switch (token.kind) {
      case 'number':
        this.#next++
        return { kind: 'literal', value: new NumericText(token.text) }
      case 'string':
        this.#next++
        return { kind: 'literal', value: token.text }
      case 'bytes':
        return this.#hex(token.text, token.at)
      case 'value':
        return this.#bound(token.index, token.at)
      case 'word':
        return this.#word(token.text.toLowerCase(), token)
      case 'quoted':
        return this.#column()
      default:
        if (!this.#takeSymbol('(')) this.#fail('a value or a column was expected')
        return this.#closed(this.#or())
    }
  }

  #closed(node: ValueNode): ValueNode {
    this.#expectSymbol(')')
    return node
  }

  #word(word: string, token: Token): ValueNode {
    const after = this.#tokens[this.#next + 1]
    if (TYPED_LITERALS.has(word) && after?.kind === 'string') {
      this.#next += 2
      return { kind: 'literal', value: after.text }
    }
    if (after?.kind === 'symbol' && after.text === '(' && !RESERVED.has(word)) {
      return this.#call(word)
    }
    if (word === 'case') return this.#case()
    if (word === 'true' || word === 'false' || word === 'null') {
      this.#next++
      return { kind: 'literal', value: word === 'null' ? null : word === 'true' }
    }
    if (RESERVED.has(word)) {
      throw sqlError(this.#text, token.at, 'a value or a column was expected')
    }
    return this.#column()
  }

  #call(word: string): ValueNode {
    const name = FUNCTIONS.get(word)
    if (name === undefined) {
      this.#fail(`there is no function ${word}; use ${[...FUNCTIONS.keys()].join(', ')}`)
    }
    this.#next += 2
    const args = [this.#or()]
    while (this.#takeSymbol(',')) args.push(this.#or())
    if ((name === 'lower' || name === 'upper') && args.length > 1) {
      this.#fail(`${name} takes one value`)
    }
    this.#expectSymbol(')')
    return { kind: 'call', name, args }
  }

  #case(): ValueNode {
    this.#next++
    if (++this.#depth > DEPTH_LIMIT) this.#fail('too deeply nested')
    const whens: When[] = []
    while (this.#takeWord('when')) {
      const test = this.#or()
      if (!this.#takeWord('then')) this.#fail('THEN was expected')
      whens.push({ test, value: this.#or() })
    }
    if (whens.length === 0) this.#fail('WHEN was expected')
    const otherwise: ValueNode = this.#takeWord('else')
      ? this.#or()
      : { kind: 'literal', value: null }
    if (!this.#takeWord('end')) this.#fail('END was expected')
    this.#depth--
    return { kind: 'case', whens, otherwise }
  }

  #column(): ValueNode {
    const path: string[] = []
    do {
      const token = this.#peek()
      if (token.kind !== 'quoted' && token.kind !== 'word') this.#fail('a column name was expected')
      path.push(token.text)
      this.#next++
    } while (this.#takeSymbol('.'))
    return { kind: 'column', term: { path } }
  }

  #hex(text: string, at: number): ValueNode {
    const value = fromHex(text)
    if (value === undefined) throw sqlError(this.#text, at, "X'…' takes pairs of hex digits")
    this.#next++
    return { kind: 'literal', value }
  }

  #bound(index: number, at: number): ValueNode {
    const value = this.#values[index]
    if (value === undefined) throw sqlError(this.#text, at, 'a bound value is undefined')
    this.#next++
    return { kind: 'literal', value }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: this.#text.length }
  }

  #takeWord(word: string): boolean {
    const token = this.#peek()
    const found = token.kind === 'word' && token.text.toLowerCase() === word
    if (found) this.#next++
    return found
  }

  #takeOperator(operators: readonly ArithmeticOp[]): ArithmeticOp | undefined {
    return operators.find((op) => this.#takeSymbol(op))
  }

  #takeSymbol(text: string): boolean {
    const token = this.#peek()
    const found = token.kind === 'symbol' && token.text === text
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

function opposite(arg: ValueNode, negated: boolean): ValueNode {
  return negated ? { kind: 'not', arg } : arg
}
