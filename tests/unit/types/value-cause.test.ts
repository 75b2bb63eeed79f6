import { expect, test } from 'vitest'
import { ValidationError } from '../../../src/errors.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { PrimitiveType } from '../../../src/types/type.js'

const decimal: PrimitiveType = { kind: 'decimal', precision: 9, scale: 2 }

test.each<[PrimitiveType | PrimitiveType['kind'], unknown, string]>([
  ['date', '2026-02-30', '2026-02 has 28 days, no day 30'],
  ['date', '2026-13-01', 'there is no month 13'],
  ['date', '2024-02-00', '2024-02 has 29 days, no day 00'],
  ['date', '2026-01-31T10:00:00', 'it has a time of day'],
  ['date', new Date(0), 'a Date is an instant, whose day depends on the zone'],
  ['time', '25:00:00', 'there is no hour 25'],
  ['time', '10:61', 'there is no minute 61'],
  ['time', '10:00:75', 'there is no second 75'],
  ['time', '10:00:00.1234567', 'it has digits below the microsecond'],
  ['time', '2026-01-31T10:00', 'it has a date'],
  ['timestamp', '2026-02-30T10:00:00', '2026-02 has 28 days, no day 30'],
  ['timestamp', '2026-02-03', 'it has no time of day'],
  ['timestamp', '2026-02-03T24:00:00', 'there is no hour 24'],
  ['timestamp', '2026-02-03T10:00:00Z', 'it has an offset, and this type has no zone'],
  ['timestamp', '2026-02-03T10:00:00+01:00', 'it has an offset, and this type has no zone'],
  ['timestamp', new Date(0), 'a Date is an instant, and this type has no zone: pass a text'],
  ['timestamp', '2026-02-03T10:00:00.1234567', 'it has digits below the microsecond'],
  ['timestamp_ns', '2026-02-03T10:00:00.1234567891', 'it has digits below the nanosecond'],
  ['timestamptz', '2026-02-03T10:00:00', 'it has no offset, so it is no instant: add Z'],
  ['timestamptz', '2026-04-31T10:00:00Z', '2026-04 has 30 days, no day 31'],
  ['int', 1.5, 'it is no whole number'],
  ['int', 2 ** 31, 'it is beyond 32 bits'],
  ['int', '12', 'texts are not converted: pass a number'],
  ['long', 2 ** 53, 'beyond 2^53 a number is not exact: pass a bigint'],
  ['long', 2n ** 63n, 'it is beyond 64 bits'],
  [decimal, '1.234', 'it has more than 2 digits after the point, and nothing is rounded'],
  [decimal, 0.001, 'it has more than 2 digits after the point, and nothing is rounded'],
  [decimal, '12345678.00', 'it has more than 7 digits before the point'],
  [decimal, 10n ** 9n, 'it has more than 7 digits before the point'],
  [decimal, '1,5', 'it is no decimal number'],
])('%o refuses %o and says why', (type, value, why) => {
  const of = typeof type === 'string' ? ({ kind: type } as PrimitiveType) : type
  let error: unknown
  try {
    toDatum(of, value)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ValidationError)
  expect((error as ValidationError).message).toMatch(/^expected .*, found .*/)
  expect((error as ValidationError).message.endsWith(`: ${why}`)).toBe(true)
  expect((error as ValidationError).details.why).toBe(why)
})

test.each<[PrimitiveType['kind'], unknown]>([
  ['date', 'tomorrow'],
  ['time', 'noon'],
  ['timestamp', 'now'],
  ['timestamptz', 5],
  ['int', {}],
  ['boolean', 'yes'],
  ['uuid', 'x'],
])('%s refuses %o, where there is nothing to add', (kind, value) => {
  expect(() => toDatum({ kind } as PrimitiveType, value)).toThrow(/, found [^:]*$/)
})
