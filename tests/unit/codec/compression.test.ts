import { readFileSync } from 'node:fs'
import { compressors } from 'hyparquet-compressors'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DecodeBounds } from '../../../src/codec/bounds.js'
import { type Codec, compress, decompress } from '../../../src/codec/compression.js'
import { crc32, crc32Portable } from '../../../src/codec/crc32.js'
import { isGzip } from '../../../src/codec/gzip.js'
import { xxhash32 } from '../../../src/codec/xxhash32.js'
import { canWriteZstd, loadZstd } from '../../../src/codec/zstd.js'
import { nativeZlib, setNativeZlib } from '../../../src/env/native-zlib.js'
import { CorruptData, LimitExceeded, MoraineError, Unsupported } from '../../../src/errors.js'
import { bytesEqual } from '../../../src/util/bytes.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../golden/codec/${name}`, import.meta.url)))
const text = file('text.txt')
const bounds = (limit: number, expectedSize?: number): DecodeBounds => ({
  limit,
  limitName: 'avroBlockBytes',
  path: 'x',
  expectedSize,
})

/** Far faster than a deep comparison of large arrays. */
const same = (a: Uint8Array | undefined, b: Uint8Array): void =>
  expect(a !== undefined && bytesEqual(a, b)).toBe(true)

const packed: readonly (readonly [Codec, string])[] = [
  ['uncompressed', 'text.txt'],
  ['snappy', 'text.snappy'],
  ['gzip', 'text.gz'],
  ['gzip', 'text-members.gz'],
  ['deflate', 'text.deflate'],
  ['zstd', 'text.zst'],
  ['zstd', 'text-stream.zst'],
  ['zstd', 'text-frames.zst'],
  ['lz4_raw', 'text.lz4-raw'],
  ['lz4_hadoop', 'text.lz4-hadoop'],
  ['lz4_hadoop', 'text.lz4-raw'],
  ['lz4_hadoop', 'text.lz4'],
  ['lz4_frame', 'text.lz4'],
  ['lz4_frame', 'text-linked.lz4'],
  ['brotli', 'text.br'],
]

const zlib = nativeZlib()
beforeAll(async () => {
  // The portable decoder is loaded even where the platform has zstd.
  setNativeZlib(undefined)
  await loadZstd()
  setNativeZlib(zlib)
})
afterEach(() => void setNativeZlib(zlib))

describe.each([true, false])('decompress with node:zlib = %s', (native) => {
  const cases = packed.filter(([codec]) => native || codec !== 'brotli')
  const use = (): void => void setNativeZlib(native ? zlib : undefined)

  it.each(cases)('%s: %s unpacks to the text', (codec, name) => {
    use()
    same(decompress(codec, file(name), bounds(1 << 20)), text)
    const exact = decompress(codec, file(name), bounds(text.length, text.length))
    same(exact, text)
    expect(exact.constructor).toBe(Uint8Array)
  })

  it.each(cases)('%s: %s holds its limit', (codec, name) => {
    use()
    const size = text.length
    expect(decompress(codec, file(name), bounds(size)).length).toBe(size)
    expect(decompress(codec, file(name), bounds(size + 1)).length).toBe(size)
    expect(() => decompress(codec, file(name), bounds(size - 1))).toThrow(LimitExceeded)
  })

  it.each(cases)('%s: %s must have its recorded size', (codec, name) => {
    use()
    for (const wrong of [0, text.length - 1, text.length + 1]) {
      const unpack = (): unknown => decompress(codec, file(name), bounds(1 << 20, wrong))
      expect(unpack).toThrow(CorruptData)
    }
  })

  it.each(cases)('%s: %s cut anywhere is refused', (codec, name) => {
    use()
    const bytes = file(name)
    for (let end = 0; end < bytes.length; end += end < 40 || end > bytes.length - 20 ? 1 : 97) {
      try {
        // Between two members a gzip file is whole.
        const out = decompress(codec, bytes.subarray(0, end), bounds(1 << 20, text.length))
        expect(out.length, `${end} of ${bytes.length}`).toBe(-1)
      } catch (error) {
        expect(error).toBeInstanceOf(MoraineError)
      }
    }
  })
})

