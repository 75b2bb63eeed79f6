import type { Scenario } from '../scenario.js'
import { by, COPY_ON_WRITE, fields, is, MERGE_ON_READ, many, nothing, rows } from './words.js'

/** What format version 3 brought, but for deletion vectors. */
export const V3: readonly Scenario[] = [
  {
    name: 'v3-lineage-copy-on-write',
    feature: 'Row Lineage',
    lineage: true,
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', s: 'string' }),
        properties: COPY_ON_WRITE,
      },
      { op: 'append', rows: many(5, (n) => ({ id: n, s: `a${n}` })) },
      { op: 'append', rows: many(3, (n) => ({ id: n, s: `b${n}` }), 5) },
      { op: 'update', where: is('id', 'eq', 2), set: { s: 'cow' } },
      { op: 'delete', where: is('id', 'eq', 3) },
      { op: 'compact' },
      { op: 'append', rows: rows('id s', [8, 'c8']) },
      {
        op: 'merge',
        rows: rows('id s', [0, 'm'], [9, 'n']),
        on: ['id'],
        matched: 'update',
        notMatched: 'insert',
      },
    ],
    layout: false,
  },
  {
    name: 'v3-lineage-merge-on-read',
    feature: 'Row Lineage',
    lineage: true,
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', s: 'string' }),
        spec: [by('bucket[2]', 'id')],
        properties: MERGE_ON_READ,
      },
      { op: 'append', rows: many(8, (n) => ({ id: n, s: `a${n}` })) },
      { op: 'update', where: is('id', 'lt', 2), set: { s: 'mor' } },
      { op: 'delete', where: is('id', 'eq', 3) },
      {
        op: 'merge',
        rows: rows('id s', [0, 'm'], [9, 'n']),
        on: ['id'],
        matched: 'update',
        notMatched: 'insert',
      },
    ],
    layout: false,
  },
  {
    name: 'v3-lineage-after-upgrade',
    feature: 'Row Lineage',
    lineage: true,
    steps: [
      { op: 'create', version: 1, schema: fields({ id: 'int', s: 'string' }) },
      { op: 'append', rows: many(3, (n) => ({ id: n, s: `a${n}` })) },
      { op: 'upgrade', version: 2 },
      { op: 'append', rows: many(3, (n) => ({ id: n, s: `b${n}` }), 3) },
      { op: 'upgrade', version: 3 },
      { op: 'append', rows: many(2, (n) => ({ id: n, s: `c${n}` }), 6) },
      { op: 'append', rows: many(2, (n) => ({ id: n, s: `d${n}` }), 8) },
    ],
  },
  {
    name: 'v3-defaults',
    feature: 'Default Values',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int' }) },
      { op: 'append', rows: rows('id', [1]) },
      {
        op: 'evolve',
        changes: [
          { change: 'add', path: ['i'], type: 'int', default: 42 },
          { change: 'add', path: ['s'], type: 'string', default: 'x' },
        ],
      },
      { op: 'append', rows: rows('id i s', [2, 7, 'given'], [3, null, null]) },
      { op: 'append', rows: rows('id', [4]) },
      { op: 'evolve', changes: [{ change: 'default', path: ['i'], value: 43 }] },
      { op: 'append', rows: rows('id', [5]) },
      { op: 'update', where: is('id', 'eq', 1), set: { s: 'updated' } },
    ],
    filters: [is('i', 'eq', 42), is('i', 'eq', 43), nothing('s'), is('s', 'eq', 'x')],
    layout: false,
  },
  {
    name: 'v3-defaults-of-each-type',
    feature: 'Default Values',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int' }) },
      { op: 'append', rows: rows('id', [1], [2]) },
      {
        op: 'evolve',
        changes: [
          { change: 'add', path: ['b'], type: 'boolean', default: true },
          { change: 'add', path: ['l'], type: 'long', default: '-9007199254740993' },
          { change: 'add', path: ['f'], type: 'float', default: 0.5 },
          { change: 'add', path: ['d'], type: 'double', default: -1e300 },
          { change: 'add', path: ['dec'], type: 'decimal(20,3)', default: '-12.345' },
          { change: 'add', path: ['day'], type: 'date', default: '1969-12-31' },
          {
            change: 'add',
            path: ['ts'],
            type: 'timestamp',
            default: '1969-12-31T23:59:59.999999',
          },
          {
            change: 'add',
            path: ['tz'],
            type: 'timestamptz',
            default: '2020-01-02T03:04:05.000006Z',
          },
          { change: 'add', path: ['s'], type: 'string', default: 'żółć 😀' },
          {
            change: 'add',
            path: ['u'],
            type: 'uuid',
            default: 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
          },
          { change: 'add', path: ['bin'], type: 'binary', default: '0x00ff' },
          { change: 'add', path: ['must'], type: 'long', required: true, default: '7' },
        ],
      },
      { op: 'append', rows: rows('id', [3]) },
    ],
    // Spark writes columns without nulls in its rows as required, whatever the schema says.
    layout: false,
    filters: [is('l', 'lt', '0'), is('day', 'eq', '1969-12-31'), is('must', 'eq', '7')],
  },
  {
    name: 'v3-defaults-in-structs',
    feature: 'Default Values',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', st: { type: 'struct', ...fields({ a: 'int' }) } }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, st: { a: 1 } },
          { id: 2, st: null },
        ],
      },
      {
        op: 'evolve',
        changes: [{ change: 'add', path: ['st', 'b'], type: 'int', default: 5 }],
      },
      { op: 'append', rows: [{ id: 3, st: { a: 3, b: null } }] },
    ],
    filters: [is(['st', 'b'], 'eq', 5)],
  },
  {
    name: 'v3-variant',
    feature: 'Variant',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int', v: 'variant' }) },
      {
        op: 'append',
        rows: [
          { id: 1, v: { metadata: '0x010000', value: '0x0c07', json: '7' } },
          { id: 2, v: null },
          { id: 3, v: { metadata: '0x010000', value: '0x00', json: 'null' } },
          { id: 4, v: { metadata: '0x010000', value: '0x1174657874', json: '"text"' } },
          { id: 5, v: { metadata: '0x0101000161', value: '0x02010000020c01', json: '{"a":1}' } },
          { id: 6, v: { metadata: '0x010000', value: '0x03020002040c010c02', json: '[1,2]' } },
        ],
      },
    ],
    filters: [nothing('v'), is('id', 'gt', 3)],
  },
  {
    name: 'v3-timestamps-of-nanoseconds',
    feature: 'Primitive Types',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ 'id!': 'int', ns: 'timestamp_ns', nz: 'timestamptz_ns' }),
      },
      {
        op: 'append',
        rows: rows(
          'id ns nz',
          [1, '2024-01-01T00:00:00.123456789', '2024-01-01T00:00:00.123456789Z'],
          [2, '1969-12-31T23:59:59.999999999', '1969-12-31T23:59:59.999999999Z'],
          [3, null, null],
          [4, '2262-04-11T23:47:16.854775807', '1677-09-21T00:12:43.145224193Z'],
        ),
      },
    ],
    filters: [
      is('ns', 'gte', '2024-01-01T00:00:00.123456789'),
      is('nz', 'lt', '1970-01-01T00:00:00.000000000Z'),
      nothing('ns'),
    ],
  },
  {
    name: 'v3-nanosecond-partitions',
    feature: 'Partition Transforms',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', a: 'timestamp_ns', b: 'timestamptz_ns' }),
        spec: [by('day', 'a'), by('hour', 'b'), by('bucket[5]', 'a')],
      },
      {
        op: 'append',
        rows: rows(
          'id a b',
          [1, '2024-01-01T00:00:00.123456789', '2024-01-01T00:00:00.123456789Z'],
          [2, '1969-12-31T23:59:59.999999999', '1969-12-31T23:59:59.999999999Z'],
          [3, null, null],
        ),
      },
    ],
    filters: [is('a', 'lt', '1970-01-01T00:00:00.000000000'), nothing('b')],
  },
  {
    name: 'v3-unknown',
    feature: 'Primitive Types',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int', u: 'unknown', s: 'string' }) },
      { op: 'append', rows: rows('id u s', [1, null, 'a'], [2, null, 'b']) },
      { op: 'evolve', changes: [{ change: 'add', path: ['w'], type: 'unknown' }] },
      { op: 'append', rows: rows('id u s w', [3, null, 'c', null]) },
    ],
    filters: [is('s', 'eq', 'b')],
  },
  {
    name: 'v3-geo',
    feature: 'Primitive Types',
    steps: [
      { op: 'create', version: 3, schema: fields({ id: 'int', g: 'geometry', e: 'geography' }) },
      {
        op: 'append',
        rows: rows(
          'id g e',
          [
            1,
            '0x0101000000000000000000f03f0000000000000040',
            '0x0101000000000000000000f03f0000000000000040',
          ],
          [2, null, null],
        ),
      },
    ],
  },
]
