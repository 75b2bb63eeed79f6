/** Hashes of published vectors: the Iceberg specification, Appendix B, and the xxHash specification. */
import { describe, expect, test } from 'vitest'
import { crc32, crc32c } from '../../../src/codec/crc32.js'
import { murmur3x86 } from '../../../src/codec/murmur3.js'
import { xxhash32 } from '../../../src/codec/xxhash32.js'
import { xxhash64 } from '../../../src/codec/xxhash64.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

const long = 'abcdefghijklmnopqrstuvwxyz0123456789'

test('crc32', () => {
  expect(crc32(encodeUtf8('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array(0))).toBe(0)
})

test('crc32c, at once and in pieces', () => {
  const bytes = encodeUtf8('123456789')
  expect(crc32c(bytes)).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(bytes.subarray(4), crc32c(bytes.subarray(0, 4)))).toBe(0xe3069283)
})

describe('murmur3', () => {
  const int64 = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigInt64(0, value, true)
    return bytes
  }

  test.each([
    ['a long', int64(34n), 2017239379],
    ['a string', encodeUtf8('iceberg'), 1210000089],
    ['bytes', Uint8Array.of(0, 1, 2, 3), -188683207],
  ] as const)('%s', (_, bytes, expected) => {
    const hash = murmur3x86(bytes)
    expect(hash | 0).toBe(expected)
    expect(hash | 0).toBe(murmur3x86(bytes, 0, bytes.length) | 0)
    expect(hash | 0).not.toBe(murmur3x86(bytes, 1) | 0)
  })

  test('the first bytes of a longer array', () => {
    const bytes = encodeUtf8('icebergs')
    for (let length = 0; length <= bytes.length; length++) {
      expect(murmur3x86(bytes, 0, length)).toBe(murmur3x86(bytes.slice(0, length)))
    }
  })
})

test('xxhash64', () => {
  expect(xxhash64(encodeUtf8(''))).toBe(0xef46db3751d8e999n)
  expect(xxhash64(encodeUtf8('a'))).toBe(0xd24ec4f1a98c6e5bn)
  expect(xxhash64(encodeUtf8('abc'))).toBe(0x44bc2cf5ad770999n)
  expect(xxhash64(encodeUtf8(long))).toBe(0x64f23ecf1609b766n)
  expect(xxhash64(encodeUtf8(long), 1n)).not.toBe(xxhash64(encodeUtf8(long)))
})

test('xxhash32', () => {
  expect(xxhash32(encodeUtf8(''))).toBe(0x02cc5d05)
  expect(xxhash32(encodeUtf8('abc'))).toBe(0x32d153ff)
})
