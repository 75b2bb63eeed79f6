import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DecodeBounds } from '../../../src/codec/bounds.js'
import {
  decodeDeletionVector,
  encodeDeletionVector,
} from '../../../src/codec/puffin/deletion-vector.js'
import {
  encodePuffin,
  type PuffinFooter,
  parsePuffinFooter,
  puffinFooterBytes,
  unpackPuffinBlob,
} from '../../../src/codec/puffin/puffin.js'
import { PositionBitmap } from '../../../src/codec/roaring/position-bitmap.js'
import { decodePositions, encodePositions } from '../../../src/codec/roaring/serialize.js'
import { loadZstd } from '../../../src/codec/zstd.js'
import { defaultLimits as limits } from '../../../src/env/limits.js'
import {
  CorruptData,
  InvalidArgument,
  LimitExceeded,
  MoraineError,
  Unsupported,
} from '../../../src/errors.js'

const tables = fileURLToPath(new URL('../../golden/tables', import.meta.url))
const puffins = readdirSync(tables, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(puffin|stats)$/.test(name),
)
const bounds: DecodeBounds = { limit: 1 << 24, limitName: 'parquetPageBytes' }

function footerOf(bytes: Uint8Array): PuffinFooter {
  const size = puffinFooterBytes(bytes.subarray(-12), { limits })
  return parsePuffinFooter(bytes.subarray(-size), bytes.length, { limits, path: 'p' })
}

beforeAll(() => loadZstd())

describe('files of the reference', () => {
  it('are there', () => expect(puffins.length).toBeGreaterThan(5))

  it.each(puffins)('%s', (name) => {
    const bytes = new Uint8Array(readFileSync(`${tables}/${name}`))
    const { blobs } = footerOf(bytes)
    expect(blobs.length).toBeGreaterThan(0)
    for (const blob of blobs) {
      const stored = bytes.subarray(blob.offset, blob.offset + blob.length)
      const data = unpackPuffinBlob(blob, stored, bounds)
      if (blob.type !== 'deletion-vector-v1') {
        expect(blob.type).toBe('apache-datasketches-theta-v1')
        expect(data.length).toBeGreaterThan(0)
        continue
      }
      const positions = decodeDeletionVector(data)
      expect(String(positions.cardinality)).toBe(blob.properties.get('cardinality'))
      expect(PositionBitmap.of(positions.toArray()).toArray()).toEqual(positions.toArray())
      // Byte for byte what the reference wrote.
      expect(encodeDeletionVector(PositionBitmap.of(positions.toArray()))).toEqual(data)
    }
  })
})

