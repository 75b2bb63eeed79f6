import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { murmur3Long, murmur3x86 } from '../../../src/codec/murmur3.js'
import { CorruptData, InvalidArgument, Unsupported } from '../../../src/errors.js'
import type { Transform } from '../../../src/partition/model.js'
import { transformOps } from '../../../src/partition/ops.js'
import {
  checkTransform,
  formatTransform,
  parseTransform,
  transformsEqual,
} from '../../../src/partition/transform.js'
import { bucketHash } from '../../../src/partition/transforms/bucket.js'
import type { Datum } from '../../../src/types/datum.js'
import { toDatum } from '../../../src/types/to-datum.js'
import { formatType, parseTypeText } from '../../../src/types/type-text.js'

const bytes = (...values: number[]) => Uint8Array.of(...values)

function apply(transform: string, type: string, value: unknown): Datum | null {
  const source = parseTypeText(type)
  return transformOps(parseTransform(transform), source).apply(toDatum(source, value))
}

describe('spec: Appendix B, 32-bit hash requirements', () => {
  test.each<[string, unknown, number]>([
    ['int', 34, 2017239379],
    ['long', 34n, 2017239379],
    ['decimal(9,2)', '14.20', -500754589],
    ['date', '2017-11-16', -653330422],
    ['time', '22:31:08', -662762989],
    ['timestamp', '2017-11-16T22:31:08', -2047944441],
    ['timestamp', '2017-11-16T22:31:08.000001', -1207196810],
    ['timestamptz', '2017-11-16T14:31:08-08:00', -2047944441],
    ['timestamptz', '2017-11-16T14:31:08.000001-08:00', -1207196810],
    ['timestamp_ns', '2017-11-16T22:31:08', -2047944441],
    ['timestamp_ns', '2017-11-16T22:31:08.000001001', -1207196810],
    ['timestamptz_ns', '2017-11-16T14:31:08-08:00', -2047944441],
    ['timestamptz_ns', '2017-11-16T14:31:08.000001001-08:00', -1207196810],
    ['string', 'iceberg', 1210000089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    ['fixed[4]', bytes(0, 1, 2, 3), -188683207],
    ['binary', bytes(0, 1, 2, 3), -188683207],
  ])('%s %s hashes to %i', (typeText, value, hash) => {
    const type = parseTypeText(typeText)
    expect(bucketHash(type)?.(toDatum(type, value))).toBe(hash)
  })

  test('types that are not valid for bucketing have no hash', () => {
    for (const text of ['boolean', 'float', 'double', 'unknown', 'geometry']) {
      expect(bucketHash(parseTypeText(text))).toBeUndefined()
    }
  })

  test('the hash of 64-bit integers is that of their bytes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const data = new Uint8Array(8)
        new DataView(data.buffer).setBigInt64(0, value, true)
        const low = Number(BigInt.asIntN(32, value))
        expect(murmur3Long(low, Number(BigInt.asIntN(32, value >> 32n)))).toBe(murmur3x86(data))
      }),
    )
  })

  test('murmur3 x86 32-bit, published vectors of every tail length', () => {
    const hash = (text: string, seed = 0) => murmur3x86(new TextEncoder().encode(text), seed) >>> 0
    expect(hash('')).toBe(0)
    expect(hash('', 1)).toBe(0x514e28b7)
    expect(hash('a')).toBe(0x3c2569b2)
    expect(hash('abc')).toBe(0xb3dd93fa)
    expect(hash('test')).toBe(0xba6bd213)
    expect(hash('Hello, world!')).toBe(0xc0363e43)
    expect(hash('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723)
  })
})

describe('spec: Bucket Transform Details', () => {
  test('the sign bit is dropped before the modulus', () => {
    expect(apply('bucket[16]', 'string', 'iceberg')).toBe(1210000089 % 16)
    expect(apply('bucket[100]', 'uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7')).toBe(40)
    expect(apply('bucket[10]', 'date', '2017-11-16')).toBe((-653330422 & 0x7fffffff) % 10)
  })
})

describe('spec: Truncate Transform Details', () => {
  test.each<[string, string, unknown, unknown]>([
    ['truncate[10]', 'int', 1, 0],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'int', -10, -10],
    ['truncate[10]', 'long', 1n, 0n],
    ['truncate[10]', 'long', -1n, -10n],
    ['truncate[50]', 'decimal(9,2)', '10.65', 1050n],
    ['truncate[10]', 'decimal(9,2)', '-0.05', -10n],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[3]', 'string', 'ic', 'ic'],
    ['truncate[2]', 'string', '😀é😀', '😀é'],
    ['truncate[3]', 'binary', bytes(1, 2, 3, 4, 5), bytes(1, 2, 3)],
    ['truncate[3]', 'binary', bytes(1), bytes(1)],
  ])('%s of %s %s', (transform, type, value, expected) => {
    expect(apply(transform, type, value)).toEqual(expected)
  })
})

