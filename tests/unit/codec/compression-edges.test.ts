/** Damage and rare forms that samples of real files do not hold, each made by hand. */
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { DecodeBounds } from '../../../src/codec/bounds.js'
import { compress, decompress } from '../../../src/codec/compression.js'
import { crc32 } from '../../../src/codec/crc32.js'
import { snappyDecode } from '../../../src/codec/snappy.js'
import { xxhash32 } from '../../../src/codec/xxhash32.js'
import { canWriteZstd, loadZstd, zstdDecode, zstdEncode } from '../../../src/codec/zstd.js'
import { type NativeZlib, nativeZlib, setNativeZlib } from '../../../src/env/native-zlib.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../src/errors.js'
import { concatBytes } from '../../../src/util/bytes.js'

const bounds = (limit = 1 << 20, expectedSize?: number): DecodeBounds => ({
  limit,
  limitName: 'avroBlockBytes',
  expectedSize,
})
const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const u32 = (value: number): Uint8Array =>
  bytes(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
const abc = bytes(0x61, 0x62, 0x63)

const zlib = nativeZlib()
beforeAll(async () => {
  setNativeZlib(undefined)
  await loadZstd()
  setNativeZlib(zlib)
})
afterEach(() => void setNativeZlib(zlib))

test('nothing to pack or unpack: the bytes themselves', () => {
  expect(compress('uncompressed', abc)).toBe(abc)
  expect(decompress('uncompressed', abc, bounds())).toBe(abc)
})

test('what a platform or this library cannot do is Unsupported, by name', () => {
  setNativeZlib(undefined)
  expect(() => compress('brotli', abc)).toThrow(Unsupported)
  expect(() => decompress('brotli', abc, bounds())).toThrow(Unsupported)
  expect(() => zstdEncode(abc)).toThrow(Unsupported)
  expect(() => compress('lz4_hadoop', abc)).toThrow('write lz4_raw')
  expect(() => compress('lz4_frame', abc)).toThrow('write lz4_raw')
})

test('brotli both ways where the platform has it', () => {
  expect(decompress('brotli', compress('brotli', abc), bounds())).toEqual(abc)
})

test('gzip without node:zlib: the right checksum with a wrong length', () => {
  setNativeZlib(undefined)
  const head = bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
  const packed = new Uint8Array(deflateRawSync(abc))
  const file = (length: number): Uint8Array =>
    concatBytes([head, packed, u32(crc32(abc)), u32(length)])
  expect(decompress('gzip', file(3), bounds())).toEqual(abc)
  expect(() => decompress('gzip', file(4), bounds())).toThrow('wrong length')
})

describe('lz4', () => {
  /** A frame with the given flags around blocks. */
  const frame = (flags: number, ...parts: Uint8Array[]): Uint8Array => {
    const descriptor = bytes(flags, 0x70)
    const sum = bytes((xxhash32(descriptor) >>> 8) & 255)
    return concatBytes([u32(0x184d2204), descriptor, sum, ...parts])
  }
  const block = concatBytes([u32(0x8000_0003), abc])

  test('what is framed as by Hadoop, but around no block, is tried as a block of its own', () => {
    const big = (value: number): Uint8Array => u32(value).reverse()
    // Five literals are said to come; there is one.
    const framed = concatBytes([big(5), big(2), bytes(0x50, 1)])
    expect(() => decompress('lz4_hadoop', framed, bounds(1 << 20, 5))).toThrow(CorruptData)
  })

  test('a block of which part is missing, before its size is known', () => {
    expect(() => decompress('lz4_raw', bytes(0x50, 1), bounds())).toThrow('the block is cut off')
    expect(() => decompress('lz4_raw', bytes(0xf0), bounds())).toThrow('the block is cut off')
    expect(decompress('lz4_raw', bytes(), bounds(1 << 20, 0))).toEqual(bytes())
  })

  test('a chunk of Hadoop’s whose match reaches before the start', () => {
    const chunk = bytes(0x10, 0x61, 9, 0, 0x10, 0x62)
    const framed = concatBytes([u32(6).reverse(), u32(chunk.length).reverse(), chunk])
    expect(() => decompress('lz4_hadoop', framed, bounds(1 << 20, 6))).toThrow(CorruptData)
  })

  test('a frame that records another size than it has', () => {
    const sized = (size: number): Uint8Array => {
      const descriptor = concatBytes([bytes(0x48, 0x70), u32(size), u32(0)])
      const sum = bytes((xxhash32(descriptor) >>> 8) & 255)
      return concatBytes([u32(0x184d2204), descriptor, sum, block, u32(0)])
    }
    expect(decompress('lz4_frame', sized(3), bounds())).toEqual(abc)
    expect(() => decompress('lz4_frame', sized(4), bounds())).toThrow('is not that of the blocks')
  })

  test('a frame that needs a dictionary', () => {
    expect(() => decompress('lz4_frame', frame(0x41, block, u32(0)), bounds())).toThrow(
      'dictionary',
    )
  })

  test('a frame without a content checksum', () => {
    expect(decompress('lz4_frame', frame(0x40, block, u32(0)), bounds())).toEqual(abc)
  })

  test.each([
    ['a block whose tokens are cut off', [u32(2), bytes(0x50, 1), u32(0)], 'a block is cut off'],
    ['a block that is longer than the frame', [u32(9), bytes(0x50, 1)], 'a block is cut off'],
    ['a frame without its end mark', [block], 'a frame is cut off'],
    ['a match from before the start', [u32(4), bytes(0x10, 0x61, 9, 0), u32(0)], 'lz4'],
  ])('a frame with %s', (_, parts, message) => {
    expect(() => decompress('lz4_frame', frame(0x40, ...parts), bounds())).toThrow(CorruptData)
    expect(() => decompress('lz4_frame', frame(0x40, ...parts), bounds())).toThrow(message)
  })

  test('a frame of another version, or with the wrong checksum', () => {
    expect(() => decompress('lz4_frame', frame(0x80, block, u32(0)), bounds())).toThrow(
      'unknown frame version',
    )
    const whole = frame(0x40, block, u32(0))
    whole[6] = (whole[6] as number) ^ 1
    expect(() => decompress('lz4_frame', whole, bounds())).toThrow('wrong checksum')
    const wrong = frame(0x44, block, u32(0), u32(7))
    expect(() => decompress('lz4_frame', wrong, bounds())).toThrow('the content has the wrong')
  })

  test('a frame whose content checksum is cut off', () => {
    const whole = frame(0x44, block, u32(0), u32(xxhash32(abc)))
    expect(decompress('lz4_frame', whole, bounds())).toEqual(abc)
    expect(() => decompress('lz4_frame', whole.subarray(0, -1), bounds())).toThrow('cut off')
  })

  test.each([
    ['a literal length that goes on past the end', bytes(0xf0, 0xff), 'a length is cut off'],
    ['a literal longer than the block', bytes(0x50, 1), 'a literal is cut off'],
    ['a match longer than the result', bytes(0x1f, 0x61, 1, 0, 0xff, 0xff, 0, 0), 'more data'],
    ['literals longer than the result', bytes(0x90, 1, 2, 3, 4, 5, 6, 7, 8, 9), 'more data'],
    ['a match length that goes on past the end', bytes(0x1f, 0x61, 1, 0, 0xff), 'cut off'],
    ['a match without literals after it', bytes(0x10, 0x61, 1, 0), 'the last literals are missing'],
  ])('%s', (_, packed, message) => {
    expect(() => decompress('lz4_raw', packed, bounds(1 << 20, 8))).toThrow(CorruptData)
    expect(() => decompress('lz4_raw', packed, bounds(1 << 20, 8))).toThrow(message)
  })
})

describe('snappy', () => {
  test.each([
    ['a copy with an offset of one byte', bytes(8, 0, 0x61, 0x01), 'a copy is cut off'],
    ['a copy with an offset of two bytes', bytes(8, 0, 0x61, 0x02, 1), 'a copy is cut off'],
    ['a copy with an offset of four bytes', bytes(8, 0, 0x61, 0x1f, 1, 0, 0), 'a copy is cut off'],
    ['a copy from before the start', bytes(8, 0, 0x61, 0x1d, 2), 'before the start'],
    ['a copy from nowhere', bytes(8, 0, 0x61, 0x1d, 0), 'before the start'],
    ['a copy past the end', bytes(4, 0, 0x61, 0x11, 1), 'more data than its length says'],
    ['a literal past the end', bytes(2, 0x08, 1, 2, 3), 'more data than its length says'],
    ['a literal that is cut off', bytes(4, 0x0c, 1, 2, 3), 'a literal is cut off'],
  ])('%s', (_, packed, message) => {
    expect(() => snappyDecode(packed, bounds())).toThrow(CorruptData)
    expect(() => snappyDecode(packed, bounds())).toThrow(message)
  })

  test('copies with offsets of one, two and four bytes', () => {
    for (const copy of [bytes(0x11, 1), bytes(0x1e, 1, 0), bytes(0x1f, 1, 0, 0, 0)]) {
      expect(snappyDecode(concatBytes([bytes(9, 0, 0x61), copy]), bounds())).toEqual(
        new Uint8Array(9).fill(0x61),
      )
    }
  })

  test('a literal whose length is cut off', () => {
    expect(() => snappyDecode(bytes(100, 0xf4, 1), bounds())).toThrow('length is cut off')
  })
})

describe('zstd', () => {
  const magic = u32(0xfd2fb528)
  /** Raw, run-length and compressed blocks: a size, a type, whether it is the last. */
  const header = (size: number, type: number, last: boolean): Uint8Array =>
    u32((size << 3) | (type << 1) | (last ? 1 : 0)).subarray(0, 3)
  const raw = concatBytes([header(3, 0, true), abc])
  const window = bytes(0x00, 0x50)

  test('no frame where one must begin, and a frame whose header is cut off', () => {
    expect(() => zstdDecode(bytes(1, 2, 3, 4, 5, 6, 7, 8), bounds())).toThrow('no frame begins')
    const cut = concatBytes([magic, bytes(0xe0, 3, 0, 0)])
    expect(() => zstdDecode(cut, bounds())).toThrow('a frame header is cut off')
  })

  test('the platform does it where it can', () => {
    const calls: string[] = []
    setNativeZlib({
      ...(zlib as NativeZlib),
      zstdDecompressSync: () => {
        calls.push('unpack')
        return abc
      },
      zstdCompressSync: (_, options) => {
        calls.push(`pack ${JSON.stringify(options)}`)
        return bytes(9)
      },
    })
    expect(canWriteZstd()).toBe(true)
    const packed = concatBytes([magic, window, raw])
    expect(decompress('zstd', packed, bounds())).toEqual(abc)
    expect(compress('zstd', abc, 7)).toEqual(bytes(9))
    expect(calls).toEqual(['unpack', 'pack {"params":{"100":7}}'])
  })

  test('decoding before the decoder is loaded is a bug of the caller', async () => {
    vi.resetModules()
    const fresh = await import('../../../src/codec/zstd.js')
    setNativeZlib(undefined)
    const packed = concatBytes([magic, window, raw])
    expect(() => fresh.zstdDecode(packed, bounds())).toThrow(/loadZstd\(\) was not awaited/)
  })

  test.each([
    ['no size', window],
    ['a size of one byte', bytes(0x20, 3)],
    ['a size of four bytes', bytes(0xa0, 3, 0, 0, 0)],
    ['a size of eight bytes', bytes(0xe0, 3, 0, 0, 0, 0, 0, 0, 0)],
    ['a dictionary id of zero', bytes(0x21, 0, 3)],
  ])('a frame with %s', (_, descriptor) => {
    setNativeZlib(undefined)
    expect(zstdDecode(concatBytes([magic, descriptor, raw]), bounds())).toEqual(abc)
  })

  test('an empty frame is empty', () => {
    setNativeZlib(undefined)
    const empty = concatBytes([magic, bytes(0x20, 0), header(0, 0, true)])
    expect(zstdDecode(empty, bounds())).toEqual(new Uint8Array(0))
  })

  test('a dictionary is Unsupported', () => {
    expect(() => zstdDecode(concatBytes([magic, bytes(0x21, 7, 3), raw]), bounds())).toThrow(
      Unsupported,
    )
  })

  test('a skippable frame is skipped, and may be cut off', () => {
    setNativeZlib(undefined)
    const skipped = concatBytes([u32(0x184d2a51), u32(2), bytes(1, 2)])
    expect(zstdDecode(concatBytes([skipped, magic, window, raw]), bounds())).toEqual(abc)
    const cut = concatBytes([u32(0x184d2a51), u32(90), bytes(1, 2)])
    expect(() => zstdDecode(cut, bounds())).toThrow('a skippable frame is cut off')
  })

  test.each([
    ['a reserved bit', [bytes(0x08, 0x50), raw], 'a reserved bit is set'],
    ['a header that is cut off', [bytes(0xe0, 3, 0)], 'a frame is cut off'],
    ['a checksum that is cut off', [bytes(0x04, 0x50), raw], 'a checksum is cut off'],
    ['a size that its blocks cannot hold', [bytes(0x20, 9), raw], 'more than the blocks can hold'],
    ['a block of the reserved type', [window, header(3, 3, true), abc], 'the reserved type'],
    ['a block that is too large', [window, header(131_073, 1, true), abc], 'a block is too large'],
  ])('a frame with %s', (_, parts, message) => {
    setNativeZlib(undefined)
    expect(() => zstdDecode(concatBytes([magic, ...parts]), bounds())).toThrow(CorruptData)
    expect(() => zstdDecode(concatBytes([magic, ...parts]), bounds())).toThrow(message)
  })

  test('more than the wasm decoder can hold is refused before it is asked', () => {
    setNativeZlib(undefined)
    const many = Array.from({ length: 8300 }, (_, at) =>
      concatBytes([header(128 * 1024, 1, at === 8299), bytes(0)]),
    )
    const bomb = concatBytes([magic, window, ...many])
    expect(() => zstdDecode(bomb, bounds(2 ** 31))).toThrow(LimitExceeded)
  })
})
