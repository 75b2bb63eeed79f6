/** Variant columns of files: whole, shredded in every way, damaged, and from Avro. */
import {
  Field as ArrowField,
  Binary,
  Bool,
  type DataType,
  DateDay,
  FixedSizeBinary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint8 as Uint8Type,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { makeColumn } from '../../../src/arrow/layout.js'
import { arrowTypeOf } from '../../../src/arrow/schema.js'
import { variantData } from '../../../src/arrow/shredded-variant.js'
import { AVRO, avroField, avroOptional, avroRecord } from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, InvalidArgument, Unsupported } from '../../../src/errors.js'
import { col } from '../../../src/expr/build.js'
import { t } from '../../../src/types/builder.js'
import type { Field, Type } from '../../../src/types/type.js'
import { Variant } from '../../../src/types/variant.js'
import { fromHex } from '../../../src/util/bytes.js'
import { foreignScan } from '../../support/foreign-file.js'
import { groupType, type Shred, shredded } from '../../support/shred.js'
import { writtenTable } from '../../support/written-table.js'
import { writeImage } from '../parquet/write-support.js'

const field = (id: number, name: string, type: Type, required = false): Field => ({
  id,
  name,
  required,
  type,
})
const variant: Type = { kind: 'variant' }
const ids = (): (() => number) => {
  let id = 1
  return () => ++id
}
const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array

/** The plain values of a column that a file holds as a group, by rows of the group. */
async function valuesOf(type: Type, rows: readonly (object | null)[], required = false) {
  const stored = { schemaId: 0, identifierFieldIds: [], fields: [field(1, 'v', type, required)] }
  const image = await writeImage(
    stored,
    rows.map((v) => ({ v })),
  )
  const table = { bytes: image.bytes, format: 'parquet', fields: [field(1, 'v', variant)] } as const
  const { rows: read } = await foreignScan({ ...table, formatVersion: 3 })
  return (await read()).map(({ v }) => v)
}

const event: Shred = {
  kind: 'object',
  fields: new Map<string, Shred>([
    ['event_type', { kind: 'scalar', type: { kind: 'string' } }],
    ['event_ts', { kind: 'scalar', type: { kind: 'long' } }],
  ]),
}
const names = Variant.of({ event_type: 0, event_ts: 0, email: 0, error_msg: 0, click: 0 }).metadata

describe('the examples of VariantShredding.md', () => {
  test('a shredded number', async () => {
    const type = groupType({ kind: 'scalar', type: { kind: 'long' } }, ids())
    const metadata = bytes('010000')
    const values = await valuesOf(type, [
      { metadata, value: null, typed_value: 34n },
      { metadata, value: bytes('00'), typed_value: null },
      { metadata, value: bytes('0d6e2f61'), typed_value: null },
      { metadata, value: null, typed_value: 100n },
    ])
    expect(values).toEqual([34, null, 'n/a', 100])
  })

  test('an array of tags', async () => {
    const shred: Shred = { kind: 'array', element: { kind: 'scalar', type: { kind: 'string' } } }
    const all = [
      ['comedy', 'drama'],
      ['horror', null],
      ['comedy', 'drama', 'romance'],
      [],
      'no array',
      null,
    ]
    const rows = all.map((value) => shredded(Variant.of(value), shred))
    expect(await valuesOf(groupType(shred, ids()), rows)).toEqual(all)
  })

  test('events: shredded, partially shredded, missing and null members, other values', async () => {
    const all = [
      { event_ts: 1729794114937, event_type: 'noop' },
      { email: 'user@example.com', event_ts: 1729794146402, event_type: 'login' },
      { error_msg: 'malformed: ...' },
      'malformed: not an object',
      { click: '_button', event_ts: 1729794240241 },
      { event_ts: 1729794954163, event_type: null },
      { event_ts: '2024-10-24', event_type: 'noop' },
      {},
      null,
    ]
    const rows = all.map((value) => shredded(Variant.of(value), event))
    expect(await valuesOf(groupType(event, ids()), [...rows, null])).toEqual([...all, null])
  })

  test('a value that is missing where one must be is a variant null', async () => {
    const rows = [{ metadata: names, value: null, typed_value: null }]
    const type = groupType(event, ids())
    expect(await valuesOf(type, rows, true)).toEqual([null])
    const stored = { schemaId: 0, identifierFieldIds: [], fields: [field(1, 'v', type)] }
    const { bytes: file } = await writeImage(stored, [{ v: rows[0] }, { v: null }])
    const table = {
      bytes: file,
      format: 'parquet',
      fields: [field(1, 'v', variant)],
      formatVersion: 3,
    } as const
    const { rows: read } = await foreignScan(table)
    const [first, second] = await read({ variants: 'binary' })
    expect(first?.['v']).toEqual(new Variant(names, bytes('00')))
    expect(second?.['v']).toBeNull()
  })

  test('an encoded value that is missing, where nothing is typed, is one too', async () => {
    const metadata = bytes('010000')
    const rows = [{ metadata, value: null }, null, { metadata, value: bytes('0c05') }]
    const stored = {
      schemaId: 0,
      identifierFieldIds: [],
      fields: [field(1, 'v', groupType(undefined, ids()))],
    }
    const image = await writeImage(
      stored,
      rows.map((v) => ({ v })),
    )
    const file = { bytes: image.bytes, format: 'parquet', formatVersion: 3 } as const
    const { rows: read } = await foreignScan({ ...file, fields: [field(1, 'v', variant)] })
    const found = await read({ variants: 'binary' })
    expect(found.map(({ v }) => (v as Variant | null)?.toJsonText())).toEqual([
      'null',
      undefined,
      '5',
    ])
  })

  const login = { event_type: { typed_value: 'login' }, event_ts: {} }
  test.each([
    [
      'a member both encoded and typed',
      { metadata: names, value: bytes('0201000006156c6f67696e'), typed_value: login },
      "'event_type' is stored both",
    ],
    [
      'a typed object beside what is no object',
      { metadata: names, value: bytes('0561'), typed_value: login },
      'no object',
    ],
    [
      'a member both a value and a typed value',
      {
        metadata: names,
        value: null,
        typed_value: { event_type: { value: bytes('00'), typed_value: 'x' }, event_ts: {} },
      },
      'stored both',
    ],
    [
      'a member whose name the metadata lacks',
      { metadata: bytes('010000'), value: null, typed_value: login },
      "lacks the name 'event_type'",
    ],
  ])('invalid: %s', async (_, row, says) => {
    const read = valuesOf(groupType(event, ids()), [row])
    await expect(read).rejects.toThrow(CorruptData)
    await expect(read).rejects.toThrow(says)
  })
})

