import { describe, expect, it } from 'vitest'
import { ObjectReader } from '../../../../src/codec/json/object-reader.js'
import { parseJson } from '../../../../src/codec/json/parse.js'
import { encodeJson, stringifyJson } from '../../../../src/codec/json/stringify.js'
import {
  JsonNumber,
  type JsonValue,
  jsonDouble,
  jsonInt,
  jsonLong,
  jsonObject,
} from '../../../../src/codec/json/value.js'
import { defaultLimits } from '../../../../src/env/limits.js'
import { CorruptData, InvalidArgument, LimitExceeded } from '../../../../src/errors.js'
import { encodeUtf8 } from '../../../../src/util/utf8.js'

const parse = (text: string | Uint8Array): JsonValue =>
  parseJson(text, { limits: defaultLimits, path: 'm.json' })

function caught(run: () => unknown): CorruptData {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptData)
    return error as CorruptData
  }
  throw new Error('nothing was thrown')
}

describe('parseJson', () => {
  it.each([
    'null',
    'true',
    'false',
    '""',
    '[]',
    '{}',
    '-0',
    '1e3',
    '9223372036854775808.00010',
    '"\\u0000é🚀"',
    '{"b":1,"a":[{"2":null},[[]]],"1":"x"}',
    '{"__proto__":{"admin":true},"constructor":1,"":2}',
  ])('keeps %s exactly', (text) => {
    expect(stringifyJson(parse(text))).toBe(text)
    expect(stringifyJson(parse(encodeUtf8(text)))).toBe(text)
  })

  it('reads every escape and both spellings of an astral character', () => {
    expect(parse('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\ude80🚀"')).toBe('"\\/\b\f\n\r\tA🚀🚀')
  })

  it('skips the four kinds of white space and no other', () => {
    expect(stringifyJson(parse(' \t\r\n{ "a" :\n[ 1 , 2 ] } '))).toBe('{"a":[1,2]}')
    expect(caught(() => parse('\u00a01')).details.offset).toBe(0)
    expect(caught(() => parse('\ufeff1')).details.offset).toBe(0)
  })

  it.each([
    ['', 0],
    ['{', 1],
    ['[1,]', 3],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1 2]', 3],
    ['nul', 0],
    ['01', 1],
    ['-', 1],
    ['.5', 0],
    ['1.', 2],
    ['1e', 2],
    ['1e+', 3],
    ['+1', 0],
    ['NaN', 0],
    ['"a', 2],
    ['"\n"', 1],
    ['"\\x"', 2],
    ['"\\u12g4"', 3],
    ['"\\ud800"', 7],
    ['"\\udc00x"', 7],
    ['"\\ud800\\u0041"', 13],
    ['1 2', 2],
    ['"é" x', 5],
    ['{"a":1,"b":2,"a":3}', 13],
    ['{"__proto__":1,"__proto__":2}', 15],
    ['[1]]', 3],
    ["'a'", 0],
    ['"\ud800"', 1],
  ])('refuses %j at offset %i', (text, offset) => {
    const error = caught(() => parse(text))
    expect(error.details).toEqual({ path: 'm.json', offset })
    expect(error.message).toContain('m.json')
  })

  it('refuses invalid utf-8', () => {
    expect(caught(() => parse(Uint8Array.of(0x22, 0xff, 0x22))).details.path).toBe('m.json')
  })

  it('holds each limit at n and breaks it at n + 1', () => {
    const limits = { jsonDepth: 3, jsonStringLength: 4, jsonNodes: 5 }
    const limited = (text: string): JsonValue => parseJson(text, { limits })
    const limitOf = (text: string): unknown => {
      try {
        return void limited(text)
      } catch (error) {
        expect(error).toBeInstanceOf(LimitExceeded)
        return (error as LimitExceeded).details.limit
      }
    }
    expect(limitOf('[[1]]')).toBeUndefined()
    expect(limitOf('[[[1]]]')).toBeUndefined()
    expect(limitOf('[[[[]]]]')).toBe('jsonDepth')
    expect(limitOf('{"a":{"a":{"a":{}}}}')).toBe('jsonDepth')
    expect(limitOf('"abcd"')).toBeUndefined()
    expect(limitOf('"abcde"')).toBe('jsonStringLength')
    expect(limitOf('"\\n\\n\\n\\n"')).toBeUndefined()
    expect(limitOf('"\\n\\n\\n\\n\\n"')).toBe('jsonStringLength')
    expect(limitOf('"a\\nbc"')).toBeUndefined()
    expect(limitOf('"a\\nbcd"')).toBe('jsonStringLength')
    expect(limitOf('12345')).toBe('jsonStringLength')
    expect(limitOf('{"abcde":1}')).toBe('jsonStringLength')
    expect(limitOf('[1,2,3,4]')).toBeUndefined()
    expect(limitOf('[1,2,3,4,5]')).toBe('jsonNodes')
  })

  it('never overflows the stack, whatever depth is configured', () => {
    const limits = { ...defaultLimits, jsonDepth: 1e9 }
    expect(() => parseJson('['.repeat(1e6), { limits })).toThrow(LimitExceeded)
  })
})

