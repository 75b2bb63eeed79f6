import type { Scenario, Step } from '../scenario.js'
import {
  among,
  both,
  by,
  COPY_ON_WRITE,
  either,
  fields,
  is,
  MERGE_ON_READ,
  many,
  nothing,
  rows,
} from './words.js'

const LETTERS = ['a', 'b', 'c']
const table = fields({ id: 'int', p: 'string', v: 'double' })

function numbered(count: number, from = 0): Step {
  const row = (n: number) => ({ id: n, p: LETTERS[n % 3] ?? '', v: n + 0.5 })
  return { op: 'append', rows: many(count, row, from) }
}

/** Deletes, an update that moves rows between partitions, a merge, and a delete of what is left. */
const CHANGES: readonly Step[] = [
  { op: 'delete', where: among('id', 0, 4, 8, 20), label: 'deleted' },
  { op: 'update', where: among('id', 1, 5, 19), set: { p: 'a', v: -1 } },
  {
    op: 'merge',
    rows: rows('id p v', [2, 'b', 0], [3, 'a', 0], [100, 'new', 100]),
    on: ['id'],
    matched: 'update',
    notMatched: 'insert',
  },
  {
    op: 'merge',
    rows: rows('id p v', [6, null, null], [7, null, null], [999, null, null]),
    on: ['id'],
    matched: 'delete',
    notMatched: 'none',
  },
  { op: 'delete', where: either(is('id', 'eq', 9), is('id', 'eq', 21)) },
]

const FILTERS = [
  is('p', 'eq', 'a'),
  is('v', 'lt', 0),
  both(is('id', 'gte', 5), is('id', 'lt', 12)),
  is('p', 'startsWith', 'n'),
]

/** Rows deleted, updated and merged: by rewriting files, and by delete files of every kind. */
export const ROW_LEVEL: readonly Scenario[] = [
  {
    name: 'rows-copy-on-write',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table, spec: [by('identity', 'p')], properties: COPY_ON_WRITE },
      numbered(12),
      numbered(12, 12),
      ...CHANGES,
      { op: 'delete', where: is('p', 'eq', 'c') },
    ],
    filters: FILTERS,
    layout: false,
  },
  {
    name: 'rows-merge-on-read-by-partition',
    feature: 'Position Delete Files',
    steps: [
      {
        op: 'create',
        schema: table,
        spec: [by('identity', 'p')],
        properties: { ...MERGE_ON_READ, 'write.delete.granularity': 'partition' },
      },
      numbered(12),
      numbered(12, 12),
      ...CHANGES,
    ],
    filters: FILTERS,
    layout: false,
  },
  {
    name: 'rows-merge-on-read-by-file',
    feature: 'Position Delete Files',
    steps: [
      {
        op: 'create',
        schema: table,
        properties: { ...MERGE_ON_READ, 'write.delete.granularity': 'file' },
      },
      numbered(12),
      numbered(12, 12),
      ...CHANGES,
    ],
    filters: FILTERS,
    layout: false,
  },
  {
    name: 'rows-deletion-vectors',
    feature: 'Deletion Vectors',
    steps: [
      { op: 'create', version: 3, schema: table, properties: MERGE_ON_READ },
      numbered(12),
      numbered(12, 12),
      ...CHANGES,
      { op: 'delete', where: is('id', 'gte', 18) },
    ],
    filters: FILTERS,
    layout: false,
    lineage: true,
  },
  {
    name: 'rows-deletion-vectors-partitioned',
    feature: 'Deletion Vectors',
    steps: [
      {
        op: 'create',
        version: 3,
        schema: table,
        spec: [by('bucket[2]', 'id')],
        properties: MERGE_ON_READ,
      },
      numbered(24),
      ...CHANGES,
      { op: 'spec', remove: ['id_bucket'], add: [by('identity', 'p')] },
      numbered(6, 30),
      { op: 'delete', where: among('id', 10, 11, 31, 32) },
    ],
    filters: FILTERS,
    layout: false,
    lineage: true,
  },
  {
    name: 'rows-deleted-by-whole-files',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table, spec: [by('identity', 'p')] },
      numbered(9),
      { op: 'delete', where: is('p', 'eq', 'b') },
      { op: 'delete', where: is('p', 'eq', 'none') },
    ],
    filters: [is('p', 'eq', 'b')],
  },
  {
    name: 'rows-all-deleted-and-written-again',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table },
      numbered(3),
      { op: 'delete', where: true },
      numbered(2, 10),
      { op: 'overwrite', where: 'all', rows: [] },
    ],
  },
  {
    name: 'rows-v1-upgraded-and-deleted',
    feature: 'Position Delete Files',
    steps: [
      { op: 'create', version: 1, schema: table, spec: [by('bucket[2]', 'id')] },
      numbered(10),
      { op: 'upgrade', version: 2 },
      { op: 'properties', set: MERGE_ON_READ },
      { op: 'delete', where: among('id', 2, 3) },
      numbered(2, 10),
      { op: 'update', where: among('id', 4, 11), set: { v: 0 } },
    ],
    filters: FILTERS,
    layout: false,
  },
  {
    name: 'rows-v2-upgraded-and-deleted',
    feature: 'Deletion Vectors',
    steps: [
      { op: 'create', version: 2, schema: table, properties: MERGE_ON_READ },
      numbered(12),
      { op: 'delete', where: among('id', 1, 2) },
      { op: 'upgrade', version: 3 },
      numbered(2, 12),
      { op: 'delete', where: among('id', 3, 13) },
      { op: 'update', where: is('id', 'eq', 5), set: { v: 5 } },
    ],
    filters: FILTERS,
    layout: false,
    lineage: true,
  },
  {
    name: 'rows-replaced-by-filter',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table, spec: [by('identity', 'p')] },
      numbered(9),
      { op: 'overwrite', where: is('p', 'eq', 'b'), rows: rows('id p v', [50, 'b', 1]) },
      { op: 'overwrite', where: 'all', rows: rows('id p v', [60, 'z', null], [61, null, 2]) },
    ],
    filters: [is('p', 'eq', 'z'), nothing('p')],
  },
  {
    name: 'rows-replaced-by-partition',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table, spec: [by('identity', 'p')] },
      numbered(9),
      { op: 'replacePartitions', rows: rows('id p v', [50, 'b', 1], [51, 'd', 2], [52, null, 3]) },
      { op: 'replacePartitions', rows: rows('id p v', [53, null, 4]) },
    ],
    filters: [is('p', 'eq', 'b'), nothing('p')],
  },
  {
    name: 'rows-nulls-and-nan',
    feature: 'Row-level changes',
    steps: [
      { op: 'create', schema: table, properties: COPY_ON_WRITE },
      {
        op: 'append',
        rows: rows(
          'id p v',
          [1, null, 'NaN'],
          [2, 'x', null],
          [3, null, null],
          [4, 'y', '-0.0'],
          [5, 'x', 'Infinity'],
        ),
      },
      { op: 'delete', where: nothing('v') },
      { op: 'delete', where: { op: 'isNaN', path: ['v'] } },
      { op: 'update', where: is('p', 'ne', 'x'), set: { p: null } },
    ],
    filters: [nothing('p'), is('v', 'lte', 0), is('p', 'ne', 'x')],
    layout: false,
  },
]