describe('encodePuffin', () => {
  const vector = encodeDeletionVector(PositionBitmap.of([1, 5, 70_000]))
  const file = encodePuffin(
    [
      {
        type: 'deletion-vector-v1',
        fields: [],
        snapshotId: -1n,
        sequenceNumber: -1n,
        properties: new Map([['referenced-data-file', 'a.parquet']]),
        data: vector,
      },
      {
        type: 'x',
        fields: [1, 2],
        snapshotId: 2n ** 62n,
        sequenceNumber: 7n,
        data: new Uint8Array(3),
      },
    ],
    new Map([['created-by', 'moraine']]),
  )

  it('is read back', () => {
    const footer = footerOf(file.bytes)
    expect(footer.blobs).toEqual(file.blobs)
    expect(footer.properties.get('created-by')).toBe('moraine')
    const [blob] = footer.blobs
    const stored = file.bytes.subarray(4, 4 + (blob?.length ?? 0))
    expect(decodeDeletionVector(stored).toArray()).toEqual([1, 5, 70_000])
  })

  it('cut or changed anywhere gives a value or a typed error', () => {
    for (let end = 0; end < file.bytes.length; end++) {
      expect(() => footerOf(file.bytes.subarray(0, end))).toThrow(MoraineError)
    }
    for (let at = 0; at < file.bytes.length; at++) {
      for (const byte of [0, 1, 0x7f, 0xff]) {
        const damaged = file.bytes.slice()
        damaged[at] = byte
        try {
          footerOf(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(MoraineError)
        }
      }
    }
  })

  it('refuses blobs that reach outside the file', () => {
    const footer = (offset: number, length: number): Uint8Array => {
      const payload = new TextEncoder().encode(
        `{"blobs":[{"type":"x","fields":[],"snapshot-id":1,"sequence-number":1,"offset":${offset},"length":${length}}]}`,
      )
      const bytes = new Uint8Array(4 + payload.length + 12)
      bytes.set(file.bytes.subarray(0, 4))
      bytes.set(payload, 4)
      new DataView(bytes.buffer).setInt32(4 + payload.length, payload.length, true)
      bytes.set(file.bytes.subarray(-4), bytes.length - 4)
      return bytes
    }
    const parse = (offset: number, length: number): PuffinFooter => {
      const bytes = footer(offset, length)
      return parsePuffinFooter(bytes, 100 + bytes.length, { limits })
    }
    expect(parse(4, 96).blobs[0]).toMatchObject({ offset: 4, length: 96 })
    for (const [offset, length] of [
      [3, 1],
      [4, 97],
      [4, -1],
      [200, 0],
    ] as const) {
      expect(() => parse(offset, length), `${offset} ${length}`).toThrow('outside the file')
    }
  })

  it('unpacks blobs of lz4', () => {
    const packed = new Uint8Array(
      readFileSync(new URL('../../golden/codec/text.lz4', import.meta.url)),
    )
    const text = new Uint8Array(
      readFileSync(new URL('../../golden/codec/text.txt', import.meta.url)),
    )
    expect(unpackPuffinBlob({ compressionCodec: 'lz4' }, packed, bounds)).toEqual(text)
  })

  it('refuses unknown flags and codecs by name, and footers past the limit', () => {
    const flagged = file.bytes.slice()
    flagged[flagged.length - 8] = 2
    expect(() => footerOf(flagged)).toThrow(Unsupported)
    const unpack = (): unknown => unpackPuffinBlob({ compressionCodec: 'xz' }, vector, bounds)
    expect(unpack).toThrow(Unsupported)
    const size = file.bytes.length - puffinFooterBytes(file.bytes.subarray(-12), { limits })
    const payload = file.bytes.length - size - 16
    const tight = (metadataBytes: number): unknown =>
      puffinFooterBytes(file.bytes.subarray(-12), { limits: { ...limits, metadataBytes } })
    expect(tight(payload)).toBe(payload + 16)
    expect(() => tight(payload - 1)).toThrow(LimitExceeded)
  })
})

describe('PositionBitmap', () => {
  const position = fc.oneof(
    fc.nat({ max: 200_000 }),
    fc.integer({ min: 2 ** 32 - 5, max: 2 ** 32 + 70_000 }),
    fc.maxSafeNat(),
  )
  const run = fc
    .record({
      from: fc.nat({ max: 300_000 }),
      length: fc.integer({ min: 1, max: 9000 }),
      step: fc.constantFrom(1, 1, 2, 7),
    })
    .map(({ from, length, step }) => Array.from({ length }, (_, i) => from + i * step))
  const sets = fc
    .array(
      fc.oneof(
        position.map((p) => [p]),
        run,
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.flat())

  it('is a set, also after a round trip', () => {
    fc.assert(
      fc.property(
        sets,
        fc.nat({ max: 300_000 }),
        fc.nat({ max: 100_000 }),
        (list, start, length) => {
          const model = [...new Set(list)].sort((a, b) => a - b)
          const bitmap = PositionBitmap.of(list)
          const again = decodePositions(encodePositions(bitmap))
          for (const one of [bitmap, again]) {
            expect(one.cardinality).toBe(model.length)
            expect(one.toArray()).toEqual(model)
            expect(one.isEmpty).toBe(model.length === 0)
            const inside: number[] = []
            one.forEachIn(start, start + length, (p) => inside.push(p))
            expect(inside).toEqual(model.filter((p) => p >= start && p < start + length))
            for (const p of list.slice(0, 20)) expect(one.has(p)).toBe(true)
            for (const p of [start, start + 1]) expect(one.has(p)).toBe(model.includes(p))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('adds another set and keeps that one', () => {
    const a = decodePositions(encodePositions(PositionBitmap.of([1, 2, 3, 2 ** 40])))
    const b = PositionBitmap.of([3, 4, 500_000])
    a.addAll(b)
    expect(a.toArray()).toEqual([1, 2, 3, 4, 500_000, 2 ** 40])
    expect(b.toArray()).toEqual([3, 4, 500_000])
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the position %s', (bad) => {
    expect(() => new PositionBitmap().add(bad)).toThrow(InvalidArgument)
  })

  it('cut or changed bytes give a value or a typed error', () => {
    const dense = Array.from({ length: 9000 }, (_, i) => i * 3)
    const bytes = encodePositions(
      PositionBitmap.of([...dense, 100_000, 100_001, 2 ** 33, 2 ** 33 + 9]),
    )
    for (let end = 0; end < bytes.length; end += end < 100 ? 1 : 61) {
      expect(() => decodePositions(bytes.subarray(0, end))).toThrow(CorruptData)
    }
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = bytes.slice()
        damaged[at] = byte
        try {
          decodePositions(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptData)
        }
      }),
    )
  })

  it('a deletion vector is guarded by its length, magic and checksum', () => {
    const vector = encodeDeletionVector(PositionBitmap.of([1, 2, 9]))
    expect(decodeDeletionVector(vector).toArray()).toEqual([1, 2, 9])
    for (let at = 0; at < vector.length; at++) {
      const damaged = vector.slice()
      damaged[at] = (damaged[at] as number) ^ 0x10
      expect(() => decodeDeletionVector(damaged)).toThrow(CorruptData)
      expect(() => decodeDeletionVector(damaged, 'dv.puffin')).toThrow(/ in dv\.puffin/)
    }
    for (let end = 0; end < vector.length; end++) {
      expect(() => decodeDeletionVector(vector.subarray(0, end))).toThrow(CorruptData)
    }
  })
})