describe('spec: Partition Transforms, times', () => {
  test.each<[string, string, unknown, number]>([
    ['year', 'date', '2017-11-16', 47],
    ['year', 'date', '1969-12-31', -1],
    ['month', 'date', '2017-11-16', 574],
    ['month', 'date', '1969-12-31', -1],
    ['month', 'date', '1969-01-01', -12],
    ['day', 'date', '1969-12-31', -1],
    ['year', 'timestamp', '1969-12-31T23:59:59.999999', -1],
    ['month', 'timestamptz', '2017-11-16T22:31:08Z', 574],
    ['day', 'timestamp', '1969-12-31T23:59:59.999999', -1],
    ['day', 'timestamp', '1970-01-01T00:00:00', 0],
    ['hour', 'timestamp', '1969-12-31T23:59:59.999999', -1],
    ['hour', 'timestamp', '2017-11-16T22:31:08', 419686],
    ['day', 'timestamp_ns', '1969-12-31T23:59:59.999999999', -1],
    ['hour', 'timestamptz_ns', '2017-11-16T22:31:08.000000001Z', 419686],
    ['year', 'timestamp', '-290308-12-21T19:59:05.224192', -292278],
    ['hour', 'timestamp', '+294247-01-10T04:00:54.775807', 2562047788],
    ['year', 'date', '0000-01-01', -1970],
  ])('%s of %s %s is %i', (transform, type, value, expected) => {
    expect(apply(transform, type, value)).toBe(expected)
  })

  test('words give what values give', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constantFrom('year', 'month', 'day', 'hour', 'bucket[7]'),
        (value, text) => {
          const ops = transformOps(parseTransform(text), { kind: 'timestamp' })
          const high = Number(BigInt.asIntN(32, value >> 32n))
          expect(ops.fromWords?.(Number(BigInt.asIntN(32, value)), high)).toBe(ops.apply(value))
        },
      ),
    )
    const day = transformOps({ kind: 'day' }, { kind: 'timestamp' })
    for (const micros of [-1n, 0n, 86399999999n, 86400000000n, -86400000000n, -86400000001n]) {
      const high = Number(BigInt.asIntN(32, micros >> 32n))
      expect(day.fromWords?.(Number(BigInt.asIntN(32, micros)), high)).toBe(day.apply(micros))
    }
  })
})

describe('transforms and types', () => {
  const ALL = [
    'boolean',
    'int',
    'long',
    'float',
    'double',
    'decimal(9,2)',
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'timestamp_ns',
    'timestamptz_ns',
    'string',
    'uuid',
    'fixed[4]',
    'binary',
    'geometry',
    'variant',
  ]
  const TIMES = ['date', 'timestamp', 'timestamptz', 'timestamp_ns', 'timestamptz_ns']
  test.each<[string, readonly string[], string | undefined]>([
    ['identity', ALL.slice(0, 16), undefined],
    [
      'bucket[4]',
      ALL.slice(0, 16).filter((type) => !['boolean', 'float', 'double'].includes(type)),
      'int',
    ],
    ['truncate[4]', ['int', 'long', 'decimal(9,2)', 'string', 'binary'], undefined],
    ['year', TIMES, 'int'],
    ['month', TIMES, 'int'],
    ['day', TIMES, 'date'],
    ['hour', TIMES.slice(1), 'int'],
    ['void', ALL, undefined],
  ])('spec: Partition Transforms, source and result types of %s', (text, accepted, result) => {
    const transform = parseTransform(text)
    for (const typeText of ALL) {
      const type = parseTypeText(typeText)
      const ops = transformOps(transform, type)
      expect(ops.accepts, typeText).toBe(accepted.includes(typeText))
      if (ops.accepts) expect(formatType(ops.resultType)).toBe(result ?? typeText)
      else expect(() => checkTransform(transform, type, 'c')).toThrow(InvalidArgument)
    }
  })

  test('void is null whatever the value', () => {
    expect(apply('void', 'string', 'x')).toBeNull()
  })

  test('an unknown transform is kept, never applied, and refused where it would be written', () => {
    const transform = parseTransform('zorder[3, x]')
    expect(transform).toEqual({ kind: 'unknown', text: 'zorder[3, x]' })
    expect(formatTransform(transform)).toBe('zorder[3, x]')
    expect(() => transformOps(transform, { kind: 'int' }).apply(1)).toThrow(Unsupported)
    expect(() => checkTransform(transform, { kind: 'int' }, 'c')).toThrow('unknown transform')
  })

  test.each(['identity', 'bucket[16]', 'truncate[20]', 'year', 'month', 'day', 'hour', 'void'])(
    'spec: Appendix C, %s is read and written',
    (text) => {
      expect(formatTransform(parseTransform(text))).toBe(text)
      expect(transformsEqual(parseTransform(text), parseTransform(text.toUpperCase()))).toBe(true)
    },
  )

  test('widths out of range are corrupt', () => {
    expect(() => parseTransform('bucket[0]')).toThrow(CorruptData)
    expect(() => parseTransform('truncate[9999999999]')).toThrow(CorruptData)
    expect(() => parseTransform('x'.repeat(2000))).toThrow(CorruptData)
    const odd: Transform = parseTransform('bucket[-1]')
    expect(odd.kind).toBe('unknown')
  })
})
