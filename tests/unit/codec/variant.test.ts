/** The Variant binary encoding, byte by byte (VariantEncoding.md), and bytes that are not one. */
import { describe, expect, test } from 'vitest'
import { checkVariant, foldVariant, type VariantFold } from '../../../src/codec/variant/fold.js'
import { MetadataBuilder, VariantMetadata } from '../../../src/codec/variant/metadata.js'
import { VariantWriter } from '../../../src/codec/variant/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded, MoraineError, Unsupported } from '../../../src/errors.js'
import { concatBytes, fromHex, toHex } from '../../../src/util/bytes.js'

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) as Uint8Array
const names = (...all: string[]): VariantMetadata => {
  const builder = new MetadataBuilder()
  for (const name of all) builder.id(name)
  return new VariantMetadata(builder.toBytes(), defaultLimits)
}
const none = names()

/** What a fold saw, as plain arrays. */
const seen: VariantFold<unknown> = {
  scalar: (kind, datum, scale) =>
    kind === 'decimal'
      ? [kind, datum, scale]
      : [kind, datum instanceof Uint8Array ? toHex(datum) : datum],
  array: (items) => items,
  object: (keys, values) => keys.map((key, at) => [key, values[at]]),
}

const read = (value: string | Uint8Array, metadata = none): unknown =>
  foldVariant(metadata, typeof value === 'string' ? hex(value) : value, seen, defaultLimits)

describe('primitives', () => {
  test.each([
    ['00', ['null', null]],
    ['04', ['boolean', true]],
    ['08', ['boolean', false]],
    ['0c ff', ['int8', -1]],
    ['10 d4fe', ['int16', -300]],
    ['14 70110100', ['int32', 70000]],
    ['18 00f2052a01000000', ['int64', 5000000000n]],
    ['1c 9a9999999999b93f', ['double', 0.1]],
    ['20 02 e2040000', ['decimal', 1250n, 2]],
    ['20 00 ffffffff', ['decimal', -1n, 0]],
    ['24 04 12d0318cc5f4ffff', ['decimal', -12345678901230n, 4]],
    ['28 1e 01000000000000000000000000000000', ['decimal', 1n, 30]],
    ['28 00 ffffffffffffffffffffffffffffffff', ['decimal', -1n, 0]],
    ['2c ffffffff', ['date', -1]],
    ['30 403ea07c84120600', ['timestamptz', 1709210096123456n]],
    ['34 403ea07c84120600', ['timestamp', 1709210096123456n]],
    ['38 0000c03f', ['float', 1.5]],
    ['3c 03000000 00ff10', ['binary', '00ff10']],
    ['40 03000000 616263', ['string', 'abc']],
    ['44 00403d7a00000000', ['time', 2050834432n]],
    ['48 0100000000000000', ['timestamptz_ns', 1n]],
    ['4c ffffffffffffffff', ['timestamp_ns', -1n]],
    ['50 00112233445566778899aabbccddeeff', ['uuid', '00112233445566778899aabbccddeeff']],
    ['01', ['string', '']],
    ['0d 616263', ['string', 'abc']],
  ])('%s', (bytes, expected) => {
    expect(read(bytes)).toEqual(expected)
  })
})

