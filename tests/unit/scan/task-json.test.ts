/** Scan tasks come from other processes: what a task's JSON may say, and what it may not. */
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/codec/json/parse.js'
import { stringifyJson } from '../../../src/codec/json/stringify.js'
import type { JsonValue } from '../../../src/codec/json/value.js'
import { defaultLimits as limits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded, MoraineError } from '../../../src/errors.js'
import { bind } from '../../../src/expr/bind.js'
import { and, col, or } from '../../../src/expr/build.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { bucket, truncate } from '../../../src/expr/terms.js'
import type { DataFile } from '../../../src/format/model.js'
import type { ScanTask } from '../../../src/scan/contract.js'
import { datumJson, parseDatumJson } from '../../../src/scan/datum-json.js'
import { parsePredicateJson, predicateJson } from '../../../src/scan/predicate-json.js'
import { taskFromJson, taskToJson } from '../../../src/scan/task-json.js'
import type { Datum } from '../../../src/types/datum.js'
import type { Field, Schema, Type } from '../../../src/types/type.js'

const types: Readonly<Record<string, Type>> = {
  b: { kind: 'boolean' },
  i: { kind: 'int' },
  l: { kind: 'long' },
  f: { kind: 'float' },
  d: { kind: 'double' },
  dec: { kind: 'decimal', precision: 38, scale: 2 },
  date: { kind: 'date' },
  at: { kind: 'timestamp_ns' },
  s: { kind: 'string' },
  u: { kind: 'uuid' },
  x: { kind: 'binary' },
  v: { kind: 'variant' },
  list: {
    kind: 'list',
    elementId: 50,
    elementRequired: false,
    element: { kind: 'int' },
  },
}
const fields: readonly Field[] = Object.entries(types).map(([name, type], at) => ({
  id: at + 1,
  name,
  required: false,
  type,
}))
const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields }
const idOf = (name: string): number => fields.find((field) => field.name === name)?.id ?? -1

const json = (text: string): JsonValue => parseJson(text, { limits })
const throughText = (value: JsonValue): JsonValue => json(stringifyJson(value))
const parsed = (text: string): unknown => parsePredicateJson(json(text), schema)

describe('values in a task', () => {
  const data: readonly (Datum | null)[] = [
    null,
    true,
    '',
    'Ø',
    0,
    -0,
    1.5e-300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -5n,
    2n ** 63n - 1n,
    -(10n ** 38n) + 1n,
    Uint8Array.of(0, 255),
    new Uint8Array(0),
  ]
  test.each(data.map((datum) => [datum]))('%s is given back exactly', (datum) => {
    const again = parseDatumJson(throughText(datumJson(datum)))
    expect(again).toStrictEqual(datum)
    expect(Object.is(again, -0)).toBe(Object.is(datum, -0))
  })

  test.each([
    '{}',
    '[]',
    '7',
    '{"long":"1","number":"1"}',
    '{"long":7}',
    '{"long":"1.0"}',
    '{"long":""}',
    `{"long":"${'9'.repeat(41)}"}`,
    '{"number":""}',
    '{"number":" "}',
    '{"number":"0x10"}',
    '{"number":"many"}',
    '{"bytes":"abc"}',
    '{"bytes":"zz"}',
    '{"date":"2024-01-01"}',
  ])('%s is corrupt, not some value', (text) => {
    expect(() => parseDatumJson(json(text))).toThrow(CorruptData)
  })
})

