import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded } from '../../errors.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { JsonNumber, type JsonValue } from './value.js'

export interface ParseJsonOptions {
  readonly limits: Pick<Limits, 'jsonDepth' | 'jsonStringLength' | 'jsonNodes'>
  /** Named in errors. */
  readonly path?: string
}

/** The parser recurses, so no configured depth may outgrow the stack. */
const MAX_DEPTH = 1024
const KEY_CACHE_SIZE = 256

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
])

/**
 * Parses strict JSON (RFC 8259) without losing anything. Duplicate keys, trailing text, invalid
 * UTF-8 and lone surrogates are refused.
 *
 * @throws CorruptData with `details.offset` (bytes of the UTF-8 text) and `details.path`.
 * @throws LimitExceeded for `jsonDepth`, `jsonStringLength` and `jsonNodes`.
 */
export function parseJson(input: Uint8Array | string, options: ParseJsonOptions): JsonValue {
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (text === undefined) {
    throw new CorruptData(`json is not valid utf-8${inFile(options.path)}`, {
      details: { path: options.path },
    })
  }
  return new Parser(text, options).parseDocument()
}

function inFile(path: string | undefined): string {
  return path === undefined ? '' : ` in ${path}`
}

class Parser {
  readonly #text: string
  readonly #options: ParseJsonOptions
  readonly #depthMax: number
  readonly #keys: (string | undefined)[] = new Array<string | undefined>(KEY_CACHE_SIZE)
  #pos = 0
  #nodesLeft: number

  constructor(text: string, options: ParseJsonOptions) {
    this.#text = text
    this.#options = options
    this.#depthMax = Math.min(options.limits.jsonDepth, MAX_DEPTH)
    this.#nodesLeft = options.limits.jsonNodes
  }

