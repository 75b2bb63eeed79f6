/**
 * What users of evolution, partitions and variants get wrong: the error says what, where and what to
 * do instead, by its message and its details, and is never a TypeError nor a fault of ours.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { type ErrorCode, MoraineError } from '../../../src/errors.js'
import { asc, col, day, month, t, VariantScalar } from '../../../src/index.js'
import { connect } from '../../../src/table/connect.js'
import type { SchemaEditor } from '../../../src/types/schema-editor.js'
import type { AnyTable } from '../../support/refused-change.js'

let create: (schema: unknown, options?: object) => Promise<unknown>
let v2: AnyTable
let v3: AnyTable

beforeAll(async () => {
  const catalog = await connect('memory:/wrong', { workers: 0 })
  let made = 0
  create = (schema, options = {}) =>
    catalog.createTable(`a.n${made++}`, { schema: schema as never, ...options })
  v2 = (await catalog.createTable('a.v2', {
    schema: {
      id: t.long().required(),
      n: t.int(),
      d: t.date(),
      at: t.timestamptz(),
      s: t.string(),
      dec: t.decimal(9, 2),
      f: t.float(),
      st: t.struct({ a: t.int() }),
      l: t.list(t.struct({ x: t.int() })),
    },
    partitionBy: [day('at')],
  })) as never
  v3 = (await catalog.createTable('a.v3', {
    schema: { id: t.long().required(), d: t.date(), v: t.variant(), dd: t.decimal(9, 2) },
    formatVersion: 3,
  })) as never
  await v3.append([{ id: 1, d: '2500-01-01', v: { a: 1 } }] as never)
})

type Editor = SchemaEditor
const reshape = (edit: (s: Editor) => unknown) => v2.updateSchema(edit as never)
const reshape3 = (edit: (s: Editor) => unknown) => v3.updateSchema(edit as never)
const wrong = (value: unknown) => value as never

const CASES: readonly (readonly [
  what: string,
  use: () => unknown,
  code: ErrorCode,
  message: string,
  details?: object,
])[] = [
  // Columns and types.
  [
    'a type by name',
    () => create({ x: 'int' }),
    'INVALID_ARGUMENT',
    "column 'x' needs a type, and the string 'int' is none; make one with t",
    { column: 'x' },
  ],
  [
    'a type that is not called',
    () => create({ x: t.int }),
    'INVALID_ARGUMENT',
    'call it: t.string()',
    { column: 'x' },
  ],
  [
    'no columns at all',
    () => create(null),
    'INVALID_ARGUMENT',
    "columns are an object { name: t.string() } or pairs ['name', t.string()], not null",
  ],
  [
    'rows for columns',
    () => reshape((s) => s.unionByName(wrong([{ n: 1 }]))),
    'INVALID_ARGUMENT',
    'columns are an object',
  ],
  [
    't.of a name',
    () => t.of(wrong('int')),
    'INVALID_ARGUMENT',
    "a type is an object such as { kind: 'long' }, not the string 'int'",
  ],
  [
    't.of a type of others',
    () => t.of(wrong({ kind: 'varchar' })),
    'INVALID_ARGUMENT',
    "not the string 'varchar'",
  ],
  ['t.of nothing', () => t.of(wrong(null)), 'INVALID_ARGUMENT', 'not null'],
  [
    't.list of nothing',
    () => t.list(wrong(undefined)),
    'INVALID_ARGUMENT',
    "column 'element' needs a type",
  ],
  [
    't.struct of nothing',
    () => t.struct(wrong(undefined)),
    'INVALID_ARGUMENT',
    'columns are an object',
  ],
  [
    'a doc that is no text',
    () => t.int().doc(wrong(3)),
    'INVALID_ARGUMENT',
    'a doc is a text, not the number 3',
  ],
  // Schema changes.
  [
    'no function',
    () => v2.updateSchema(wrong(undefined)),
    'INVALID_ARGUMENT',
    'updateSchema takes a function of an editor',
    { where: 'updateSchema' },
  ],
  [
    'no function of specs',
    () => v2.updateSpec(wrong({})),
    'INVALID_ARGUMENT',
    'updateSpec takes a function of an editor',
    { where: 'updateSpec' },
  ],
  [
    'after: true',
    () => reshape((s) => s.addColumn('q', t.int(), { after: wrong(true) })),
    'INVALID_ARGUMENT',
    "option 'after' is a string, not the boolean true",
    { column: 'q' },
  ],
  [
    'first: a name',
    () => reshape((s) => s.addColumn('q', t.int(), { first: wrong('id') })),
    'INVALID_ARGUMENT',
    "option 'first' is a boolean",
  ],
  [
    'doc: a number',
    () => reshape((s) => s.addColumn('q', t.int(), { doc: wrong(3) })),
    'INVALID_ARGUMENT',
    "option 'doc' is a string",
  ],
  [
    'a column inside a variant',
    () => reshape3((s) => s.addColumn('v.q', t.int())),
    'INVALID_ARGUMENT',
    'a variant has no columns inside',
    { column: 'v' },
  ],
  [
    'a column inside a number',
    () => reshape((s) => s.addColumn('n.q', t.int())),
    'INVALID_ARGUMENT',
    'columns cannot be added to int, only to structs',
  ],
  [
    'a path for a new name',
    () => reshape((s) => s.renameColumn('st.a', 'st.b')),
    'INVALID_ARGUMENT',
    "give its new name alone, without the path: 'b'",
    { column: 'st.a' },
  ],
  [
    'date to timestamp in version 2',
    () => reshape((s) => s.widenColumn('d', t.timestamp())),
    'INVALID_ARGUMENT',
    'date widens to timestamp and timestamp_ns in format version 3, and the table has 2: upgradeFormat(3)',
    { column: 'd' },
  ],
  [
    'int to string',
    () => reshape((s) => s.widenColumn('n', t.string())),
    'INVALID_ARGUMENT',
    'int does not widen to string; int widens to long',
  ],
  [
    'long to int',
    () => reshape((s) => s.widenColumn('id', t.int())),
    'INVALID_ARGUMENT',
    'long widens to nothing: add another column',
  ],
  [
    'fewer digits',
    () => reshape((s) => s.widenColumn('dec', t.decimal(8, 2))),
    'INVALID_ARGUMENT',
    'decimals widen to more digits before the point: decimal(10,2) and on',
  ],
  [
    'float to string',
    () => reshape((s) => s.widenColumn('f', t.string())),
    'INVALID_ARGUMENT',
    'float widens to double',
  ],
  [
    'a list as a whole',
    () => reshape((s) => s.widenColumn('l', t.list(t.long()))),
    'INVALID_ARGUMENT',
    'widen the columns inside it',
  ],
  [
    'a type to widen to by name',
    () => reshape((s) => s.widenColumn('n', wrong('long'))),
    'INVALID_ARGUMENT',
    "column 'n' needs a type",
  ],
  [
    'widening and more',
    () => reshape((s) => s.widenColumn('n', t.long().doc('x'))),
    'INVALID_ARGUMENT',
    'widenColumn changes its type alone',
  ],
  [
    'a widened column made required',
    () => reshape((s) => s.widenColumn('n', t.long().required())),
    'INVALID_ARGUMENT',
    'changes its type alone',
  ],
  [
    'no default',
    () => reshape3((s) => s.updateDefault('id', undefined)),
    'INVALID_ARGUMENT',
    'give the default, or null to remove it',
    { column: 'id' },
  ],
  [
    'a default of another type',
    () => reshape3((s) => s.updateDefault('id', 'x')),
    'VALIDATION',
    "default of column 'id': expected long",
    { column: 'id' },
  ],
  [
    'a default that is NaN',
    () => create({ a: t.double().default(Number.NaN) }, { formatVersion: 3 }),
    'UNSUPPORTED',
    "default of column 'a': NaN cannot be a default",
    { column: 'a' },
  ],
  [
    'a default beyond the new type',
    () =>
      reshape3((s) =>
        s.addColumn('e', t.date().default('2500-01-01')).widenColumn('e', t.timestampNs()),
      ),
    'VALIDATION',
    "default of column 'e': date 2500-01-01 is out of the range of timestamp_ns",
    { column: 'e' },
  ],
  [
    'an array of identifiers',
    () => reshape3((s) => s.setIdentifier(['id', 'd'])),
    'INVALID_ARGUMENT',
    'an array is one path; give several columns one after the other',
  ],
  [
    'a variant as identifier',
    () => reshape3((s) => s.setIdentifier(wrong('v'))),
    'INVALID_ARGUMENT',
    "column 'v' cannot be an identifier field: it is not primitive",
    { column: 'v' },
  ],
  [
    'a version as text',
    () => v2.upgradeFormat(wrong('3')),
    'INVALID_ARGUMENT',
    "as the number 1, 2 or 3, not the string '3'",
    { where: 'upgradeFormat', value: "the string '3'" },
  ],
  [
    'an older version',
    () => v2.upgradeFormat(1),
    'INVALID_ARGUMENT',
    'cannot go back to 1',
    { formatVersion: 2, wanted: 1 },
  ],
  // Partition and sort terms.
  [
    'a transform in quotes',
    () => v2.updateSpec((s) => s.addField('bucket(16, id)')),
    'NOT_FOUND',
    "a transform is a function: bucket(16, 'id')",
    { column: 'bucket(16, id)' },
  ],
  [
    'a transform as metadata has it',
    () => v2.updateSpec((s) => s.addField('truncate[4](s)')),
    'NOT_FOUND',
    "truncate(4, 's')",
  ],
  [
    'a time in quotes',
    () => create({ at: t.date() }, { partitionBy: ['days(at)'] }),
    'NOT_FOUND',
    "a transform is a function: day('at')",
  ],
  [
    'an order in quotes',
    () => v2.updateSortOrder(['id desc nulls last']),
    'NOT_FOUND',
    "an order is a function: desc('id')",
  ],
  [
    'an order as a partition',
    () => create({ id: t.int() }, { partitionBy: [asc('id')] }),
    'INVALID_ARGUMENT',
    "a column or a transform of one, such as day('at'), not an object",
  ],
  [
    'options for a name',
    () => v2.updateSpec((s) => s.addField('n', wrong({ name: 'x' }))),
    'INVALID_ARGUMENT',
    "the partition field of 'n' needs a name that is a text, not an object",
    { field: 'n' },
  ],
  [
    'a number for a name',
    () => create({ at: t.date() }, { partitionBy: [day('at').as(wrong(3))] }),
    'INVALID_ARGUMENT',
    'not the number 3',
    { field: 'at' },
  ],
  [
    'one term for an order',
    () => v2.updateSortOrder(wrong('id')),
    'INVALID_ARGUMENT',
    "such as [asc('id')], not the string 'id'",
    { where: 'updateSortOrder' },
  ],
  [
    'the month of a text',
    () => v2.updateSpec((s) => s.addField(month('s'))),
    'INVALID_ARGUMENT',
    "does not take column 's' of type string, only dates and timestamps",
    { column: 's' },
  ],
  // Paths and predicates.
  [
    'a filter inside a variant',
    () => v3.scan({ where: 'v.a = 1' }).toArray(),
    'NOT_FOUND',
    "'v' is a variant, whose members are no columns: take it whole and look inside",
    { column: 'v.a' },
  ],
  [
    'a filter on a variant',
    () => v3.scan({ where: col('v').eq(1) }).toArray(),
    'INVALID_ARGUMENT',
    'only isNull() and notNull() can be asked of it',
    { column: 'v' },
  ],
  [
    'a filter on a struct',
    () => v2.scan({ where: col('st').eq(1) }).toArray(),
    'INVALID_ARGUMENT',
    'compare its members',
  ],
  [
    'a path past the elements',
    () => v2.scan({ select: wrong(['l.x']) }).toArray(),
    'NOT_FOUND',
    "did you mean 'l.element.x'?",
    { column: 'l.x' },
  ],
  [
    'a path into a number',
    () => v2.scan({ select: wrong(['id.x']) }).toArray(),
    'NOT_FOUND',
    "'id' is of type long, which has no members",
  ],
  [
    'a number as text',
    () => v2.scan({ where: "n = '5'" }).toArray(),
    'INVALID_ARGUMENT',
    "column 'n' of type int cannot be compared so: give a bigint or a number, not the string '5'",
    { column: 'n' },
  ],
  [
    'a month from 1 to 12',
    () => v2.scan({ where: 'month(d) = 2' }).toArray(),
    'INVALID_ARGUMENT',
    "written as '2024-02'; it is no month from 1 to 12",
    { column: 'd' },
  ],
  // Values.
  [
    'a promoted value beyond the range',
    async () => (await reshape3((s) => s.widenColumn('d', t.timestampNs()))).scan().toArray(),
    'VALIDATION',
    "column 'd', row 0: date 2500-01-01 does not fit timestamp_ns, which holds 1677-09-21 to 2262-04-11",
  ],
  [
    'an object of a class',
    () => v3.append(wrong([{ id: 1, v: new (class Point {})() }])),
    'VALIDATION',
    "row 0, column 'v': expected a value that a variant can hold, found an object of class Point",
  ],
  [
    'a member without a name',
    () => v3.append(wrong([{ id: 1, v: new Map([[1, 2]]) }])),
    'VALIDATION',
    'expected a string as the name of a member, found the number 1',
  ],
  [
    'a scalar of no type',
    () => new VariantScalar(wrong('money'), '1'),
    'VALIDATION',
    'a type of variant scalars (decimal, int8',
  ],
]

describe('wrong uses say what to do instead', () => {
  test.each(CASES.map((one) => [one[0], one] as const))('%s', async (_what, one) => {
    const [, use, code, message, details] = one
    const error = await (async () => use())().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(MoraineError)
    const { code: found, message: text, details: facts } = error as MoraineError
    expect(text).toContain(message)
    expect(found).toBe(code)
    if (details !== undefined) expect(facts).toMatchObject(details)
  })
})
