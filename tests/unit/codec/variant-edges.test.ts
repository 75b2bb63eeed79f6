/** Variants that end early, overlap or are very wide; shredded ones that contradict themselves. */
import { describe, expect, test } from 'vitest'
import { variantEnd } from '../../../src/codec/variant/container.js'
import { foldVariant, type VariantFold } from '../../../src/codec/variant/fold.js'
import { MetadataBuilder, VariantMetadata } from '../../../src/codec/variant/metadata.js'
import { type ShreddedColumn, VariantAssembler } from '../../../src/codec/variant/shredded.js'
import { VariantWriter, type WrittenMember } from '../../../src/codec/variant/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData } from '../../../src/errors.js'

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
