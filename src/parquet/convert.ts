import { badPage } from './page-errors.js'

/**
 * How the fixed-width values of a file become those of Arrow. `copy` keeps them; the others change
 * width or unit: small integers, milliseconds to microseconds, INT96 time stamps, decimals.
 */
export type Conversion =
  | { readonly kind: 'copy'; readonly width: number }
  | { readonly kind: 'narrow'; readonly width: 1 | 2 }
  | { readonly kind: 'time-millis' | 'timestamp-millis' | 'int96' }
  | {
      readonly kind: 'decimal'
      readonly from: 'INT32' | 'INT64' | 'FIXED_LEN_BYTE_ARRAY'
      readonly fromWidth: number
      readonly width: 8 | 16
    }

/** Values of a fixed width: the same memory as bytes and, where the width allows, as words. */
export interface FixedTarget {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  /** For moving eight bytes at a time: the compiled loops make no bigint of them. */
  readonly longs: BigInt64Array
}

/** A buffer whose length is a multiple of eight, as a target. */
export function fixedTarget(buffer: ArrayBuffer): FixedTarget {
  return {
    bytes: new Uint8Array(buffer),
    words: new Int32Array(buffer, 0, buffer.byteLength >> 2),
    longs: new BigInt64Array(buffer, 0, buffer.byteLength >> 3),
  }
}

/** Bytes of one value in the file. */
export function inputWidth(conversion: Conversion): number {
  switch (conversion.kind) {
    case 'copy':
      return conversion.width
    case 'narrow':
    case 'time-millis':
      return 4
    case 'timestamp-millis':
      return 8
    case 'int96':
      return 12
    case 'decimal':
      return conversion.fromWidth
  }
}

/** Bytes of one value in Arrow. */
export function outputWidth(conversion: Conversion): number {
  switch (conversion.kind) {
    case 'time-millis':
    case 'timestamp-millis':
    case 'int96':
      return 8
    default:
      return conversion.width
  }
}

/** Converts `count` values at byte `at` of `source` into the target from value `index` on. */
export function convertValues(
  conversion: Conversion,
  source: DataView,
  at: number,
  target: FixedTarget,
  index: number,
  count: number,
): void {
  const needed = inputWidth(conversion) * count
  if (at + needed > source.byteLength) badPage('its values are cut off')
  switch (conversion.kind) {
    case 'copy': {
      const bytes = new Uint8Array(source.buffer, source.byteOffset + at, needed)
      target.bytes.set(bytes, index * conversion.width)
      return
    }
    case 'narrow':
      narrow(source, at, target.bytes, index, count, conversion.width)
      return
    case 'time-millis':
      for (let i = 0; i < count; i++) {
        putMicros(target.words, index + i, source.getInt32(at + 4 * i, true) * 1000)
      }
      return
    case 'timestamp-millis':
      for (let i = 0; i < count; i++) {
        const millis = source.getBigInt64(at + 8 * i, true)
        putBigMicros(target.words, index + i, millis * 1000n)
      }
      return
    case 'int96':
      for (let i = 0; i < count; i++) putInt96(source, at + 12 * i, target.words, index + i)
      return
    case 'decimal':
      convertDecimals(conversion, source, at, target, index, count)
  }
}

function narrow(
  source: DataView,
  at: number,
  out: Uint8Array,
  index: number,
  count: number,
  width: 1 | 2,
): void {
  for (let i = 0; i < count; i++) {
    const value = source.getInt32(at + 4 * i, true)
    out[(index + i) * width] = value
    if (width === 2) out[(index + i) * 2 + 1] = value >>> 8
  }
}

function putMicros(words: Int32Array, index: number, micros: number): void {
  const high = Math.floor(micros / 0x100000000)
  words[2 * index] = micros - high * 0x100000000
  words[2 * index + 1] = high
}

function putBigMicros(words: Int32Array, index: number, micros: bigint): void {
  if (BigInt.asIntN(64, micros) !== micros) badPage('a time stamp is out of range in microseconds')
  words[2 * index] = Number(BigInt.asIntN(32, micros))
  words[2 * index + 1] = Number(micros >> 32n)
}

const julianDayOfEpoch = 2440588
const microsPerDay = 86_400_000_000

/**
 * INT96: nanoseconds of the day (8 bytes), then the Julian day (4 bytes). The result is in
 * microseconds, as in Iceberg, which holds the whole range of days; finer digits are cut.
 */
function putInt96(source: DataView, at: number, words: Int32Array, index: number): void {
  const nanosLow = source.getUint32(at, true)
  const nanosHigh = source.getInt32(at + 4, true)
  const day = source.getInt32(at + 8, true) - julianDayOfEpoch
  if (nanosHigh > 0x200000 || nanosHigh < -0x200000) badPage('an INT96 time of day is out of range')
  const micros = Math.floor((nanosHigh * 0x100000000 + nanosLow) / 1000)
  const sum = day * microsPerDay + micros
  if (Number.isSafeInteger(sum)) putMicros(words, index, sum)
  else putBigMicros(words, index, BigInt(day) * BigInt(microsPerDay) + BigInt(micros))
}

function convertDecimals(
  conversion: Conversion & { readonly kind: 'decimal' },
  source: DataView,
  at: number,
  target: FixedTarget,
  index: number,
  count: number,
): void {
  const { from, fromWidth, width } = conversion
  if (from === 'FIXED_LEN_BYTE_ARRAY') {
    for (let i = 0; i < count; i++) {
      putBigEndian(source, at + i * fromWidth, fromWidth, target.words, index + i, width)
    }
    return
  }
  const words = target.words
  const step = width / 4
  for (let i = 0, o = index * step; i < count; i++, o += step) {
    const low = source.getInt32(at + i * fromWidth, true)
    const high = fromWidth === 8 ? source.getInt32(at + i * 8 + 4, true) : low >> 31
    words[o] = low
    words[o + 1] = high
    if (step === 4) {
      const sign = high >> 31
      words[o + 2] = sign
      words[o + 3] = sign
    }
  }
}

/** One big-endian two's complement integer as little-endian words, its sign extended. */
export function putBigEndian(
  source: DataView,
  at: number,
  length: number,
  words: Int32Array,
  index: number,
  width: 8 | 16,
): void {
  const step = width / 4
  const sign = length === 0 ? 0 : source.getInt8(at) >> 7
  for (let i = 0; i < length - width; i++) {
    if (source.getInt8(at + i) !== sign) badPage('a decimal is out of range')
  }
  for (let w = 0; w < step; w++) {
    let word = 0
    for (let b = 0; b < 4; b++) {
      const from = length - 1 - (4 * w + b)
      word |= (from < 0 ? sign & 0xff : source.getUint8(at + from)) << (8 * b)
    }
    words[index * step + w] = word
  }
  const top = words[index * step + step - 1] as number
  if (length > width && top >> 31 !== sign) badPage('a decimal is out of range')
}
