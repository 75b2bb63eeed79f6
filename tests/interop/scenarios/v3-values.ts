import type { Scenario } from '../scenario.js'
import { fields, is, list, map, nothing, struct } from './words.js'

/** Metadata, value and JSON text of variants as Spark makes them with CAST and parse_json. */
const VARIANTS: readonly (readonly [string, string, string])[] = [
  ['0x010000', '0x04', 'true'],
  ['0x010000', '0x08', 'false'],
  ['0x010000', '0x0c01', '1'],
  ['0x010000', '0x10d4fe', '-300'],
  ['0x010000', '0x1470110100', '70000'],
  ['0x010000', '0x1800f2052a01000000', '5000000000'],
  ['0x010000', '0x0c01', '1'],
  ['0x010000', '0x38cdcc8c3f', '1.1'],
  ['0x010000', '0x1c9a9999999999b93f', '0.1'],
  ['0x010000', '0x1c000000205fa00242', '1.0E10'],
  ['0x010000', '0x1c00000000d0126341', '1.0E7'],
  ['0x010000', '0x1c000000f0cf126341', '9999999.5'],
  ['0x010000', '0x1cfca9f1d24d62503f', '0.001'],
  ['0x010000', '0x1c2d431cebe2361a3f', '1.0E-4'],
  ['0x010000', '0x1c000000000000f87f', '"NaN"'],
  ['0x010000', '0x1c000000000000f07f', '"Infinity"'],
  ['0x010000', '0x1c000000000000f0ff', '"-Infinity"'],
  ['0x010000', '0x1c0000000000000080', '-0.0'],
  ['0x010000', '0x38ec78ad60', '1.0E20'],
  ['0x010000', '0x38ffff7f7f', '3.4028235E38'],
  ['0x010000', '0x1c0000000000005940', '100.0'],
  ['0x010000', '0x1cffffffffffffef7f', '1.7976931348623157E308'],
  ['0x010000', '0x1c0100000000000000', '4.9E-324'],
  ['0x010000', '0x1cfca9f1d24d62603f', '0.002'],
  ['0x010000', '0x1cb6f37d54346f9d41', '1.23456789123E8'],
  ['0x010000', '0x2002e2040000', '12.5'],
  ['0x010000', '0x200210270000', '100'],
  ['0x010000', '0x200200000000', '0'],
  ['0x010000', '0x240412d0318cc5f4ffff', '-1234567890.123'],
  ['0x010000', '0x28094ef338de509049c4133302f0f6b04909', '12345678901234567890123456789.012345678'],
  ['0x010000', '0x200064000000', '100'],
  ['0x010000', '0x281e01000000000000000000000000000000', '0.000000000000000000000000000001'],
  ['0x010000', '0x2cffffffff', '"1969-12-31"'],
  ['0x010000', '0x2cc606f5ff', '"0001-01-01"'],
  ['0x010000', '0x2ca0c02c00', '"9999-12-31"'],
  ['0x010000', '0x30403ea07c84120600', '"2024-02-29 12:34:56.123456+00:00"'],
  ['0x010000', '0x30005c9e7c84120600', '"2024-02-29 12:34:56+00:00"'],
  ['0x010000', '0x3020fda57c84120600', '"2024-02-29 12:34:56.5+00:00"'],
  ['0x010000', '0x3001a01a1c3646f8ff', '"1901-02-03 00:00:00.000001+00:00"'],
  ['0x010000', '0x34403ea07c84120600', '"2024-02-29 12:34:56.123456"'],
  ['0x010000', '0x3400de477984120600', '"2024-02-29 12:34:00"'],
  ['0x010000', '0x01', '""'],
  ['0x010000', '0x0578', '"x"'],
  ['0x010000', '0x3c0300000000ff10', '"AP8Q"'],
  ['0x010000', '0x3c00000000', '""'],
  ['0x010000', '0x00', 'null'],
  ['0x010000', '0x020000', '{}'],
  ['0x010000', '0x030000', '[]'],
  [
    '0x01070001020305050e0f62617ac3a95f5f70726f746f5f5f78',
    '0x02050405010003181a020016210c010202000203000d0300000301000602010100010005780c0002010600020c01',
    '{"":0,"__proto__":{"x":1},"a":{"b":[{"a":null}],"z":[]},"b":1,"é":"x"}',
  ],
]

