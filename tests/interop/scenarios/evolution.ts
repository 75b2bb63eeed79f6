import type { Scenario } from '../scenario.js'
import { by, fields, is, list, map, nothing, rows, struct } from './words.js'

/** Schemas and partition specs that change while the table is in use. */
export const EVOLUTION: readonly Scenario[] = [
  {
    name: 'evolve-columns',
    feature: 'Schema Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ a: 'int', b: 'string', c: 'float', d: 'decimal(9,2)', e: 'date' }),
      },
      {
        op: 'append',
        rows: rows('a b c d e', [1, 'one', 1.5, '1.10', '2020-01-01'], [2, null, null, null, null]),
      },
      { op: 'plant' },
      {
        op: 'evolve',
        changes: [{ change: 'add', path: ['f'], type: 'timestamp', after: ['a'] }],
      },
      {
        op: 'append',
        rows: rows('a f b c d e', [3, '2021-01-01T00:00:00.000000', 'three', 0.5, '3.30', null]),
        label: 'added',
      },
      {
        op: 'evolve',
        changes: [
          { change: 'rename', path: ['b'], name: 'bee' },
          { change: 'widen', path: ['a'], type: 'long' },
          { change: 'widen', path: ['c'], type: 'double' },
          { change: 'widen', path: ['d'], type: 'decimal(18,2)' },
        ],
      },
      {
        op: 'append',
        rows: rows('a f bee c d e', [
          '9223372036854775807',
          null,
          'four',
          1e300,
          '1234567890123456.78',
          '1960-02-29',
        ]),
      },
      { op: 'evolve', changes: [{ change: 'drop', path: ['e'] }] },
      {
        op: 'evolve',
        changes: [
          { change: 'move', path: ['d'], first: true },
          { change: 'move', path: ['bee'], after: ['d'] },
        ],
      },
      { op: 'append', rows: rows('d bee a f c', ['5.55', 'five', '5', null, 5.5]) },
      { op: 'evolve', changes: [{ change: 'widen', path: ['d'], type: 'decimal(38,2)' }] },
      {
        op: 'append',
        rows: rows('d bee a f c', [
          '999999999999999999999999999999999999.99',
          'six',
          '6',
          null,
          6.5,
        ]),
      },
    ],
    filters: [is('a', 'gt', '2'), is('c', 'lte', 1.5), is('d', 'gte', '5.55'), nothing('bee')],
  },
  {
    name: 'evolve-nested',
    feature: 'Schema Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({
          id: 'int',
          s: struct({ a: 'int', b: 'string' }),
          l: list(struct({ x: 'int', y: 'float' })),
          m: map('string', struct({ p: 'int' })),
        }),
      },
      {
        op: 'append',
        rows: [
          { id: 1, s: { a: 1, b: 'x' }, l: [{ x: 1, y: 1.5 }], m: [['k', { p: 1 }]] },
          { id: 2, s: null, l: [null], m: [] },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'add', path: ['s', 'c'], type: 'double' },
          { change: 'add', path: ['l', 'element', 'z'], type: 'string' },
          { change: 'add', path: ['m', 'value', 'q'], type: 'boolean' },
        ],
      },
      {
        op: 'append',
        rows: [
          {
            id: 3,
            s: { a: 3, b: 'y', c: 3.5 },
            l: [{ x: 3, y: 3.5, z: 'zz' }],
            m: [['k', { p: 3, q: true }]],
          },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'rename', path: ['s', 'b'], name: 'bb' },
          { change: 'widen', path: ['s', 'a'], type: 'long' },
          { change: 'widen', path: ['l', 'element', 'y'], type: 'double' },
          { change: 'drop', path: ['m', 'value', 'p'] },
          { change: 'drop', path: ['l', 'element', 'x'] },
        ],
      },
      {
        op: 'append',
        rows: [
          {
            id: 4,
            s: { a: '5000000000', bb: 'w', c: null },
            l: [{ y: 4.5, z: null }],
            m: [['a', { q: false }]],
          },
        ],
      },
      {
        op: 'evolve',
        changes: [{ change: 'add', path: ['s', 'deep'], type: struct({ u: 'int' }), first: true }],
      },
      {
        op: 'append',
        rows: [{ id: 5, s: { deep: { u: 1 }, a: '5', bb: 'v', c: 5.5 }, l: [], m: [] }],
      },
    ],
    filters: [is(['s', 'a'], 'gte', '3'), nothing(['s', 'bb']), is(['s', 'deep', 'u'], 'eq', 1)],
  },
  {
    name: 'evolve-readd',
    feature: 'Column Projection',
    steps: [
      { op: 'create', schema: fields({ id: 'int', v: 'int', w: 'string' }) },
      { op: 'append', rows: rows('id v w', [1, 10, 'a'], [2, 20, 'b']) },
      { op: 'evolve', changes: [{ change: 'drop', path: ['v'] }] },
      { op: 'evolve', changes: [{ change: 'add', path: ['v'], type: 'int' }] },
      { op: 'append', rows: rows('id w v', [3, 'c', 30]) },
      { op: 'evolve', changes: [{ change: 'drop', path: ['w'] }] },
      { op: 'evolve', changes: [{ change: 'add', path: ['w'], type: 'long', first: true }] },
      { op: 'append', rows: rows('w id v', ['4', 4, 40]) },
    ],
    filters: [nothing('v'), is('v', 'gte', 20), is('w', 'eq', '4')],
  },
  {
    name: 'evolve-required-and-identifier',
    feature: 'Schema Evolution',
    steps: [
      { op: 'create', schema: fields({ 'id!': 'long', 'must!': 'string', s: 'string' }) },
      { op: 'append', rows: rows('id must s', ['1', 'a', null]) },
      { op: 'evolve', changes: [{ change: 'identifier', paths: [['id']] }] },
      { op: 'evolve', changes: [{ change: 'optional', path: ['must'] }] },
      { op: 'evolve', changes: [{ change: 'doc', path: ['s'], doc: 'a note, «quoted»' }] },
      { op: 'append', rows: rows('id must s', ['2', null, 'x']) },
    ],
    filters: [nothing('must')],
  },
  {
    name: 'evolve-dropped-partition-source',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string', q: 'int' }),
        spec: [by('identity', 'p')],
      },
      { op: 'append', rows: rows('id p q', [1, 'a', 1], [2, 'b', 2], [3, null, 3]) },
      { op: 'spec', remove: ['p'], add: [{ ...by('bucket[4]', 'q'), name: 'q_bucket' }] },
      { op: 'append', rows: rows('id p q', [4, 'a', 4], [5, 'c', 5]) },
      { op: 'evolve', changes: [{ change: 'rename', path: ['q'], name: 'quantity' }] },
      { op: 'append', rows: rows('id p quantity', [6, 'd', 6], [7, null, null]) },
    ],
    filters: [is('p', 'eq', 'a'), nothing('p'), is('quantity', 'eq', 4), nothing('quantity')],
  },
  {
    name: 'evolve-partitions',
    feature: 'Partition Evolution',
    steps: [
      { op: 'create', schema: fields({ id: 'int', ts: 'timestamp', s: 'string' }) },
      {
        op: 'append',
        rows: rows(
          'id ts s',
          [1, '2020-01-01T00:00:00.000000', 'a'],
          [2, '1960-01-01T05:00:00.000000', 'b'],
          [3, null, null],
        ),
      },
      { op: 'spec', add: [{ ...by('bucket[4]', 'id'), name: 'id_bucket' }] },
      {
        op: 'append',
        rows: rows(
          'id ts s',
          [4, '2020-01-02T00:00:00.000000', 'a'],
          [5, '2020-01-03T00:00:00.000000', 'b'],
        ),
      },
      {
        op: 'spec',
        remove: ['id_bucket'],
        add: [
          { ...by('day', 'ts'), name: 'ts_day' },
          { ...by('identity', 's'), name: 'shard' },
        ],
      },
      {
        op: 'append',
        rows: rows('id ts s', [6, '2020-01-02T00:00:00.000000', 'a'], [7, null, 'b']),
      },
      { op: 'delete', where: is('s', 'eq', 'b') },
    ],
    filters: [
      is('ts', 'gte', '2020-01-02T00:00:00.000000'),
      is('s', 'eq', 'a'),
      is('id', 'eq', 4),
      nothing('ts'),
    ],
  },
  {
    name: 'evolve-void-v1',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        version: 1,
        schema: fields({ id: 'int', p: 'string', q: 'int' }),
        spec: [by('identity', 'p'), by('bucket[4]', 'q')],
      },
      { op: 'append', rows: rows('id p q', [1, 'a', 1], [2, 'b', 2], [3, null, null]) },
      { op: 'spec', remove: ['p'] },
      { op: 'append', rows: rows('id p q', [4, 'a', 3], [5, 'c', 4]) },
      { op: 'spec', add: [{ ...by('truncate[1]', 'p'), name: 'p_start' }] },
      { op: 'append', rows: rows('id p q', [6, 'dd', 5], [7, null, 6]) },
    ],
    filters: [is('p', 'eq', 'a'), is('p', 'startsWith', 'd'), is('q', 'eq', 4), nothing('p')],
  },
  {
    name: 'evolve-sort-order',
    feature: 'Sort Orders',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', s: 'string' }),
        order: [{ source: ['s'], transform: 'identity', direction: 'desc', nulls: 'last' }],
      },
      { op: 'append', rows: rows('id s', [3, 'c'], [1, 'a'], [2, null], [4, 'c']) },
      {
        op: 'order',
        order: [{ source: ['id'], transform: 'identity', direction: 'asc', nulls: 'first' }],
      },
      { op: 'append', rows: rows('id s', [9, 'i'], [8, 'h']) },
      { op: 'order', order: [] },
      { op: 'append', rows: rows('id s', [11, 'k'], [10, 'j']) },
    ],
  },
  {
    name: 'properties-set-and-removed',
    feature: 'Table Metadata',
    steps: [
      { op: 'create', schema: fields({ id: 'int' }), properties: { owner: 'somebody', note: 'ü' } },
      { op: 'append', rows: rows('id', [1]) },
      { op: 'plant' },
      { op: 'properties', set: { owner: 'nobody', 'a b': '' }, remove: ['note'] },
      { op: 'append', rows: rows('id', [2]) },
    ],
  },
]
