import { describe, expect, test } from 'vitest'
import {
  AVRO,
  type AvroRecord,
  type AvroRow,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { jsonInt } from '../../../src/codec/json/value.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../src/errors.js'
import { and, col } from '../../../src/expr/build.js'
import type { Field, Type } from '../../../src/types/type.js'
import { foreignScan } from '../../support/foreign-file.js'

function avroFile(schema: AvroRecord, rows: readonly AvroRow[]): Uint8Array {
  const writer = new AvroWriter({ schema, sync: new Uint8Array(16), blockBytes: 64 })
  for (const row of rows) writer.append(row)
  return writer.finish()
}

const field = (id: number, name: string, type: Type, extra: Partial<Field> = {}): Field => ({
  id,
  name,
  required: false,
  type,
  ...extra,
})

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const written = avroRecord('t', [
  avroField(1, 'id', AVRO.int),
  avroField(2, 'old_name', avroOptional(AVRO.string)),
  avroField(
    3,
    'price',
    avroOptional({
      kind: 'fixed',
      name: 'd',
      size: 4,
      logicalType: 'decimal',
      precision: 9,
      scale: 2,
    }),
  ),
  avroField(4, 'at', avroOptional({ kind: 'long', logicalType: 'timestamp-millis' })),
  avroField(
    5,
    'items',
    avroOptional(
      avroArray(
        8,
        avroRecord('item', [avroField(9, 'k', AVRO.int), avroField(99, 'gone', AVRO.long)]),
      ),
    ),
  ),
  avroField(6, 'counts', avroOptional(avroKeyValueMap(11, AVRO.int, 12, avroOptional(AVRO.float)))),
])

const rows: readonly AvroRow[] = [
  [
    1,
    'one',
    Uint8Array.of(0, 0, 0, 150),
    0n,
    [
      [7, 1n],
      [8, 2n],
    ],
    new Map([[1, 1.5]]),
  ],
  [2, null, null, null, null, null],
  [3, 'three', Uint8Array.of(255, 255, 255, 255), 1n, [], new Map([[5, null]])],
]

/** The table now: renamed, widened, a member dropped and another added, a column with a default. */
const fields: readonly Field[] = [
  field(1, 'id', { kind: 'long' }),
  field(2, 'name', { kind: 'string' }),
  field(3, 'price', { kind: 'decimal', precision: 18, scale: 2 }),
  field(4, 'at', { kind: 'timestamp' }),
  field(5, 'items', {
    kind: 'list',
    elementId: 8,
    elementRequired: false,
    element: {
      kind: 'struct',
      fields: [field(9, 'key', { kind: 'int' }), field(10, 'new', { kind: 'string' })],
    },
  }),
  field(6, 'counts', {
    kind: 'map',
    keyId: 11,
    key: { kind: 'int' },
    valueId: 12,
    valueRequired: false,
    value: { kind: 'double' },
  }),
  field(7, 'added', { kind: 'int' }, { initialDefault: jsonInt(42) }),
]

const table = { bytes: avroFile(written, rows), format: 'avro', fields, formatVersion: 3 } as const

describe('avro data files', () => {
  test('are read by field id, promoted, and filled with defaults', async () => {
    expect(await (await foreignScan(table)).rows()).toEqual([
      {
        id: 1n,
        name: 'one',
        price: '1.50',
        at: '1970-01-01T00:00:00.000000',
        items: [
          { key: 7, new: null },
          { key: 8, new: null },
        ],
        counts: new Map([[1, 1.5]]),
        added: 42,
      },
      { id: 2n, name: null, price: null, at: null, items: null, counts: null, added: 42 },
      {
        id: 3n,
        name: 'three',
        price: '-0.01',
        at: '1970-01-01T00:00:00.001000',
        items: [],
        counts: new Map([[5, null]]),
        added: 42,
      },
    ])
  })

  test('are filtered, and have positions', async () => {
    const where = and(col('price').lt('1.00'), col('added').eq(42))
    const filtered = await foreignScan(table, { select: ['_pos', 'id'], where })
    expect(await filtered.rows()).toEqual([{ _pos: 2n, id: 3n }])
    const none = await foreignScan(table, { where: col('added').gt(42) })
    expect(await none.rows()).toEqual([])
    const some = await foreignScan(table, { select: ['name'], limit: 2, where: col('id').gte(1) })
    expect(await some.rows()).toEqual([{ name: 'one' }, { name: null }])
  })

  test('without field ids go by the name mapping, or are refused', async () => {
    const plain = avroRecord('t', [
      { name: 'x', type: AVRO.int },
      { name: 's', type: avroRecord('s', [{ name: 'y', type: AVRO.bytes }]) },
      { name: 'unmapped', type: AVRO.string },
    ])
    const bytes = avroFile(plain, [[5, [text('ab')], 'z']])
    const mapping =
      '[{"field-id":1,"names":["a","x"]},{"field-id":2,"names":["s"],"fields":[{"field-id":3,"names":["y"]}]}]'
    const mapped = {
      bytes,
      format: 'avro',
      fields: [
        field(1, 'a', { kind: 'int' }),
        field(2, 's', { kind: 'struct', fields: [field(3, 'b', { kind: 'binary' })] }),
      ],
    } as const
    const properties = { 'schema.name-mapping.default': mapping }
    const scan = await foreignScan({ ...mapped, properties })
    expect(await scan.rows()).toEqual([{ a: 5, s: { b: text('ab') } }])
    await expect((await foreignScan(mapped)).rows()).rejects.toBeInstanceOf(Unsupported)
  })

  test('that do not fit are refused with typed errors', async () => {
    const wrong = { ...table, fields: [field(1, 'id', { kind: 'string' })] } as const
    await expect((await foreignScan(wrong)).rows()).rejects.toBeInstanceOf(CorruptData)
    const cut = { ...table, bytes: table.bytes.subarray(0, table.bytes.length - 9) }
    await expect((await foreignScan(cut)).rows()).rejects.toBeInstanceOf(CorruptData)
    const small = await foreignScan(table, { memoryLimit: 50 })
    await expect(small.rows()).rejects.toBeInstanceOf(LimitExceeded)
    const orc = await foreignScan({ ...table, format: 'orc' })
    await expect(orc.rows()).rejects.toMatchObject({ feature: 'orc-data-files' })
  })
})
