/** Thrift's compact protocol where the bytes lie: each lie is told by name, and at its place. */
import { describe, expect, test } from 'vitest'
import { CompactReader, T } from '../../../src/codec/thrift/compact-reader.js'
import { defaultLimits as limits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded } from '../../../src/errors.js'

const reader = (...all: readonly number[]): CompactReader =>
  new CompactReader(Uint8Array.from(all), { limits, path: 'a.parquet' })

describe('damaged values', () => {
  test.each<[string, (from: CompactReader) => unknown, readonly number[], string]>([
    ['a byte that is not there', (from) => from.readByte(), [], 'it is cut off'],
    ['an i16 of 17 bits', (from) => from.readI16(), [0x80, 0x80, 0x04], 'an i16 is out of range'],
    [
      'an i64 of 65 bits',
      (from) => from.readI64(),
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
      'an i64 is out of range',
    ],
    ['an i64 without an end', (from) => from.readI64(), Array(11).fill(0x80), 'does not end'],
    ['an i32 without an end', (from) => from.readI32(), Array(6).fill(0x80), 'does not end'],
    ['half a double', (from) => from.readDouble(), [0, 0, 0, 0], 'it is cut off'],
    ['a longer text', (from) => from.readString(), [3, 0x61], 'a string is longer than the data'],
    ['a text of other bytes', (from) => from.readString(), [1, 0xff], 'not valid UTF-8'],
    ['a longer list', (from) => from.listBegin(), [0x35, 1], 'a list is longer than the data'],
    [
      'a list of a million',
      (from) => from.listBegin(),
      [0xf5, 0xc0, 0x84, 0x3d],
      'a list is longer than the data',
    ],
    ['a longer map', (from) => from.skip(T.MAP), [5, 0x55, 2], 'a map is longer than the data'],
    ['a map without types', (from) => from.skip(T.MAP), [1], 'a map is longer than the data'],
    ['half a uuid', (from) => from.skip(T.UUID), [1, 2, 3], 'it is cut off'],
    ['half a double, skipped', (from) => from.skip(T.DOUBLE), [1], 'it is cut off'],
    ['a type that is none', (from) => from.skip(14), [1], 'there is no thrift type 14'],
    ['a list of such', (from) => from.skip(T.LIST), [0x1e, 0], 'there is no thrift type 14'],
    ['a struct without an end', (from) => from.skip(T.STRUCT), [0x15, 2], 'it is cut off'],
  ])('%s', (_name, read, data, message) => {
    const from = reader(...data)
    expect(() => read(from)).toThrow(CorruptData)
    const again = reader(...data)
    expect(() => read(again)).toThrow(message)
    expect(() => read(reader(...data))).toThrow(/^bad thrift data in a\.parquet at byte \d+: /)
  })

  test('without a path the message names no file', () => {
    const from = new CompactReader(new Uint8Array(), { limits })
    expect(() => from.readByte()).toThrow(/^bad thrift data at byte 0: /)
  })

  test('nothing is read beyond the end that was given', () => {
    const from = new CompactReader(Uint8Array.of(2, 4, 6), { limits, offset: 1, end: 2 })
    expect(from.readI32()).toBe(2)
    expect(() => from.readI32()).toThrow('it is cut off')
  })

  test('structs in structs without end', () => {
    const deep = Array<number>(limits.thriftDepth + 1).fill(0x1c)
    expect(() => reader(...deep).skip(T.STRUCT)).toThrow(LimitExceeded)
    const lists = Array<number>(limits.thriftDepth + 1).fill(0x19)
    expect(() => reader(...lists, 0).skip(T.LIST)).toThrow(LimitExceeded)
  })
})

test.each<[string, number, readonly number[]]>([
  ['true', T.TRUE, []],
  ['false', T.FALSE, []],
  ['a byte', T.BYTE, [7]],
  ['an i16', T.I16, [2]],
  ['an i64', T.I64, [0x80, 1]],
  ['a double', T.DOUBLE, [0, 0, 0, 0, 0, 0, 0, 0]],
  ['a uuid', T.UUID, Array(16).fill(1)],
  ['a text', T.BINARY, [2, 0x61, 0x62]],
  ['a list of booleans', T.LIST, [0x21, 1, 2]],
  ['a set of i32', T.SET, [0x25, 2, 4]],
  ['a map of texts and booleans', T.MAP, [1, (T.BINARY << 4) | T.FALSE, 1, 0x61, 1]],
  ['a map of nothing', T.MAP, [0]],
  ['a struct', T.STRUCT, [0x15, 2, 0x11, 0]],
])('%s is stepped over to its last byte', (_name, type, data) => {
  const from = reader(...data, 99)
  from.skip(type)
  expect(from.pos).toBe(data.length)
  expect(from.readByte()).toBe(99)
})

test('fields count on from the last one, or say their id', () => {
  const from = reader(0x15, 2, 0x25, 4, 0x05, 0xc8, 0x01, 6, 0)
  const seen: (readonly number[])[] = []
  from.structBegin()
  while (from.nextField()) seen.push([from.fieldId, from.readI32()])
  expect(seen).toEqual([
    [1, 1],
    [3, 2],
    [100, 3],
  ])
})

test('elements of a list of booleans are bytes', () => {
  const from = reader(0x31, 1, 2, 1)
  from.listBegin()
  expect([from.listType, from.listSize]).toEqual([T.TRUE, 3])
  expect([from.readBoolElement(), from.readBoolElement(), from.readBoolElement()]).toEqual([
    true,
    false,
    true,
  ])
})
