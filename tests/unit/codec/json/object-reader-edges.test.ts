/** What the reader of JSON objects says when a field is not what it must be. */
import { describe, expect, test } from 'vitest'
import { ObjectReader } from '../../../../src/codec/json/object-reader.js'
import { parseJson } from '../../../../src/codec/json/parse.js'
import { JsonNumber, type JsonObject } from '../../../../src/codec/json/value.js'
import { defaultLimits as limits } from '../../../../src/env/limits.js'
import { CorruptData } from '../../../../src/errors.js'

const reader = (text: string, path?: string): ObjectReader =>
  new ObjectReader(parseJson(text, { limits }) as JsonObject, { path })

describe('doubles', () => {
  test.each([
    ['{"a":1.5}', 1.5],
    ['{"a":-0}', -0],
    ['{"a":null}', undefined],
    ['{}', undefined],
  ])('%s', (text, value) => {
    expect(reader(text).optDouble('a')).toBe(value)
  })

  test.each(['{"a":"1"}', '{"a":true}', '{"a":1e999}', '{"a":[]}', '{"a":{}}'])('%s', (text) => {
    expect(() => reader(text).double('a')).toThrow(CorruptData)
  })
})

test('objects of strings hold nothing else', () => {
  expect(() => reader('{"a":[]}').stringMap('a')).toThrow('expected an object, found an array')
  expect(() => reader('{"a":{"b":true}}').stringMap('a')).toThrow('found true at /a/b')
  expect(() => reader('{"a":{"b":"c"}}').int('a')).toThrow('found an object')
  expect(() => reader('{"a":{"b":null}}').stringMap('a')).toThrow('found null at /a/b')
  expect(() => reader('{"a":"c"}').int('a')).toThrow('found a string')
})

test('the place of an error: a field, the top, with and without a file', () => {
  expect(() => reader('{}').fail('nothing here')).toThrow(/^nothing here at the top$/)
  expect(() => reader('{}', 'v1.json').fail('no', 'a')).toThrow('no at /a in v1.json')
})

test('a number of the wrong kind is shown, cut to 40 characters', () => {
  const long = new JsonNumber('1'.repeat(60))
  expect(() => long.asLong()).toThrow(`${'1'.repeat(40)}…`)
  expect(() => long.asInt()).toThrow(CorruptData)
  expect(() => new JsonNumber('1.5').asLong()).toThrow(/: 1\.5$/)
})

test('an object that may be left out, or null; at the top nothing else will do', () => {
  expect(reader('{}').optObject('a')).toBeUndefined()
  expect(reader('{"a":null}').optObject('a')).toBeUndefined()
  expect(() =>
    reader('{"a":[{"b":{"c":true}}]}').objects('a', (item) => item.object('b').int('c')),
  ).toThrow('expected a 32-bit integer, found true at /a/0/b/c')
  expect(() => reader('[]')).toThrow('expected an object, found an array at the top')
})

test('a control character after an escape is no part of a string', () => {
  expect(() => parseJson('"\\n\u0001"', { limits })).toThrow('unescaped control character')
  expect(() => parseJson('"\\n', { limits })).toThrow('unexpected end inside a string')
})
