import type { Scenario } from '../scenario.js'
import { by, fields, is, list, map, nothing, rows, struct } from './words.js'

/** More changes of shape: of every level, on mixed specs, and by two engines in turns. */
export const EVOLUTION_TURNS: readonly Scenario[] = [
  {
    name: 'evolve-moves-inside',
    feature: 'Schema Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({
          id: 'int',
          s: struct({ a: 'int', b: 'string', c: 'int' }),
          l: list(struct({ x: 'int', y: 'int' })),
          m: map('string', struct({ p: 'int', q: 'int' })),
        }),
      },
      {
        op: 'append',
        rows: [
          {
            id: 1,
            s: { a: 1, b: 'one', c: 3 },
            l: [{ x: 1, y: 2 }],
            m: [['k', { p: 1, q: 2 }]],
          },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'move', path: ['s', 'c'], first: true },
          { change: 'move', path: ['s', 'a'], after: ['s', 'b'] },
          { change: 'move', path: ['l', 'element', 'y'], before: ['l', 'element', 'x'] },
          { change: 'move', path: ['m', 'value', 'q'], first: true },
        ],
      },
      {
        op: 'append',
        rows: [
          {
            id: 2,
            s: { c: 30, b: 'two', a: 10 },
            l: [{ y: 20, x: 10 }, null],
            m: [['k', { q: 20, p: 10 }]],
          },
        ],
      },
    ],
    filters: [is(['s', 'c'], 'gte', 30)],
  },
  {
    name: 'evolve-required',
    feature: 'Schema Evolution',
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string', 'r!': 'int' }) },
      { op: 'append', rows: rows('id s r', [1, 'a', 10], [2, 'b', 20]) },
      { op: 'evolve', changes: [{ change: 'require', path: ['id'] }] },
      { op: 'evolve', changes: [{ change: 'identifier', paths: [['id']] }] },
      { op: 'evolve', changes: [{ change: 'optional', path: ['r'] }] },
      { op: 'append', rows: rows('id s r', [3, null, null]) },
    ],
    filters: [nothing('r'), is('id', 'gte', 2)],
  },
  {
    name: 'evolve-old-partition-source-dropped',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string', q: 'int' }),
        spec: [by('identity', 'p')],
      },
      { op: 'append', rows: rows('id p q', [1, 'a', 1], [2, 'b', 2], [3, null, 3]) },
      { op: 'spec', remove: ['p'], add: [{ ...by('bucket[4]', 'q'), name: 'q_bucket' }] },
      { op: 'append', rows: rows('id p q', [4, 'a', 4]), label: 'last-with-p' },
      { op: 'evolve', changes: [{ change: 'drop', path: ['p'] }] },
      { op: 'append', rows: rows('id q', [5, 5], [6, null]) },
      { op: 'evolve', changes: [{ change: 'add', path: ['p2'], type: 'int' }] },
      { op: 'append', rows: rows('id q p2', [7, 7, 70]) },
    ],
    filters: [is('q', 'eq', 4), nothing('p2')],
  },
  {
    name: 'evolve-replace-on-mixed-specs',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', d: 'date', p: 'string' }),
        spec: [by('month', 'd')],
      },
      {
        op: 'append',
        rows: rows('id d p', [1, '2020-01-05', 'a'], [2, '2020-02-05', 'b'], [3, null, 'c']),
      },
      { op: 'spec', add: [{ ...by('identity', 'p'), name: 'shard' }] },
      { op: 'append', rows: rows('id d p', [4, '2020-03-05', 'a'], [5, '2020-03-06', 'b']) },
      { op: 'replacePartitions', rows: rows('id d p', [6, '2020-03-07', 'a']) },
      {
        op: 'overwrite',
        rows: rows('id d p', [7, '2021-01-01', 'z']),
        where: is('d', 'gte', '2020-03-01'),
      },
      { op: 'overwrite', rows: rows('id d p', [8, null, 'y']), where: is('p', 'eq', 'b') },
    ],
    filters: [is('p', 'eq', 'a'), nothing('d')],
  },
  {
    name: 'evolve-format-1-2-3',
    feature: 'Format Versioning',
    // Files of one append may be listed, and their rows numbered, in any order.
    layout: false,
    steps: [
      {
        op: 'create',
        version: 1,
        schema: fields({ id: 'int', s: 'string' }),
        spec: [by('truncate[1]', 's')],
      },
      { op: 'append', rows: rows('id s', [1, 'one'], [2, null]) },
      { op: 'upgrade', version: 2 },
      { op: 'append', rows: rows('id s', [3, 'three']) },
      { op: 'evolve', changes: [{ change: 'add', path: ['n'], type: 'long' }] },
      { op: 'upgrade', version: 3 },
      { op: 'append', rows: rows('id s n', [4, 'four', '44']) },
    ],
    filters: [is('s', 'startsWith', 't'), nothing('n')],
  },
  {
    name: 'evolve-in-turns',
    feature: 'Schema Evolution',
    steps: [
      {
        op: 'create',
        by: 'moraine',
        schema: fields({ id: 'int', city: 'string', s: struct({ a: 'int' }), d: 'date' }),
        spec: [by('identity', 'city')],
      },
      {
        op: 'append',
        by: 'spark',
        rows: [
          { id: 1, city: 'Oslo', s: { a: 1 }, d: '2020-01-01' },
          { id: 2, city: null, s: null, d: null },
        ],
      },
      {
        op: 'evolve',
        by: 'moraine',
        changes: [
          { change: 'widen', path: ['id'], type: 'long' },
          { change: 'add', path: ['s', 'b'], type: 'string', first: true },
        ],
      },
      {
        op: 'append',
        by: 'spark',
        rows: [{ id: '3', city: 'Rome', s: { b: 'x', a: 3 }, d: '2020-02-01' }],
      },
      {
        op: 'evolve',
        by: 'spark',
        changes: [
          { change: 'rename', path: ['city'], name: 'town' },
          { change: 'add', path: ['n'], type: 'int', after: ['id'] },
        ],
      },
      {
        op: 'append',
        by: 'moraine',
        rows: [{ id: '4', n: 4, town: 'Rome', s: { b: null, a: null }, d: '2020-02-02' }],
      },
      { op: 'spec', by: 'moraine', add: [{ ...by('month', 'd'), name: 'd_month' }] },
      {
        op: 'append',
        by: 'spark',
        rows: [{ id: '5', n: null, town: 'Oslo', s: null, d: '2020-02-03' }],
      },
      { op: 'spec', by: 'spark', remove: ['city'] },
      {
        op: 'append',
        by: 'moraine',
        rows: [{ id: '6', n: 6, town: 'Kyiv', s: { b: 'y', a: 6 }, d: null }],
      },
      { op: 'evolve', by: 'moraine', changes: [{ change: 'drop', path: ['s', 'a'] }] },
      {
        op: 'append',
        by: 'spark',
        rows: [{ id: '7', n: 7, town: null, s: { b: 'z' }, d: '2020-01-15' }],
      },
    ],
    filters: [is('town', 'eq', 'Oslo'), is('d', 'gte', '2020-02-01'), nothing('n')],
  },
  {
    name: 'evolve-void-in-turns',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        by: 'spark',
        version: 1,
        schema: fields({ id: 'int', p: 'string', q: 'int' }),
        spec: [by('identity', 'p'), { ...by('bucket[4]', 'q'), name: 'q_bucket' }],
      },
      { op: 'append', by: 'moraine', rows: rows('id p q', [1, 'a', 1], [2, null, null]) },
      { op: 'spec', by: 'moraine', remove: ['p'] },
      { op: 'append', by: 'spark', rows: rows('id p q', [3, 'a', 3]) },
      { op: 'spec', by: 'spark', add: [{ ...by('truncate[1]', 'p'), name: 'p_start' }] },
      { op: 'append', by: 'moraine', rows: rows('id p q', [4, 'dd', 5], [5, null, 6]) },
      { op: 'spec', by: 'moraine', remove: ['q_bucket'] },
      { op: 'append', by: 'spark', rows: rows('id p q', [6, 'e', 7]) },
      { op: 'upgrade', by: 'spark', version: 2 },
      { op: 'append', by: 'moraine', rows: rows('id p q', [7, 'f', 8]) },
    ],
    filters: [is('p', 'startsWith', 'd'), is('q', 'eq', 3), nothing('p')],
  },
  {
    name: 'evolve-union-by-name',
    feature: 'Schema Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ 'id!': 'int', n: 'int', s: struct({ a: 'int' }), l: list('float') }),
      },
      { op: 'append', rows: [{ id: 1, n: 1, s: { a: 1 }, l: [1.5] }] },
      {
        op: 'evolve',
        changes: [
          {
            change: 'union',
            fields: fields({
              n: 'long',
              s: struct({ a: 'int', b: 'string' }),
              l: list('double'),
              m: map('string', 'int'),
              id: 'int',
            }).fields,
          },
        ],
      },
      {
        op: 'append',
        rows: [{ id: 2, n: '9007199254740993', s: { a: 2, b: 'x' }, l: [0.1], m: [['k', 1]] }],
      },
    ],
    filters: [is('n', 'gt', '1'), nothing('m')],
  },
  {
    name: 'evolve-partition-names',
    feature: 'Partition Evolution',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string' }),
        spec: [by('identity', 'p'), { ...by('bucket[4]', 'id'), name: 'id_bucket' }],
      },
      { op: 'append', rows: rows('id p', [1, 'a'], [2, null]) },
      { op: 'spec', rename: { p: 'place', id_bucket: 'shard' } },
      { op: 'append', rows: rows('id p', [3, 'a'], [4, 'b']) },
    ],
    filters: [is('p', 'eq', 'a'), is('id', 'eq', 3), nothing('p')],
  },
  {
    name: 'evolve-name-mapping',
    feature: 'Name Mapping Serialization',
    steps: [
      {
        op: 'create',
        schema: fields({
          id: 'int',
          s: struct({ a: 'int', b: 'string' }),
          l: list(struct({ x: 'int' })),
        }),
        properties: {
          'schema.name-mapping.default': JSON.stringify([
            { 'field-id': 1, names: ['id', 'number'] },
            {
              'field-id': 2,
              names: ['s'],
              fields: [
                { 'field-id': 4, names: ['a'] },
                { 'field-id': 5, names: ['b'] },
              ],
            },
            {
              'field-id': 3,
              names: ['l'],
              fields: [
                {
                  'field-id': 6,
                  names: ['element'],
                  fields: [{ 'field-id': 7, names: ['x'] }],
                },
              ],
            },
          ]),
          'write.metadata.metrics.column.id': 'counts',
        },
      },
      { op: 'append', rows: [{ id: 1, s: { a: 1, b: 'one' }, l: [{ x: 1 }] }] },
      {
        op: 'evolve',
        changes: [
          { change: 'rename', path: ['id'], name: 'key' },
          { change: 'rename', path: ['s', 'a'], name: 'first' },
          { change: 'rename', path: ['l', 'element', 'x'], name: 'number' },
        ],
      },
      {
        op: 'evolve',
        changes: [
          { change: 'add', path: ['s', 'a'], type: 'long' },
          { change: 'add', path: ['id'], type: struct({ z: 'int' }) },
          { change: 'drop', path: ['s', 'b'] },
        ],
      },
      {
        op: 'append',
        rows: [{ key: 2, s: { first: 2, a: '20' }, l: [{ number: 2 }, null], id: { z: 3 } }],
      },
    ],
    filters: [is('key', 'eq', 1), nothing('id')],
  },
]
