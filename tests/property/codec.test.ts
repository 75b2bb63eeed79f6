import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { openAvro } from '../../src/codec/avro/container.js'
import {
  AVRO,
  type AvroSchema,
  type AvroValue,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../../src/codec/avro/schema.js'
import { AvroWriter } from '../../src/codec/avro/writer.js'
import { compress, decompress } from '../../src/codec/compression.js'
import { parseJson } from '../../src/codec/json/parse.js'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import { JsonNumber, type JsonValue } from '../../src/codec/json/value.js'
import { defaultLimits as limits } from '../../src/env/limits.js'
import { nativeZlib, setNativeZlib } from '../../src/env/native-zlib.js'
import { bytesEqual } from '../../src/util/bytes.js'

const zlib = nativeZlib()
afterEach(() => void setNativeZlib(zlib))

/** The plain value that the platform's parser gives. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]))
  }
  return Array.isArray(value) ? value.map(plain) : value
}

describe('json', () => {
  it('reads what the platform writes, and writes what it read', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        const value = parseJson(text, { limits })
        expect(plain(value)).toEqual(JSON.parse(text))
        expect(JSON.parse(stringifyJson(value))).toEqual(JSON.parse(text))
        expect(stringifyJson(parseJson(stringifyJson(value, { indent: 2 }), { limits }))).toBe(
          stringifyJson(value),
        )
      }),
    )
  })

  it('takes no text that the platform refuses', () => {
    const token = fc.constantFrom(...'{}[],:"\\0-1.eE+ntf \n', 'null', 'true', '"a"', '"b":', '\\u')
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('')
        let ours = true
        try {
          parseJson(text, { limits })
        } catch {
          ours = false
        }
        let theirs = true
        try {
          JSON.parse(text)
        } catch {
          theirs = false
        }
        // Ours refuses duplicate keys and lone surrogates besides.
        expect(ours && !theirs).toBe(false)
        if (!/"[\s\S]*"[\s\S]*"|u/.test(text)) expect(ours).toBe(theirs)
      }),
      { numRuns: 2000 },
    )
  })
})

interface Typed {
  readonly type: AvroSchema
  readonly value: fc.Arbitrary<AvroValue>
}

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const leaves: readonly Typed[] = [
  { type: AVRO.boolean, value: fc.boolean() },
  { type: AVRO.int, value: fc.integer() },
  { type: AVRO.long, value: fc.oneof(long, fc.bigInt({ min: -300n, max: 300n })) },
  { type: AVRO.double, value: fc.double() },
  { type: AVRO.float, value: fc.float() },
  { type: AVRO.string, value: fc.string({ unit: 'binary', maxLength: 40 }) },
  { type: AVRO.bytes, value: fc.uint8Array({ maxLength: 100 }) },
]

/** Types nested to a depth; ids and names come from a counter, so that none repeats. */
function typed(depth: number, next: () => number): fc.Arbitrary<Typed> {
  const leaf = fc.constantFrom(...leaves)
  if (depth === 0) return leaf
  const inner = typed(depth - 1, next)
  return fc.oneof(
    leaf,
    inner.map(
      ({ type, value }): Typed => ({
        type: type.kind === 'union' ? type : avroOptional(type),
        value: fc.option(value, { nil: null }),
      }),
    ),
    inner.map(
      ({ type, value }): Typed => ({
        type: avroArray(next(), type),
        value: fc.array(value, { maxLength: 4 }),
      }),
    ),
    inner.map(
      ({ type, value }): Typed => ({
        type: avroKeyValueMap(next(), AVRO.int, next(), type),
        value: fc.array(fc.tuple(fc.integer(), value), { maxLength: 4 }).map((e) => new Map(e)),
      }),
    ),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map(
      (fields): Typed => ({
        type: avroRecord(
          `r${next()}`,
          fields.map(({ type }) => {
            const id = next()
            return avroField(id, `f${id}`, type)
          }),
        ),
        value: fc.tuple(...fields.map((field) => field.value)),
      }),
    ),
  )
}

describe('avro', () => {
  it('gives back every row of every schema, whole or in part', () => {
    let id = 0
    const next = (): number => ++id
    const table = fc
      .array(typed(4, next), { minLength: 1, maxLength: 4 })
      .chain((columns) =>
        fc.tuple(
          fc.constant(columns),
          fc.array(fc.tuple(...columns.map((column) => column.value)), { maxLength: 5 }),
          fc.constantFrom('null' as const, 'deflate' as const, 'snappy' as const),
          fc.nat({ max: columns.length - 1 }),
        ),
      )
    fc.assert(
      fc.property(table, ([columns, rows, codec, only]) => {
        const schema = avroRecord(
          `t${next()}`,
          columns.map(({ type }, i) => avroField(1_000_000 + i, `c${i}`, type)),
        )
        const sync = new Uint8Array(16).fill(9)
        const writer = new AvroWriter({ schema, codec, sync, blockBytes: 64 })
        for (const row of rows) writer.append(row)
        const file = openAvro(writer.finish(), { limits })
        expect([...file.rows()]).toEqual(rows)
        // Everything but one column is skipped.
        const part = [...file.rows({ fields: [{ id: 1_000_000 + only }] })]
        expect(part).toEqual(rows.map((row) => [row[only]]))
      }),
      { numRuns: 200 },
    )
  })
})

describe('compression', () => {
  /** Bytes with repeats near and far, as codecs see them. */
  const data = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc
          .tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.nat({ max: 400 }))
          .map(([unit, times]) =>
            Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length] ?? 0),
          ),
      ),
      { maxLength: 12 },
    )
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

  it.each(['snappy', 'lz4_raw', 'gzip', 'deflate'] as const)('%s', (codec) => {
    fc.assert(
      fc.property(data, fc.boolean(), (bytes, native) => {
        setNativeZlib(native ? zlib : undefined)
        const packed = compress(codec, bytes)
        const bounds = { limit: bytes.length, limitName: 'avroBlockBytes' } as const
        expect(bytesEqual(decompress(codec, packed, bounds), bytes)).toBe(true)
        const exact = { ...bounds, expectedSize: bytes.length }
        expect(bytesEqual(decompress(codec, packed, exact), bytes)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
