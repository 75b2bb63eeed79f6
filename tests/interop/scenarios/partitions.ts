import type { Json, Pred, Scenario, TypeJson } from '../scenario.js'
import { both, by, fields, is, nothing, rows } from './words.js'

interface Source {
  readonly type: TypeJson
  readonly values: readonly Json[]
  /** Transforms beside `bucket[N]` and identity. */
  readonly more: readonly string[]
  readonly filters: readonly Pred[]
  /** Not hashed, or with no identity partition that all can read. */
  readonly without?: readonly ('bucket' | 'identity')[]
  readonly version?: 3
}

const stamps = (zone: '' | 'Z'): readonly string[] => [
  `1970-01-01T00:00:00.000000${zone}`,
  `1969-12-31T23:59:59.999999${zone}`,
  `1968-02-29T12:00:00.000000${zone}`,
  `2017-11-16T22:31:08.000001${zone}`,
  `1900-03-01T00:59:59.999999${zone}`,
  `9999-12-31T23:59:59.999999${zone}`,
]

/** One table for each type: the published hash values of the specification are among these. */
const SOURCES: Readonly<Record<string, Source>> = {
  int: {
    type: 'int',
    values: [34, -1, 0, 10, -10, 2147483647, -2147483640],
    more: ['truncate[10]'],
    filters: [is('v', 'lt', 0), is('v', 'eq', 34), nothing('v')],
  },
  long: {
    type: 'long',
    values: ['34', '-1', '0', '100', '-100', '9223372036854775807', '-9223372036854775800'],
    more: ['truncate[100]'],
    filters: [is('v', 'gte', '34'), is('v', 'eq', '-1'), nothing('v')],
  },
  'decimal-small': {
    type: 'decimal(9,2)',
    values: ['14.20', '-0.01', '0.00', '9999999.99', '-9999999.50', '0.50'],
    more: ['truncate[50]'],
    filters: [is('v', 'lte', '0.00'), is('v', 'eq', '14.20')],
  },
  'decimal-large': {
    type: 'decimal(38,10)',
    values: ['14.2000000000', '-0.0000000001', '9999999999999999999999999999.9999999999'],
    more: ['truncate[100]'],
    filters: [is('v', 'gt', '0.0000000000')],
  },
  string: {
    type: 'string',
    values: [
      'iceberg',
      '',
      'ab',
      'abc',
      '日本語テキスト',
      '😀😀😀😀',
      'abcdefghijklmnopqrstuvwxyz',
    ],
    more: ['truncate[3]'],
    filters: [is('v', 'startsWith', 'ab'), is('v', 'eq', '日本語テキスト'), is('v', 'gt', 'b')],
  },
  binary: {
    type: 'binary',
    values: ['0x00010203', '0x', '0xff', '0xffff00', '0x0001'],
    more: ['truncate[2]'],
    filters: [is('v', 'eq', '0xff'), is('v', 'gte', '0x0001')],
  },
  date: {
    type: 'date',
    values: ['1970-01-01', '1969-12-31', '1969-01-01', '1968-02-29', '2017-11-16', '9999-12-31'],
    more: ['year', 'month', 'day'],
    filters: [is('v', 'lt', '1970-01-01'), is('v', 'eq', '2017-11-16'), nothing('v')],
  },
  timestamp: {
    type: 'timestamp',
    values: stamps(''),
    more: ['year', 'month', 'day', 'hour'],
    filters: [
      is('v', 'lt', '1970-01-01T00:00:00.000000'),
      is('v', 'gte', '2017-11-16T22:31:08.000001'),
    ],
  },
  timestamptz: {
    type: 'timestamptz',
    values: stamps('Z'),
    more: ['year', 'month', 'day', 'hour'],
    filters: [
      is('v', 'lt', '1970-01-01T00:00:00.000000Z'),
      is('v', 'eq', '1969-12-31T23:59:59.999999Z'),
    ],
  },
  boolean: {
    type: 'boolean',
    values: [true, false],
    more: [],
    filters: [is('v', 'eq', false), nothing('v')],
    without: ['bucket'],
  },
  float: {
    type: 'float',
    values: [1.5, -2.25, 'NaN', 'Infinity', 0],
    more: [],
    // SQL has NaN above all numbers: it is left out.
    filters: [both(is('v', 'gt', 0), { op: 'notNaN', path: ['v'] }), { op: 'isNaN', path: ['v'] }],
    without: ['bucket'],
  },
  double: {
    type: 'double',
    values: [1.5, -2.25, 'NaN', '-Infinity', 0],
    more: [],
    filters: [is('v', 'lt', 0), { op: 'isNaN', path: ['v'] }],
    without: ['bucket'],
  },
  time: {
    type: 'time',
    values: ['22:31:08.000000', '00:00:00.000000', '23:59:59.999999'],
    more: [],
    filters: [is('v', 'gt', '12:00:00.000000'), nothing('v')],
  },
  uuid: {
    type: 'uuid',
    values: ['f79c3e09-677c-4bbd-a479-3f349cb785e7', '00000000-0000-0000-0000-000000000001'],
    more: [],
    filters: [is('v', 'eq', 'f79c3e09-677c-4bbd-a479-3f349cb785e7')],
  },
  fixed: {
    type: 'fixed[4]',
    values: ['0x00010203', '0xffffffff'],
    more: [],
    filters: [is('v', 'eq', '0x00010203')],
    // Java writes an identity partition of this type so that others cannot read it.
    without: ['identity'],
  },
}

