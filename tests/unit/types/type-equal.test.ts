/** Types, fields and schemas that are the same, and each single way in which they are not. */
import { describe, expect, test } from 'vitest'
import { JsonNumber, type JsonValue, jsonObject } from '../../../src/codec/json/value.js'
import type { Field, Schema, Type } from '../../../src/types/type.js'
import { schemasEqual, typesEqual } from '../../../src/types/type-equal.js'

const int: Type = { kind: 'int' }
const field = (change: Partial<Field> = {}): Field => ({
  id: 1,
  name: 'a',
  required: false,
  type: int,
  ...change,
})
const struct = (...fields: Field[]): Type => ({ kind: 'struct', fields })
const list = (change: object = {}): Type =>
  ({ kind: 'list', elementId: 2, elementRequired: false, element: int, ...change }) as Type
const map = (change: object = {}): Type =>
  ({
    kind: 'map',
    keyId: 3,
    key: { kind: 'string' },
    valueId: 4,
    valueRequired: false,
    value: int,
    ...change,
  }) as Type
const geography = (crs?: string, algorithm?: 'spherical' | 'karney'): Type => ({
  kind: 'geography',
  crs,
  algorithm,
})

/** No two of these are the same type. */
const different: readonly Type[] = [
  int,
  { kind: 'long' },
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 10, scale: 2 },
  { kind: 'decimal', precision: 9, scale: 3 },
  { kind: 'fixed', length: 3 },
  { kind: 'fixed', length: 4 },
  { kind: 'geometry', crs: undefined },
  { kind: 'geometry', crs: 'EPSG:3857' },
  geography(),
  geography('EPSG:3857'),
  geography(undefined, 'karney'),
  { kind: 'variant' },
  struct(),
  struct(field()),
  struct(field({ id: 9 })),
  struct(field({ name: 'b' })),
  struct(field({ required: true })),
  struct(field({ doc: 'what it is' })),
  struct(field({ type: { kind: 'long' } })),
  struct(field({ initialDefault: new JsonNumber('1') })),
  struct(field({ writeDefault: new JsonNumber('1') })),
  struct(field(), field({ id: 5, name: 'b' })),
  list(),
  list({ elementId: 9 }),
  list({ elementRequired: true }),
  list({ element: { kind: 'long' } }),
  map(),
  map({ keyId: 9 }),
  map({ valueId: 9 }),
  map({ valueRequired: true }),
  map({ key: int }),
  map({ value: { kind: 'long' } }),
]

describe('types', () => {
  test('each is the same as a copy of itself and as no other', () => {
    for (const [at, a] of different.entries()) {
      for (const [other, b] of different.entries()) {
        const copy = structuredCopy(b)
        expect(typesEqual(a, copy), `${JSON.stringify(a)} ${JSON.stringify(b)}`).toBe(at === other)
      }
    }
  })

  test('what is left out is the default', () => {
    expect(
      typesEqual({ kind: 'geometry', crs: undefined }, { kind: 'geometry', crs: 'OGC:CRS84' }),
    ).toBe(true)
    expect(
      typesEqual({ kind: 'geometry', crs: 'OGC:CRS84' }, { kind: 'geometry', crs: undefined }),
    ).toBe(true)
    expect(typesEqual(geography(), geography('OGC:CRS84', 'spherical'))).toBe(true)
    expect(typesEqual(geography('OGC:CRS84', 'spherical'), geography())).toBe(true)
  })
})

describe('defaults', () => {
  const object = (...entries: [string, JsonValue][]): JsonValue => jsonObject(entries)
  const values: readonly JsonValue[] = [
    null,
    true,
    'x',
    new JsonNumber('1'),
    new JsonNumber('2'),
    [],
    ['x'],
    ['x', null],
    ['y'],
    object(),
    object(['a', 'x']),
    object(['a', 'y']),
    object(['b', 'x']),
    object(['a', 'x'], ['b', 'x']),
  ]
  test('of every form are compared by what they hold', () => {
    for (const [at, a] of values.entries()) {
      for (const [other, b] of values.entries()) {
        const one = struct(field({ initialDefault: a }))
        const two = struct(field({ initialDefault: structuredCopy(b) }))
        expect(typesEqual(one, two), `${at} ${other}`).toBe(at === other)
      }
    }
  })
})

test('schemas: ids of schemas do not count, identifier fields are a set', () => {
  const schema = (schemaId: number, ...identifierFieldIds: number[]): Schema => ({
    schemaId,
    identifierFieldIds,
    fields: [field()],
  })
  expect(schemasEqual(schema(0, 1, 2), schema(5, 2, 1, 1))).toBe(true)
  expect(schemasEqual(schema(0, 1), schema(0))).toBe(false)
  expect(schemasEqual(schema(0, 1), schema(0, 2))).toBe(false)
  expect(schemasEqual(schema(0), { ...schema(0), fields: [] })).toBe(false)
})

/** Another object of the same value, at every level. */
function structuredCopy<Value>(value: Value): Value {
  if (value instanceof JsonNumber) return new JsonNumber(value.text) as Value
  if (value instanceof Map) {
    return jsonObject([...value].map(([key, item]) => [key, structuredCopy(item)])) as Value
  }
  if (Array.isArray(value)) return value.map(structuredCopy) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, structuredCopy(item)]),
  ) as Value
}
