/** Tokens of the predicate language (a subset of SQL); see `sql-parser.ts` for the grammar. */
import { InvalidArgument } from '../errors.js'

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'quoted'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly text: string; readonly at: number }
  | { readonly kind: 'bytes'; readonly text: string; readonly at: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'value'; readonly index: number; readonly at: number }
  | { readonly kind: 'end'; readonly at: number }

/** Stands for a bound value in the text between the parts of a template. */
export const VALUE_MARK = '\u0000'

const SPACE = /\s+/y
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const SYMBOL = /<>|!=|<=|>=|==|\|\||[=<>(),.+*/%-]/y
const TEXT_LIMIT = 1_000_000

/** Cuts text into tokens. Throws `InvalidArgument` that shows where. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > TEXT_LIMIT) {
    throw new InvalidArgument(`a predicate of ${text.length} characters is too long`)
  }
  const tokens: Token[] = []
  let at = 0
  let values = 0
  while (at < text.length) {
    const space = match(SPACE, text, at)
    if (space !== undefined) {
      at += space.length
      continue
    }
    if (text[at] === VALUE_MARK) {
      tokens.push({ kind: 'value', index: values++, at })
      at += 1
      continue
    }
    const token = nextToken(text, at)
    tokens.push(token.token)
    at = token.end
  }
  tokens.push({ kind: 'end', at: text.length })
  return tokens
}

function nextToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  const char = text[at]
  if ((char === 'x' || char === 'X') && text[at + 1] === "'") {
    const quoted = readQuoted(text, at + 1, "'")
    return { token: { kind: 'bytes', text: quoted.text, at }, end: quoted.end }
  }
  if (char === "'") {
    const quoted = readQuoted(text, at, "'")
    return { token: { kind: 'string', text: quoted.text, at }, end: quoted.end }
  }
  if (char === '"' || char === '`') {
    const quoted = readQuoted(text, at, char)
    return { token: { kind: 'quoted', text: quoted.text, at }, end: quoted.end }
  }
  const word = match(WORD, text, at)
  if (word !== undefined) return { token: { kind: 'word', text: word, at }, end: at + word.length }
  const number = match(NUMBER, text, at)
  if (number !== undefined) {
    return { token: { kind: 'number', text: number, at }, end: at + number.length }
  }
  const symbol = match(SYMBOL, text, at)
  if (symbol !== undefined) {
    return { token: { kind: 'symbol', text: symbol, at }, end: at + symbol.length }
  }
  throw sqlError(text, at, 'this character means nothing here')
}

/** A quoted piece; the quote doubled stands for itself. */
function readQuoted(
  text: string,
  start: number,
  quote: string,
): { readonly text: string; readonly end: number } {
  const parts: string[] = []
  let from = start + 1
  for (;;) {
    const close = text.indexOf(quote, from)
    if (close === -1) throw sqlError(text, start, `this quote is never closed`)
    parts.push(text.slice(from, close))
    if (text[close + 1] !== quote) return { text: parts.join(quote), end: close + 1 }
    from = close + 2
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** An `InvalidArgument` with the line of the text and a caret under the place. */
export function sqlError(text: string, at: number, problem: string): InvalidArgument {
  const shown = text.replaceAll(VALUE_MARK, '?')
  const lineStart = shown.lastIndexOf('\n', at - 1) + 1
  const nextBreak = shown.indexOf('\n', at)
  const line = shown.slice(lineStart, nextBreak === -1 ? undefined : nextBreak)
  const caret = `${' '.repeat(at - lineStart)}^`
  return new InvalidArgument(`cannot read the SQL: ${problem}\n  ${line}\n  ${caret}`, {
    details: { offset: at },
  })
}