describe('typed values of each type', () => {
  const group = (
    type: DataType,
    values: ArrayBufferView,
    metadata?: Map<string, string>,
    offsets?: Int32Array,
  ) => {
    const bin = new Binary()
    const constant = (part: Uint8Array) =>
      makeColumn(bin, 1, 0, { values: part, offsets: Int32Array.of(0, part.length) })
    const typed = makeColumn(type, 1, 0, { values, offsets })
    const fields = [
      new ArrowField('typed_value', type, true, metadata),
      new ArrowField('metadata', bin, false),
    ]
    return makeColumn(new Struct(fields), 1, 0, { children: [typed, constant(bytes('010000'))] })
  }
  const read = (...of: Parameters<typeof group>): string => {
    const data = variantData(group(...of), arrowTypeOf(variant), '`v` in f', defaultLimits)
    const value = data.children[1]?.values as Uint8Array
    return Buffer.from(value).toString('hex')
  }
  const uuid = new Map([['ARROW:extension:name', 'arrow.uuid']])

  test.each<[string, string, Parameters<typeof group>]>([
    ['boolean', '04', [new Bool(), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)]],
    ['int8', '0cff', [new Int8(), Int8Array.of(-1)]],
    ['int16', '10d4fe', [new Int16(), Int16Array.of(-300)]],
    ['int32', '1401000000', [new Int32(), Int32Array.of(1)]],
    ['int64', '180100000000000000', [new Int64(), BigInt64Array.of(1n)]],
    ['float', '380000c03f', [new Float32(), Float32Array.of(1.5)]],
    ['double', '1c000000000000f83f', [new Float64(), Float64Array.of(1.5)]],
    ['date', '2cffffffff', [new DateDay(), Int32Array.of(-1)]],
    ['time', '440100000000000000', [new TimeMicrosecond(), BigInt64Array.of(1n)]],
    ['timestamptz', '300100000000000000', [new TimestampMicrosecond('UTC'), BigInt64Array.of(1n)]],
    ['timestamp', '340100000000000000', [new TimestampMicrosecond(), BigInt64Array.of(1n)]],
    [
      'timestamptz_ns',
      '480100000000000000',
      [new TimestampNanosecond('UTC'), BigInt64Array.of(1n)],
    ],
    ['timestamp_ns', '4c0100000000000000', [new TimestampNanosecond(), BigInt64Array.of(1n)]],
    ['string', '056b', [new Utf8(), Uint8Array.of(0x6b), undefined, Int32Array.of(0, 1)]],
    ['binary', '3c01000000ff', [new Binary(), Uint8Array.of(0xff), undefined, Int32Array.of(0, 1)]],
    [
      'uuid',
      `50${'ab'.repeat(16)}`,
      [new FixedSizeBinary(16), new Uint8Array(16).fill(0xab), uuid],
    ],
  ])('%s', (_, expected, of) => {
    expect(read(...of)).toBe(expected)
  })

  test.each<[string, Parameters<typeof group>]>([
    ['unsigned integers', [new Uint8Type(), Uint8Array.of(1)]],
    ['bytes of a fixed length that are no uuid', [new FixedSizeBinary(16), new Uint8Array(16)]],
  ])('%s are not of the specification', (_, of) => {
    expect(() => read(...of)).toThrow(Unsupported)
  })
})