describe('JsonNumber', () => {
  it('gives integers only for plain integer texts in range', () => {
    expect(new JsonNumber('9223372036854775807').asLong()).toBe(9223372036854775807n)
    expect(new JsonNumber('-9223372036854775808').asLong()).toBe(-9223372036854775808n)
    expect(new JsonNumber('2147483647').asInt()).toBe(2147483647)
    expect(new JsonNumber('-2147483648').asInt()).toBe(-2147483648)
    for (const text of ['1e3', '1.0', '-0', '9223372036854775808', '-9223372036854775809']) {
      expect(() => new JsonNumber(text).asLong()).toThrow(CorruptData)
    }
    for (const text of ['1e3', '1.0', '-0', '2147483648', '-2147483649', '99999999999999999999']) {
      expect(() => new JsonNumber(text).asInt()).toThrow(CorruptData)
    }
  })

  it('gives doubles within their range', () => {
    expect(new JsonNumber('1.5e3').asDouble()).toBe(1500)
    expect(new JsonNumber('-0').asDouble()).toBe(-0)
    expect(() => new JsonNumber('1e999').asDouble()).toThrow(CorruptData)
  })

  it('is built from exact values only', () => {
    expect(jsonLong(-(2n ** 63n)).text).toBe('-9223372036854775808')
    expect(() => jsonLong(2n ** 63n)).toThrow(InvalidArgument)
    expect(jsonInt(-0).text).toBe('0')
    expect(() => jsonInt(2 ** 53)).toThrow(InvalidArgument)
    expect(() => jsonInt(0.5)).toThrow(InvalidArgument)
    expect(jsonDouble(1e21).text).toBe('1e+21')
    expect(Object.is(Number(jsonDouble(-0).text), -0)).toBe(true)
    expect(() => jsonDouble(Number.NaN)).toThrow(InvalidArgument)
  })
})

describe('stringifyJson', () => {
  it('indents', () => {
    expect(stringifyJson(parse('{"a":[1,{}],"b":[]}'), { indent: 2 })).toBe(
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}',
    )
  })

  it('stays valid utf-8 with lone surrogates', () => {
    expect(encodeJson('\ud800')).toEqual(encodeUtf8('"\\ud800"'))
  })

  it('leaves undefined entries out', () => {
    const object = jsonObject([
      ['a', undefined],
      ['b', null],
    ])
    expect(stringifyJson(object)).toBe('{"b":null}')
  })
})

describe('ObjectReader', () => {
  const read = (text: string): ObjectReader =>
    new ObjectReader(parse(text), { path: 'm.json', pointer: '/top' })

  it('reads each kind of field', () => {
    const reader = read(
      `{"long":9007199254740993,"int":7,"double":1e2,"text":"x","flag":false,"none":null,
        "object":{"id":1},"objects":[{"id":2},{"id":3}],"longs":[1,-2],"ints":[3],"strings":["a"],
        "props":{"__proto__":"p","k":"v"},"x/y~z":{"deep":true},"extra":[1.50]}`,
    )
    expect(reader.long('long')).toBe(9007199254740993n)
    expect(reader.int('int')).toBe(7)
    expect(reader.double('double')).toBe(100)
    expect(reader.string('text')).toBe('x')
    expect(reader.bool('flag')).toBe(false)
    expect(reader.optLong('none')).toBeUndefined()
    expect(reader.optString('missing')).toBeUndefined()
    expect(reader.object('object').int('id')).toBe(1)
    expect(reader.objects('objects', (item, index) => item.int('id') + index)).toEqual([2, 4])
    expect(reader.longs('longs')).toEqual([1n, -2n])
    expect(reader.ints('ints')).toEqual([3])
    expect(reader.strings('strings')).toEqual(['a'])
    expect([...reader.stringMap('props')]).toEqual([
      ['__proto__', 'p'],
      ['k', 'v'],
    ])
    expect(reader.object('x/y~z').pointer).toBe('/top/x~1y~0z')
    expect(stringifyJson(reader.rest())).toBe('{"extra":[1.50]}')
    expect(reader.has('extra')).toBe(true)
    reader.ignore('extra')
    expect(reader.rest().size).toBe(0)
  })

  it.each<[string, (reader: ObjectReader) => unknown, string]>([
    ['{}', (r) => r.long('a'), '/top/a'],
    ['{"a":null}', (r) => r.string('a'), '/top/a'],
    ['{"a":1.0}', (r) => r.long('a'), '/top/a'],
    ['{"a":"1"}', (r) => r.optLong('a'), '/top/a'],
    ['{"a":2147483648}', (r) => r.int('a'), '/top/a'],
    ['{"a":1e999}', (r) => r.double('a'), '/top/a'],
    ['{"a":1}', (r) => r.string('a'), '/top/a'],
    ['{"a":1}', (r) => r.bool('a'), '/top/a'],
    ['{"a":[]}', (r) => r.object('a'), '/top/a'],
    ['{"a":{}}', (r) => r.list('a', (item) => item), '/top/a'],
    ['{"a":[{"b":1},{"b":"x"}]}', (r) => r.objects('a', (o) => o.int('b')), '/top/a/1/b'],
    ['{"a":[1,"x"]}', (r) => r.longs('a'), '/top/a/1'],
    ['{"a":[1]}', (r) => r.strings('a'), '/top/a/0'],
    ['{"a":{"k/":1}}', (r) => r.stringMap('a'), '/top/a/k~1'],
    ['[]', (r) => r, '/top'],
  ])('%s: the error names the pointer', (text, use, pointer) => {
    expect(caught(() => use(read(text))).details).toEqual({ path: 'm.json', pointer })
  })
})
