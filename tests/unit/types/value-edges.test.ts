/** Values that are described or refused, and defaults in JSON that do not fit their type. */
import { describe, expect, test } from 'vitest'
import { JsonNumber, type JsonValue, jsonObject } from '../../../src/codec/json/value.js'
import { CorruptData, InvalidArgument, Unsupported, ValidationError } from '../../../src/errors.js'
import { bind } from '../../../src/expr/bind.js'
import { col, not } from '../../../src/expr/build.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { checkNewSchema } from '../../../src/types/new-schema.js'
import { parseSingleValueJson } from '../../../src/types/single-value-json.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { Field, Schema, Type } from '../../../src/types/type.js'
import { describeValue, locateError, valueError } from '../../../src/types/value-error.js'

const field = (id: number, name: string, type: Type): Field => ({ id, name, required: false, type })
const int: Type = { kind: 'int' }
const list = (element: Type): Type => ({
  kind: 'list',
  elementId: 90,
  elementRequired: false,
  element,
})
const map = (key: Type, value: Type): Type => ({
  kind: 'map',
  keyId: 91,
  key,
  valueId: 92,
  valueRequired: false,
  value,
})

describe('values in messages', () => {
  test('objects by their class, where it says one', () => {
    const bare = Object.create(null) as object
    const strange = Object.create({ constructor: 'text' }) as object
    expect([describeValue(bare), describeValue(strange), describeValue({})]).toEqual([
      'an object',
      'an object',
      'an object',
    ])
    expect(describeValue(new WeakMap())).toBe('an object of class WeakMap')
    expect(describeValue(new Uint8Array(17))).toMatch(/^17 bytes 0x0{32}…$/)
    expect(describeValue(new Date(Number.NaN))).toBe('an invalid Date')
    class C {}
    Object.defineProperty(C, 'name', { value: 'x'.repeat(500) })
    expect(describeValue(new C()).length).toBeLessThan(300)
  })

  test('an error is located by what is known of its place', () => {
    const error = valueError('int', 'x')
    expect(locateError(error, {})).toMatchObject({ message: error.message })
    expect(locateError(error, { row: 3 })).toMatchObject({ details: { row: 3 } })
    expect((locateError(error, { default: 'a' }) as Error).message).toMatch(
      /^default of column 'a': /,
    )
    const other = new RangeError('far')
    expect(locateError(other, { row: 1 })).toBe(other)
  })
})

describe('values by type', () => {
  test('a uuid is its text or its 16 bytes', () => {
    const bytes = new Uint8Array(16)
    expect(toDatum({ kind: 'uuid' }, bytes)).toBe(bytes)
    expect(() => toDatum({ kind: 'uuid' }, new Uint8Array(15))).toThrow(ValidationError)
    expect(() => toDatum({ kind: 'uuid' }, 5)).toThrow(ValidationError)
  })

  test('a Date that nanoseconds cannot hold, a time that is no text', () => {
    expect(() => toDatum({ kind: 'timestamptz_ns' }, new Date(8.64e15))).toThrow(ValidationError)
    expect(() => toDatum({ kind: 'time' }, 5)).toThrow(ValidationError)
  })
})

