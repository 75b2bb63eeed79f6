/** What `partitionBy` and `sortBy` take, and what they say to what they do not take. */
import { describe, expect, test } from 'vitest'
import {
  asc,
  desc,
  nameAtCreation,
  nameWhenAdded,
  type PartitionTerm,
  resolveTerm,
  termText,
} from '../../../src/partition/terms.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { schemaIndex } from '../../../src/types/schema-index.js'

const { schema } = buildSchema([
  ['id', t.long().required()],
  ['name', t.string()],
  ['at', t.timestamp()],
  ['tags', t.list(t.string())],
])

describe('an order', () => {
  test('has the nulls that it names, or leaves them to the usual', () => {
    expect(asc('id')).toEqual({ term: 'id', direction: 'asc' })
    expect(desc('id')).toEqual({ term: 'id', direction: 'desc' })
    expect(asc('id', 'nulls-last').nullOrder).toBe('nulls-last')
    expect(desc('id', 'nulls-first').nullOrder).toBe('nulls-first')
  })
})

describe('a term in quotes is told how it is written', () => {
  test.each([
    ['bucket(16, id)', "bucket(16, 'id')"],
    ['bucket[4](id)', "bucket(4, 'id')"],
    ['bucket(id)', "bucket(16, 'id')"],
    ['TRUNCATE(3, name)', "truncate(3, 'name')"],
    ['bucket()', "bucket(16, 'id')"],
    ['day(at)', "day('at')"],
    ['days(at)', "day('at')"],
    ['months(at)', "month('at')"],
    ['years(at)', "year('at')"],
    ['hours(at)', "hour('at')"],
    ['identity(id)', "identity('id')"],
    ['id desc', "desc('id')"],
    ['id ASC', "asc('id')"],
  ])('%s', (text, hint) => {
    expect(() => resolveTerm(schema, text)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(() => resolveTerm(schema, text)).toThrow(hint)
  })

  test.each(['nothing', 'round(id)', 'id up'])('%s is a column that is not there', (text) => {
    expect(() => resolveTerm(schema, text)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(() => resolveTerm(schema, text)).not.toThrow(/is a function/)
  })
})

test('a path of nothing names no column', () => {
  const none: PartitionTerm = { path: [], dotted: true }
  expect(() => resolveTerm(schema, none)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  expect(() => resolveTerm(schema, { path: ['x'] })).toThrow("'x'")
})

test('a column within a list partitions nothing', () => {
  expect(() => resolveTerm(schema, { path: ['tags', 'element'] })).toThrow('lies in a list or map')
})

test('a term is text in messages', () => {
  expect(termText('at')).toBe('at')
  expect(termText({ path: ['a', 'b'], transform: { kind: 'day' } })).toBe('a.b')
})

// The names of the reference implementation.
test.each([
  [{ kind: 'identity' }, 'name', 'name'],
  [{ kind: 'truncate', width: 4 }, 'name_trunc', 'name_trunc_4'],
  [{ kind: 'bucket', buckets: 16 }, 'name_bucket', 'name_bucket_16'],
  [{ kind: 'day' }, 'name_day', 'name_day'],
  [{ kind: 'void' }, 'name_null', 'name_null'],
] as const)('the name of the field of %j', (transform, created, added) => {
  const source = schemaIndex(schema).require('name')
  expect(nameAtCreation(source, transform)).toBe(created)
  expect(nameWhenAdded(source, transform)).toBe(added)
})
