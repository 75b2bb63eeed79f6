import type { Type } from './type.js'

/**
 * A non-null single value in moraine's internal form: what bounds, partition tuples, literals and
 * statistics are made of. Always paired with a primitive `Type`; exact for every type.
 *
 * | type | datum |
 * | --- | --- |
 * | boolean | boolean |
 * | int, date (days) | number (integer) |
 * | float, double | number |
 * | long, time (µs), timestamp, timestamptz (µs), timestamp_ns, timestamptz_ns (ns) | bigint |
 * | decimal(P, S) | bigint, the unscaled value |
 * | string | string |
 * | uuid (16 bytes), fixed, binary, geometry, geography | Uint8Array |
 */
export type Datum = boolean | number | bigint | string | Uint8Array

/** What the datums of a type are in JavaScript; nested types and unknown have none. */
const FORMS: Readonly<
  Record<Type['kind'], 'bytes' | 'none' | 'boolean' | 'number' | 'bigint' | 'string'>
> = {
  boolean: 'boolean',
  int: 'number',
  long: 'bigint',
  float: 'number',
  double: 'number',
  decimal: 'bigint',
  date: 'number',
  time: 'bigint',
  timestamp: 'bigint',
  timestamptz: 'bigint',
  timestamp_ns: 'bigint',
  timestamptz_ns: 'bigint',
  string: 'string',
  uuid: 'bytes',
  fixed: 'bytes',
  binary: 'bytes',
  geometry: 'bytes',
  geography: 'bytes',
  unknown: 'none',
  variant: 'none',
  struct: 'none',
  list: 'none',
  map: 'none',
}

/** Whether a value has the form that datums of a type have; its range is not looked at. */
export function isDatumOf(type: Type, datum: Datum): boolean {
  const form = FORMS[type.kind]
  return form === 'bytes' ? datum instanceof Uint8Array : typeof datum === form
}
