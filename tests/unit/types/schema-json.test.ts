import { describe, expect, test } from 'vitest'
import { ObjectReader } from '../../../src/codec/json/object-reader.js'
import { parseJson } from '../../../src/codec/json/parse.js'
import { stringifyJson } from '../../../src/codec/json/stringify.js'
import { defaultLimits, type Limits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded } from '../../../src/errors.js'
import { parseSchema, schemaJson } from '../../../src/types/schema-json.js'
import type { Schema } from '../../../src/types/type.js'

function read(text: string, limits: Limits = defaultLimits): Schema {
  return parseSchema(new ObjectReader(parseJson(text, { limits })), limits)
}

const NESTED = stringifyJson(
  parseJson(
    `{"type":"struct","schema-id":3,"identifier-field-ids":[1],"fields":[
      {"id":1,"name":"id","required":true,"type":"uuid","doc":"key","initial-default":"0db3e2a8-9d1d-42b9-aa7b-74ebe558dceb","write-default":"ec5911be-b0a7-458c-8438-c9a3e53cffae"},
      {"id":2,"name":"tags","required":false,"type":{"type":"list","element-id":3,"element":"string","element-required":true}},
      {"id":4,"name":"m","required":false,"type":{"type":"map","key-id":5,"key":"string","value-id":6,"value":{"type":"struct","fields":[
        {"id":7,"name":"x","required":false,"type":"double","new-member":{"kept":[1,2]}}]},"value-required":false}}],
      "later-member":"kept"}`,
    { limits: defaultLimits },
  ),
)

describe('spec: Appendix C, Schemas', () => {
  test('a nested schema is read and written back with every member, unknown ones too', () => {
    const schema = read(NESTED)
    expect(schema.schemaId).toBe(3)
    expect(schema.identifierFieldIds).toEqual([1])
    expect(schema.fields.map((field) => field.name)).toEqual(['id', 'tags', 'm'])
    expect(schema.fields[0]?.initialDefault).toBe('0db3e2a8-9d1d-42b9-aa7b-74ebe558dceb')
    expect(stringifyJson(schemaJson(schema))).toBe(NESTED)
  })

  test('v1 schemas have no id', () => {
    expect(read('{"type":"struct","fields":[]}').schemaId).toBe(0)
  })

  test('a default of null is no default', () => {
    const schema = read(
      '{"type":"struct","fields":[{"id":1,"name":"a","required":false,"type":"int","write-default":null}]}',
    )
    expect(schema.fields[0]).toEqual({ id: 1, name: 'a', required: false, type: { kind: 'int' } })
  })

  test.each([
    ['a missing name', '{"fields":[{"id":1,"required":true,"type":"int"}]}', '/fields/0/name'],
    [
      'a duplicate id',
      '{"fields":[{"id":1,"name":"a","required":true,"type":"int"},{"id":1,"name":"b","required":true,"type":"int"}]}',
      'duplicate field id 1',
    ],
    [
      'a duplicate id deep down',
      '{"fields":[{"id":1,"name":"a","required":true,"type":{"type":"list","element-id":1,"element":"int","element-required":true}}]}',
      'duplicate field id 1',
    ],
    [
      'a duplicate name',
      '{"fields":[{"id":1,"name":"a","required":true,"type":"int"},{"id":2,"name":"a","required":true,"type":"int"}]}',
      "duplicate field name 'a'",
    ],
    [
      'a bad type',
      '{"fields":[{"id":1,"name":"a","required":true,"type":"decimal(99,1)"}]}',
      '/fields/0/type',
    ],
    [
      'an unknown nested type',
      '{"fields":[{"id":1,"name":"a","required":true,"type":{"type":"set"}}]}',
      'unknown nested type',
    ],
    [
      'a number for a type',
      '{"fields":[{"id":1,"name":"a","required":true,"type":5}]}',
      'expected an object',
    ],
    [
      'a fraction for an id',
      '{"fields":[{"id":1.5,"name":"a","required":true,"type":"int"}]}',
      '32-bit',
    ],
    ['a list for the schema', '{"type":"list","fields":[]}', "expected type 'struct'"],
  ])('%s is corrupt', (_what, text, message) => {
    expect(() => read(text)).toThrow(CorruptData)
    expect(() => read(text)).toThrow(message)
  })

  test('limits: fields at n and n + 1', () => {
    const fields = (n: number) =>
      `{"fields":[${Array.from({ length: n }, (_, i) => `{"id":${i + 1},"name":"c${i}","required":false,"type":"int"}`).join(',')}]}`
    const limits = { ...defaultLimits, schemaFields: 10 }
    expect(read(fields(10), limits).fields).toHaveLength(10)
    expect(() => read(fields(11), limits)).toThrow(LimitExceeded)
  })

  test('limits: depth at n and n + 1', () => {
    const nested = (depth: number): string => {
      let type = '"int"'
      for (let i = depth; i > 1; i--) {
        type = `{"type":"list","element-id":${i + 100},"element":${type},"element-required":false}`
      }
      return `{"fields":[{"id":1,"name":"a","required":false,"type":${type}}]}`
    }
    const limits = { ...defaultLimits, schemaDepth: 8 }
    expect(read(nested(8), limits).fields).toHaveLength(1)
    expect(() => read(nested(9), limits)).toThrow(LimitExceeded)
  })

  test('names that plain objects have of their own are only names', () => {
    const schema = read(
      '{"fields":[{"id":1,"name":"__proto__","required":false,"type":"int"},{"id":2,"name":"constructor","required":false,"type":"int"}]}',
    )
    expect(schema.fields.map((field) => field.name)).toEqual(['__proto__', 'constructor'])
  })
})
