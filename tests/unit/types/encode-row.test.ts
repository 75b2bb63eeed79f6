import { describe, expect, test } from 'vitest'
import { ValidationError } from '../../../src/errors.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { compareCanonical, encodeDouble, encodeRow } from '../../../src/types/encode-row.js'

const { schema } = buildSchema([
  ['b', t.boolean()],
  ['i', t.int()],
  ['l', t.long()],
  ['d', t.double()],
  ['dec', t.decimal(9, 2)],
  ['day', t.date()],
  ['tm', t.time()],
  ['ts', t.timestamp()],
  ['tz', t.timestamptzNs()],
  ['s', t.string()],
  ['u', t.uuid()],
  ['bin', t.binary()],
  ['n', t.unknown()],
  ['st', t.struct({ x: t.int(), 'y"': t.string() })],
  ['li', t.list(t.long())],
  ['m', t.map(t.string(), t.int())],
])

describe('canonical rows', () => {
  test('every type, in schema order, without spaces', () => {
    const row = {
      m: new Map([
        ['b', 1],
        ['\uff5e', 2],
        ['😀', null],
        ['a', 3],
      ]),
      b: true,
      i: 5,
      l: 9007199254740993n,
      d: 1,
      dec: '12.5',
      day: '2024-02-29',
      tm: '01:02:03',
      ts: '2024-02-29 01:02:03.5',
      tz: '2024-02-29T01:02:03.000000001+01:00',
      s: 'é\n"😀',
      u: 'F79C3E09-677C-4BBD-A479-3F349CB785E7',
      bin: Uint8Array.of(0, 255),
      st: { 'y"': 'q' },
      li: [1n, null, 2],
    }
    expect(encodeRow(schema, row)).toBe(
      '{"b":true,"i":5,"l":"9007199254740993","d":1.0,"dec":"12.50","day":"2024-02-29",' +
        '"tm":"01:02:03.000000","ts":"2024-02-29T01:02:03.500000","tz":"2024-02-29T00:02:03.000000001Z",' +
        '"s":"é\\n\\"😀","u":"f79c3e09-677c-4bbd-a479-3f349cb785e7","bin":"0x00ff","n":null,' +
        '"st":{"x":null,"y\\"":"q"},"li":["1",null,"2"],' +
        '"m":[["a",3],["b",1],["\uff5e",2],["😀",null]]}',
    )
  })

  test('a row without anything is all nulls; inherited members are no columns', () => {
    const odd = buildSchema([
      ['constructor', t.string()],
      ['__proto__', t.string()],
    ]).schema
    expect(encodeRow(odd, {})).toBe('{"constructor":null,"__proto__":null}')
    const row = Object.defineProperty({ constructor: 'c' }, '__proto__', { value: 'p' })
    expect(encodeRow(odd, row)).toBe('{"constructor":"c","__proto__":"p"}')
  })

  test.each<[number, string]>([
    [0, '0.0'],
    [-0, '"-0.0"'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [0.1, '0.1'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [5e-324, '5e-324'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
  ])('the double %s is %s', (value, text) => {
    expect(encodeDouble(value)).toBe(text)
  })

  test('errors name the column, deep down too', () => {
    expect(() => encodeRow(schema, { st: { x: 'no' } })).toThrow(ValidationError)
    expect(() => encodeRow(schema, { st: { x: 'no' } })).toThrow("column 'st.x'")
    expect(() => encodeRow(schema, { li: [1n, 'x'] })).toThrow("column 'li.element'")
    expect(() => encodeRow(schema, { m: [1] })).toThrow("column 'm'")
    expect(() => encodeRow(schema, { st: 5 })).toThrow("column 'st'")
  })

  test('canonical texts are ordered by code point', () => {
    expect(['"😀"', '"\uff5e"', '"a"'].sort(compareCanonical)).toEqual(['"a"', '"\uff5e"', '"😀"'])
  })
})