describe('arrays and objects', () => {
  test.each([1, 2, 3, 4] as const)('offsets and ids of %i bytes, few and many members', (width) => {
    const wide = (value: number, bytes = width): string =>
      Array.from({ length: bytes }, (_, i) =>
        ((value >>> (8 * i)) & 0xff).toString(16).padStart(2, '0'),
      ).join('')
    for (const large of [false, true]) {
      const count = wide(2, large ? 4 : 1)
      const array = (((large ? 4 : 0) | (width - 1)) << 2) | 3
      expect(read(`${wide(array, 1)} ${count} ${wide(0)} ${wide(1)} ${wide(3)} 00 0c05`)).toEqual([
        ['null', null],
        ['int8', 5],
      ])
      const object = (((large ? 16 : 0) | ((width - 1) << 2) | (width - 1)) << 2) | 2
      // The values stand in another order than the names.
      const bytes = `${wide(object, 1)} ${count} ${wide(1)} ${wide(0)} ${wide(2)} ${wide(0)} ${wide(3)} 0c05 00`
      expect(read(bytes, names('b', 'a'))).toEqual([
        ['a', ['null', null]],
        ['b', ['int8', 5]],
      ])
    }
  })

  test('the example of the specification', () => {
    const out = new VariantWriter()
    const metadata = names('c', 'b', 'a')
    const members = [3, 2, 1].map((value, id) => {
      const offset = out.length
      out.int(value, 'int8')
      return { name: metadata.name(id), id, offset }
    })
    out.object(0, members)
    const value = out.take()
    expect(toHex(value)).toBe('020302010004020006' + '0c030c020c01')
    expect(read(value, metadata)).toEqual([
      ['a', ['int8', 1]],
      ['b', ['int8', 2]],
      ['c', ['int8', 3]],
    ])
  })

  test('empty ones', () => {
    expect(read('0200 00')).toEqual([])
    expect(read('0300 00')).toEqual([])
  })

  test('more than 255 members, and offsets of every width, come back', () => {
    for (const size of [0, 10, 300, 70_000, 20_000_000]) {
      const out = new VariantWriter()
      out.null()
      out.binary(new Uint8Array(size))
      out.array(0, [0, 1])
      const value = out.take()
      checkVariant(none, value, defaultLimits)
      const [, binary] = foldVariant<unknown>(
        none,
        value,
        { ...seen, scalar: (_, datum) => datum },
        defaultLimits,
      ) as [null, Uint8Array]
      expect(binary.length).toBe(size)
    }
    const out = new VariantWriter()
    const offsets = Array.from({ length: 1000 }, (_, at) => at)
    for (const _ of offsets) out.null()
    out.array(0, offsets)
    expect(read(out.take())).toHaveLength(1000)
  })

  test('writing a name twice is refused', () => {
    const out = new VariantWriter()
    const member = { name: 'a', id: 0, offset: 0 }
    expect(() => out.object(0, [member, member])).toThrow(MoraineError)
  })
})

describe('metadata', () => {
  test.each([1, 2, 3, 4])('offsets of %i bytes, sorted and not', (width) => {
    for (const sorted of [false, true]) {
      const wide = (value: number): string =>
        Array.from({ length: width }, (_, i) =>
          ((value >>> (8 * i)) & 0xff).toString(16).padStart(2, '0'),
        ).join('')
      const header = (1 | (sorted ? 0x10 : 0) | ((width - 1) << 6)).toString(16).padStart(2, '0')
      const bytes = hex(
        `${header} ${wide(3)} ${wide(0)} ${wide(1)} ${wide(3)} ${wide(5)} 61 6262 c3a9`,
      )
      const metadata = new VariantMetadata(bytes, defaultLimits)
      expect([0, 1, 2].map((id) => metadata.name(id))).toEqual(['a', 'bb', 'é'])
      expect(['a', 'bb', 'é', 'b', '', 'z'].map((name) => metadata.find(name))).toEqual([
        0,
        1,
        2,
        undefined,
        undefined,
        undefined,
      ])
    }
  })

  test('the reserved bit is ignored, and what follows the names', () => {
    const metadata = new VariantMetadata(hex('21 01 00 01 61 ffff'), defaultLimits)
    expect(metadata.name(0)).toBe('a')
    expect(metadata.length).toBe(5)
  })

  test('is written sorted when the names came in order; many names need wider offsets', () => {
    expect(toHex(names().bytes)).toBe('010000')
    expect(toHex(names('a', 'b').bytes)).toBe('11020001026162')
    expect(toHex(names('b', 'a').bytes)).toBe('01020001026261')
    // By code point, not by UTF-16 unit.
    expect((names('\u{ff5e}', '\u{1f600}').bytes[0] ?? 0) & 0x10).toBe(0x10)
    const many = Array.from({ length: 70_000 }, (_, i) => `k${i}`)
    const wide = names(...many)
    expect((wide.bytes[0] ?? 0) >> 6).toBe(2)
    expect([wide.name(0), wide.name(69_999), wide.find('k5')]).toEqual(['k0', 'k69999', 5])
  })
})

