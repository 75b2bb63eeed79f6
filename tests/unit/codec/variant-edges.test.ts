/** Variants that end early, overlap or are very wide; shredded ones that contradict themselves. */
import { describe, expect, test } from 'vitest'
import { variantEnd } from '../../../src/codec/variant/container.js'
import {
  foldVariant,
  type VariantDatum,
  type VariantFold,
} from '../../../src/codec/variant/fold.js'
import { checkVariantBytes, type VariantScalarKind } from '../../../src/codec/variant/layout.js'
import {
  MetadataBuilder,
  MetadataReader,
  VariantMetadata,
} from '../../../src/codec/variant/metadata.js'
import { type ShreddedColumn, VariantAssembler } from '../../../src/codec/variant/shredded.js'
import {
  VariantWriter,
  type WrittenMember,
  writeScalar,
} from '../../../src/codec/variant/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded } from '../../../src/errors.js'

const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const seen: VariantFold<unknown> = {
  scalar: (_, datum) => datum,
  array: (items) => items,
  object: (keys, values) => Object.fromEntries(keys.map((key, at) => [key, values[at]])),
}
const metadataOf = (...names: string[]): VariantMetadata => {
  const builder = new MetadataBuilder()
  for (const name of names) builder.id(name)
  return new VariantMetadata(builder.toBytes(), defaultLimits)
}
const read = (value: Uint8Array, metadata: VariantMetadata): unknown =>
  foldVariant(metadata, value, seen, defaultLimits)

test('a value that ends early, or has no bytes at all', () => {
  expect(() => variantEnd(bytes(), 0, 0)).toThrow(CorruptData)
  // A short string of nine bytes of which there are two.
  expect(() => variantEnd(bytes((9 << 2) | 1, 65, 66), 0, 3)).toThrow('it ends early')
  expect(variantEnd(bytes((2 << 2) | 1, 65, 66), 0, 3)).toBe(3)
})

test('an object of more than 255 members', () => {
  const names = Array.from({ length: 300 }, (_, at) => `n${String(at).padStart(3, '0')}`)
  const out = new VariantWriter()
  const members: WrittenMember[] = names.map((name, id) => {
    const offset = out.length
    out.int(id, 'int16')
    return { name, id, offset }
  })
  out.object(0, members)
  const object = read(out.take(), metadataOf(...names)) as Record<string, unknown>
  expect(Object.keys(object)).toEqual(names)
  expect(object['n299']).toBe(299)
})

test.each<[VariantScalarKind, VariantDatum, number?]>([
  ['null', null],
  ['boolean', true],
  ['boolean', false],
  ['int8', -128],
  ['int16', -32_768],
  ['int32', -(2 ** 31)],
  ['int64', -(2n ** 63n)],
  ['float', 1.5],
  ['double', 0.1],
  ['decimal', 10n ** 9n - 1n, 2],
  ['decimal', -(10n ** 9n), 0],
  ['decimal', 10n ** 18n - 1n, 9],
  ['decimal', -(10n ** 18n), 0],
  ['decimal', 10n ** 38n - 1n, 38],
  ['date', -719_162],
  ['string', ''],
  ['string', 'é'.repeat(31)],
  ['string', 'é'.repeat(32)],
  ['binary', bytes(0, 255)],
  ['uuid', bytes(...Array.from({ length: 16 }, (_, at) => at))],
  ['time', 86_399_999_999n],
  ['timestamp', -1n],
  ['timestamptz', 1n],
  ['timestamp_ns', -(2n ** 63n)],
  ['timestamptz_ns', 2n ** 63n - 1n],
])('%s %s is written as it is read', (kind, datum, scale = 0) => {
  const out = new VariantWriter()
  writeScalar(out, kind, datum, scale)
  const value = out.take()
  const metadata = metadataOf()
  const told = foldVariant(
    metadata,
    value,
    { ...seen, scalar: (k, d, s) => [k, d, k === 'decimal' ? s : 0] as unknown },
    defaultLimits,
  )
  expect(told).toEqual([kind, datum, scale])
  expect(variantEnd(value, 0, value.length)).toBe(value.length)
})

test('where containers and long values end inside others', () => {
  const out = new VariantWriter()
  out.string('x'.repeat(64))
  out.array(0, [0])
  const value = out.take()
  expect(variantEnd(Uint8Array.from([...value, 7]), 0, value.length + 1)).toBe(value.length)
  expect(() => variantEnd(value, 0, value.length - 1)).toThrow(CorruptData)
})

test('variantBytes at its limit and one more', () => {
  const limits = { ...defaultLimits, variantBytes: 10 }
  for (const size of [9, 10]) expect(() => checkVariantBytes(size, limits)).not.toThrow()
  expect(() => checkVariantBytes(11, limits)).toThrow(LimitExceeded)
})

