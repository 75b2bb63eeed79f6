/** Sets of row positions at their edges: while open, at the last position, and built out of order. */
import { describe, expect, test } from 'vitest'
import { PositionBitmap } from '../../../src/codec/roaring/position-bitmap.js'
import { containerBytes, PositionBuilder } from '../../../src/codec/roaring/position-builder.js'
import { decodePositions, encodePositions } from '../../../src/codec/roaring/serialize.js'
import { CorruptData } from '../../../src/errors.js'
import { concatBytes } from '../../../src/util/bytes.js'

const MAX = Number.MAX_SAFE_INTEGER

test('a position is seen before and after the set is compressed', () => {
  const set = new PositionBitmap()
  set.add(70_000)
  expect([set.has(70_000), set.has(70_001), set.has(1)]).toEqual([true, false, false])
  expect(set.cardinality).toBe(1)
  expect([set.has(70_000), set.has(70_001), set.has(1)]).toEqual([true, false, false])
  set.add(70_001)
  expect(set.toArray()).toEqual([70_000, 70_001])
})

test('an empty range has no positions, and the last position there can be is one', () => {
  const set = PositionBitmap.of([3, MAX])
  const seen: number[] = []
  set.forEachIn(5, 5, (position) => seen.push(position))
  set.forEachIn(9, 4, (position) => seen.push(position))
  expect(seen).toEqual([])
  expect(set.toArray()).toEqual([3, MAX])
})

describe('building', () => {
  const built = (positions: Iterable<number>): number[] => {
    const builder = new PositionBuilder()
    for (const position of positions) builder.add(position)
    const set = builder.finish()
    const found = set.toArray()
    expect(set.cardinality).toBe(found.length)
    expect(decodePositions(encodePositions(set)).toArray()).toEqual(found)
    return found
  }

  test.each([-1, 1.5, 2 ** 53, Number.NaN])('%f is no position', (position) => {
    expect(() => new PositionBuilder().add(position)).toThrow(CorruptData)
  })

  test('a position that comes twice is there once', () => {
    expect(built([3, 3, 70_000, 70_000, 3, 5])).toEqual([3, 5, 70_000])
  })

  test('positions out of order, many times over, in one stretch', () => {
    function* zigzag(): Generator<number> {
      for (let round = 0; round < 10; round++) for (let at = 9_999; at >= 0; at--) yield 3 * at
    }
    expect(built(zigzag())).toEqual(Array.from({ length: 10_000 }, (_, at) => 3 * at))
  })

  test('every place of a stretch, out of order, and more after that', () => {
    function* all(): Generator<number> {
      for (let at = 65_535; at >= 0; at--) yield at
      yield 5
      yield 65_535
      yield 70_000
      yield 5
      for (let at = 65_535; at >= 0; at--) yield at
    }
    const found = built(all())
    expect(found.length).toBe(65_537)
    expect(found.at(-1)).toBe(70_000)
  })

  test('a stretch that is left and come back to, by one form of container after another', () => {
    const builder = new PositionBuilder()
    const wanted: number[] = []
    const add = (position: number): void => {
      builder.add(position)
      wanted.push(position)
    }
    // A bitmap, a run, an array; then one more for each.
    for (let at = 0; at < 60_000; at += 3) add(at)
    for (let at = 0; at < 100; at++) add(65_536 + at)
    for (const low of [1, 5, 9]) add(131_072 + low)
    add(196_608)
    expect(builder.bytes).toBeGreaterThan(8192)
    for (const late of [7, 65_536 + 500, 131_072 + 2]) add(late)
    expect(builder.finish().toArray()).toEqual(wanted.sort((a, b) => a - b))
  })

  test('containers cost what their arrays hold', () => {
    const values = new Uint16Array(10)
    const sizes = [
      containerBytes({ kind: 'array', values }),
      containerBytes({ kind: 'run', bounds: values }),
      containerBytes({ kind: 'bitmap', words: new Uint32Array(2048), cardinality: 1 }),
    ]
    expect(sizes).toEqual([212, 212, 8384])
  })
})

describe('damage', () => {
  const runs = (...bounds: number[]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(8 + 4 + 4 + 1 + 4 + 2 + 2 * bounds.length))
    view.setBigUint64(0, 1n, true)
    view.setUint32(12, 12347, true)
    view.setUint8(16, 1)
    const count = bounds.reduce((sum, value, at) => (at % 2 === 1 ? sum + value + 1 : sum), 0)
    view.setUint16(19, count - 1, true)
    view.setUint16(21, bounds.length / 2, true)
    bounds.forEach((value, at) => {
      view.setUint16(23 + 2 * at, value, true)
    })
    return new Uint8Array(view.buffer)
  }

  test('runs that overlap or end after the stretch', () => {
    expect(decodePositions(runs(1, 2, 5, 0)).toArray()).toEqual([1, 2, 3, 5])
    expect(() => decodePositions(runs(1, 2, 3, 0))).toThrow('not ascending')
    expect(() => decodePositions(runs(65_535, 1))).toThrow('not ascending')
  })

  test('the place is named with a path and without', () => {
    const cut = encodePositions(PositionBitmap.of([1])).subarray(0, -1)
    expect(() => decodePositions(cut)).toThrow(/cut off at offset \d+$/)
    expect(() => decodePositions(cut, 'd.puffin')).toThrow('in d.puffin')
    expect(() => decodePositions(concatBytes([cut, new Uint8Array(2)]), 'x')).toThrow(CorruptData)
  })
})

test('no bitmap has more containers than a key has room for', () => {
  const bitmaps = (containers: number): Uint8Array => {
    const bytes = new Uint8Array(8 + 4 + 8)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, 1n, true)
    view.setUint32(12, 12_346, true)
    view.setUint32(16, containers, true)
    return bytes
  }
  expect(() => decodePositions(bitmaps(65_537))).toThrow('more than 65536 containers')
  expect(() => decodePositions(bitmaps(65_536))).toThrow(CorruptData)
  expect(() => decodePositions(bitmaps(65_536))).not.toThrow('more than 65536 containers')
})

test('containers and their values ascend', () => {
  /** One key, array containers as `[container key, ...values]`. */
  const bitmaps = (...containers: readonly (readonly number[])[]): Uint8Array => {
    const u16: number[] = []
    let offset = 8 + 8 * containers.length
    for (const [key = 0, ...values] of containers) u16.push(key, values.length - 1)
    for (const [, ...values] of containers) {
      u16.push(offset, 0)
      offset += 2 * values.length
    }
    for (const [, ...values] of containers) u16.push(...values)
    // How many keys, the key, the cookie, how many containers.
    const head = [1, 0, 0, 0, 0, 0, 12_346, 0, containers.length, 0]
    return new Uint8Array(Uint16Array.from([...head, ...u16]).buffer)
  }
  expect(decodePositions(bitmaps([0, 3, 4], [1, 5])).toArray()).toEqual([3, 4, 65_541])
  expect(() => decodePositions(bitmaps([1, 5], [1, 6]))).toThrow('keys are not ascending')
  expect(() => decodePositions(bitmaps([0, 3, 3]))).toThrow('the values are not ascending')
})
