import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAvro } from '../../src/codec/avro/container.js'
import { AVRO, type AvroRecord, avroField, avroRecord } from '../../src/codec/avro/schema.js'
import { parseAvroSchema } from '../../src/codec/avro/schema-json.js'
import { AvroWriter } from '../../src/codec/avro/writer.js'
import { type Codec, decompress } from '../../src/codec/compression.js'
import { parseJson } from '../../src/codec/json/parse.js'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import { CompactReader } from '../../src/codec/thrift/compact-reader.js'
import { readThrift, type ThriftStruct, writeThrift } from '../../src/codec/thrift/generic.js'
import { loadZstd } from '../../src/codec/zstd.js'
import { defaultLimits } from '../../src/env/limits.js'
import { LimitExceeded, MoraineError } from '../../src/errors.js'
import { concatBytes } from '../../src/util/bytes.js'
import { encodeUtf8 } from '../../src/util/utf8.js'

/** Small enough that a test which passes a limit is quick. */
const limits = { ...defaultLimits, avroBlockBytes: 1 << 20, jsonNodes: 10_000, thriftDepth: 16 }
const prototypeBefore = Reflect.ownKeys(Object.prototype)

/** The oracle: a value or a typed error, nothing else. */
function valueOrTyped(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof MoraineError)) throw error
    expect(error.code).toMatch(/^(CORRUPT_DATA|LIMIT_EXCEEDED|UNSUPPORTED)$/)
  }
}

const folder = (name: string): URL => new URL(`../golden/${name}/`, import.meta.url)
const files = (name: string, suffix: RegExp): (readonly [string, Uint8Array])[] =>
  readdirSync(folder(name))
    .filter((file) => suffix.test(file))
    .map((file) => [file, new Uint8Array(readFileSync(new URL(file, folder(name))))])

const readAvro = (bytes: Uint8Array): unknown => {
  const file = openAvro(bytes, { limits, path: 'f' })
  // Once whole and once with almost everything skipped.
  for (const _ of file.rows({ fields: [{ id: 1 }] }));
  return [...file.rows()].length
}
const thriftStruct: ThriftStruct = new Map([
  [1, { type: 5, value: -7 }],
  [2, { type: 1, value: true }],
  [3, { type: 8, value: encodeUtf8('text') }],
  [4, { type: 9, value: { elementType: 6, items: [1n, -(2n ** 63n)] } }],
  [5, { type: 12, value: new Map([[300, { type: 7, value: 1.5 }]]) }],
  [6, { type: 9, value: { elementType: 1, items: [true, false] } }],
  [7, { type: 3, value: -1 }],
])
const readStruct = (bytes: Uint8Array): ThriftStruct =>
  readThrift(new CompactReader(bytes, { limits, path: 'f' }))
const skipStruct = (bytes: Uint8Array): void => new CompactReader(bytes, { limits }).skip(12)

const codecOf = (name: string): Codec => {
  if (name.endsWith('.zst')) return 'zstd'
  if (name.endsWith('.gz')) return 'gzip'
  if (name.endsWith('.br')) return 'brotli'
  if (name.endsWith('.lz4')) return 'lz4_frame'
  return name.slice(name.indexOf('.') + 1).replace('-', '_') as Codec
}

const json = encodeUtf8(
  '{"format-version":2,"a":[1,-2.5e3,true,null,"\\u00e9\\ud83d\\ude80 \u00e9"],"__proto__":{"x":{}},"b":""}',
)
const targets: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ['json', json, (bytes) => stringifyJson(parseJson(bytes, { limits }))],
  [
    'avro schema',
    encodeUtf8(
      '{"type":"record","name":"r","fields":[{"name":"a","type":["null",{"type":"array","items":"int","element-id":2}],"default":null,"field-id":1}]}',
    ),
    (bytes) => parseAvroSchema(bytes, { limits }),
  ],
  ['thrift', writeThrift(thriftStruct), readStruct],
  ['thrift skipped', writeThrift(thriftStruct), skipStruct],
  ...files('avro', /\.avro$/).map(([name, bytes]) => [name, bytes, readAvro] as const),
  ...files('codec', /^text[.-](?!txt)/).map(([name, bytes]) => {
    const unpack = (data: Uint8Array): unknown =>
      decompress(codecOf(name), data, { limit: 1 << 20, limitName: 'avroBlockBytes' })
    return [name, bytes, unpack] as const
  }),
]

beforeAll(() => loadZstd())
afterAll(() => {
  expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeBefore)
  expect(({} as { x?: unknown }).x).toBeUndefined()
})