test('a name keeps its id, and variants of the same names share their metadata', () => {
  const builder = new MetadataBuilder()
  expect([builder.id('a'), builder.id('b'), builder.id('a')]).toEqual([0, 1, 0])
  const first = builder.toBytes()
  builder.reset()
  expect([builder.id('a'), builder.id('b')]).toEqual([0, 1])
  expect(builder.toBytes()).toBe(first)
  builder.id('c')
  expect(builder.toBytes()).not.toBe(first)
})

describe('shredded', () => {
  const int = (values: readonly (number | undefined)[]): ShreddedColumn => ({
    value: undefined,
    typed: {
      kind: 'scalar',
      isNull: (row) => values[row] === undefined,
      write: (out, row) => out.int(values[row] as number, 'int8'),
    },
  })
  const object = (rest: Uint8Array | undefined): ShreddedColumn => ({
    value: () => rest,
    typed: { kind: 'object', isNull: () => false, fields: [{ name: 'a', column: int([1]) }] },
  })
  const put = (column: ShreddedColumn, metadata = metadataOf('a', 'b')): unknown =>
    read(new VariantAssembler().assemble(metadata, column, 0), metadata)

  test('an element that is missing is a variant null', () => {
    const column: ShreddedColumn = {
      value: undefined,
      typed: {
        kind: 'array',
        isNull: () => false,
        start: () => 0,
        end: () => 2,
        element: int([5, undefined]),
      },
    }
    expect(put(column)).toEqual([5, null])
  })

  test('members left encoded join those of the columns', () => {
    // An object of one member, id 1, an int8.
    expect(put(object(bytes(2, 1, 1, 0, 2, 0x0c, 9)))).toEqual({ a: 1, b: 9 })
    expect(put(object(undefined))).toEqual({ a: 1 })
  })

  test('a value that no column fits is taken as it is encoded, a missing one is null', () => {
    const int8 = bytes(0x0c, 9)
    const unshredded = (value: Uint8Array | undefined): ShreddedColumn => ({
      value: () => value,
      typed: undefined,
    })
    expect(put(unshredded(int8))).toBe(9)
    expect(put(unshredded(undefined))).toBe(null)
    expect(put({ value: () => int8, typed: int([undefined]).typed })).toBe(9)
    expect(put(int([undefined]))).toBe(null)
    // The same inside an array, with bytes after the value that are nobody's.
    const element = { value: () => bytes(0x0c, 9, 9, 9), typed: undefined }
    const array = { kind: 'array', isNull: () => false, start: () => 0, end: () => 1 } as const
    expect(put({ value: undefined, typed: { ...array, element } })).toEqual([9])
  })

  test('a member that is missing is left out', () => {
    const fields = [{ name: 'a', column: int([undefined]) }]
    expect(
      put({ value: undefined, typed: { kind: 'object', isNull: () => false, fields } }),
    ).toEqual({})
  })

  test('what is stored twice, or under a name that there is not, is refused', () => {
    expect(() => put({ value: () => bytes(0), typed: int([5]).typed })).toThrow(
      'stored both encoded and as a typed column',
    )
    // An object of one member, id 0: the column's.
    expect(() => put(object(bytes(2, 1, 0, 0, 2, 0x0c, 9)))).toThrow("'a' is stored both")
    expect(() => put(object(undefined), metadataOf('b'))).toThrow("lacks the name 'a'")
  })

  test('what is left of an object must be an object', () => {
    expect(() => put(object(bytes(0)))).toThrow('no object')
    expect(() => put(object(bytes()))).toThrow('no object')
  })

  test('members that overlap are refused before they fill the memory', () => {
    // 40 members that are all the same long value.
    const names = ['a', ...Array.from({ length: 40 }, (_, at) => `m${at}`)]
    const text = [(50 << 2) | 1, ...new Array<number>(50).fill(65)]
    const ids = Array.from({ length: 40 }, (_, at) => at + 1)
    const rest = bytes(2, 40, ...ids, ...new Array<number>(40).fill(0), text.length, ...text)
    expect(() => put(object(rest), metadataOf(...names))).toThrow('members overlap')
  })
})

test('metadata that comes twice in a row is read once', () => {
  const bytesOf = (name: string): Uint8Array => {
    const builder = new MetadataBuilder()
    builder.id(name)
    return builder.toBytes()
  }
  const reader = new MetadataReader(defaultLimits)
  const first = reader.read(bytesOf('a'))
  expect(reader.read(bytesOf('a'))).toBe(first)
  const second = reader.read(bytesOf('b'))
  expect(second).not.toBe(first)
  expect(second.bytes).toEqual(bytesOf('b'))
})