describe('hostile bytes give typed errors', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['no bytes', ''],
    ['an integer that ends early', '14 0000'],
    ['a text longer than the bytes', 'fd 61'],
    ['a long text longer than the bytes', '40 ffffffff 61'],
    ['a binary whose length is cut', '3c ff'],
    ['a text that is not UTF-8', '05 ff'],
    ['a decimal of scale 39', '20 27 00000000'],
    ['a time after midnight', '44 00600cc55d010000'],
    ['a negative time', '44 ffffffffffffffff'],
    ['an array of more members than bytes', '13 ffffffff 00'],
    ['an array that ends after the bytes', '03 01 00 05 00'],
    ['an array whose member starts after it', '03 01 05 01 00'],
    ['an object whose name the metadata lacks', '02 01 07 00 01 00'],
    ['an object with a name twice', '02 02 00 00 00 01 02 0000'],
    ['an array whose members overlap', '03 03 00 00 00 02 0500'],
    ['members that overlap over and over', bomb(12)],
  ]
  test.each(bad)('%s', (_, value) => {
    expect(() => read(value, names('a'))).toThrow(CorruptData)
  })

  test('types that this version does not know are named', () => {
    for (let type = 21; type < 64; type++) {
      expect(() => read(Uint8Array.of(type << 2))).toThrow(Unsupported)
    }
  })

  test.each([
    ['nothing', ''],
    ['another version', '02 00 00'],
    ['a count without offsets', '01 05'],
    ['offsets that end early', '01 02 00 01'],
    ['names that end early', '01 01 00 05 61'],
    ['a first offset that is not 0', '01 01 01 01 61'],
    ['a huge count', 'c1 ffffffff'],
  ])('metadata: %s', (_, bytes) => {
    expect(() => new VariantMetadata(hex(bytes), defaultLimits)).toThrow(CorruptData)
  })

  test('names that go backwards or are not UTF-8 are found when they are read', () => {
    const backwards = new VariantMetadata(hex('01 02 00 02 01 6162'), defaultLimits)
    expect(() => backwards.name(1)).toThrow(CorruptData)
    const broken = new VariantMetadata(hex('01 01 00 01 ff'), defaultLimits)
    expect(() => broken.name(0)).toThrow(CorruptData)
    expect(() => broken.name(1)).toThrow(CorruptData)
  })

  test('depth is bounded', () => {
    let value: Uint8Array = Uint8Array.of(0)
    const out = new VariantWriter()
    for (let i = 0; i < 50; i++) {
      out.raw(value)
      out.array(0, [0])
      value = out.take()
    }
    const depth = (variantDepth: number): unknown =>
      foldVariant(none, value, seen, { ...defaultLimits, variantDepth })
    expect(() => depth(49)).toThrow(LimitExceeded)
    expect(depth(50)).toHaveLength(1)
  })

  test('every change of a byte is read or refused', () => {
    const out = new VariantWriter()
    out.string('abc')
    out.decimal(5n, 1)
    out.array(0, [0, 4])
    const inner = out.length
    out.object(0, [{ name: 'a', id: 0, offset: 0 }])
    expect(out.length).toBeGreaterThan(inner)
    const value = out.take()
    const metadata = names('a')
    let refused = 0
    for (const [bytes, isValue] of [
      [value, true],
      [metadata.bytes, false],
    ] as const) {
      for (let at = 0; at < bytes.length; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const changed = bytes.slice()
          changed[at] = byte
          try {
            const dictionary = isValue ? metadata : new VariantMetadata(changed, defaultLimits)
            checkVariant(dictionary, isValue ? changed : value, defaultLimits)
          } catch (error) {
            if (!(error instanceof MoraineError)) throw error
            refused++
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })
})

/** Arrays nested so that each holds the one below it 200 times over, in a few bytes. */
function bomb(levels: number): string {
  let value: Uint8Array = Uint8Array.of(0)
  for (let i = 0; i < levels; i++) {
    const count = 200
    const head = Uint8Array.of((1 << 2) | 3, count)
    const offsets = new Uint8Array((count + 1) * 2)
    new DataView(offsets.buffer).setUint16(count * 2, value.length, true)
    value = concatBytes([head, offsets, value])
  }
  return toHex(value)
}
