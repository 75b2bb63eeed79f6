import { describe, expect, test } from 'vitest'
import { CorruptData, Unsupported } from '../../../src/errors.js'
import type { Type } from '../../../src/types/type.js'
import { formatType, parseTypeText } from '../../../src/types/type-text.js'

describe('spec: Appendix C, Schemas: type texts', () => {
  const canonical: readonly [string, Type][] = [
    ['boolean', { kind: 'boolean' }],
    ['int', { kind: 'int' }],
    ['long', { kind: 'long' }],
    ['float', { kind: 'float' }],
    ['double', { kind: 'double' }],
    ['date', { kind: 'date' }],
    ['time', { kind: 'time' }],
    ['timestamp', { kind: 'timestamp' }],
    ['timestamptz', { kind: 'timestamptz' }],
    ['timestamp_ns', { kind: 'timestamp_ns' }],
    ['timestamptz_ns', { kind: 'timestamptz_ns' }],
    ['string', { kind: 'string' }],
    ['uuid', { kind: 'uuid' }],
    ['binary', { kind: 'binary' }],
    ['unknown', { kind: 'unknown' }],
    ['variant', { kind: 'variant' }],
    ['fixed[16]', { kind: 'fixed', length: 16 }],
    ['decimal(9,2)', { kind: 'decimal', precision: 9, scale: 2 }],
    ['geometry', { kind: 'geometry', crs: undefined }],
    ['geometry(srid:4326)', { kind: 'geometry', crs: 'srid:4326' }],
    ['geography', { kind: 'geography', crs: undefined, algorithm: undefined }],
    ['geography(srid:4326)', { kind: 'geography', crs: 'srid:4326', algorithm: undefined }],
    ['geography(srid:4326, karney)', { kind: 'geography', crs: 'srid:4326', algorithm: 'karney' }],
  ]
  test.each(canonical)('%s parses and is written back', (text, type) => {
    expect(parseTypeText(text)).toEqual(type)
    expect(formatType(type)).toBe(text)
  })

  test.each([
    ['decimal( 9 , 2 )', 'decimal(9,2)'],
    [' decimal(9, 2)', 'decimal(9,2)'],
    ['fixed[ 16 ]', 'fixed[16]'],
    ['LONG', 'long'],
    ['geometry( srid:4326 )', 'geometry(srid:4326)'],
    ['geometry()', 'geometry'],
    ['geography(  srid:4326 ,  Spherical )', 'geography(srid:4326, spherical)'],
  ])('whitespace and case of %j are tolerated', (text, expected) => {
    expect(formatType(parseTypeText(text))).toBe(expected)
  })

  test.each([
    'decimal(39,2)',
    'decimal(0,0)',
    'decimal(9,39)',
    'fixed[9999999999]',
    'geography(x, flat)',
  ])('%s is corrupt', (text) => {
    expect(() => parseTypeText(text)).toThrow(CorruptData)
  })

  test('a type of a later version is refused by name', () => {
    expect(() => parseTypeText('interval')).toThrow(Unsupported)
    expect(() => parseTypeText('interval')).toThrow("unknown type 'interval'")
    expect(() => parseTypeText('x'.repeat(2000))).toThrow(CorruptData)
  })
})
