/** Thrift's compact protocol at the edges of its numbers, and trees that are written as they were read. */
import { describe, expect, test } from 'vitest'
import { CompactReader, T } from '../../../src/codec/thrift/compact-reader.js'
import { readThrift, type ThriftStruct, writeThrift } from '../../../src/codec/thrift/generic.js'
import { defaultLimits as limits } from '../../../src/env/limits.js'
import { CorruptData } from '../../../src/errors.js'
import { ByteWriter } from '../../../src/util/byte-writer.js'

const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const reader = (data: Uint8Array): CompactReader => new CompactReader(data, { limits })
const zigzag64 = (value: bigint): Uint8Array => {
  const out = new ByteWriter()
  out.zigzag64(value)
  return out.toBytes()
}

describe('numbers', () => {
  test.each([0n, -1n, 2n ** 52n + 5n, -(2n ** 52n) - 5n, 2n ** 53n - 1n, -(2n ** 53n) + 1n])(
    'an i64 that a number holds: %s',
    (value) => {
      expect(reader(zigzag64(value)).readI64AsNumber()).toBe(Number(value))
    },
  )

  test.each([2n ** 53n, -(2n ** 63n)])('an i64 that no number holds: %s', (value) => {
    expect(() => reader(zigzag64(value)).readI64AsNumber()).toThrow('beyond 2^53')
  })

  test('an i32 of more than 32 bits', () => {
    expect(reader(bytes(0xff, 0xff, 0xff, 0xff, 0x0f)).readI32()).toBe(-(2 ** 31))
    expect(() => reader(bytes(0xff, 0xff, 0xff, 0xff, 0x1f)).readI32()).toThrow(CorruptData)
  })
})

test('a map without entries is one byte', () => {
  const data = bytes((1 << 4) | T.MAP, 0, (1 << 4) | T.I32, 2, 0)
  expect(readThrift(reader(data)).get(2)).toEqual({ type: T.I32, value: 1 })
})

test('everything that a struct can hold is written as it was read', () => {
  const struct: ThriftStruct = new Map([
    [1, { type: T.TRUE, value: true }],
    [2, { type: T.TRUE, value: false }],
    [3, { type: T.BYTE, value: -5 }],
    [4, { type: T.I64, value: 2n ** 60n }],
    [5, { type: T.DOUBLE, value: 1.5 }],
    [6, { type: T.BINARY, value: bytes(1, 2) }],
    [7, { type: T.MAP, value: bytes(1, (T.I32 << 4) | T.I32, 2, 4) }],
    [8, { type: T.LIST, value: { elementType: T.TRUE, items: [true, false] } }],
    [
      9,
      {
        type: T.SET,
        value: { elementType: T.I32, items: Array.from({ length: 20 }, (_, i) => i) },
      },
    ],
    [40, { type: T.STRUCT, value: new Map([[1, { type: T.I32, value: 7 }]]) }],
  ])
  const written = writeThrift(struct)
  const again = readThrift(reader(written))
  expect(again.get(2)).toEqual({ type: T.FALSE, value: false })
  expect([...again.keys()]).toEqual([...struct.keys()])
  expect(writeThrift(again)).toEqual(written)
})

test('an i16 in a tree is written as it was read', () => {
  const data = bytes((1 << 4) | T.I16, 5, 0)
  const struct = readThrift(reader(data))
  expect(struct.get(1)).toEqual({ type: T.I16, value: -3 })
  expect(writeThrift(struct)).toEqual(data)
})
