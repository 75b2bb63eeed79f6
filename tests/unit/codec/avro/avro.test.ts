import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openAvro, prepareAvro } from '../../../../src/codec/avro/container.js'
import type { AvroProjection } from '../../../../src/codec/avro/decoder.js'
import {
  AVRO,
  type AvroRecord,
  type AvroRow,
  type AvroSchema,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../../../../src/codec/avro/schema.js'
import { parseAvroSchema } from '../../../../src/codec/avro/schema-json.js'
import { avroSchemaJson } from '../../../../src/codec/avro/schema-to-json.js'
import { AvroWriter, type AvroWriterOptions } from '../../../../src/codec/avro/writer.js'
import { stringifyJson } from '../../../../src/codec/json/stringify.js'
import { canWriteZstd, loadZstd } from '../../../../src/codec/zstd.js'
import { defaultLimits as limits } from '../../../../src/env/limits.js'
import { CorruptData, InvalidArgument, LimitExceeded, Unsupported } from '../../../../src/errors.js'
import { concatBytes } from '../../../../src/util/bytes.js'
import { encodeUtf8 } from '../../../../src/util/utf8.js'

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../golden/avro/${name}.avro`, import.meta.url)))
const read = (bytes: Uint8Array, projection?: AvroProjection): AvroRow[] => [
  ...openAvro(bytes, { limits, path: 'f.avro' }).rows(projection),
]
const sync = Uint8Array.from({ length: 16 }, (_, i) => i)
const write = (
  schema: AvroRecord,
  rows: readonly AvroRow[],
  options: Partial<AvroWriterOptions> = {},
): Uint8Array => {
  const writer = new AvroWriter({ schema, sync, codec: 'null', ...options })
  for (const row of rows) writer.append(row)
  return writer.finish()
}

beforeAll(() => loadZstd())

/** What the generator of tests/golden/avro wrote as row i. */
function expectedRow(i: number): AvroRow {
  const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k)
  return [
    (i % 2 === 0 ? 1n : -1n) * 2n ** BigInt(Math.floor((i * 63) / 199)),
    i % 3 === 0 ? null : i - 100,
    i % 2 === 0,
    Math.fround(i / 4),
    i / 3,
    i % 5 === 0 ? null : `é-${i}`,
    Uint8Array.from(range(i % 7)),
    Uint8Array.of(i % 256, 1, 2),
    i,
    1700000000000000n + BigInt(i),
    range(i % 4).map((k) => (k % 2 === 1 ? null : k)),
    new Map(range(i % 3).map((k) => [`k${k}`, k / 2])),
    new Map(range(i % 3).map((k) => [k, `v${k}`])),
    [i, i % 2 === 1 ? null : encodeUtf8('abc')],
  ]
}

describe('files of another writer', () => {
  const rows = Array.from({ length: 200 }, (_, i) => expectedRow(i))

  it.each(['null', 'deflate', 'snappy', 'zstandard'])('%s blocks', async (codec) => {
    const file = openAvro(golden(codec), { limits })
    await prepareAvro(file)
    expect(file.codec).toBe(codec)
    expect([...file.rows()]).toEqual(rows)
  })

  it('projects by id at every level, in the order asked for', () => {
    const some = read(golden('deflate'), {
      fields: [
        { id: 19, type: { fields: [{ id: 21 }, { id: 99 }] } },
        { id: 1 },
        { id: 77 },
        { id: 16, type: { kind: 'map', key: { kind: 'long' } } },
        { id: 4, type: { kind: 'double' } },
      ],
    })
    expect(some[5]).toEqual([
      [null, undefined],
      expectedRow(5)[0],
      undefined,
      new Map([
        [0n, 'v0'],
        [1n, 'v1'],
      ]),
      1.25,
    ])
  })

  it('gives batches of the asked size', () => {
    const sizes = [...openAvro(golden('null'), { limits }).batches({ fields: [{ id: 1 }] }, 7)]
    expect(sizes.every((batch) => batch.length <= 7 && batch.length > 0)).toBe(true)
    expect(sizes.reduce((sum, batch) => sum + batch.length, 0)).toBe(200)
  })

  it.each(['manifest-v1', 'manifest-v2', 'manifest-v3', 'manifest-list-v1', 'manifest-list-v2'])(
    '%s of the Java reference: read, written, read again',
    (name) => {
      const file = openAvro(golden(name), { limits })
      const rows = [...file.rows()]
      expect(rows.length).toBeGreaterThan(0)
      const again = openAvro(write(file.schema, rows, { metadata: file.metadata }), { limits })
      expect([...again.rows()]).toEqual(rows)
      expect(stringifyJson(avroSchemaJson(again.schema))).toBe(
        stringifyJson(avroSchemaJson(file.schema)),
      )
      expect(again.text('format-version')).toBe(file.text('format-version'))
    },
  )

  it('finds what planning needs in a manifest', () => {
    const [row] = read(golden('manifest-v2'), {
      fields: [{ id: 0 }, { id: 2, type: { fields: [{ id: 101 }, { id: 103 }, { id: 108 }] } }],
    })
    expect(row?.[0]).toBe(1)
    const [format, count, sizes] = (row as AvroRow)[1] as AvroRow
    expect(format).toBe('PARQUET')
    expect(typeof count).toBe('bigint')
    expect([...(sizes as Map<number, bigint>).keys()].every((key) => typeof key === 'number')).toBe(
      true,
    )
  })
})

const everything = avroRecord('row', [
  avroField(1, 'bool', AVRO.boolean),
  avroField(2, 'int', AVRO.int),
  avroField(3, 'long', AVRO.long),
  avroField(4, 'float', AVRO.float),
  avroField(5, 'double', AVRO.double),
  avroField(6, 'bytes', AVRO.bytes),
  avroField(7, 'string', avroOptional(AVRO.string)),
  avroField(8, 'fixed', { kind: 'fixed', name: 'f2', size: 2 }),
  avroField(9, 'enum', { kind: 'enum', name: 'e', symbols: ['A', 'B'] }),
  avroField(10, 'list', avroArray(11, avroOptional(AVRO.long))),
  avroField(12, 'map', { kind: 'map', values: AVRO.int, keyId: 13, valueId: 14 }),
  avroField(15, 'pairs', avroOptional(avroKeyValueMap(16, AVRO.int, 17, AVRO.bytes))),
  avroField(18, 'nested', avroRecord('r18', [avroField(19, 'none', AVRO.null)])),
])
const edges: AvroRow[] = [
  [
    true,
    2147483647,
    2n ** 63n - 1n,
    1.5,
    -0,
    new Uint8Array(100).fill(7),
    'x',
    Uint8Array.of(1, 2),
    'B',
    [1n, null, -(2n ** 63n)],
    new Map([['__proto__', 1]]),
    new Map([[-5, new Uint8Array(0)]]),
    [null],
  ],
  [
    false,
    -2147483648,
    0n,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    new Uint8Array(0),
    null,
    Uint8Array.of(0, 0),
    'A',
    [],
    new Map(),
    null,
    [null],
  ],
]

describe('AvroWriter', () => {
  const codecs = (['null', 'deflate', 'snappy', 'zstandard'] as const).filter(
    (codec) => codec !== 'zstandard' || canWriteZstd(),
  )

  it.each(codecs)('%s: what is written is read', (codec) => {
    expect(read(write(everything, edges, { codec }))).toEqual(edges)
    const many = Array.from({ length: 2000 }, (_, i) => edges[i % 2] as AvroRow)
    expect(read(write(everything, many, { codec, blockBytes: 4096 }))).toEqual(many)
  })

  it('closes blocks at their size and can be drained while it is used', () => {
    const schema = avroRecord('r', [avroField(1, 's', AVRO.string)])
    const writer = new AvroWriter({ schema, sync, codec: 'null', blockBytes: 100 })
    const parts: Uint8Array[] = []
    for (let i = 0; i < 100; i++) {
      writer.append([`row ${i}`])
      parts.push(...writer.drain())
    }
    expect(parts.length).toBeGreaterThan(5)
    parts.push(writer.finish())
    const bytes = concatBytes(parts)
    expect(bytes.length).toBe(writer.sizeEstimate)
    expect(writer.rows).toBe(100)
    expect(read(bytes).map(([text]) => text)).toEqual(
      Array.from({ length: 100 }, (_, i) => `row ${i}`),
    )
  })

  it('a file without rows is a header', () => {
    expect(read(write(everything, []))).toEqual([])
  })

  it('refuses wrong values by name and keeps what it had', () => {
    const cases: readonly (readonly [number, unknown, string])[] = [
      [0, 1, 'bool'],
      [1, 2147483648, 'int'],
      [1, 1n, 'int'],
      [2, 1, 'long'],
      [2, 2n ** 63n, 'long'],
      [3, '1', 'float'],
      [5, [1], 'bytes'],
      [6, 7, 'string'],
      [7, new Uint8Array(3), 'fixed'],
      [8, 'C', 'enum'],
      [9, [1], 'list/element'],
      [10, { a: 1 }, 'map'],
      [11, new Map([['a', new Uint8Array(0)]]), 'pairs/key'],
      [12, [1], 'nested/none'],
      [12, [], 'nested'],
    ]
    const writer = new AvroWriter({ schema: everything, sync })
    for (const [slot, value, field] of cases) {
      const row = [...(edges[0] as AvroRow)]
      row[slot] = value as AvroRow[number]
      const append = (): void => writer.append(row)
      expect(append, field).toThrow(InvalidArgument)
      expect(append).toThrow(expect.objectContaining({ details: { field } }))
    }
    writer.append(edges[1] as AvroRow)
    expect(read(writer.finish())).toEqual([edges[1]])
  })

  it('refuses what it cannot write at once', () => {
    const union: AvroSchema = { kind: 'union', branches: [AVRO.int, AVRO.string] }
    const schema = avroRecord('r', [avroField(1, 'u', union)])
    expect(() => new AvroWriter({ schema, sync })).toThrow(Unsupported)
    expect(() => new AvroWriter({ schema: everything, sync: new Uint8Array(15) })).toThrow(
      InvalidArgument,
    )
    if (!canWriteZstd()) {
      const start = (): unknown => new AvroWriter({ schema: everything, sync, codec: 'zstandard' })
      expect(start).toThrow(expect.objectContaining({ feature: 'zstd-write' }))
    }
  })
})

describe('decoding by a projection', () => {
  const bytes = write(everything, edges)

  it('refuses a kind that the field does not have, naming it', () => {
    const wrong: AvroProjection = { fields: [{ id: 7, type: { kind: 'long' } }] }
    expect(() => read(bytes, wrong)).toThrow(/\/string has the type string instead of long/)
    expect(() => read(bytes, { fields: [{ id: 7, type: { fields: [] } }] })).toThrow(CorruptData)
    expect(() => read(bytes, { fields: [{ id: 7, type: { element: {} } }] })).toThrow(CorruptData)
    expect(() => read(bytes, { fields: [{ id: 7, type: { key: {} } }] })).toThrow(CorruptData)
  })

  it('promotes', () => {
    const rows = read(bytes, {
      fields: [
        { id: 2, type: { kind: 'long' } },
        { id: 4, type: { kind: 'double' } },
        { id: 8, type: { kind: 'bytes' } },
        { id: 9, type: { kind: 'string' } },
        { id: 7, type: { kind: 'bytes' } },
      ],
    })
    expect(rows[0]).toEqual([2147483647n, 1.5, Uint8Array.of(1, 2), 'B', encodeUtf8('x')])
  })

  it('takes longs for ints while they fit, as PyIceberg writes equality ids', () => {
    const ints: AvroProjection = { fields: [{ id: 1, type: { element: { kind: 'int' } } }] }
    const schema = avroRecord('r', [avroField(1, 'ids', avroArray(2, AVRO.long))])
    expect(read(write(schema, [[[1n, -2n]]]), ints)).toEqual([[[1, -2]]])
    expect(() => read(write(schema, [[[2147483648n]]]), ints)).toThrow(CorruptData)
  })

  it('finds fields without ids by name only', () => {
    const schema: AvroRecord = {
      kind: 'record',
      name: 'v',
      fields: [
        { name: 'metadata', type: AVRO.bytes },
        { name: 'value', type: AVRO.bytes },
      ],
    }
    const file = write(schema, [[Uint8Array.of(1), Uint8Array.of(2)]])
    expect(read(file, { fields: [{ name: 'value' }] })).toEqual([[Uint8Array.of(2)]])
    expect(read(bytes, { fields: [{ name: 'int' }] })[0]).toEqual([undefined])
  })

  it('null may come second in a union', () => {
    const type: AvroSchema = { kind: 'union', branches: [AVRO.int, AVRO.null] }
    const schema = avroRecord('r', [avroField(1, 'u', type), avroField(2, 'after', AVRO.int)])
    const file = write(schema, [
      [5, 1],
      [null, 2],
    ])
    expect(read(file)).toEqual([
      [5, 1],
      [null, 2],
    ])
    expect(read(file, { fields: [{ id: 2 }] })).toEqual([[1], [2]])
  })
})

describe('parseAvroSchema', () => {
  const parse = (json: string): AvroSchema => parseAvroSchema(json, { limits, path: 'f' })

  it('keeps what Iceberg annotates', () => {
    const json =
      '{"type":"record","name":"a.b","fields":[' +
      '{"name":"x","type":["null",{"type":"fixed","name":"decimal_9_2","size":4,"logicalType":"decimal","precision":9,"scale":2}],"doc":"d","default":null,"field-id":1,"iceberg-field-name":"x y"},' +
      '{"name":"t","type":{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true},"field-id":2},' +
      '{"name":"l","type":{"type":"array","items":"int","element-id":4},"field-id":3},' +
      '{"name":"m","type":{"type":"map","values":"string","key-id":6,"value-id":7},"field-id":5}]}'
    expect(stringifyJson(avroSchemaJson(parse(json)))).toBe(json)
  })

  it('follows names and namespaces', () => {
    const schema = parse(
      '{"type":"record","name":"r","namespace":"n","fields":[' +
        '{"name":"a","type":{"type":"fixed","name":"f","size":1}},{"name":"b","type":"n.f"},{"name":"c","type":{"type":"f"}}]}',
    ) as AvroRecord
    expect(schema.fields[1]?.type).toBe(schema.fields[0]?.type)
    expect(schema.fields[2]?.type).toBe(schema.fields[0]?.type)
  })

  it.each([
    ['{"type":"record","name":"r","fields":[{"name":"a","type":"what"}]}', '/fields/0/type'],
    ['[]', ''],
    ['["null",["int"]]', ''],
    ['{"type":"array","items":"null"}', '/items'],
    ['{"type":"array","items":{"type":"record","name":"e","fields":[]}}', '/items'],
    ['{"type":"array","items":{"type":"fixed","name":"e","size":0}}', '/items'],
    ['{"type":"fixed","name":"f","size":-1}', '/size'],
    ['{"type":"fixed","name":"f"}', '/size'],
    ['{"type":"enum","name":"f"}', '/symbols'],
    ['{"type":"record","fields":[]}', '/name'],
    ['{"name":"r"}', '/type'],
    ['7', ''],
    [
      '{"type":"record","name":"r","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      '/fields',
    ],
    [
      '{"type":"record","name":"r","fields":[{"name":"a","type":"int","field-id":1},{"name":"b","type":"int","field-id":1}]}',
      '/fields',
    ],
    ['[{"type":"fixed","name":"f","size":1},{"type":"fixed","name":"f","size":1}]', '/1/name'],
  ])('refuses %s at %j', (json, pointer) => {
    expect(() => parse(json)).toThrow(CorruptData)
    expect(() => parse(json)).toThrow(
      expect.objectContaining({ details: { path: 'f', pointer } }) as Error,
    )
  })

  it('refuses recursion by name', () => {
    const json = '{"type":"record","name":"r","fields":[{"name":"a","type":["null","r"]}]}'
    expect(() => parse(json)).toThrow(Unsupported)
  })

  it('a type that doubles with every name is stopped', () => {
    let fields = '{"name":"f0","type":{"type":"record","name":"t0","fields":[]}}'
    for (let i = 1; i < 60; i++) {
      const twice = `{"name":"a","type":"t${i - 1}"},{"name":"b","type":"t${i - 1}"}`
      fields += `,{"name":"f${i}","type":{"type":"record","name":"t${i}","fields":[${twice}]}}`
    }
    expect(() => parse(`{"type":"record","name":"r","fields":[${fields}]}`)).toThrow(LimitExceeded)
  })

  it('holds its limits', () => {
    const nested = (depth: number): string =>
      depth === 1 ? '"int"' : `{"type":"array","items":${nested(depth - 1)}}`
    const small = { ...limits, avroDepth: 4 }
    expect(() => parseAvroSchema(nested(3), { limits: small })).not.toThrow()
    expect(() => parseAvroSchema(nested(4), { limits: small })).not.toThrow()
    expect(() => parseAvroSchema(nested(5), { limits: small })).toThrow(LimitExceeded)
    const bytes = { ...limits, avroSchemaBytes: 5 }
    expect(() => parseAvroSchema('"int"', { limits: bytes })).not.toThrow()
    expect(() => parseAvroSchema('"long"', { limits: bytes })).toThrow(LimitExceeded)
  })

  it('two different types of one name cannot be written', () => {
    const fixed = (size: number): AvroSchema => ({ kind: 'fixed', name: 'f', size })
    const record = (a: AvroSchema, b: AvroSchema): AvroRecord =>
      avroRecord('r', [avroField(1, 'a', a), avroField(2, 'b', b)])
    expect(stringifyJson(avroSchemaJson(record(fixed(1), fixed(1))))).toContain('"type":"f"')
    expect(() => avroSchemaJson(record(fixed(1), fixed(2)))).toThrow(InvalidArgument)
  })
})