const onlyJava = ['spark'] as const
const bothWrite = ['moraine', 'spark'] as const

/** Equality deletes: written by the reference and by moraine, read by everyone. */
export const EQUALITY: readonly Scenario[] = [
  {
    name: 'equality-deletes',
    feature: 'Equality Delete Files',
    writers: bothWrite,
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string' }) },
      { op: 'append', rows: rows('id s', [1, 'a'], [2, 'b'], [3, 'c']) },
      { op: 'equalityDelete', columns: ['id'], rows: rows('id', [2]) },
      { op: 'append', rows: rows('id s', [2, 'again'], [4, 'd']) },
      {
        op: 'equalityDelete',
        columns: ['id'],
        rows: rows('id', [3], [4]),
        upserts: rows('id s', [3, 'upserted'], [4, 'upserted']),
      },
      { op: 'equalityDelete', columns: ['s'], rows: rows('s', ['again']) },
    ],
    filters: [is('s', 'eq', 'upserted'), is('id', 'gte', 3)],
  },
  {
    name: 'equality-deletes-of-nulls',
    feature: 'Equality Delete Files',
    // Floats are no keys for our writer, as the specification says.
    writers: onlyJava,
    steps: [
      { op: 'create', schema: fields({ a: 'int', b: 'string', d: 'double' }) },
      {
        op: 'append',
        rows: rows(
          'a b d',
          [1, 'x', 1],
          [1, null, 1],
          [null, 'x', 1],
          [null, null, null],
          [2, 'x', 'NaN'],
          [3, 'y', 0],
        ),
      },
      {
        op: 'equalityDelete',
        columns: ['a', 'b'],
        rows: rows('a b', [1, null], [null, 'x'], [99, 'zz']),
      },
      { op: 'equalityDelete', columns: ['d'], rows: rows('d', ['NaN']) },
      { op: 'equalityDelete', columns: ['a', 'b', 'd'], rows: rows('a b d', [null, null, null]) },
    ],
    filters: [nothing('a'), is('b', 'eq', 'x')],
  },
  {
    name: 'equality-deletes-of-the-whole-table',
    feature: 'Equality Delete Files',
    writers: ['moraine'],
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string' }),
        spec: [by('identity', 'p')],
      },
      { op: 'append', rows: rows('id p', [1, 'a'], [2, 'a'], [1, 'b'], [2, 'b'], [1, null]) },
      { op: 'equalityDelete', columns: ['id'], rows: rows('id', [1]) },
      { op: 'append', rows: rows('id p', [1, 'a'], [3, null]) },
      {
        op: 'equalityDelete',
        columns: ['id'],
        rows: rows('id', [2]),
        upserts: rows('id p', [2, 'moved']),
      },
    ],
    filters: [is('p', 'eq', 'a'), nothing('p')],
  },
  {
    name: 'equality-deletes-by-partition',
    feature: 'Equality Delete Files',
    // Our deletes reach every row of a key: its partition cannot be told beside it.
    writers: onlyJava,
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string' }),
        spec: [by('identity', 'p')],
      },
      { op: 'append', rows: rows('id p', [1, 'a'], [2, 'a'], [1, 'b'], [2, 'b'], [1, null]) },
      { op: 'equalityDelete', columns: ['id'], rows: rows('id p', [1, 'a']) },
      { op: 'equalityDelete', columns: ['id'], rows: rows('id p', [1, null], [2, 'b']) },
    ],
    filters: [is('p', 'eq', 'a'), nothing('p')],
  },
  {
    name: 'equality-deletes-then-evolution',
    feature: 'Equality Delete Files',
    writers: bothWrite,
    steps: [
      { op: 'create', schema: fields({ id: 'int', k: 'int', s: 'string' }) },
      { op: 'append', rows: rows('id k s', [1, 10, 'a'], [2, 20, 'b'], [3, 30, 'c']) },
      { op: 'equalityDelete', columns: ['k'], rows: rows('k', [20]) },
      {
        op: 'evolve',
        changes: [
          { change: 'widen', path: ['k'], type: 'long' },
          { change: 'rename', path: ['k'], name: 'key' },
        ],
      },
      { op: 'append', rows: rows('id key s', [4, '20', 'd'], [5, '5000000000', 'e']) },
      { op: 'equalityDelete', columns: ['key'], rows: rows('key', ['5000000000'], ['30']) },
    ],
    filters: [is('key', 'eq', '20'), is('s', 'gt', 'a')],
  },
  {
    name: 'equality-deletes-beside-vectors',
    feature: 'Equality Delete Files',
    writers: bothWrite,
    steps: [
      {
        op: 'create',
        version: 3,
        schema: fields({ id: 'int', s: 'string' }),
        properties: MERGE_ON_READ,
      },
      { op: 'append', rows: many(8, (n) => ({ id: n, s: `s${n % 3}` })) },
      { op: 'delete', where: is('id', 'eq', 7) },
      { op: 'equalityDelete', columns: ['s'], rows: rows('s', ['s1']) },
      { op: 'append', rows: rows('id s', [9, 's1']) },
      { op: 'delete', where: is('id', 'eq', 0) },
    ],
    filters: [is('s', 'eq', 's1')],
  },
  {
    name: 'equality-deletes-of-null-keys',
    feature: 'Equality Delete Files',
    writers: bothWrite,
    steps: [
      { op: 'create', schema: fields({ a: 'int', b: 'string' }) },
      { op: 'append', rows: rows('a b', [1, 'x'], [1, null], [null, 'x'], [null, null], [2, 'x']) },
      {
        op: 'equalityDelete',
        columns: ['a', 'b'],
        rows: rows('a b', [1, null], [null, 'x'], [99, 'zz']),
      },
      { op: 'equalityDelete', columns: ['a'], rows: rows('a', [2]) },
    ],
    filters: [nothing('a'), is('b', 'eq', 'x')],
  },
  {
    name: 'equality-deletes-by-key-and-partition',
    feature: 'Equality Delete Files',
    writers: bothWrite,
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', p: 'string', v: 'long' }),
        spec: [by('identity', 'p')],
      },
      {
        op: 'append',
        rows: rows('id p v', [1, 'a', '1'], [2, 'a', '2'], [1, 'b', '3'], [2, 'b', '4']),
      },
      { op: 'equalityDelete', columns: ['id', 'p'], rows: rows('id p', [1, 'a']) },
      {
        op: 'equalityDelete',
        columns: ['id', 'p'],
        rows: rows('id p', [2, 'a'], [2, 'b']),
        upserts: rows('id p v', [2, 'a', '20'], [2, 'b', '40']),
      },
    ],
    filters: [is('p', 'eq', 'a'), is('v', 'gte', '20')],
  },
]