describe.each(targets)('%s', (_name, bytes, read) => {
  it('is readable to begin with', () => {
    expect(() => read(bytes)).not.toThrow()
  })

  it('cut short gives a value or a typed error', () => {
    const step = Math.max(1, Math.floor(bytes.length / 400))
    for (let end = 0; end < bytes.length; end += step) {
      valueOrTyped(() => read(bytes.subarray(0, end)))
    }
  })

  it('with changed bytes gives a value or a typed error', () => {
    const change = fc.record({
      at: fc.nat({ max: bytes.length - 1 }),
      byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice()
        for (const { at, byte } of changes) damaged[at] = byte
        valueOrTyped(() => read(damaged))
      }),
      { numRuns: 150 },
    )
  })
})

describe('arbitrary bytes', () => {
  it.each(targets)('%s', (_name, whole, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 24 }), (noise, keep) => {
        valueOrTyped(() => read(concatBytes([whole.subarray(0, keep), noise])))
      }),
      { numRuns: 100 },
    )
  })
})

describe('bombs in avro files', () => {
  const sync = new Uint8Array(16)
  const header = (schema: AvroRecord): Uint8Array =>
    new AvroWriter({ schema, sync, codec: 'null' }).finish()
  const long = (value: bigint): number[] => {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    return [...bytes, Number(rest)]
  }
  const block = (count: bigint, data: number[]): Uint8Array =>
    Uint8Array.from([...long(count), ...long(BigInt(data.length)), ...data, ...sync])
  const one = (type: AvroRecord['fields'][0]['type']): AvroRecord =>
    avroRecord('r', [avroField(1, 'a', type)])
  const readAll = (schema: AvroRecord, ...blocks: Uint8Array[]): unknown =>
    readAvro(concatBytes([header(schema), ...blocks]))

  it('a hundred million rows that take no bytes', () => {
    expect(() => readAll(one(AVRO.null), block(100_000_000n, []))).toThrow(MoraineError)
    expect(() => readAll(one(AVRO.null), block(4n, [0, 0, 0]))).toThrow(MoraineError)
    expect(() => readAll(one(AVRO.null), block(1n, []))).toThrow(/more rows than bytes/)
  })

  it.each([2n ** 31n, 2n ** 32n + 1n, 2n ** 62n, -1n, -(2n ** 63n)])(
    'a row count of %s',
    (count) => {
      expect(() => readAll(one(AVRO.int), block(count, [2]))).toThrow(MoraineError)
    },
  )

  it.each([2n ** 31n, 2n ** 32n + 1n, -(2n ** 31n), -(2n ** 63n), 2n])(
    'an array of %s items in two bytes',
    (count) => {
      const list = { kind: 'array', items: AVRO.int } as const
      expect(() => readAll(one(list), block(1n, [...long(count), 2]))).toThrow(MoraineError)
    },
  )

  it.each([2n ** 31n, 2n ** 40n, -1n, 4n])('a string of %s bytes where three are', (length) => {
    const data = [...long(length), 0x61, 0x61, 0x61]
    expect(() => readAll(one(AVRO.string), block(1n, data))).toThrow(MoraineError)
    expect(() => readAll(one(AVRO.bytes), block(1n, data))).toThrow(MoraineError)
  })

  it('varints that are too long, by a little or by a lot', () => {
    const endless = (length: number): number[] => new Array<number>(length).fill(0x80)
    const int = (data: number[]): unknown => readAll(one(AVRO.int), block(1n, data))
    const wide = (data: number[]): unknown => readAll(one(AVRO.long), block(1n, data))
    expect(int([0xff, 0xff, 0xff, 0xff, 0x0f])).toBe(1)
    expect(() => int([0xff, 0xff, 0xff, 0xff, 0x1f])).toThrow(MoraineError)
    expect(() => int([...endless(5), 0])).toThrow(MoraineError)
    expect(wide([...new Array<number>(9).fill(0xff), 1])).toBe(1)
    expect(() => wide([...new Array<number>(9).fill(0xff), 2])).toThrow(MoraineError)
    expect(() => wide([...endless(10), 0])).toThrow(MoraineError)
    expect(() => wide(endless(200_000))).toThrow(MoraineError)
  })

  it('bytes left over, a wrong sync marker, a branch that is not there', () => {
    expect(() => readAll(one(AVRO.int), block(1n, [2, 2]))).toThrow(/left over/)
    const cut = block(1n, [2])
    cut[cut.length - 1] = 1
    expect(() => readAll(one(AVRO.int), cut)).toThrow(/sync marker/)
    const union = { kind: 'union', branches: [AVRO.null, AVRO.int] } as const
    expect(() => readAll(one(union), block(1n, [4, 2]))).toThrow(/branch/)
    expect(() => readAll(one(union), block(1n, [1, 2]))).toThrow(/branch/)
    const symbols = { kind: 'enum', name: 'e', symbols: ['A'] } as const
    expect(() => readAll(one(symbols), block(1n, [2]))).toThrow(/symbol/)
    expect(() => readAll(one(AVRO.boolean), block(1n, [2]))).toThrow(/boolean/)
  })

  it('the block and header limits hold at n and break at n + 1', () => {
    const file = (length: number): Uint8Array => {
      const schema = one(AVRO.string)
      const writer = new AvroWriter({ schema, sync, codec: 'deflate' })
      writer.append(['x'.repeat(length)])
      return writer.finish()
    }
    const open = (length: number, avroBlockBytes: number): number =>
      [...openAvro(file(length), { limits: { ...limits, avroBlockBytes } }).rows()].length
    expect(open(998, 1001)).toBe(1)
    expect(open(998, 1000)).toBe(1)
    expect(() => open(998, 999)).toThrow(LimitExceeded)
    const entries = (avroHeaderEntries: number): unknown =>
      openAvro(header(one(AVRO.int)), { limits: { ...limits, avroHeaderEntries } }).codec
    expect(entries(3)).toBe('null')
    expect(entries(2)).toBe('null')
    expect(() => entries(1)).toThrow(LimitExceeded)
  })
})

