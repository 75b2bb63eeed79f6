import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../src/util/byte-writer.js'
import { bytesEqual, compareBytes, concatBytes, fromHex, toHex } from '../../../src/util/bytes.js'
import { decodeUtf8, encodeUtf8 } from '../../../src/util/utf8.js'

describe('bytes', () => {
  it('joins, compares and spells', () => {
    const joined = concatBytes([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(255)])
    expect(toHex(joined)).toBe('0102ff')
    expect(fromHex('0102FF')).toEqual(joined)
    expect(fromHex('0')).toBeUndefined()
    expect(fromHex('0g')).toBeUndefined()
    expect(bytesEqual(joined, Uint8Array.of(1, 2, 255))).toBe(true)
    expect(bytesEqual(joined, Uint8Array.of(1, 2, 254))).toBe(false)
    expect(bytesEqual(joined, Uint8Array.of(1, 2))).toBe(false)
  })

  it('orders unsigned, a prefix first', () => {
    expect(compareBytes(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBeLessThan(0)
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0)
    expect(compareBytes(Uint8Array.of(2), Uint8Array.of(1, 9))).toBeGreaterThan(0)
    expect(compareBytes(Uint8Array.of(3, 4), Uint8Array.of(3, 4))).toBe(0)
  })
})

describe('utf-8', () => {
  const texts = ['', 'plain', '\ufeffmark', 'grüße 🚀 and a longer tail of text']
  // Around the length up to which a loop encodes.
  for (const length of [63, 64, 65]) texts.push('x'.repeat(length), `${'x'.repeat(length - 1)}é`)
  it.each(texts)('keeps %j', (text) => {
    expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text))
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
  })

  it('refuses invalid bytes, short and long', () => {
    expect(decodeUtf8(Uint8Array.of(0xc3))).toBeUndefined()
    expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined()
    expect(decodeUtf8(new Uint8Array(40).fill(0xff))).toBeUndefined()
  })

  it('reads a range only', () => {
    expect(decodeUtf8(Uint8Array.of(0xff, 0x61, 0x62, 0xff), 1, 3)).toBe('ab')
  })
})

describe('ByteWriter', () => {
  it('grows and lays out numbers', () => {
    const writer = new ByteWriter(1)
    writer.u8(1)
    writer.u16le(0x0203)
    writer.u32le(0x04050607)
    writer.u32be(0x04050607)
    writer.u64le(0x08090a0b0c0d0e0fn)
    writer.bytes(new Uint8Array(40).fill(0xaa))
    expect(writer.length).toBe(59)
    expect(toHex(writer.toBytes().subarray(0, 19))).toBe('01030207060504040506070f0e0d0c0b0a0908')
    writer.patchU32le(3, 0)
    expect(toHex(writer.peek().subarray(1, 8))).toBe('03020000000004')
    writer.reset()
    expect(writer.length).toBe(0)
  })

  it('writes variable-length integers at their edges', () => {
    const hex = (fill: (writer: ByteWriter) => void): string => {
      const writer = new ByteWriter()
      fill(writer)
      return toHex(writer.toBytes())
    }
    expect(hex((w) => w.varint(300))).toBe('ac02')
    expect(hex((w) => w.varint(2 ** 40))).toBe('808080808020')
    expect(hex((w) => w.zigzag32(-1))).toBe('01')
    expect(hex((w) => w.zigzag32(2147483647))).toBe('feffffff0f')
    expect(hex((w) => w.zigzag32(-2147483648))).toBe('ffffffff0f')
    expect(hex((w) => w.zigzag64(-1n))).toBe('01')
    expect(hex((w) => w.zigzag64(2n ** 63n - 1n))).toBe('feffffffffffffffff01')
    expect(hex((w) => w.zigzag64(-(2n ** 63n)))).toBe('ffffffffffffffffff01')
    expect(hex((w) => w.zigzag64(0x4000_0000n))).toBe('8080808008')
  })
})