const variants = VARIANTS.map(([metadata, value, json]) => ({ metadata, value, json }))
const one = (index: number) => variants[index % variants.length] ?? null
const object = {
  metadata: '0x0102000102' + '6162',
  value: '0x02020001000204' + '0c010c02',
  json: '{"a":1,"b":2}',
}
const partial = { metadata: '0x0101000161', value: '0x02010000020578', json: '{"a":"x"}' }
const point = '0x0101000000000000000000f03f0000000000000040'

/** Values of format version 3 in every position where the format allows them. */
export const V3_VALUES: readonly Scenario[] = [
  {
    name: 'v3-variant-of-each-type',
    feature: 'Variant',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int', v: 'variant' }) },
      { op: 'append', rows: variants.map((v, id) => ({ id, v })) },
      { op: 'append', rows: [{ id: 1000, v: null }] },
    ],
    filters: [nothing('v'), is('id', 'gte', 40)],
  },
  {
    name: 'v3-variant-nested',
    feature: 'Variant',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({
          id: 'int',
          s: struct({ v: 'variant', n: 'int' }),
          l: list('variant'),
          m: map('string', 'variant'),
        }),
      },
      {
        op: 'append',
        rows: [
          {
            id: 1,
            s: { v: object, n: 1 },
            l: [one(0), null, one(3)],
            m: [
              ['k', object],
              ['n', null],
            ],
          },
          { id: 2, s: null, l: null, m: null },
          { id: 3, s: { v: null, n: null }, l: [], m: [] },
          { id: 4, s: { v: one(7), n: 2 }, l: [null], m: [['x', one(20)]] },
        ],
      },
    ],
    filters: [is('id', 'gt', 2)],
  },
  {
    name: 'v3-variant-shredded',
    feature: 'Variant',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', v: 'variant' }),
        properties: { 'write.parquet.shred-variants': 'true' },
      },
      {
        op: 'append',
        rows: Array.from({ length: 30 }, (_, id) => ({
          id,
          v: id % 7 === 0 ? null : id % 5 === 0 ? partial : id % 11 === 0 ? one(id) : object,
        })),
      },
      { op: 'append', rows: Array.from({ length: 9 }, (_, id) => ({ id: 100 + id, v: one(2) })) },
    ],
    filters: [nothing('v'), is('id', 'gte', 100)],
    layout: false,
  },
  {
    name: 'v3-geo-with-crs',
    feature: 'Primitive Types',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({
          id: 'int',
          g: 'geometry(EPSG:3857)',
          e: 'geography(OGC:CRS84, spherical)',
        }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, g: point, e: null },
          { id: 2, g: null, e: point },
        ],
      },
    ],
    filters: [nothing('g')],
  },
  {
    name: 'v3-unknown-widened',
    feature: 'Schema Evolution',
    // Spark refuses to change the type in SQL.
    writers: ['moraine'],
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', u: 'unknown', s: struct({ a: 'int', u: 'unknown' }) }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, u: null, s: { a: 1, u: null } },
          { id: 2, u: null, s: null },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'widen', path: ['u'], type: 'long' },
          { change: 'widen', path: ['s', 'u'], type: 'string' },
        ],
      },
      { op: 'append', rows: [{ id: 3, u: '5', s: { a: 2, u: 'x' } }] },
    ],
    filters: [nothing('u'), is('u', 'eq', '5')],
  },
  {
    name: 'v3-defaults-in-lists-and-maps',
    feature: 'Default Values',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({
          id: 'int',
          l: list(struct({ a: 'int' })),
          m: map('string', struct({ a: 'int' })),
        }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, l: [{ a: 1 }, null], m: [['k', { a: 1 }]] },
          { id: 2, l: [], m: [] },
          { id: 3, l: null, m: null },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'add', path: ['l', 'element', 'b'], type: 'string', default: 'x' },
          { change: 'add', path: ['m', 'value', 'b'], type: 'long', default: '5' },
        ],
      },
      {
        op: 'append',
        rows: [{ id: 4, l: [{ a: 1, b: null }], m: [['k', { a: null, b: '6' }]] }],
      },
    ],
    filters: [is('id', 'lt', 3)],
  },
]
