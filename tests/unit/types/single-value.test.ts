import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/codec/json/parse.js'
import { stringifyJson } from '../../../src/codec/json/stringify.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, InvalidArgument, Unsupported } from '../../../src/errors.js'
import { fromNestedDatum, toNestedDatum } from '../../../src/types/nested-value.js'
import {
  decodeSingleValue,
  encodeSingleValue,
  tryDecodeSingleValue,
} from '../../../src/types/single-value.js'
import { parseSingleValueJson, singleValueJson } from '../../../src/types/single-value-json.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { Type } from '../../../src/types/type.js'
import { parseTypeText } from '../../../src/types/type-text.js'
import { fromHex, toHex } from '../../../src/util/bytes.js'

const hex = (text: string) => fromHex(text.replaceAll(' ', '')) ?? new Uint8Array()

describe('spec: Appendix D, binary single-value serialization', () => {
  // The reference's published conversions, and the types it leaves out.
  const vectors: readonly [string, unknown, string][] = [
    ['boolean', false, '00'],
    ['boolean', true, '01'],
    ['int', 84202, 'ea 48 01 00'],
    ['long', 200n, 'c8 00 00 00 00 00 00 00'],
    ['float', -4.5, '00 00 90 c0'],
    ['double', 6, '00 00 00 00 00 00 18 40'],
    ['date', '1972-09-27', 'e8 03 00 00'],
    ['time', 10000n, '10 27 00 00 00 00 00 00'],
    ['timestamp', 400000n, '80 1a 06 00 00 00 00 00'],
    ['timestamptz', 400000n, '80 1a 06 00 00 00 00 00'],
    ['timestamp_ns', 400000000n, '00 84 d7 17 00 00 00 00'],
    ['timestamptz_ns', 400000000n, '00 84 d7 17 00 00 00 00'],
    ['string', 'ABC', '41 42 43'],
    [
      'uuid',
      'f79c3e09-677c-4bbd-a479-3f349cb785e7',
      'f7 9c 3e 09 67 7c 4b bd a4 79 3f 34 9c b7 85 e7',
    ],
    ['fixed[2]', hex('6162'), '61 62'],
    ['binary', hex('5a'), '5a'],
    ['decimal(9,2)', '3.45', '01 59'],
    ['decimal(9,4)', '123.4567', '12 d6 87'],
    ['decimal(9,4)', '-123.4567', 'ed 29 79'],
    ['decimal(3,3)', '0.011', '0b'],
    ['decimal(9,0)', '0', '00'],
    ['decimal(9,0)', '127', '7f'],
    ['decimal(9,0)', '128', '00 80'],
    ['decimal(9,0)', '-128', '80'],
    ['decimal(9,0)', '-129', 'ff 7f'],
    ['decimal(9,0)', '-256', 'ff 00'],
    ['geometry', hex('0102'), '01 02'],
  ]
  test.each(vectors)('%s %s', (typeText, value, expected) => {
    const type = parseTypeText(typeText)
    const datum = toDatum(type, value)
    expect(toHex(encodeSingleValue(type, datum))).toBe(expected.replaceAll(' ', ''))
    expect(decodeSingleValue(type, hex(expected))).toEqual(datum)
  })

  test.each<[string, string, unknown]>([
    ['long', 'ff ff ff ff', -1n],
    ['double', '00 00 90 c0', -4.5],
    ['timestamp', '01 00 00 00', 86400000000n],
    ['timestamp_ns', 'ff ff ff ff', -86400000000000n],
    ['decimal(20,2)', '01 59', 345n],
    ['decimal(9,2)', '00 00 00 00 01 59', 345n],
    ['boolean', '02', true],
    ['fixed[4]', '61', hex('61')],
  ])(
    'spec: Schema Evolution, an old bound of %s is read by its length: %s',
    (typeText, text, datum) => {
      expect(decodeSingleValue(parseTypeText(typeText), hex(text))).toEqual(datum)
    },
  )

  test.each<[string, string]>([
    ['int', '00 00'],
    ['int', '00 00 00 00 00 00 00 00'],
    ['long', '00 00 00'],
    ['timestamptz', '00 00 00 00'],
    ['timestamp_ns', 'ff ff ff 7f'],
    ['uuid', '00'],
    ['string', 'ff fe'],
    ['decimal(9,2)', ''],
    ['fixed[2]', '00 00 00'],
    ['boolean', ''],
    ['unknown', '00'],
  ])('%s cannot be read from %j', (typeText, text) => {
    const type = parseTypeText(typeText)
    expect(tryDecodeSingleValue(type, hex(text))).toBeUndefined()
    expect(() => decodeSingleValue(type, hex(text))).toThrow(CorruptData)
  })

  test('nested types, variant and unknown have no binary form', () => {
    expect(() => encodeSingleValue({ kind: 'struct', fields: [] }, 1)).toThrow(InvalidArgument)
    expect(() => encodeSingleValue({ kind: 'variant' }, 1)).toThrow(InvalidArgument)
    expect(() => encodeSingleValue({ kind: 'unknown' }, 1)).toThrow(InvalidArgument)
  })
})

