import type { Scenario } from '../scenario.js'
import { by, fields, is, list, many, nothing, rows, struct } from './words.js'

const wide = fields({ id: 'int', s: 'string', v: 'double', l: list('int') })

const codecs = ['gzip', 'zstd', 'snappy', 'lz4', 'uncompressed'].map(
  (codec): Scenario => ({
    name: `codec-${codec}`,
    feature: 'Parquet',
    steps: [
      {
        op: 'create',
        schema: wide,
        properties: { 'write.parquet.compression-codec': codec },
      },
      {
        op: 'append',
        rows: many(60, (n) => ({ id: n, s: `repeated text ${n % 4}`, v: n + 0.25, l: [n, n + 1] })),
      },
      { op: 'append', rows: rows('id s v l', [1000, null, null, null]) },
    ],
    filters: [is('id', 'gt', 50), is('s', 'eq', 'repeated text 3')],
  }),
)

const LONG_A = 'a'.repeat(28)
const LONG_Z = 'z'.repeat(28)

/** How files are written: metrics, compression, order, pages; and the properties that ask for it. */
export const WRITING: readonly Scenario[] = [
  ...codecs,
  {
    name: 'metrics-modes',
    feature: 'Metrics modes',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', n: 'string', c: 'string', tr: 'string', f: 'string' }),
        properties: {
          'write.metadata.metrics.column.n': 'none',
          'write.metadata.metrics.column.c': 'counts',
          'write.metadata.metrics.column.tr': 'truncate(16)',
          'write.metadata.metrics.column.f': 'full',
        },
      },
      {
        op: 'append',
        rows: rows(
          'id n c tr f',
          [1, LONG_A, LONG_A, LONG_A, LONG_A],
          [2, LONG_Z, LONG_Z, LONG_Z, LONG_Z],
          [3, null, null, null, null],
        ),
      },
    ],
    filters: ['n', 'c', 'tr', 'f'].flatMap((name) => [is(name, 'eq', LONG_Z), nothing(name)]),
  },
  {
    name: 'metrics-multibyte',
    feature: 'Metrics modes',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string', b: 'binary' }),
        properties: { 'write.metadata.metrics.default': 'truncate(4)' },
      },
      {
        op: 'append',
        rows: rows(
          'id s b',
          [1, '日本語テキスト', '0xffffffff00'],
          [2, '😀😀😀😀😀', '0x00000000ff'],
        ),
      },
      { op: 'append', rows: rows('id s b', [3, 'aaaé日本', '0x7fffffffff']) },
      { op: 'append', rows: rows('id s b', [4, '\ud7ff\ud7ff\ud7ff\ud7ffx', '0xffff']) },
    ],
    filters: [
      is('s', 'gte', '😀😀😀😀😀'),
      is('s', 'startsWith', 'aaaé日'),
      is('b', 'gte', '0xffffffff00'),
      is('b', 'eq', '0x7fffffffff'),
    ],
  },
  {
    name: 'metrics-nested',
    feature: 'Metrics modes',
    steps: [
      {
        op: 'create',
        schema: fields({
          id: 'int',
          st: struct({ a: 'long', in: struct({ x: 'double', s: 'string' }) }),
          li: list('string'),
        }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, st: { a: '1', in: { x: 'NaN', s: 'q' } }, li: ['a', null] },
          { id: 2, st: { a: null, in: null }, li: [] },
          { id: 3, st: null, li: null },
        ],
      },
    ],
    filters: [is(['st', 'a'], 'eq', '1'), nothing(['st', 'in', 's'])],
  },
  {
    name: 'metrics-of-nothing-but-nulls',
    feature: 'Metrics modes',
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string', d: 'double', t: 'timestamp' }) },
      { op: 'append', rows: rows('id s d t', [1, null, null, null], [2, null, null, null]) },
      { op: 'append', rows: rows('id s d t', [3, null, 'NaN', null]) },
      { op: 'append', rows: rows('id s d t', [4, '', 0.5, null]) },
    ],
    filters: [nothing('s'), { op: 'isNaN', path: ['d'] }, is('d', 'eq', 0.5), is('s', 'eq', '')],
  },
  {
    name: 'metrics-of-zeros',
    feature: 'Metrics modes',
    steps: [
      { op: 'create', schema: fields({ id: 'int', d: 'double', f: 'float' }) },
      { op: 'append', rows: rows('id d f', [1, '-0.0', '-0.0']) },
      { op: 'append', rows: rows('id d f', [2, 0, 0]) },
      { op: 'append', rows: rows('id d f', [3, '-0.0', 0], [4, 0, '-0.0']) },
    ],
    filters: [is('d', 'lt', 0.5), is('f', 'gte', -0.5)],
  },
  {
    name: 'metrics-column-limit',
    feature: 'Metrics modes',
    steps: [
      {
        op: 'create',
        schema: fields({ a: 'int', b: 'int', c: 'int', d: 'int' }),
        properties: { 'write.metadata.metrics.max-inferred-column-defaults': '2' },
      },
      { op: 'append', rows: rows('a b c d', [1, 2, 3, 4], [5, 6, 7, 8]) },
    ],
    filters: [is('a', 'gt', 1), is('d', 'gt', 4)],
  },
  {
    name: 'sort-order-of-transforms',
    feature: 'Sort Orders',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string', at: 'timestamp', v: 'double' }),
        order: [
          { source: ['s'], transform: 'identity', direction: 'desc', nulls: 'last' },
          { source: ['id'], transform: 'bucket[4]', direction: 'asc', nulls: 'first' },
          { source: ['v'], transform: 'identity', direction: 'asc', nulls: 'first' },
        ],
      },
      {
        op: 'append',
        rows: rows(
          'id s at v',
          [3, 'c', null, 1.5],
          [1, 'a', '2020-01-01T00:00:00.000000', null],
          [2, null, null, 'NaN'],
          [4, 'c', null, -1],
        ),
      },
    ],
  },
  {
    name: 'sort-order-in-partitions',
    feature: 'Sort Orders',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string' }),
        spec: [by('identity', 'p')],
        order: [{ source: ['id'], transform: 'identity', direction: 'desc', nulls: 'last' }],
      },
      { op: 'append', rows: rows('id p', [1, 'a'], [3, 'b'], [2, 'a'], [4, 'b'], [null, 'a']) },
    ],
    filters: [is('p', 'eq', 'a')],
  },
  {
    name: 'parquet-pages-of-version-2',
    feature: 'Parquet',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', l: 'long', s: 'string', n: list('int'), b: 'boolean' }),
        properties: {
          'write.parquet.page-version': 'v2',
          'write.parquet.page-size-bytes': '256',
          'write.parquet.dict-encoding-enabled.column.s': 'false',
        },
      },
      {
        op: 'append',
        rows: many(120, (n) => ({
          id: n,
          l: String(n * 1000003),
          s: n % 7 === 0 ? null : `text ${n}`,
          n: n % 11 === 0 ? null : [n, null, n + 1],
          b: n % 3 === 0,
        })),
      },
    ],
    filters: [is('id', 'gt', 100), is('l', 'eq', '5000015'), nothing('s')],
    layout: false,
  },
  {
    name: 'parquet-many-row-groups',
    feature: 'Parquet',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string' }),
        properties: {
          'write.parquet.row-group-size-bytes': '1024',
          'write.parquet.row-group-check-min-record-count': '10',
          'write.parquet.row-group-check-max-record-count': '10',
        },
      },
      { op: 'append', rows: many(200, (n) => ({ id: n, s: `some text that is number ${n}` })) },
    ],
    filters: [is('id', 'gte', 190), is('s', 'eq', 'some text that is number 7')],
    layout: false,
  },
  {
    name: 'names-that-avro-does-not-allow',
    feature: 'Schemas and Data Types',
    steps: [
      {
        op: 'create',
        schema: fields({
          'id!': 'long',
          'with space': 'string',
          日本: 'double',
          'quote"d': struct({ 'a b': 'int', 'c-d': 'string' }),
          UPPER: 'boolean',
          "it's `here`": 'int',
        }),
        identifier: [['id']],
      },
      {
        op: 'append',
        rows: [
          {
            id: '1',
            'with space': 'x',
            日本: 1.5,
            'quote"d': { 'a b': 1, 'c-d': 'y' },
            UPPER: true,
            "it's `here`": 1,
          },
          {
            id: '2',
            'with space': null,
            日本: null,
            'quote"d': null,
            UPPER: null,
            "it's `here`": null,
          },
        ],
      },
    ],
    filters: [is('with space', 'eq', 'x'), is('日本', 'gt', 1), is("it's `here`", 'eq', 1)],
  },
  {
    name: 'name-mapping-property',
    feature: 'Name Mapping Serialization',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string' }),
        properties: {
          'schema.name-mapping.default':
            '[{"field-id":1,"names":["id","number"]},{"field-id":2,"names":["s"]}]',
        },
      },
      { op: 'append', rows: rows('id s', [1, 'a']) },
      { op: 'evolve', changes: [{ change: 'rename', path: ['s'], name: 'text' }] },
      { op: 'evolve', changes: [{ change: 'add', path: ['n'], type: 'long' }] },
      { op: 'append', rows: rows('id text n', [2, 'b', '2']) },
    ],
    filters: [is('text', 'eq', 'a')],
  },
  {
    name: 'v1-basic',
    feature: 'Format versions',
    steps: [
      {
        op: 'create',
        version: 1,
        schema: fields({ id: 'int', s: 'string', v: 'double' }),
        spec: [by('identity', 's')],
      },
      { op: 'append', rows: rows('id s v', [1, 'a', 1.5], [2, 'b', 2.5], [3, null, null]) },
      { op: 'delete', where: is('s', 'eq', 'a') },
      { op: 'evolve', changes: [{ change: 'add', path: ['w'], type: 'long' }] },
      { op: 'append', rows: rows('id s v w', [4, 'a', 4.5, '4']) },
      { op: 'overwrite', where: is('s', 'eq', 'b'), rows: rows('id s v w', [5, 'b', 5, '5']) },
    ],
    filters: [is('s', 'eq', 'b'), is('w', 'eq', '4')],
  },
  {
    name: 'v1-upgraded-twice',
    feature: 'Format versions',
    steps: [
      { op: 'create', version: 1, schema: fields({ id: 'int', s: 'string' }) },
      { op: 'append', rows: rows('id s', [1, 'a']) },
      { op: 'upgrade', version: 2 },
      { op: 'append', rows: rows('id s', [2, 'b']) },
      { op: 'upgrade', version: 3 },
      { op: 'append', rows: rows('id s', [3, 'c']) },
    ],
    filters: [is('id', 'gte', 2)],
  },
  {
    name: 'append-twice',
    feature: 'Manifests',
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string' }) },
      { op: 'append', rows: rows('id s', [1, 'a'], [2, 'b']) },
      { op: 'plant' },
      { op: 'append', rows: rows('id s', [3, 'c']) },
    ],
    filters: [is('id', 'gt', 1)],
  },
  {
    name: 'empty-table',
    feature: 'Table Metadata',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string' }),
        spec: [by('bucket[2]', 'id')],
      },
    ],
    filters: [is('id', 'eq', 1)],
  },
]
