/** The bit-level encodings, against encoders written for the test. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unpackBits } from '../../../src/parquet/bit-unpack.js'
import { copyBits, countBits, fillBits, getBit } from '../../../src/parquet/bitmap.js'
import { DeltaReader } from '../../../src/parquet/delta.js'
import { HybridReader } from '../../../src/parquet/hybrid.js'
import { PageHeaderReader } from '../../../src/parquet/page-header.js'
import { handPage } from './handmade.js'

/** Little-endian bit packing, one bit at a time. */
function pack(values: readonly bigint[], width: number): number[] {
  const out = new Array<number>(Math.ceil((values.length * width) / 8)).fill(0)
  values.forEach((value, i) => {
    for (let k = 0; k < width; k++) {
      const bit = i * width + k
      if ((value >> BigInt(k)) & 1n) out[bit >> 3] = (out[bit >> 3] as number) | (1 << (bit & 7))
    }
  })
  return out
}

function varint(value: bigint): number[] {
  const out: number[] = []
  let rest = value
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128)
  return [...out, Number(rest)]
}

const zigzag = (value: bigint) => varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer)

describe('unpackBits', () => {
  test('reads every width at every start, to the last byte of the buffer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 0, max: 40 }),
        fc.array(fc.bigInt({ min: 0n, max: 0xffffffffn }), { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 0, max: 20 }),
        (width, first, values, slack) => {
          const masked = values.map((value) => value & ((1n << BigInt(width)) - 1n))
          const lead = Array.from({ length: first }, () => 0n)
          const packed = pack([...lead, ...masked], width)
          const bytes = new Uint8Array(3 + packed.length + slack)
          bytes.set(packed, 3)
          const out = new Int32Array(values.length + 2).fill(-7)
          unpackBits(viewOf(bytes), 3, first, width, out, 1, values.length)
          const expected = masked.map((value) => Number(BigInt.asIntN(32, value)))
          expect([...out]).toEqual([-7, ...expected, -7])
        },
      ),
      { numRuns: 400 },
    )
  })
})