describe('groups that are no variant', () => {
  test.each<[string, Type, object]>([
    [
      'without metadata',
      { kind: 'struct', fields: [field(2, 'value', { kind: 'binary' })] },
      { value: bytes('00') },
    ],
    [
      'without a value',
      { kind: 'struct', fields: [field(2, 'metadata', { kind: 'binary' })] },
      { metadata: bytes('010000') },
    ],
    [
      'of other types',
      {
        kind: 'struct',
        fields: [field(2, 'metadata', { kind: 'int' }), field(3, 'value', { kind: 'binary' })],
      },
      { metadata: 1, value: bytes('00') },
    ],
    [
      'without metadata in a row',
      groupType(undefined, ids()),
      { metadata: new Uint8Array(0), value: bytes('00') },
    ],
    [
      'with a value that cannot be read',
      groupType(undefined, ids()),
      { metadata: names, value: bytes('ff') },
    ],
  ])('%s', async (_, type, row) => {
    await expect(valuesOf(type, [row])).rejects.toThrow(CorruptData)
  })

  test('a plain column', async () => {
    const stored = { schemaId: 0, identifierFieldIds: [], fields: [field(1, 'v', { kind: 'int' })] }
    const { bytes: file } = await writeImage(stored, [{ v: 1 }])
    const { rows } = await foreignScan({
      bytes: file,
      format: 'parquet',
      fields: [field(1, 'v', variant)],
      formatVersion: 3,
    })
    await expect(rows()).rejects.toThrow(CorruptData)
  })
})

describe('Avro', () => {
  test('variants, geometries and geographies are read', async () => {
    const parts = avroRecord('r2', [
      { name: 'metadata', type: AVRO.bytes },
      { name: 'value', type: AVRO.bytes },
    ])
    const schema = avroRecord('t', [
      avroField(1, 'id', AVRO.int),
      avroField(2, 'v', avroOptional(parts)),
      avroField(3, 'g', avroOptional(AVRO.bytes)),
    ])
    const writer = new AvroWriter({ schema, sync: new Uint8Array(16), blockBytes: 64 })
    const { metadata, value } = Variant.of({ a: [1, 'x'] })
    writer.append([1, [metadata, value], Uint8Array.of(1, 2)])
    writer.append([2, null, null])
    const fields = [
      field(1, 'id', { kind: 'int' }),
      field(2, 'v', variant),
      field(3, 'g', { kind: 'geometry', crs: undefined }),
    ]
    const file = { bytes: writer.finish(), format: 'avro', fields, formatVersion: 3 } as const
    expect(await (await foreignScan(file)).rows()).toEqual([
      { id: 1, v: { a: [1, 'x'] }, g: Uint8Array.of(1, 2) },
      { id: 2, v: null, g: null },
    ])
    const where = await foreignScan(file, { where: col('v').isNull(), select: ['id'] })
    expect(await where.rows()).toEqual([{ id: 2 }])
  })
})

describe('variants of a table', () => {
  const fields = [field(1, 'id', { kind: 'int' }), field(2, 'u', { kind: 'unknown' })]

  test('a column that came later, and one that was of type unknown', async () => {
    const table = await writtenTable({ fields, formatVersion: 3 })
    await table.append([{ id: 1, u: null }])
    await table.reshape((editor) => {
      editor.addColumn('v', t.variant())
      ;(editor as unknown as { widenColumn(path: string, to: unknown): void }).widenColumn(
        'u',
        t.variant(),
      )
    })
    await table.append([{ id: 2, u: ['x'], v: { a: 1 } }])
    const rows = await (await table.scan()).toArray()
    expect(rows.sort((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
      { id: 1, u: null, v: null },
      { id: 2, u: ['x'], v: { a: 1 } },
    ])
    expect(await (await table.scan({ where: col('u').notNull() })).count()).toBe(1)
  })

  test('only a test for null can be asked of them', async () => {
    const table = await writtenTable({
      fields: [...fields, field(3, 'v', variant)],
      formatVersion: 3,
    })
    for (const where of [
      col('v').eq(1),
      col('v').in(['a']),
      col('v').lt('a'),
      col('v').startsWith('a'),
      col('v').isNaN(),
    ]) {
      await expect(table.scan({ where })).rejects.toThrow(InvalidArgument)
    }
  })

  test('no row is made of a page that has none: counts, limits, selections', async () => {
    const table = await writtenTable({
      fields: [...fields, field(3, 'v', variant)],
      formatVersion: 3,
      properties: { 'write.parquet.row-group-size-bytes': '400' },
    })
    await table.append(
      Array.from({ length: 200 }, (_, id) => ({ id, v: id % 3 === 0 ? null : { id } })),
    )
    const scan = await table.scan({
      where: col('v').notNull(),
      ordered: true,
      limit: 5,
      select: ['v'],
    })
    expect(await scan.toArray()).toEqual([1, 2, 4, 5, 7].map((id) => ({ v: { id } })))
    expect(await (await table.scan({ where: col('v').isNull() })).count()).toBe(67)
    const some = await table.scan({ where: col('id').in([150, 151]), ordered: true })
    expect(await some.toArray()).toEqual([
      { id: 150, u: null, v: null },
      { id: 151, u: null, v: { id: 151 } },
    ])
  })
})