describe('spec: Appendix D, JSON single-value serialization', () => {
  const struct: Type = {
    kind: 'struct',
    fields: [
      { id: 1, name: 'a', required: true, type: { kind: 'int' } },
      { id: 2, name: 'b', required: false, type: { kind: 'string' } },
    ],
  }
  const vectors: readonly [Type | string, unknown, string][] = [
    ['boolean', true, 'true'],
    ['int', 34, '34'],
    ['long', 9223372036854775807n, '9223372036854775807'],
    ['float', 1.5, '1.5'],
    ['double', 1, '1'],
    ['decimal(4,2)', '14.20', '"14.20"'],
    ['date', '2017-11-16', '"2017-11-16"'],
    ['time', '22:31:08.123456', '"22:31:08.123456"'],
    ['timestamp', '2017-11-16T22:31:08.123456', '"2017-11-16T22:31:08.123456"'],
    ['timestamptz', '2017-11-16T22:31:08.123456Z', '"2017-11-16T22:31:08.123456+00:00"'],
    ['timestamp_ns', '2017-11-16T22:31:08.123456789', '"2017-11-16T22:31:08.123456789"'],
    ['timestamptz_ns', '2017-11-16T22:31:08.123456789Z', '"2017-11-16T22:31:08.123456789+00:00"'],
    ['string', 'iceberg', '"iceberg"'],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', '"f79c3e09-677c-4bbd-a479-3f349cb785e7"'],
    ['fixed[4]', hex('000102ff'), '"000102ff"'],
    ['binary', hex('000102ff'), '"000102ff"'],
    [struct, { a: 1, b: 'bar' }, '{"1":1,"2":"bar"}'],
    [
      { kind: 'list', elementId: 3, elementRequired: false, element: { kind: 'int' } },
      [1, null, 3],
      '[1,null,3]',
    ],
    [
      {
        kind: 'map',
        keyId: 4,
        key: { kind: 'string' },
        valueId: 5,
        valueRequired: false,
        value: { kind: 'int' },
      },
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      '{"keys":["a","b"],"values":[1,2]}',
    ],
  ]
  test.each(vectors)('%j %s', (typeOrText, value, expected) => {
    const type = typeof typeOrText === 'string' ? parseTypeText(typeOrText) : typeOrText
    const nested = toNestedDatum(type, value)
    expect(stringifyJson(singleValueJson(type, nested))).toBe(expected)
    const read = parseSingleValueJson(type, parseJson(expected, { limits: defaultLimits }))
    expect(fromNestedDatum(type, read)).toEqual(value)
  })

  test.each<[string, string]>([
    ['int', '"34"'],
    ['int', '3.5'],
    ['long', 'true'],
    ['string', '5'],
    ['date', '"2017-11-31"'],
    ['timestamp', '"2017-11-16T22:31:08Z"'],
    ['decimal(4,2)', '"1.234"'],
    ['decimal(4,2)', '14.20'],
    ['fixed[4]', '"00"'],
    ['binary', '"0"'],
    ['double', '"1"'],
    ['boolean', '0'],
  ])('a default of %s cannot be %s', (typeText, text) => {
    const json = parseJson(text, { limits: defaultLimits })
    expect(() => parseSingleValueJson(parseTypeText(typeText), json)).toThrow(CorruptData)
  })

  test('variant, geometry, geography and unknown default to null alone', () => {
    for (const text of ['variant', 'geometry', 'geography', 'unknown']) {
      expect(parseSingleValueJson(parseTypeText(text), null)).toBeNull()
      expect(() => parseSingleValueJson(parseTypeText(text), 'x')).toThrow(Unsupported)
    }
  })
})
