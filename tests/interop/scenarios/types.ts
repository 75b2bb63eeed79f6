/** Every type with its extremes, nulls and special values. */
import type { Json, Pred, Scenario, TypeJson } from '../scenario.js'
import { both, fields, is, list, map, none, nothing, something, struct } from './words.js'

interface TypeCase {
  readonly type: TypeJson
  readonly values: readonly Json[]
  readonly version?: 3
  readonly filters?: readonly Pred[]
}

/** SQL has NaN above all numbers, Iceberg's expressions compare nothing with it: it is left out. */
const number = (where: Pred): Pred => both(where, { op: 'notNaN', path: ['v'] })

const CASES: Readonly<Record<string, TypeCase>> = {
  boolean: { type: 'boolean', values: [true, false], filters: [is('v', 'eq', true)] },
  int: {
    type: 'int',
    values: [0, 1, -1, 2147483647, -2147483648],
    filters: [is('v', 'lt', 0), is('v', 'gte', 2147483647)],
  },
  long: {
    type: 'long',
    values: ['0', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993'],
    filters: [is('v', 'gt', '9007199254740992'), is('v', 'eq', '-9223372036854775808')],
  },
  float: {
    type: 'float',
    values: [
      0,
      1.5,
      -2.25,
      3.4028234663852886e38,
      1.401298464324817e-45,
      'NaN',
      'Infinity',
      '-Infinity',
      '-0.0',
    ],
    filters: [
      number(is('v', 'gt', 1)),
      is('v', 'lte', 0),
      { op: 'isNaN', path: ['v'] },
      number(something('v')),
    ],
  },
  double: {
    type: 'double',
    values: [
      0,
      0.1,
      -1e308,
      1.7976931348623157e308,
      5e-324,
      'NaN',
      'Infinity',
      '-Infinity',
      '-0.0',
    ],
    filters: [is('v', 'lt', 0), number(is('v', 'gte', 0.1)), { op: 'isNaN', path: ['v'] }],
  },
  'decimal(9, 2)': {
    type: 'decimal(9, 2)',
    values: ['0.00', '1.50', '-9999999.99', '9999999.99'],
    filters: [is('v', 'gt', '1.49'), is('v', 'eq', '-9999999.99')],
  },
  'decimal(18, 4)': {
    type: 'decimal(18, 4)',
    values: ['0.0000', '-3.0001', '99999999999999.9999'],
    filters: [is('v', 'lt', '0.0000')],
  },
  'decimal(38, 10)': {
    type: 'decimal(38, 10)',
    values: [
      '0.0000000000',
      '12345678901234567890.0123456789',
      '-9999999999999999999999999999.9999999999',
    ],
    filters: [is('v', 'gt', '1.0000000000')],
  },
  date: {
    type: 'date',
    values: ['1970-01-01', '1969-12-31', '0001-01-01', '9999-12-31', '2026-02-28'],
    filters: [is('v', 'lt', '1970-01-01'), is('v', 'eq', '9999-12-31')],
  },
  time: {
    type: 'time',
    values: ['00:00:00.000000', '13:45:00.000001', '23:59:59.999999'],
    filters: [is('v', 'gt', '12:00:00.000000')],
  },
  timestamp: {
    type: 'timestamp',
    values: [
      '1970-01-01T00:00:00.000000',
      '1969-12-31T23:59:59.999999',
      '0001-01-01T00:00:00.000000',
      '9999-12-31T23:59:59.999999',
    ],
    filters: [is('v', 'lt', '1970-01-01T00:00:00.000000')],
  },
  timestamptz: {
    type: 'timestamptz',
    values: [
      '1970-01-01T00:00:00.000000Z',
      '1969-12-31T23:59:59.999999Z',
      '2026-06-30T12:00:00.000001Z',
    ],
    filters: [is('v', 'gte', '2026-06-30T12:00:00.000001Z')],
  },
  timestamp_ns: {
    type: 'timestamp_ns',
    version: 3,
    values: [
      '1970-01-01T00:00:00.000000001',
      '1969-12-31T23:59:59.999999999',
      '2262-01-01T00:00:00.000000000',
    ],
  },
  timestamptz_ns: {
    type: 'timestamptz_ns',
    version: 3,
    values: ['1970-01-01T00:00:00.000000001Z', '2026-06-30T12:00:00.123456789Z'],
  },
  string: {
    type: 'string',
    values: ['', 'a', 'Żółć 東京 🚀', 'a\nb\t"\\', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'],
    filters: [
      is('v', 'startsWith', 'zzzzzzzzzzzzzzzzzzzzzzz'),
      is('v', 'eq', ''),
      is('v', 'gt', 'a'),
      is('v', 'notStartsWith', 'a'),
    ],
  },
  uuid: {
    type: 'uuid',
    values: [
      'f79c3e09-677c-4bbd-a479-3f349cb785e7',
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ],
    filters: [is('v', 'eq', 'f79c3e09-677c-4bbd-a479-3f349cb785e7')],
  },
  fixed: {
    type: 'fixed[4]',
    values: ['0x00000000', '0x0001feff', '0xffffffff'],
  },
  binary: {
    type: 'binary',
    values: ['0x', '0x00', '0xff00ff', `0x${'ab'.repeat(40)}`],
    filters: [is('v', 'gt', '0x01')],
  },
}

/** A column of the type, with nulls, and the same type in a required column, a list and a struct. */
function typeScenario([name, one]: [string, TypeCase]): Scenario {
  const rows = [null, ...one.values].map((value, index) => ({
    id: String(index),
    v: value,
    r: value ?? one.values[0] ?? null,
    l: index === 0 ? null : [value, null],
    s: { v: value },
  }))
  return {
    name: `type ${name}`,
    feature: 'B. Types and schemas',
    steps: [
      {
        op: 'create',
        version: one.version ?? 2,
        schema: fields({
          'id!': 'long',
          v: one.type,
          'r!': one.type,
          l: list(one.type),
          s: struct({ v: one.type }),
        }),
      },
      { op: 'append', rows: rows.slice(0, 2) },
      { op: 'append', rows: rows.slice(2) },
    ],
    filters: [nothing('v'), something('v'), ...(one.filters ?? [])],
  }
}

const NESTED: Scenario = {
  name: 'nested values',
  feature: 'B. Types and schemas',
  steps: [
    {
      op: 'create',
      schema: fields({
        'id!': 'long',
        st: struct({ a: 'long', b: struct({ c: 'string' }) }),
        li: list('int'),
        mp: map('string', 'double'),
        ml: map('int', list('string')),
        ls: list(struct({ 'x!': 'int', y: 'string' })),
        ll: list(list('date')),
      }),
    },
    {
      op: 'append',
      rows: [
        {
          id: '1',
          st: { a: '1', b: { c: 'x' } },
          li: [1, null, 3],
          mp: [
            ['k', 1.5],
            ['l', null],
          ],
          ml: [
            [1, ['a', null]],
            [2, []],
            [3, null],
          ],
          ls: [
            { x: 1, y: null },
            { x: 2, y: 'z' },
          ],
          ll: [['2026-01-01'], [], null],
        },
        { id: '2', st: { a: null, b: null }, li: [], mp: [], ml: [], ls: [], ll: [] },
        { id: '3', st: null, li: null, mp: null, ml: null, ls: null, ll: null },
        {
          id: '4',
          st: { a: '4', b: { c: null } },
          li: [null],
          mp: [['', 0]],
          ml: [[-1, [null]]],
          ls: [{ x: 0, y: '' }],
          ll: [[null]],
        },
      ],
    },
  ],
  filters: [
    is(['st', 'a'], 'eq', '1'),
    nothing(['st', 'b', 'c']),
    something('li'),
    none(nothing('st')),
  ],
}

export const TYPES: readonly Scenario[] = [...Object.entries(CASES).map(typeScenario), NESTED]