describe('thrift', () => {
  it('keeps a struct through reading and writing', () => {
    const bytes = writeThrift(thriftStruct)
    expect(readStruct(bytes)).toEqual(thriftStruct)
    expect(writeThrift(readStruct(bytes))).toEqual(bytes)
  })

  it('depth holds at n and breaks at n + 1, read or skipped', () => {
    // A field header of a struct with id 1 opens a level; zeros close them.
    const nested = (depth: number): Uint8Array =>
      Uint8Array.from([...new Array<number>(depth - 1).fill(0x1c), ...new Uint8Array(depth)])
    for (const read of [readStruct, skipStruct]) {
      expect(() => read(nested(15))).not.toThrow()
      expect(() => read(nested(16))).not.toThrow()
      expect(() => read(nested(17))).toThrow(LimitExceeded)
      expect(() => read(nested(100_000))).toThrow(LimitExceeded)
      expect(() => read(new Uint8Array(100_000).fill(0x19))).toThrow(MoraineError)
    }
  })

  it('a list of four thousand million items in a few bytes', () => {
    for (const type of [1, 3, 5, 6, 7, 8, 9, 12]) {
      const bytes = Uint8Array.of(0x19, 0xf0 | type, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0)
      expect(() => readStruct(bytes)).toThrow(/longer than the data/)
      expect(() => skipStruct(bytes)).toThrow(/longer than the data/)
    }
  })
})

describe('packed data that lies', () => {
  const bounds = { limit: 1 << 20, limitName: 'avroBlockBytes' } as const

  it('a match of offset 0, or from before the start', () => {
    // One literal, then a match of four; five literals close the LZ4 block.
    const lz4 = (offset: number): Uint8Array =>
      Uint8Array.of(0x10, 7, offset, 0, 0x50, 1, 2, 3, 4, 5)
    expect(decompress('lz4_raw', lz4(1), bounds)).toEqual(
      Uint8Array.of(7, 7, 7, 7, 7, 1, 2, 3, 4, 5),
    )
    expect(() => decompress('lz4_raw', lz4(0), bounds)).toThrow(/before the start/)
    expect(() => decompress('lz4_raw', lz4(2), bounds)).toThrow(/before the start/)
    const snappy = (offset: number): Uint8Array => Uint8Array.of(5, 0, 7, 1, offset)
    expect(decompress('snappy', snappy(1), bounds)).toEqual(Uint8Array.of(7, 7, 7, 7, 7))
    expect(() => decompress('snappy', snappy(0), bounds)).toThrow(/before the start/)
    expect(() => decompress('snappy', snappy(2), bounds)).toThrow(/before the start/)
  })

  it('an avro snappy block with another checksum', () => {
    const schema = avroRecord('r', [avroField(1, 'a', AVRO.int)])
    const writer = new AvroWriter({ schema, sync: new Uint8Array(16), codec: 'snappy' })
    writer.append([1])
    const bytes = writer.finish()
    expect(readAvro(bytes)).toBe(1)
    const at = bytes.length - 17
    bytes[at] = (bytes[at] as number) ^ 1
    expect(() => readAvro(bytes)).toThrow(/wrong checksum/)
  })
})