describe('compress', () => {
  const samples: readonly Uint8Array[] = [
    new Uint8Array(0),
    encodeUtf8('a'),
    encodeUtf8('abcdabcdabcdabcdabcd'),
    new Uint8Array(200_000),
    text,
    Uint8Array.from({ length: 70_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 0xff),
    Uint8Array.from({ length: 140_000 }, (_, i) => (i % 3001) & 0xff),
  ]
  const oracles: readonly (readonly [Codec, keyof typeof compressors])[] = [
    ['snappy', 'SNAPPY'],
    ['lz4_raw', 'LZ4_RAW'],
    ['gzip', 'GZIP'],
    ['brotli', 'BROTLI'],
  ]

  it.each(oracles)('%s is read back by us and by another library', (codec, name) => {
    for (const sample of samples) {
      const bytes = compress(codec, sample)
      same(decompress(codec, bytes, bounds(1 << 20)), sample)
      if (sample.length === 0) continue
      same(compressors[name]?.(bytes, sample.length), sample)
    }
  })

  it.each(['gzip', 'deflate'] as const)('%s without node:zlib', (codec) => {
    for (const sample of samples) {
      setNativeZlib(undefined)
      const bytes = compress(codec, sample, 9)
      same(decompress(codec, bytes, bounds(1 << 20)), sample)
      setNativeZlib(zlib)
      same(decompress(codec, bytes, bounds(1 << 20)), sample)
    }
  })

  it('really packs', () => {
    for (const codec of ['snappy', 'lz4_raw', 'gzip', 'deflate'] as const) {
      expect(compress(codec, text).length).toBeLessThan(text.length / 1.6)
      expect(compress(codec, new Uint8Array(200_000)).length).toBeLessThan(10_000)
    }
  })

  it('zstd is written where the platform can, else refused by name', () => {
    if (canWriteZstd()) {
      same(decompress('zstd', compress('zstd', text), bounds(1 << 20)), text)
    } else {
      const write = (): unknown => compress('zstd', text)
      expect(write).toThrow(Unsupported)
      expect(write).toThrow(expect.objectContaining({ feature: 'zstd-write' }))
    }
  })
})

describe('bombs', () => {
  const small = bounds(1 << 20)

  it('claims beyond what the bytes can hold are refused before allocating', () => {
    // Snappy: a length of 2^31 - 1 and one literal. LZ4: a size that the container recorded.
    expect(() =>
      decompress('snappy', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7, 0, 0), bounds(2 ** 31)),
    ).toThrow(CorruptData)
    expect(() =>
      decompress('lz4_raw', Uint8Array.of(0x10, 0), bounds(2 ** 31, 2 ** 31 - 1)),
    ).toThrow(CorruptData)
  })

  it.each([true, false])('16 MiB of zeros stop at the limit (node:zlib %s)', (native) => {
    setNativeZlib(native ? zlib : undefined)
    const zeros = new Uint8Array(1 << 24)
    const gz = compress('gzip', zeros)
    const deflated = compress('deflate', zeros)
    expect(() => decompress('gzip', gz, small)).toThrow(LimitExceeded)
    expect(() => decompress('deflate', deflated, small)).toThrow(LimitExceeded)
  })

  it.each([true, false])('zstd blocks of one repeated byte (node:zlib %s)', (native) => {
    setNativeZlib(native ? zlib : undefined)
    const rle = (blocks: number): Uint8Array => {
      const bytes = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]
      for (let k = 1; k <= blocks; k++) {
        const header = (131072 << 3) | 2 | (k === blocks ? 1 : 0)
        bytes.push(header & 0xff, (header >>> 8) & 0xff, header >>> 16, 7)
      }
      return Uint8Array.from(bytes)
    }
    same(decompress('zstd', rle(8), small), new Uint8Array(1 << 20).fill(7))
    expect(() => decompress('zstd', rle(9), small)).toThrow(LimitExceeded)
    expect(() => decompress('zstd', rle(100_000), small)).toThrow(LimitExceeded)
  })

  it('a zstd dictionary is refused by name', () => {
    const bytes = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x21, 9, 0, 1, 0, 0)
    expect(() => decompress('zstd', bytes, small)).toThrow(Unsupported)
  })
})

describe('checksums', () => {
  it('crc32: the check value, both ways, in parts', () => {
    const check = encodeUtf8('123456789')
    expect(crc32(check)).toBe(0xcbf43926)
    expect(crc32Portable(check)).toBe(0xcbf43926)
    expect(crc32Portable(check.subarray(4), crc32Portable(check.subarray(0, 4)))).toBe(0xcbf43926)
    expect(crc32Portable(text)).toBe(crc32(text))
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  it('xxhash32: published values', () => {
    expect(xxhash32(new Uint8Array(0))).toBe(0x02cc5d05)
    expect(xxhash32(encodeUtf8('a'))).toBe(0x550d7456)
    expect(xxhash32(encodeUtf8('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
  })

  it('gzip is known by its magic', () => {
    expect(isGzip(file('text.gz'))).toBe(true)
    expect(isGzip(text)).toBe(false)
    expect(isGzip(Uint8Array.of(0x1f))).toBe(false)
  })
})
