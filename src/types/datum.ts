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