describe('predicates in a task', () => {
  const predicates: readonly Predicate[] = [
    or(and(col('b').eq(true), col('i').ne(3)), col('l').lt(-5n), col('f').isNaN()),
    and(col('d').notNaN(), col('dec').gte('12.30'), col('date').lte('2024-02-29')),
    or(col('at').gt('2024-01-01T00:00:00.000000001'), col('s').startsWith('a'), col('v').isNull()),
    and(
      col('s').notStartsWith('b'),
      col('u').notIn([]),
      col('x').in([Uint8Array.of(1), Uint8Array.of(2)]),
    ),
    or(col('i').notIn([1, 2]), bucket(4, 'l').eq(3), truncate(2, 's').in(['ab', 'cd'])),
    col('list').notNull(),
    and(),
    or(),
  ]
  test.each(predicates.map((predicate) => [JSON.stringify(predicate, bigints), predicate]))(
    '%s is given back',
    (_, predicate) => {
      const bound = bind(predicate as Predicate, schema)
      expect(parsePredicateJson(throughText(predicateJson(bound)), schema)).toEqual(bound)
    },
  )

  const leaf = (name: string, op: string, rest: string): string =>
    `{"op":"${op}","field-id":${idOf(name)}${rest}}`

  test.each([
    ['a text for a long', leaf('l', 'gt', ',"value":"5"')],
    ['a number for a long', leaf('l', 'eq', ',"value":{"number":"5"}')],
    ['a long for an int', leaf('i', 'eq', ',"value":{"long":"5"}')],
    ['a boolean for a text', leaf('s', 'lt', ',"value":true')],
    ['a text for bytes', leaf('x', 'ne', ',"value":"5"')],
    ['bytes for a text', leaf('s', 'eq', ',"value":{"bytes":"00"}')],
    ['NaN, which equals nothing', leaf('d', 'ne', ',"value":{"number":"NaN"}')],
    ['null', leaf('l', 'eq', ',"value":null')],
    ['null in a set', leaf('l', 'in', ',"values":[{"long":"1"},null]')],
    ['a wrong value in a set', leaf('dec', 'notIn', ',"values":[{"long":"1"},{"number":"2"}]')],
    ['a set that is no list', leaf('l', 'in', ',"values":{"long":"1"}')],
    ['a prefix of a number', leaf('l', 'startsWith', ',"value":{"long":"1"}')],
    ['a prefix of bytes', leaf('x', 'notStartsWith', ',"value":{"bytes":"00"}')],
    ['an order of variants', leaf('v', 'lt', ',"value":{"bytes":"00"}')],
    ['a set of lists', leaf('list', 'in', ',"values":[]')],
    ['NaN of an integer', leaf('l', 'isNaN', '')],
    ['NaN of a text', leaf('s', 'notNaN', '')],
    ['an operator that is none', leaf('l', 'like', ',"value":"a%"')],
    ['a column that is not there', '{"op":"isNull","field-id":4711}'],
    ['an element of a list', '{"op":"isNull","field-id":50}'],
    ['a transform that does not take the type', leaf('b', 'isNull', ',"transform":"bucket[4]"')],
    ['a transform that nobody knows', leaf('l', 'isNull', ',"transform":"zorder[4]"')],
    ['a transform of width 0', leaf('l', 'isNull', ',"transform":"bucket[0]"')],
    ['arguments that are no list', '{"op":"and","args":{}}'],
    ['a text', '"true"'],
  ])('%s is corrupt', (_, text) => {
    expect(() => parsed(text)).toThrow(CorruptData)
  })

  test('nesting is bounded, and an error in the depth is typed', () => {
    const nested = (depth: number): string =>
      `${'{"op":"or","args":['.repeat(depth)}true${']}'.repeat(depth)}`
    expect(parsed(nested(20))).toMatchObject({ op: 'or' })
    let thrown: unknown
    try {
      let deep: JsonValue = true
      for (let i = 0; i < 1002; i += 1)
        deep = new Map<string, JsonValue>([
          ['op', 'or'],
          ['args', [deep]],
        ])
      parsePredicateJson(deep, schema)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(MoraineError)
    expect(thrown).not.toBeInstanceOf(LimitExceeded)
  })
})

describe('tasks', () => {
  const file: DataFile = {
    content: 'data',
    path: 's3://b/t/a.parquet',
    format: 'parquet',
    specId: 3,
    partition: [null, 5, 'x'],
    recordCount: 2n ** 53n + 1n,
    sizeBytes: 100n,
  }
  const full: DataFile = {
    ...file,
    keyMetadata: Uint8Array.of(1, 2),
    splitOffsets: [4n, 2n ** 40n],
    equalityIds: [1, 2],
    firstRowId: 0n,
    referencedDataFile: 's3://b/t/a.parquet',
    contentOffset: 4n,
    contentSizeBytes: 40n,
  }
  const task = (data: DataFile, more: readonly DataFile[] = []): ScanTask => ({
    file: data,
    sequenceNumber: 7n,
    fileSequenceNumber: 6n,
    addedSnapshotId: 2n ** 62n,
    deletes: more.map((one, at) => ({
      file: one,
      status: at % 2 === 0 ? 'added' : 'existing',
      snapshotId: 1n,
      sequenceNumber: 8n,
      fileSequenceNumber: 8n,
    })),
    residual: { op: 'true' },
  })
  const deletes: readonly DataFile[] = [
    { ...full, content: 'position-deletes', format: 'puffin' },
    { ...file, content: 'equality-deletes', format: 'avro', equalityIds: [9] },
  ]

  test.each([
    ['a plain file', task(file)],
    ['a file with everything', task(full)],
    ['a file with deletes', task(full, deletes)],
  ])('%s is given back', (_, one) => {
    expect(taskFromJson(throughText(taskToJson(one)), schema)).toEqual(one)
  })

  const text = stringifyJson(taskToJson(task(full, deletes)))
  test.each([
    ['another content', '"content":"data"', '"content":"index"'],
    ['another format', '"file-format":"parquet"', '"file-format":"csv"'],
    ['a deleted entry', '"status":"added"', '"status":"deleted"'],
    ['key metadata that is no hex', '"key-metadata":"0102"', '"key-metadata":"01zz"'],
    [
      'a count beyond 64 bits',
      '"record-count":9007199254740993',
      `"record-count":${'9'.repeat(30)}`,
    ],
  ])('%s is corrupt', (_, from, to) => {
    expect(text).toContain(from)
    expect(() => taskFromJson(json(text.replace(from, to)), schema)).toThrow(CorruptData)
  })
})

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
