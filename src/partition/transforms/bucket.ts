import { murmur3Long, murmur3x86 } from '../../codec/murmur3.js'
import type { Datum } from '../../types/datum.js'
import { minimalTwosComplement } from '../../types/single-value.js'
import type { Type } from '../../types/type.js'
import { encodeUtf8 } from '../../util/utf8.js'
import { humanOrdinal } from './human.js'
import { INT, refuse, type TransformOps } from './ops-model.js'

/** The 32-bit hash of a value (spec: Appendix B), or `undefined` for a type that has none. */
export function bucketHash(source: Type): ((datum: Datum) => number) | undefined {
  switch (source.kind) {
    case 'int':
    case 'date':
      // Dates are hashed as longs too: the published value of 2017-11-16 comes out only that way.
      return (datum) => hashInt(datum as number)
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (datum) => hashLong(datum as bigint)
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return (datum) => hashLong(floorDiv(datum as bigint, 1000n))
    case 'decimal':
      return (datum) => murmur3x86(minimalTwosComplement(datum as bigint))
    case 'string':
      return (datum) => hashText(datum as string)
    case 'uuid':
    case 'fixed':
    case 'binary':
      return (datum) => murmur3x86(datum as Uint8Array)
    default:
      return undefined
  }
}

const shortText = new Uint8Array(64)

/** Short ASCII texts are hashed from a buffer of their own, without an encoder. */
function hashText(text: string): number {
  const { length } = text
  if (length > shortText.length) return murmur3x86(encodeUtf8(text))
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return murmur3x86(encodeUtf8(text))
    shortText[i] = code
  }
  return murmur3x86(shortText, 0, length)
}

function hashInt(value: number): number {
  return murmur3Long(value, value < 0 ? -1 : 0)
}

function hashLong(value: bigint): number {
  const low = Number(BigInt.asIntN(32, value))
  return murmur3Long(low, Number(BigInt.asIntN(32, value >> 32n)))
}

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient
}

/** The hash without its sign bit, modulo the number of buckets. */
export function bucketOps(buckets: number, source: Type): TransformOps {
  const hash = bucketHash(source)
  const isLong =
    source.kind === 'long' ||
    source.kind === 'time' ||
    source.kind === 'timestamp' ||
    source.kind === 'timestamptz'
  const isInt = source.kind === 'int' || source.kind === 'date'
  return {
    accepts: hash !== undefined,
    resultType: INT,
    preservesOrder: false,
    apply:
      hash === undefined
        ? refuse(`bucket[${buckets}]`, source)
        : (datum) => (hash(datum) & 0x7fff_ffff) % buckets,
    human: humanOrdinal(String),
    ...(isLong
      ? {
          fromWords: (low: number, high: number) =>
            (murmur3Long(low, high) & 0x7fff_ffff) % buckets,
        }
      : {}),
    ...(isInt ? { fromInt: (value: number) => (hashInt(value) & 0x7fff_ffff) % buckets } : {}),
  }
}