/** A table partitioned by one transform of one type, with a null among the values. */
function table(name: string, source: Source, transform: string): Scenario {
  const [kind = ''] = transform.split('[')
  return {
    name: `partition-${kind}-${name}`,
    feature: 'Partition Transforms',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', v: source.type }),
        spec: [by(transform, 'v')],
      },
      {
        op: 'append',
        rows: rows('id v', ...[...source.values, null].map((value, id): Json[] => [id, value])),
      },
      { op: 'append', rows: rows('id v', [100, source.values[0] ?? null]) },
    ],
    filters: source.filters,
  }
}

function tables(name: string, source: Source): readonly Scenario[] {
  const without = source.without ?? []
  return [
    ...(without.includes('identity') ? [] : ['identity']),
    ...(without.includes('bucket') ? [] : ['bucket[7]']),
    ...source.more,
  ].map((transform) => table(name, source, transform))
}

const versions = ([1, 2, 3] as const).map(
  (version): Scenario => ({
    name: `partition-by-several-v${version}`,
    feature: 'Partition Specs',
    steps: [
      {
        op: 'create',
        version,
        schema: fields({ 'id!': 'long', at: 'timestamptz', city: 'string', n: 'int' }),
        spec: [
          by('day', 'at'),
          { ...by('bucket[4]', 'id'), name: 'shard' },
          by('truncate[2]', 'city'),
          by('identity', 'n'),
        ],
      },
      {
        op: 'append',
        rows: rows(
          'id at city n',
          ['1', '2026-01-31T10:00:00.000000Z', 'Oslo', 1],
          ['2', '2026-01-31T23:59:59.999999Z', 'Ośno', 2],
          ['3', null, null, null],
          ['9007199254740993', '1969-12-31T23:59:59.999999Z', '', -1],
        ),
      },
      {
        op: 'append',
        rows: rows('id at city n', ['5', '2026-02-01T00:00:00.000000Z', 'Oslo', 1]),
      },
    ],
    filters: [
      is('at', 'gte', '2026-01-31T12:00:00.000000Z'),
      is('city', 'startsWith', 'Os'),
      is('id', 'eq', '3'),
      nothing('n'),
    ],
  }),
)

/** Each transform on each type that has it; names and values that folders cannot hold as they are. */
export const PARTITIONS: readonly Scenario[] = [
  ...Object.entries(SOURCES).flatMap(([name, source]) => tables(name, source)),
  ...versions,
  {
    name: 'partition-escaped-values',
    feature: 'Partition paths',
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string' }), spec: [by('identity', 's')] },
      {
        op: 'append',
        rows: rows(
          'id s',
          [1, 'plain'],
          [2, 'a/b=c d%&?#+'],
          [3, null],
          [4, ''],
          [5, 'zażółć 😀'],
          [6, '..'],
          [7, 'it\'s "quoted" \\ * ~ : ; < > |'],
        ),
      },
    ],
    filters: [is('s', 'eq', 'a/b=c d%&?#+'), nothing('s'), is('s', 'eq', ''), is('s', 'gt', 'z')],
  },
  {
    name: 'partition-null-and-its-name',
    feature: 'Partition paths',
    steps: [
      { op: 'create', schema: fields({ id: 'int', s: 'string' }), spec: [by('identity', 's')] },
      { op: 'append', rows: rows('id s', [1, null], [2, 'null'], [3, 'NULL']) },
    ],
    filters: [is('s', 'eq', 'null'), nothing('s')],
    // Both have one folder, which the reference counts as one partition.
    layout: false,
  },
  {
    name: 'partition-escaped-names',
    feature: 'Partition paths',
    steps: [
      {
        op: 'create',
        schema: fields({ id: 'int', 'odd name-ü': 'string', '1st': 'int' }),
        spec: [by('identity', 'odd name-ü'), { ...by('bucket[3]', '1st'), name: 'first=1/é' }],
      },
      {
        op: 'append',
        rows: [
          { id: 1, 'odd name-ü': 'a', '1st': 1 },
          { id: 2, 'odd name-ü': null, '1st': null },
          { id: 3, 'odd name-ü': 'ö', '1st': 2 },
        ],
      },
    ],
    filters: [is('odd name-ü', 'eq', 'ö'), is('1st', 'eq', 1)],
  },
  {
    name: 'partition-nested-source',
    feature: 'Partition Specs',
    steps: [
      {
        op: 'create',
        schema: fields({
          id: 'int',
          where: { type: 'struct', ...fields({ city: 'string', at: 'timestamp' }) },
        }),
        spec: [
          { ...by('identity', 'where', 'city'), name: 'city' },
          { ...by('day', 'where', 'at'), name: 'day' },
        ],
      },
      {
        op: 'append',
        rows: [
          { id: 1, where: { city: 'Oslo', at: '2020-01-01T01:00:00.000000' } },
          { id: 2, where: { city: null, at: null } },
          { id: 3, where: null },
        ],
      },
    ],
    filters: [is(['where', 'city'], 'eq', 'Oslo'), nothing(['where', 'city'])],
  },
]