  parseDocument(): JsonValue {
    this.#skipSpace()
    const value = this.#value(1)
    this.#skipSpace()
    if (this.#pos < this.#text.length) this.#fail('unexpected text after the value')
    return value
  }

  #value(depth: number): JsonValue {
    if (--this.#nodesLeft < 0) {
      this.#limit('jsonNodes', this.#options.limits.jsonNodes, this.#options.limits.jsonNodes + 1)
    }
    const code = this.#text.charCodeAt(this.#pos)
    switch (code) {
      case OPEN_OBJECT:
        return this.#object(depth)
      case OPEN_ARRAY:
        return this.#array(depth)
      case QUOTE:
        return this.#string()
      case 0x74:
        return this.#literal('true', true)
      case 0x66:
        return this.#literal('false', false)
      case 0x6e:
        return this.#literal('null', null)
      default:
        if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#number()
        return this.#fail('expected a json value')
    }
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    if (depth > this.#depthMax) this.#limit('jsonDepth', this.#depthMax, depth)
    const object = new Map<string, JsonValue>()
    this.#pos++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#pos) === CLOSE_OBJECT) {
      this.#pos++
      return object
    }
    for (;;) {
      const keyAt = this.#pos
      if (this.#text.charCodeAt(keyAt) !== QUOTE) this.#fail('expected a key in quotes')
      const key = this.#string()
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#pos) !== COLON) this.#fail("expected ':' after the key")
      this.#pos++
      this.#skipSpace()
      const sizeBefore = object.size
      object.set(key, this.#value(depth + 1))
      if (object.size === sizeBefore) {
        this.#pos = keyAt
        this.#fail(`duplicate key ${JSON.stringify(key.slice(0, 80))}`)
      }
      this.#skipSpace()
      const code = this.#text.charCodeAt(this.#pos++)
      if (code === CLOSE_OBJECT) return object
      if (code !== COMMA) this.#failBefore("expected ',' or '}'")
      this.#skipSpace()
    }
  }

  #array(depth: number): readonly JsonValue[] {
    if (depth > this.#depthMax) this.#limit('jsonDepth', this.#depthMax, depth)
    const array: JsonValue[] = []
    this.#pos++
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#pos) === CLOSE_ARRAY) {
      this.#pos++
      return array
    }
    for (;;) {
      array.push(this.#value(depth + 1))
      this.#skipSpace()
      const code = this.#text.charCodeAt(this.#pos++)
      if (code === CLOSE_ARRAY) return array
      if (code !== COMMA) this.#failBefore("expected ',' or ']'")
      this.#skipSpace()
    }
  }

  /** A string from its opening quote. Plain ones are one slice, and short ones are shared. */
  #string(): string {
    const text = this.#text
    const start = this.#pos + 1
    let i = start
    let hash = 0
    for (;;) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) break
      if (code === BACKSLASH) return this.#longString(start, i)
      // Also true for the NaN past the end.
      if (!(code >= 0x20)) return this.#badCharacter(i)
      if (code >= 0xd800 && code <= 0xdfff) return this.#longString(start, i)
      hash = (hash * 31 + code) | 0
      i++
    }
    this.#checkStringLength(i - start, start)
    this.#pos = i + 1
    return this.#shared(start, i, hash)
  }

  /** Field names repeat thousands of times: one string each saves memory and hashing. */
  #shared(start: number, end: number, hash: number): string {
    if (end - start > 32) return this.#text.slice(start, end)
    const slot = (hash ^ (hash >>> 8)) & (KEY_CACHE_SIZE - 1)
    const cached = this.#keys[slot]
    if (
      cached !== undefined &&
      cached.length === end - start &&
      this.#text.startsWith(cached, start)
    ) {
      return cached
    }
    const fresh = this.#text.slice(start, end)
    this.#keys[slot] = fresh
    return fresh
  }

  /** The slow path: a string with escapes or surrogates; `at` is the first of them. */
  #longString(start: number, at: number): string {
    const text = this.#text
    const parts: string[] = []
    let from = start
    let i = at
    let length = 0
    for (;;) {
      const code = text.charCodeAt(i)
      if (code === QUOTE) break
      if (code === BACKSLASH) {
        parts.push(text.slice(from, i))
        this.#pos = i + 1
        const escaped = this.#escape()
        parts.push(escaped)
        // Counted in the end too; here so that a bomb of escapes is stopped early.
        length += i - from + escaped.length
        this.#checkStringLength(length, start)
        i = this.#pos
        from = i
      } else if (!(code >= 0x20)) {
        return this.#badCharacter(i)
      } else if (code >= 0xd800 && code <= 0xdfff) {
        const low = text.charCodeAt(i + 1)
        if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) {
          this.#pos = i
          this.#fail('lone surrogate in a string')
        }
        i += 2
      } else {
        i++
      }
    }
    parts.push(text.slice(from, i))
    this.#checkStringLength(length + i - from, start)
    this.#pos = i + 1
    return parts.join('')
  }

  /** One escape, from after its backslash; a surrogate pair of escapes is read whole. */
  #escape(): string {
    const code = this.#text.charCodeAt(this.#pos)
    const simple = ESCAPES.get(code)
    if (simple !== undefined) {
      this.#pos++
      return simple
    }
    if (code !== 0x75) this.#fail('unknown escape in a string')
    this.#pos++
    const unit = this.#hex4()
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    if (unit <= 0xdbff && this.#text.startsWith('\\u', this.#pos)) {
      this.#pos += 2
      const low = this.#hex4()
      if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low)
    }
    return this.#fail('lone surrogate in a string')
  }

  #hex4(): number {
    const digits = this.#text.slice(this.#pos, this.#pos + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('expected four hexadecimal digits')
    this.#pos += 4
    return Number.parseInt(digits, 16)
  }

  #number(): JsonNumber {
    const text = this.#text
    const start = this.#pos
    let i = start
    if (text.charCodeAt(i) === MINUS) i++
    const first = text.charCodeAt(i)
    if (first === ZERO) i++
    else i = this.#digits(i)
    if (text.charCodeAt(i) === DOT) i = this.#digits(i + 1)
    const exponent = text.charCodeAt(i) | 0x20
    if (exponent === 0x65) {
      const sign = text.charCodeAt(i + 1)
      i = this.#digits(sign === MINUS || sign === 0x2b ? i + 2 : i + 1)
    }
    this.#checkStringLength(i - start, start)
    this.#pos = i
    return new JsonNumber(text.slice(start, i))
  }

  /** Past one or more digits from `at`. */
  #digits(at: number): number {
    let i = at
    let code = this.#text.charCodeAt(i)
    while (code >= ZERO && code <= NINE) code = this.#text.charCodeAt(++i)
    if (i === at) {
      this.#pos = at
      this.#fail('expected a digit')
    }
    return i
  }

  #literal<T extends null | boolean>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#pos)) this.#fail('expected a json value')
    this.#pos += word.length
    return value
  }

  #skipSpace(): void {
    let code = this.#text.charCodeAt(this.#pos)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.#text.charCodeAt(++this.#pos)
    }
  }

  #checkStringLength(length: number, at: number): void {
    const max = this.#options.limits.jsonStringLength
    if (length <= max) return
    this.#pos = at
    this.#limit('jsonStringLength', max, length)
  }

  #badCharacter(at: number): never {
    this.#pos = at
    if (at >= this.#text.length) return this.#fail('unexpected end inside a string')
    return this.#fail('unescaped control character in a string')
  }

  #failBefore(message: string): never {
    this.#pos--
    return this.#fail(message)
  }

  #fail(message: string): never {
    const { path } = this.#options
    const end = this.#pos >= this.#text.length ? ', at the end of the text' : ''
    const offset = this.#offset()
    throw new CorruptData(`bad json: ${message}${inFile(path)} at offset ${offset}${end}`, {
      details: { path, offset },
    })
  }

  #limit(limit: keyof ParseJsonOptions['limits'], max: number, actual: number): never {
    const { path } = this.#options
    const offset = this.#offset()
    throw new LimitExceeded(
      `json passes the limit ${limit} = ${max}${inFile(path)} at offset ${offset}`,
      { details: { limit, max, actual, path, offset } },
    )
  }

  /** The position in UTF-8 bytes. */
  #offset(): number {
    const end = Math.min(this.#pos, this.#text.length)
    return encodeUtf8(this.#text.slice(0, end)).length
  }
}
