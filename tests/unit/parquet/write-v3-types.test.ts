/** What files of ours say of variants, geometries and geographies, and what their metrics hold. */
import { describe, expect, test } from 'vitest'
import { CompactReader } from '../../../src/codec/thrift/compact-reader.js'
import { readThrift, type ThriftStruct } from '../../../src/codec/thrift/generic.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { getStructs, optBinary, optNumber, optStruct } from '../../../src/parquet/thrift-build.js'
import type { Field, Schema, Type } from '../../../src/types/type.js'
import { decodeUtf8 } from '../../../src/util/utf8.js'
import { footerOf, readImage, writeImage } from './write-support.js'

const field = (id: number, name: string, type: Type, required = false): Field => ({
  id,
  name,
  required,
  type,
})
const variant: Type = { kind: 'variant' }
const point = Uint8Array.from([1, 1, 0, 0, 0, ...new Uint8Array(16)])

/** The schema elements of a file, as they stand in its footer. */
function elementsOf(bytes: Uint8Array): readonly ThriftStruct[] {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true)
  const footer = bytes.slice(bytes.length - 8 - length, bytes.length - 8)
  return getStructs(readThrift(new CompactReader(footer, { limits: defaultLimits })), 2)
}

const name = (element: ThriftStruct): string =>
  decodeUtf8(optBinary(element, 4) ?? new Uint8Array(0)) ?? ''
const logical = (element: ThriftStruct, member: number): ThriftStruct | undefined => {
  const union = optStruct(element, 10)
  return union && optStruct(union, member)
}

describe('variants', () => {
  const schema: Schema = {
    schemaId: 0,
    identifierFieldIds: [],
    fields: [
      field(1, 'v', variant),
      field(2, 'w', variant, true),
      field(3, 's', { kind: 'struct', fields: [field(4, 'v', variant)] }),
      field(5, 'l', { kind: 'list', elementId: 6, elementRequired: false, element: variant }),
    ],
  }
  const rows = [
    { v: { a: 1 }, w: 1, s: { v: null }, l: [1, null] },
    { v: null, w: 'x', s: null, l: null },
    { v: null, w: [], s: { v: 3 }, l: [] },
  ]

  test('are annotated groups of two required binaries without ids', async () => {
    const { bytes } = await writeImage(schema, rows)
    const elements = elementsOf(bytes)
    const groups = elements.filter((element) => logical(element, 16) !== undefined)
    expect(groups.map(name)).toEqual(['v', 'w', 'v', 'element'])
    expect(groups.map((element) => optNumber(element, 9))).toEqual([1, 2, 4, 6])
    expect(groups.map((element) => optNumber(element, 3))).toEqual([1, 0, 1, 1])
    // Version 1 of the encoding, as a byte.
    for (const group of groups) expect(logical(group, 16)?.get(1)).toEqual({ type: 3, value: 1 })
    for (const group of groups) {
      const parts = elements.slice(elements.indexOf(group) + 1).slice(0, 2)
      expect(parts.map(name)).toEqual(['metadata', 'value'])
      expect(parts.map((part) => [optNumber(part, 1), optNumber(part, 3), part.has(9)])).toEqual([
        [6, 0, false],
        [6, 0, false],
      ])
    }
    expect(await readImage(schema, bytes)).toEqual(rows)
  })

  test('have counts of values and nulls, and nothing else, as in the reference', async () => {
    const { metrics } = await writeImage(schema, rows)
    expect(metrics.valueCounts).toEqual(new Map([1, 2, 4].map((id) => [id, 3n])))
    expect(metrics.nullValueCounts).toEqual(
      new Map([
        [1, 2n],
        [2, 0n],
        [4, 2n],
      ]),
    )
    expect(metrics.lowerBounds).toEqual(new Map())
    expect(metrics.upperBounds).toEqual(new Map())
    expect(metrics.columnSizes).toEqual(new Map())
    const none = await writeImage(schema, rows, {
      properties: { 'write.metadata.metrics.default': 'none' },
    })
    expect(none.metrics.valueCounts).toEqual(new Map())
  })
})

describe('geometries and geographies', () => {
  const schema: Schema = {
    schemaId: 0,
    identifierFieldIds: [],
    fields: [
      field(1, 'g', { kind: 'geometry', crs: undefined }),
      field(2, 'h', { kind: 'geometry', crs: 'EPSG:3857' }),
      field(3, 'e', { kind: 'geography', crs: 'OGC:CRS84', algorithm: 'karney' }),
      field(4, 'u', { kind: 'unknown' }),
      field(5, 'l', {
        kind: 'list',
        elementId: 6,
        elementRequired: false,
        element: { kind: 'geography', crs: undefined, algorithm: undefined },
      }),
    ],
  }
  const rows = [
    { g: point, h: point, e: null, u: null, l: [point, null] },
    { g: null, h: point, e: point, u: null, l: null },
  ]

  test('say their CRS and their edges, and carry their bytes', async () => {
    const { bytes } = await writeImage(schema, rows)
    const elements = elementsOf(bytes)
    expect(elements.map(name)).toEqual(['table', 'g', 'h', 'e', 'l', 'list', 'element'])
    const crs = (at: number, member: number): string | undefined => {
      const text = optBinary(logical(elements[at] as ThriftStruct, member) as ThriftStruct, 1)
      return text && decodeUtf8(text)
    }
    expect([crs(1, 17), crs(2, 17), crs(3, 18), crs(6, 18)]).toEqual([
      'OGC:CRS84',
      'EPSG:3857',
      'OGC:CRS84',
      'OGC:CRS84',
    ])
    expect(optNumber(logical(elements[6] as ThriftStruct, 18) as ThriftStruct, 2)).toBe(0)
    expect(optNumber(logical(elements[3] as ThriftStruct, 18) as ThriftStruct, 2)).toBe(4)
    const stored = { ...schema, fields: schema.fields.filter(({ name: of }) => of !== 'u') }
    const read = await readImage(stored, bytes)
    expect(read).toEqual(rows.map(({ u: _, ...row }) => row))
  })

  test('have counts but no bounds: bytes of WKB have no order', async () => {
    const { metrics, bytes } = await writeImage(schema, rows)
    expect(metrics.valueCounts).toEqual(new Map([1, 2, 3].map((id) => [id, 2n])))
    expect(metrics.nullValueCounts?.get(1)).toBe(1n)
    expect(metrics.lowerBounds).toEqual(new Map())
    const footer = await footerOf(bytes)
    for (const chunk of footer.rowGroups[0]?.columns ?? []) {
      expect(chunk.statistics?.min).toBeUndefined()
      expect(chunk.statistics?.max).toBeUndefined()
      expect(chunk.columnIndex).toBeUndefined()
      expect(chunk.offsetIndex).toBeDefined()
      expect(chunk.statistics?.nullCount).toBeDefined()
    }
  })
})