describe('the RLE and bit-packing hybrid', () => {
  const anyRuns = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('run'),
        value: fc.nat(),
        count: fc.integer({ min: 0, max: 90 }),
      }),
      fc.record({
        kind: fc.constant('packed'),
        values: fc.array(fc.nat(), { minLength: 8, maxLength: 64 }),
      }),
    ),
    { minLength: 1, maxLength: 12 },
  )

  test('is read in pieces of any size', () => {
    fc.assert(
      fc.property(
        anyRuns,
        fc.integer({ min: 1, max: 31 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 30 }),
        (runs, width, pieces) => {
          const mask = (1n << BigInt(width)) - 1n
          const bytes: number[] = []
          const values: number[] = []
          for (const run of runs) {
            if ('values' in run) {
              const whole = run.values.slice(0, run.values.length - (run.values.length % 8))
              const masked = whole.map((value) => BigInt(value) & mask)
              bytes.push(...varint(BigInt((masked.length / 8) * 2 + 1)), ...pack(masked, width))
              values.push(...masked.map(Number))
            } else {
              const value = BigInt(run.value) & mask
              bytes.push(
                ...varint(BigInt(run.count * 2)),
                ...pack([value], Math.ceil(width / 8) * 8),
              )
              for (let i = 0; i < run.count; i++) values.push(Number(value))
            }
          }
          const encoded = Uint8Array.from(bytes)
          const reader = new HybridReader()
          reader.reset(encoded, viewOf(encoded), 0, encoded.length, width)
          const out = new Int32Array(values.length)
          let at = 0
          for (let i = 0; at < values.length; i++) {
            const piece = Math.min(pieces[i % pieces.length] as number, values.length - at)
            reader.read(out, at, piece)
            at += piece
          }
          expect([...out]).toEqual(values)
          expect(() => reader.read(new Int32Array(2000), 0, 2000)).toThrow(/page is bad/)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('DELTA_BINARY_PACKED', () => {
  /** Blocks of 128 values in 4 mini-blocks, as writers make them. */
  function encode(values: readonly bigint[], bits: 32 | 64): Uint8Array {
    const wrap = (value: bigint) => BigInt.asIntN(bits, value)
    const out = [
      ...varint(128n),
      ...varint(4n),
      ...varint(BigInt(values.length)),
      ...zigzag(values[0] ?? 0n),
    ]
    for (let at = 1; at < values.length; at += 128) {
      const deltas = values
        .slice(at, at + 128)
        .map((value, i) => wrap(value - (values[at + i - 1] as bigint)))
      const [min = 0n] = deltas.toSorted((a, b) => (a < b ? -1 : 1))
      const packed = deltas.map((delta) => BigInt.asUintN(bits, delta - min))
      const minis = [0, 1, 2, 3].map((m) => packed.slice(m * 32, m * 32 + 32))
      const widths = minis.map((mini) =>
        Math.max(0, ...mini.map((v) => v.toString(2).length * (v === 0n ? 0 : 1))),
      )
      out.push(...zigzag(min), ...widths)
      minis.forEach((mini, m) => {
        if (mini.length === 0) return
        const padded = [...mini, ...Array.from({ length: 32 - mini.length }, () => 0n)]
        out.push(...pack(padded, widths[m] as number))
      })
    }
    return Uint8Array.from(out)
  }

  const extreme = (bits: 32 | 64) => {
    const max = (1n << BigInt(bits - 1)) - 1n
    return fc.array(
      fc.oneof(fc.bigInt({ min: -max - 1n, max }), fc.bigInt({ min: -50n, max: 50n })),
      {
        minLength: 1,
        maxLength: 300,
      },
    )
  }

  test('of 32 and of 64 bits, sums wrapping', () => {
    for (const bits of [32, 64] as const) {
      fc.assert(
        fc.property(extreme(bits), fc.integer({ min: 1, max: 140 }), (values, piece) => {
          const bytes = encode(values, bits)
          const reader = new DeltaReader(bytes, viewOf(bytes), 0, bytes.length)
          expect(reader.total).toBe(values.length)
          const words = new Int32Array(values.length * 2)
          for (let at = 0; at < values.length; at += piece) {
            const count = Math.min(piece, values.length - at)
            if (bits === 32) reader.read32(words, at, count)
            else reader.read64(words, at, count)
          }
          const found =
            bits === 32
              ? [...words.subarray(0, values.length)].map(BigInt)
              : [...new BigInt64Array(words.buffer)]
          expect(found).toEqual(values)
          expect(reader.end).toBe(bytes.length)
        }),
        { numRuns: 150 },
      )
    }
  })
})

describe('bitmaps', () => {
  test('are copied, filled and counted at any offset', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 40 }),
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        fc.nat({ max: 200 }),
        (source, from, to, wanted) => {
          const count = Math.min(wanted, source.length * 8 - from)
          const target = new Uint8Array(64).fill(0b10110010)
          const before = target.slice()
          copyBits(source, from, target, to, count)
          for (let i = 0; i < 64 * 8; i++) {
            const inside = i >= to && i < to + count
            const expected = inside ? getBit(source, from + i - to) : getBit(before, i)
            if (getBit(target, i) !== expected) expect(i).toBe(-1)
          }
          let set = 0
          for (let i = from; i < from + count; i++) if (getBit(source, i)) set++
          expect(countBits(source, from, count)).toBe(set)
          fillBits(target, to, count, false)
          expect(countBits(target, to, count)).toBe(0)
          fillBits(target, to, count, true)
          expect(countBits(target, 0, 512)).toBe(
            count + countBits(before, 0, to) + countBits(before, to + count, 512 - to - count),
          )
        },
      ),
      { numRuns: 300 },
    )
  })
})

test('page headers, with fields in between that are not known', () => {
  const body = new Uint8Array(5)
  const page = handPage({ values: 300, encoding: 8, body, crc: 0xdeadbeef, uncompressed: 900 })
  const reader = new PageHeaderReader(page, 'x')
  reader.read(0)
  expect(reader).toMatchObject({
    type: 0,
    values: 300,
    encoding: 8,
    compressedBytes: 5,
    uncompressedBytes: 900,
    crc: 0xdeadbeef,
  })
  expect(reader.end).toBe(page.length - 5)
  for (let length = 0; length < reader.end; length++) {
    expect(() => new PageHeaderReader(page.subarray(0, length), 'x').read(0)).toThrow(/page header/)
  }
})
