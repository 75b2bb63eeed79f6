/** Avro that lies: each refusal of the decoder, met on purpose. */
import { describe, expect, test } from 'vitest'
import { openAvro } from '../../../../src/codec/avro/container.js'
import { compileDecoder } from '../../../../src/codec/avro/decoder.js'
import { AvroInput } from '../../../../src/codec/avro/input.js'
import {
  AVRO,
  type AvroSchema,
  avroField,
  avroOptional,
  avroRecord,
} from '../../../../src/codec/avro/schema.js'
import { parseAvroSchema } from '../../../../src/codec/avro/schema-json.js'
import { AvroWriter } from '../../../../src/codec/avro/writer.js'
import { defaultLimits as limits } from '../../../../src/env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../../src/errors.js'
import { ByteWriter } from '../../../../src/util/byte-writer.js'
import { concatBytes } from '../../../../src/util/bytes.js'
import { encodeUtf8 } from '../../../../src/util/utf8.js'

const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const ones = (count: number, ...last: number[]): Uint8Array =>
  bytes(...Array.from({ length: count }, () => 0xff), ...last)
const zigzag = (value: number): Uint8Array => {
  const out = new ByteWriter()
  out.zigzag64(BigInt(value))
  return out.toBytes()
}
const input = (...all: number[]): AvroInput => new AvroInput(bytes(...all), 'f.avro')

describe('numbers', () => {
  test.each<[string, (from: AvroInput) => unknown, Uint8Array]>([
    ['an int is cut off', (from) => from.readInt(), bytes(0x80)],
    ['an int has more than 32 bits', (from) => from.readInt(), ones(4, 0x1f)],
    ['a long is cut off', (from) => from.readLong(), ones(3)],
    ['a long is cut off', (from) => from.readLong(), ones(6)],
    ['a long has more than 64 bits', (from) => from.readLong(), ones(9, 2)],
    ['a long has more than 64 bits', (from) => from.readLong(), ones(10, 0)],
    ['a number is cut off', (from) => from.skipVarint(10), ones(3)],
    ['a number has more than 5 bytes', (from) => from.skipVarint(5), ones(5, 0)],
    ['a boolean is cut off', (from) => from.readBoolean(), bytes()],
    ['a boolean is neither 0 nor 1', (from) => from.readBoolean(), bytes(2)],
    ['a float is cut off', (from) => from.readFloat(), bytes(0, 0, 0)],
    ['a double is cut off', (from) => from.readDouble(), bytes(0, 0, 0, 0, 0, 0, 0)],
  ])('%s', (message, read, data) => {
    const from = new AvroInput(data, 'f.avro')
    expect(() => read(from)).toThrow(CorruptData)
    expect(() => read(new AvroInput(data, 'f.avro'))).toThrow(`${message} at offset`)
  })

  test('the longest there are', () => {
    expect(new AvroInput(ones(4, 0x0f), undefined).readInt()).toBe(-(2 ** 31))
    expect(new AvroInput(ones(9, 1), undefined).readLong()).toBe(-(2n ** 63n))
    const skipped = new AvroInput(ones(4, 0), undefined)
    skipped.skipVarint(5)
    expect(skipped.pos).toBe(5)
  })
})

describe('lengths and counts', () => {
  test('of what is to come', () => {
    expect(input(4, 1, 1).readLength('a string')).toBe(2)
    expect(() => input(6, 1, 1).readLength('a string')).toThrow('a string is longer than the data')
    expect(() => input(1).readLength('a string')).toThrow('a string has a negative length')
    expect(() => input().readLength('a string')).toThrow('a long is cut off')
    // 64 in two bytes, of which there are three.
    expect(() => input(0x80, 1, 9, 9, 9).readLength('a string')).toThrow('longer than the data')
    const long = concatBytes([zigzag(64), new Uint8Array(64)])
    expect(new AvroInput(long, undefined).readLength('a string')).toBe(64)
  })

  test('of the blocks of arrays and maps', () => {
    expect(input(4, 1, 1).readBlockCount()).toBe(2)
    expect(() => input(6, 1, 1).readBlockCount()).toThrow('more items than bytes')
    // Two items in two bytes; in one byte; three where there are two bytes at all.
    expect(input(3, 4, 1, 1).readBlockCount()).toBe(2)
    expect(() => input(3, 2, 1, 1).readBlockCount()).toThrow('more items than bytes')
    expect(() => input(5, 4, 1, 1).readBlockCount()).toThrow('more items than bytes')
    const skipped = input(3, 4, 1, 1, 0)
    expect(skipped.skipBlocks()).toBe(0)
    expect(skipped.pos).toBe(5)
    expect(input(4, 1, 1).skipBlocks()).toBe(2)
  })

  test('texts and bytes', () => {
    expect(() => input(2, 0xff).readString()).toThrow('a string is not valid utf-8')
    expect(input(1, 2).readBytes(2, 'a fixed')).toEqual(bytes(1, 2))
    expect(() => input(1, 2).readBytes(3, 'a fixed')).toThrow('a fixed is cut off')
    const long = new Uint8Array(65).fill(7)
    const copy = new AvroInput(long, undefined).readBytes(65, 'bytes')
    long[0] = 8
    expect(copy).toEqual(new Uint8Array(65).fill(7))
  })
})

