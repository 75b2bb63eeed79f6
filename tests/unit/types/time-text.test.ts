/** Texts of times that almost are some (spec: "JSON single-value serialization", ISO 8601). */
import { describe, expect, test } from 'vitest'
import { parseDate, parseTime, parseTimestamp } from '../../../src/types/time-text.js'

describe('a time of day', () => {
  test.each([
    ['00:00', 0n],
    ['23:59:59', 86_399_000_000n],
    ['13:45:00.5', 49_500_500_000n],
    ['13:45:00.000001', 49_500_000_001n],
    // Digits that are finer than a microsecond are nothing as long as they are zeros.
    ['13:45:00.000001000', 49_500_000_001n],
    ['13:45:00.00000100000000', 49_500_000_001n],
  ])('%s', (text, micros) => {
    expect(parseTime(text)).toBe(micros)
  })

  test.each([
    ['an hour of one digit', '1:00'],
    ['the hour 24', '24:00'],
    ['the minute 60', '12:60'],
    ['the second 60', '12:00:60'],
    ['no second behind its colon', '12:00:'],
    ['no digit behind the point', '12:00:00.'],
    ['a letter behind the point', '12:00:00.x'],
    ['nanoseconds', '12:00:00.000000001'],
    ['a digit finer than nanoseconds', '12:00:00.0000000001'],
    ['more text', '12:00:00 h'],
    ['a zone', '12:00:00Z'],
  ])('%s is none: %s', (_what, text) => {
    expect(parseTime(text)).toBeUndefined()
  })
})

describe('the offset of an instant', () => {
  const noon = parseTimestamp('2024-01-31T12:00:00Z', 'us', 'required') ?? 0n
  test.each([
    ['+00', 0n],
    ['+02', 7200n],
    ['-02', -7200n],
    ['+0530', 19_800n],
    ['+05:30', 19_800n],
    ['-05:30', -19_800n],
    ['+05:30:15', 19_815n],
    ['+18:59:59', 68_399n],
    ['z', 0n],
  ])('%s', (offset, seconds) => {
    const parsed = parseTimestamp(`2024-01-31T12:00:00${offset}`, 'us', 'required')
    expect(parsed).toBe(noon - seconds * 1_000_000n)
  })

  test.each([
    ['nothing', ''],
    ['a sign alone', '+'],
    ['an hour of one digit', '+2'],
    ['the hour 19', '+19:00'],
    ['a colon alone', '+02:'],
    ['a minute of one digit', '+02:3'],
    ['the minute 60', '+02:60'],
    ['letters for a minute', '+02xx'],
    ['a second of one digit', '+02:00:1'],
    ['the second 60', '+02:00:60'],
    ['more text', '+02:00:00x'],
    ['a second without colons', '+020000'],
  ])('%s is none: %s', (_what, offset) => {
    expect(parseTimestamp(`2024-01-31T12:00:00${offset}`, 'us', 'required')).toBeUndefined()
  })

  test('is refused where there is no zone', () => {
    expect(parseTimestamp('2024-01-31T12:00:00', 'us', 'refused')).toBe(noon)
    expect(parseTimestamp('2024-01-31T12:00:00Z', 'us', 'refused')).toBeUndefined()
    expect(parseTimestamp('2024-01-31T12:00:00+00:00', 'us', 'refused')).toBeUndefined()
  })
})

describe('a date', () => {
  test.each([
    ['1970-01-01', 0],
    ['2024-02-29', 19_782],
    ['-0001-01-01', -719_893],
    ['+12024-01-01', 3_672_148],
  ])('%s', (text, days) => {
    expect(parseDate(text)).toBe(days)
  })

  test.each([
    '2023-02-29',
    '1900-02-29',
    '2024-00-01',
    '2024-13-01',
    '2024-01-00',
    '2024-04-31',
    '2024-1-01',
    '2024-01-1',
    '2024/01/01',
    '024-01-01',
    '2024-01-01T',
    '12024-01-01',
    '+999999999-01-01',
    '',
  ])('there is none like %s', (text) => {
    expect(parseDate(text)).toBeUndefined()
  })
})

describe('the usual layout of a timestamp', () => {
  const usual = '2024-01-31T13:45:00.123456'
  const micros = parseTimestamp(usual, 'us', 'refused') ?? 0n

  test('says the same as the nanoseconds of the same text', () => {
    expect(parseTimestamp(usual, 'ns', 'refused')).toBe(micros * 1000n)
  })

  test('may have a space or a small t', () => {
    expect(parseTimestamp(usual.replace('T', ' '), 'us', 'refused')).toBe(micros)
    expect(parseTimestamp(usual.replace('T', 't'), 'us', 'refused')).toBe(micros)
  })

  // Each character in turn, by something that is no digit and no mark.
  test.each([...usual].map((_, at) => `${usual.slice(0, at)}x${usual.slice(at + 1)}`))(
    '%s is none',
    (text) => {
      expect(parseTimestamp(text, 'us', 'refused')).toBeUndefined()
    },
  )

  test.each([
    ['the month 13', '2024-13-31T13:45:00.123456'],
    ['the day 32', '2024-01-32T13:45:00.123456'],
    ['the hour 24', '2024-01-31T24:45:00.123456'],
    ['the minute 60', '2024-01-31T13:60:00.123456'],
    ['the second 60', '2024-01-31T13:45:60.123456'],
  ])('%s is none', (_what, text) => {
    expect(parseTimestamp(text, 'us', 'refused')).toBeUndefined()
  })

  test('ends with the 64 bits of each unit', () => {
    expect(parseTimestamp('2262-04-11T23:47:16.854775807', 'ns', 'refused')).toBe(2n ** 63n - 1n)
    expect(parseTimestamp('2262-04-11T23:47:16.854775808', 'ns', 'refused')).toBeUndefined()
    expect(parseTimestamp('+294247-01-10T04:00:54.775807', 'us', 'refused')).toBe(2n ** 63n - 1n)
    expect(parseTimestamp('+294247-01-10T04:00:54.775808', 'us', 'refused')).toBeUndefined()
    expect(parseTimestamp('-290308-12-21T19:59:05.224192', 'us', 'refused')).toBe(-(2n ** 63n))
  })
})
