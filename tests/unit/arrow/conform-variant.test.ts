/** Variants in a caller's Arrow data: a struct of two binaries, of which every value is looked at. */
import {
  Field as ArrowField,
  Binary,
  type Data,
  type DataType,
  Dictionary,
  FixedSizeBinary,
  Int32,
  LargeBinary,
  List,
  Struct,
  Utf8,
  Vector,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { conformBatch } from '../../../src/arrow/conform.js'
import { makeColumn } from '../../../src/arrow/layout.js'
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { ValidationError } from '../../../src/errors.js'
import { batchOf, column } from './arrow-support.js'
import { schemaOf } from './random-rows.js'

const metadata = Uint8Array.of(0x01, 0x00, 0x00)
const five = Uint8Array.of(0x0c, 5)
const schema = schemaOf([['v', { kind: 'variant' }]])

function variants(
  rows: readonly (readonly [Uint8Array | null, Uint8Array | null] | null)[],
  type: DataType = new Binary(),
  names: readonly [string, string] = ['metadata', 'value'],
): Data {
  const fields = names.map((name) => new ArrowField(name, type, true))
  const children = [0, 1].map((part) =>
    column(
      type,
      rows.map((row) => row?.[part as 0 | 1] ?? null),
    ),
  )
  const validity = new Uint8Array(8)
  rows.forEach((row, at) => {
    if (row !== null) validity[at >> 3] = (validity[at >> 3] as number) | (1 << (at & 7))
  })
  const nulls = rows.filter((row) => row === null).length
  return makeColumn(new Struct(fields), rows.length, nulls, { validity, children })
}

const read = (data: Data): unknown[] => {
  const batch = conformBatch(schema, batchOf({ v: data }), { limits: defaultLimits })
  return rowsOf(schema, batch).map((row) => row['v'])
}

describe('variants', () => {
  test('in either order of members, in any form of bytes, in slices', () => {
    expect(read(variants([[metadata, five], null]))).toEqual([5, null])
    const swapped = variants([[five, metadata]], new Binary(), ['value', 'metadata'])
    expect(read(swapped)).toEqual([5])
    expect(read(variants([[metadata, five]], new LargeBinary()))).toEqual([5])
    const rows = [null, [metadata, five], [metadata, Uint8Array.of(0x00)], null] as const
    expect(read(variants(rows).slice(1, 2))).toEqual([5, null])
    const indexed = column(new Binary(), [five])
    const type = new Dictionary(new Binary(), new Int32())
    const coded = makeColumn(type, 1, 0, {
      values: new Int32Array(1),
      dictionary: new Vector([indexed]),
    })
    const fields = [
      new ArrowField('metadata', new Binary(), true),
      new ArrowField('value', type, true),
    ]
    const children = [column(new Binary(), [metadata]), coded]
    expect(read(makeColumn(new Struct(fields), 1, 0, { children }))).toEqual([5])
    const fixed = makeColumn(
      new Struct([
        new ArrowField('metadata', new FixedSizeBinary(3), true),
        new ArrowField('value', new FixedSizeBinary(2), true),
      ]),
      1,
      0,
      {
        children: [
          column(new FixedSizeBinary(3), [metadata]),
          column(new FixedSizeBinary(2), [five]),
        ],
      },
    )
    expect(read(fixed)).toEqual([5])
  })

  test.each<[string, Data]>([
    ['a text', column(new Utf8(), ['5'])],
    [
      'one member',
      makeColumn(new Struct([new ArrowField('value', new Binary(), true)]), 1, 0, {
        children: [column(new Binary(), [five])],
      }),
    ],
    ['other names', variants([[metadata, five]], new Binary(), ['a', 'b'])],
    [
      'texts for bytes',
      makeColumn(
        new Struct([
          new ArrowField('metadata', new Utf8(), true),
          new ArrowField('value', new Utf8(), true),
        ]),
        1,
        0,
        { children: [column(new Utf8(), ['x']), column(new Utf8(), ['y'])] },
      ),
    ],
    ['a list', column(new List(new ArrowField('item', new Binary(), true)), [[five]])],
  ])('%s does not fit', (_, data) => {
    expect(() => read(data)).toThrow(ValidationError)
    expect(() => read(data)).toThrow(
      /'v' is of type variant, which Arrow data of type .* does not fit/,
    )
  })

  test.each<[string, readonly [Uint8Array | null, Uint8Array | null]]>([
    ['no metadata', [null, five]],
    ['no value', [metadata, null]],
    ['a value that is cut off', [metadata, Uint8Array.of(0x0c)]],
    ['metadata of version 2', [Uint8Array.of(0x02, 0, 0), five]],
    ['metadata of nothing', [new Uint8Array(0), five]],
  ])('%s is named by its row', (_, pair) => {
    expect(() => read(variants([[metadata, five], null, pair]))).toThrow(/row 2, column 'v'/)
  })

  test('what lies below a null struct is not looked at', () => {
    const outer = schemaOf([
      ['s', { kind: 'struct', fields: schema.fields.map((field) => ({ ...field, id: 9 })) }],
    ])
    const bad = variants([
      [metadata, five],
      [metadata, new Uint8Array(0)],
    ])
    const type = new Struct([new ArrowField('v', bad.type, true)])
    const data = makeColumn(type, 2, 1, { validity: Uint8Array.of(1), children: [bad] })
    const batch = conformBatch(outer, batchOf({ s: data }))
    expect(rowsOf(outer, batch)).toEqual([{ s: { v: 5 } }, { s: null }])
  })
})

describe('structs, lists and maps', () => {
  const nested = schemaOf([
    [
      's',
      {
        kind: 'struct',
        fields: schemaOf([['a', { kind: 'int' }, true]]).fields.map((field) => ({
          ...field,
          id: 11,
        })),
      },
    ],
    ['l', { kind: 'list', elementId: 12, elementRequired: false, element: { kind: 'int' } }],
    [
      'm',
      {
        kind: 'map',
        keyId: 13,
        key: { kind: 'string' },
        valueId: 14,
        valueRequired: false,
        value: { kind: 'int' },
      },
    ],
  ])
  test.each(['s', 'l', 'm'])('%s from a number is refused by name', (name) => {
    const batch = batchOf({ [name]: column(new Int32(), [1]) })
    expect(() => conformBatch(nested, batch)).toThrow(new RegExp(`column '${name}' is of type`))
  })

  test('a uuid is bytes or text, and one that is cut is refused', () => {
    const uuid = schemaOf([['v', { kind: 'uuid' }]])
    const conformed = (data: Data): unknown[] =>
      rowsOf(uuid, conformBatch(uuid, batchOf({ v: data }))).map((row) => row['v'])
    const text = '00000000-0000-0000-0000-0000000000ff'
    const bytes = new Uint8Array(16)
    bytes[15] = 255
    expect(conformed(column(new FixedSizeBinary(16), [bytes, null]))).toEqual([text, null])
    expect(conformed(column(new LargeBinary(), [bytes]))).toEqual([text])
    expect(conformed(column(new Utf8(), [null, text]))).toEqual([null, text])
    expect(() => conformed(column(new Binary(), [bytes.slice(1)]))).toThrow(/row 0/)
    expect(() => conformed(column(new FixedSizeBinary(15), [bytes.slice(1)]))).toThrow(
      ValidationError,
    )
    expect(() => conformed(column(new Int32(), [1]))).toThrow(ValidationError)
  })
})