describe('values', () => {
  const decode = (schema: AvroSchema, ...data: number[]): unknown =>
    compileDecoder(schema, {}, undefined)(input(...data))
  const parse = (value: unknown): AvroSchema => parseAvroSchema(JSON.stringify(value), { limits })

  test('symbols and branches that there are not', () => {
    const symbols = parse({ type: 'enum', name: 'e', symbols: ['x', 'y'] })
    expect(decode(symbols, 2)).toBe('y')
    expect(() => decode(symbols, 4)).toThrow('an enum has no such symbol')
    const maybe = avroOptional(AVRO.int)
    expect([decode(maybe, 0), decode(maybe, 2, 6)]).toEqual([null, 3])
    expect(() => decode(maybe, 4, 6)).toThrow('a union has no such branch')
    const row = avroRecord('r', [avroField(1, 'a', maybe), avroField(2, 'b', AVRO.int)])
    const last = { fields: [{ id: 2 }] }
    expect(compileDecoder(row, last, undefined)(input(0, 8))).toEqual([4])
    expect(() => compileDecoder(row, last, undefined)(input(4, 8))).toThrow('no such branch')
  })
})

describe('files', () => {
  const schema = avroRecord('r', [avroField(1, 'a', AVRO.int)])
  const sync = new Uint8Array(16).fill(7)
  const written = (metadata = new Map<string, string>()): Uint8Array => {
    const writer = new AvroWriter({ schema, sync, codec: 'null', metadata })
    for (const a of [1, 2, 3]) writer.append([a])
    return writer.finish()
  }
  const block = (count: number, data: Uint8Array, after = sync): Uint8Array =>
    concatBytes([zigzag(count), zigzag(data.length), data, after])
  const file = (...blocks: Uint8Array[]): Uint8Array => {
    const head = new AvroWriter({ schema, sync, codec: 'null' }).finish()
    return concatBytes([head, ...blocks])
  }
  /** A header by hand. */
  const headed = (...entries: readonly (readonly [string, string])[]): Uint8Array => {
    const text = (value: string): Uint8Array =>
      concatBytes([zigzag(encodeUtf8(value).length), encodeUtf8(value)])
    const parts = entries.flatMap(([key, value]) => [text(key), text(value)])
    return concatBytes([encodeUtf8('Obj\u0001'), zigzag(entries.length), ...parts, bytes(0), sync])
  }
  const rows = (data: Uint8Array): unknown[] => [...openAvro(data, { limits, path: 'f' }).rows()]

  test('what is right', () => {
    expect(rows(written())).toEqual([[1], [2], [3]])
    expect(rows(file(block(2, bytes(2, 4)), block(1, bytes(6))))).toEqual([[1], [2], [3]])
    expect(rows(file(block(0, bytes())))).toEqual([])
  })

  test.each<[string, Uint8Array]>([
    ['no avro header', bytes(1, 2, 3, 4)],
    ['a block has a negative row count', file(block(-1, bytes(2)))],
    ['no sync marker after a block', file(block(1, bytes(2), new Uint8Array(16)))],
    ['a block has more rows than bytes', file(block(2, bytes(2)))],
    ['bytes are left over after the rows of a block', file(block(1, bytes(2, 4)))],
    ['bytes are left over after the rows of a block', file(block(0, bytes(2)))],
    ['a block is longer than the data', file(bytes(2, 40))],
    ['the header has no avro.schema', headed(['avro.codec', 'null'])],
    ['a metadata key appears twice', headed(['k', '1'], ['k', '2'])],
  ])('%s', (message, data) => {
    expect(() => rows(data)).toThrow(CorruptData)
    expect(() => rows(data)).toThrow(message)
  })

  test('a codec that nobody knows is named, cut to a length that can be shown', () => {
    const open = (codec: string): unknown => rows(headed(['avro.codec', codec]))
    expect(() => open('xz')).toThrow(Unsupported)
    expect(() => open('x'.repeat(99))).toThrow(`avro codec '${'x'.repeat(40)}' cannot be read`)
  })

  test('a header of no codec is not packed; entries are limited', () => {
    const text = new TextDecoder().decode(
      openAvro(written(), { limits }).metadata.get('avro.schema'),
    )
    const plain = concatBytes([headed(['avro.schema', text]), block(1, bytes(2))])
    expect(rows(plain)).toEqual([[1]])
    const open = (avroHeaderEntries: number, path?: string): unknown =>
      openAvro(headed(['a', ''], ['avro.schema', text]), {
        limits: { ...limits, avroHeaderEntries },
        ...(path !== undefined && { path }),
      })
    expect(() => open(2)).not.toThrow()
    expect(() => open(1)).toThrow(LimitExceeded)
    expect(() => open(1, 'f.avro')).toThrow('avroHeaderEntries = 1 in f.avro')
  })

  test('a schema whose text is no utf-8 is refused by the parser of schemas', () => {
    const head = concatBytes([
      encodeUtf8('Obj\u0001'),
      zigzag(1),
      zigzag(11),
      encodeUtf8('avro.schema'),
      zigzag(1),
      bytes(0xff, 0),
      sync,
    ])
    expect(() => openAvro(head, { limits })).toThrow('not valid utf-8')
  })
})