describe('defaults in JSON', () => {
  const object = (...entries: [string, JsonValue][]): JsonValue => jsonObject(entries)
  const pairs = map({ kind: 'string' }, int)
  const one = new JsonNumber('1')
  test.each<[string, Type, JsonValue]>([
    ['a list', list(int), 'x'],
    ['a struct', { kind: 'struct', fields: [] }, 'x'],
    ['a map', pairs, 'x'],
    ['a map without values', pairs, object(['keys', []])],
    ['a map without keys', pairs, object(['values', []])],
    ['a map whose keys are no list', pairs, object(['keys', 'x'], ['values', []])],
    ['a map whose values are no list', pairs, object(['keys', []], ['values', 'x'])],
    ['a map of fewer values', pairs, object(['keys', ['a', 'b']], ['values', [one]])],
    ['bytes', { kind: 'binary' }, one],
    ['bytes that are no hex', { kind: 'binary' }, 'xyz'],
    ['bytes of another length', { kind: 'fixed', length: 2 }, '00'],
    ['a number', int, 'x'],
    ['a double', { kind: 'double' }, 'x'],
    ['a flag', { kind: 'boolean' }, 'true'],
    ['a text', { kind: 'string' }, true],
    ['a date', { kind: 'date' }, one],
    ['a day that is none', { kind: 'date' }, '2023-02-29'],
  ])('%s from what does not fit is corrupt', (_, type, json) => {
    expect(() => parseSingleValueJson(type, json)).toThrow(CorruptData)
  })

  test('maps and what has no default', () => {
    const json = object(['keys', ['a', 'b']], ['values', [one, null]])
    expect(parseSingleValueJson(pairs, json)).toEqual({
      entries: [
        ['a', 1],
        ['b', null],
      ],
    })
    for (const kind of ['variant', 'unknown'] as const) {
      expect(() => parseSingleValueJson({ kind }, 'x')).toThrow(Unsupported)
      expect(parseSingleValueJson({ kind }, null)).toBeNull()
    }
  })
})

describe('schemas that nobody makes anew', () => {
  const variant: Type = { kind: 'variant' }
  const unknown: Type = { kind: 'unknown' }
  test.each<[string, readonly Field[], RegExp]>([
    ['no column', [], /a table needs a column/],
    ['nothing that is stored', [field(1, 'a', unknown)], /stored in files/],
    [
      'a name of a metadata column',
      [field(1, '_FILE', int)],
      /'_file' is the name of a metadata column/,
    ],
    ['an empty struct', [field(1, 'a', { kind: 'struct', fields: [] })], /a struct needs a member/],
    [
      'a struct of nothing stored',
      [field(1, 'a', { kind: 'struct', fields: [field(2, 'b', unknown)] })],
      /stored in files/,
    ],
    ['elements of nothing stored', [field(1, 'a', list(unknown))], /elements of type unknown/],
    ['values of nothing stored', [field(1, 'a', map(int, unknown))], /values of type unknown/],
    ['variants as keys', [field(1, 'a', map(variant, int))], /map keys cannot be variants/],
    [
      'lists of variants as keys',
      [field(1, 'a', map(list(variant), int))],
      /map keys cannot be variants/,
    ],
    [
      'structs with variants as keys',
      [field(1, 'a', map({ kind: 'struct', fields: [field(2, 'b', variant)] }, int))],
      /map keys cannot be variants/,
    ],
    [
      'maps with variants as keys',
      [field(1, 'a', map({ ...map(int, variant), keyId: 5, valueId: 6 } as Type, int))],
      /map keys cannot be variants/,
    ],
  ])('%s', (_, fields, message) => {
    expect(() => checkNewSchema({ fields })).toThrow(InvalidArgument)
    expect(() => checkNewSchema({ fields })).toThrow(message)
  })
})

describe('predicates', () => {
  const schema: Schema = {
    schemaId: 0,
    identifierFieldIds: [],
    fields: [field(1, 'nil', { kind: 'unknown' }), field(2, 's', { kind: 'string' })],
  }
  test('nothing compares with a column of type unknown', () => {
    for (const predicate of [
      col('nil').eq(1),
      col('nil').in([1, 2]),
      not(col('nil').eq(1)),
      col('nil').notNull(),
    ]) {
      expect(bind(predicate, schema)).toEqual({ op: 'false' })
    }
    expect(bind(col('nil').isNull(), schema)).toEqual({ op: 'true' })
  })

  test('a prefix is a text, and nesting has an end', () => {
    expect(() => bind(col('s').startsWith(5 as never), schema)).toThrow(InvalidArgument)
    let deep: Predicate = col('s').isNull()
    for (let i = 0; i < 1002; i += 1) deep = { op: 'not', arg: deep }
    expect(() => bind(deep, schema)).toThrow(/nested too deeply/)
  })
})
