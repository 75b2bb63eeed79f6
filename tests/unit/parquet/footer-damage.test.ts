/** Footers, field by field: what each may not say, and what is read past. */
import { describe, expect, test } from 'vitest'
import { T } from '../../../src/codec/thrift/compact-reader.js'
import type { ThriftField, ThriftStruct } from '../../../src/codec/thrift/generic.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../src/errors.js'
import { readFooter } from '../../../src/parquet/footer.js'
import type { ColumnChunk, LogicalType, ParquetFooter } from '../../../src/parquet/model.js'
import {
  binaryField,
  binaryList,
  boolField,
  byteField,
  i32Field,
  i64Field,
  struct,
  structField,
  structList,
} from '../../../src/parquet/thrift-build.js'
import { type HandElement, handFile, int32s } from './handmade.js'
import { bytesSource } from './read-support.js'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

type Step = number
type Change = readonly [path: readonly Step[], field: ThriftField | undefined]

/** Sets or removes the field at a path of field ids and list positions. */
function apply(root: ThriftStruct, [path, field]: Change): void {
  let at: unknown = root
  for (const step of path.slice(0, -1)) {
    if (at instanceof Map) at = (at.get(step) as ThriftField).value
    else at = (at as { items: unknown[] }).items[step]
  }
  const last = path.at(-1) as number
  if (field === undefined) (at as ThriftStruct).delete(last)
  else (at as ThriftStruct).set(last, field)
}

interface Subject {
  readonly element?: Omit<HandElement, 'name'>
  readonly changes: readonly Change[]
}

function footerWith({ element = {}, changes }: Subject): Promise<ParquetFooter> {
  const bytes = handFile({
    schema: [{ name: 'a', type: 'int32', repetition: 'required', ...element }],
    rows: 1,
    columns: [
      {
        path: ['a'],
        type: element.type ?? 'int32',
        values: 1,
        pages: [{ values: 1, body: int32s(1) }],
      },
    ],
    patch: (footer) => {
      for (const change of changes) apply(footer, change)
    },
  })
  return readFooter(bytesSource(bytes), {
    limits: { ...defaultLimits, schemaFields: 40, schemaDepth: 3 },
  })
}

const ELEMENTS = [2] as const
const ROOT = [...ELEMENTS, 0] as const
const LEAF = [...ELEMENTS, 1] as const
const GROUP = [4, 0] as const
const CHUNK = [...GROUP, 1, 0] as const
const META = [...CHUNK, 3] as const
const UNKNOWN = structField(struct([[1, i32Field(5)]]))

async function chunkWith(...changes: Change[]): Promise<ColumnChunk> {
  const footer = await footerWith({ changes })
  return footer.rowGroups[0]?.columns[0] as ColumnChunk
}

describe('fields that make a footer corrupt', () => {
  test.each<[string, readonly Change[]]>([
    ['no schema', [[[2], undefined]]],
    ['no row count', [[[3], undefined]]],
    ['a schema of nothing', [[[2], structList([])]]],
    ['a schema that is no list', [[[2], i32Field(1)]]],
    [
      'a list of numbers for a schema',
      [[[2], { type: T.LIST, value: { elementType: T.I32, items: [1] } }]],
    ],
    ['a root that is a column', [[[...ROOT, 1], i32Field(1)]]],
    ['a root with more children than there are', [[[...ROOT, 5], i32Field(2)]]],
    ['a root with a negative number of children', [[[...ROOT, 5], i32Field(-1)]]],
    ['a root with fewer children than there are', [[[...ROOT, 5], i32Field(0)]]],
    ['an element without a name', [[[...LEAF, 4], undefined]]],
    ['an element without a repetition', [[[...LEAF, 3], undefined]]],
    ['a repetition that does not exist', [[[...LEAF, 3], i32Field(3)]]],
    ['a physical type that does not exist', [[[...LEAF, 1], i32Field(8)]]],
    ['a column that is a group', [[[...LEAF, 5], i32Field(1)]]],
    [
      'a fixed length that is missing',
      [
        [[...LEAF, 1], i32Field(7)],
        [[...META, 1], i32Field(7)],
      ],
    ],
    [
      'a fixed length of 0',
      [
        [[...LEAF, 1], i32Field(7)],
        [[...META, 1], i32Field(7)],
        [[...LEAF, 2], i32Field(0)],
      ],
    ],
    [
      'a fixed length of a GiB',
      [
        [[...LEAF, 1], i32Field(7)],
        [[...META, 1], i32Field(7)],
        [[...LEAF, 2], i32Field(1 << 30)],
      ],
    ],
    ['a logical type that is a number', [[[...LEAF, 10], i32Field(1)]]],
    [
      'a member of a logical type that is a number',
      [[[...LEAF, 10], structField(struct([[1, i32Field(1)]]))]],
    ],
    ['a row group without columns', [[[...GROUP, 1], undefined]]],
    ['a row group without a row count', [[[...GROUP, 3], undefined]]],
    ['a row group with one column too few', [[[...GROUP, 1], structList([])]]],
    [
      'an order by a column that is not there',
      [
        [
          [...GROUP, 4],
          structList([
            struct([
              [1, i32Field(1)],
              [2, boolField(true)],
              [3, boolField(false)],
            ]),
          ]),
        ],
      ],
    ],
    ['an order by no column', [[[...GROUP, 4], structList([struct([[9, i32Field(1)]])])]]],
    ['an order that is a number', [[[...GROUP, 4], structList([struct([[2, i32Field(1)]])])]]],
    ['a chunk without metadata', [[[...CHUNK, 3], undefined]]],
    ['metadata that is a number', [[[...CHUNK, 3], i32Field(1)]]],
    ['a chunk of no physical type', [[[...META, 1], undefined]]],
    ['a chunk of another type than the schema', [[[...META, 1], i32Field(2)]]],
    ['a chunk without a path', [[[...META, 3], undefined]]],
    ['a chunk with another name', [[[...META, 3], binaryList([ascii('b')])]]],
    ['a chunk with a longer path', [[[...META, 3], binaryList([ascii('a'), ascii('b')])]]],
    ['a chunk without values', [[[...META, 5], undefined]]],
    ['a chunk without a size', [[[...META, 7], undefined]]],
    ['a chunk without an offset', [[[...META, 9], undefined]]],
    ['a chunk with a negative size', [[[...META, 7], i64Field(-1n)]]],
    ['an index with a negative length', [[[...CHUNK, 5], i32Field(-1)]]],
    ['statistics that are a number', [[[...META, 12], i32Field(1)]]],
    ['a bound that is a number', [[[...META, 12], structField(struct([[5, i32Field(1)]]))]]],
    ['an exactness that is a number', [[[...META, 12], structField(struct([[7, i32Field(1)]]))]]],
  ])('%s', async (_, changes) => {
    await expect(footerWith({ changes })).rejects.toBeInstanceOf(CorruptData)
  })

  test('a nested group that takes the children of its parent', async () => {
    const [root, group, leaf] = [
      [
        [4, binaryField(ascii('r'))],
        [5, i32Field(2)],
      ],
      [
        [3, i32Field(0)],
        [4, binaryField(ascii('g'))],
        [5, i32Field(1)],
      ],
      [
        [1, i32Field(1)],
        [3, i32Field(0)],
        [4, binaryField(ascii('a'))],
      ],
    ] as const
    const schema = structList([struct(root), struct(group), struct(leaf)])
    await expect(footerWith({ changes: [[[2], schema]] })).rejects.toThrow(/ends inside/)
  })
})

describe('what is refused by name', () => {
  test.each<[string, string, readonly Change[]]>([
    ['an encrypted footer', 'parquet-encryption', [[[8], UNKNOWN]]],
    ['an encrypted column', 'parquet-encryption', [[[...CHUNK, 8], UNKNOWN]]],
    ['encrypted metadata', 'parquet-encryption', [[[...CHUNK, 9], binaryField(ascii('x'))]]],
    [
      'a column in another file',
      'parquet-external-columns',
      [[[...CHUNK, 1], binaryField(ascii('x'))]],
    ],
    ['a codec of tomorrow', 'parquet-codec', [[[...META, 4], i32Field(8)]]],
  ])('%s', async (_, feature, changes) => {
    await expect(footerWith({ changes })).rejects.toMatchObject({ feature })
    await expect(footerWith({ changes })).rejects.toBeInstanceOf(Unsupported)
  })

  test('schemaFields and schemaDepth at their edges', async () => {
    const chain = (depth: number): readonly Change[] => {
      const group = (name: string) =>
        struct([
          [3, i32Field(0)],
          [4, binaryField(ascii(name))],
          [5, i32Field(1)],
        ])
      const groups = Array.from({ length: depth - 1 }, (_, at) => group(`g${at}`))
      const leaf = struct([
        [1, i32Field(1)],
        [3, i32Field(0)],
        [4, binaryField(ascii('a'))],
      ])
      const path = groups.map((_, at) => ascii(`g${at}`))
      return [
        [[2], structList([group('root'), ...groups, leaf])],
        [[...META, 3], binaryList([...path, ascii('a')])],
      ]
    }
    // Three levels of the file make one of the table's.
    expect((await footerWith({ changes: chain(8) })).leaves[0]?.path.length).toBe(8)
    expect((await footerWith({ changes: chain(9) })).leaves[0]?.path.length).toBe(9)
    await expect(footerWith({ changes: chain(10) })).rejects.toMatchObject({
      details: { limit: 'schemaDepth' },
    })
    const wide = (leaves: number): readonly Change[] => {
      const root = struct([
        [4, binaryField(ascii('r'))],
        [5, i32Field(leaves)],
      ])
      const leaf = (at: number) =>
        struct([
          [1, i32Field(1)],
          [3, i32Field(0)],
          [4, binaryField(ascii(`c${at}`))],
        ])
      return [
        [[2], structList([root, ...Array.from({ length: leaves }, (_, at) => leaf(at))])],
        [[4], structList([])],
        [[3], i64Field(0n)],
      ]
    }
    expect((await footerWith({ changes: wide(39) })).leaves.length).toBe(39)
    await expect(footerWith({ changes: wide(40) })).rejects.toBeInstanceOf(LimitExceeded)
  })
})

describe('what is read past', () => {
  test('fields that this version does not know, everywhere', async () => {
    const unknown = [ROOT, LEAF, GROUP, CHUNK, META].map((path): Change => [[...path, 30], UNKNOWN])
    const footer = await footerWith({
      changes: [
        ...unknown,
        [[30], UNKNOWN],
        [
          [...GROUP, 4],
          structList([
            struct([
              [1, i32Field(0)],
              [2, boolField(true)],
              [3, boolField(true)],
              [9, UNKNOWN],
            ]),
          ]),
        ],
        [
          [...META, 12],
          structField(
            struct([
              [3, i64Field(0n)],
              [9, UNKNOWN],
            ]),
          ),
        ],
        [
          [5],
          structList([
            struct([
              [1, binaryField(ascii('who'))],
              [2, binaryField(ascii('me'))],
              [3, UNKNOWN],
            ]),
            struct([[1, binaryField(ascii('bare'))]]),
            struct([[2, binaryField(ascii('nobody'))]]),
          ]),
        ],
      ],
    })
    expect(footer.rows).toBe(1)
    expect([...footer.keyValue]).toEqual([
      ['who', 'me'],
      ['bare', ''],
    ])
    expect(footer.rowGroups[0]?.sortingColumns).toEqual([
      { leafIndex: 0, descending: true, nullsFirst: true },
    ])
  })

  test('an encoding of tomorrow, a place in this file, a dictionary at byte 0', async () => {
    const encodings = { type: T.LIST, value: { elementType: T.I32, items: [0, 1, 77] } }
    const chunk = await chunkWith(
      [[...META, 2], encodings],
      [[...CHUNK, 1], binaryField(ascii(''))],
      [[...META, 11], i64Field(0n)],
    )
    expect(chunk.encodings).toEqual(['PLAIN', 'UNKNOWN_1', 'UNKNOWN_77'])
    expect(chunk.dictionaryPageOffset).toBeUndefined()
  })

  test('counts of -1 are not known, indexes and filters outside the data are not there', async () => {
    const chunk = await chunkWith(
      [
        [...META, 12],
        structField(
          struct([
            [3, i64Field(-1n)],
            [4, i64Field(-1n)],
          ]),
        ),
      ],
      [[...CHUNK, 4], i64Field(1n << 40n)],
      [[...CHUNK, 5], i32Field(10)],
      [[...CHUNK, 6], i64Field(1n << 40n)],
      [[...CHUNK, 7], i32Field(10)],
      [[...META, 14], i64Field(1n << 40n)],
    )
    expect(chunk.statistics).toMatchObject({ nullCount: undefined, distinctCount: undefined })
    expect(chunk).toMatchObject({
      columnIndex: undefined,
      offsetIndex: undefined,
      bloomFilter: undefined,
    })
    const near = await chunkWith(
      [[...CHUNK, 4], i64Field(4n)],
      [[...CHUNK, 5], i32Field(0)],
      [[...CHUNK, 6], i64Field(4n)],
      [[...CHUNK, 7], i32Field(3)],
      [[...META, 14], i64Field(4n)],
      [[...META, 15], i32Field(5)],
    )
    expect(near.offsetIndex).toBeUndefined()
    expect(near.columnIndex).toEqual({ offset: 4, length: 3 })
    expect(near.bloomFilter).toEqual({ offset: 4, length: 5 })
    const filter = await chunkWith([[...META, 14], i64Field(4n)])
    expect(filter.bloomFilter).toEqual({ offset: 4, length: undefined })
  })

  test('bounds of a column whose order is another than the type’s', async () => {
    const bounds: Change = [
      [...META, 12],
      structField(
        struct([
          [5, binaryField(int32s(9))],
          [6, binaryField(int32s(1))],
          [7, boolField(true)],
          [8, boolField(false)],
        ]),
      ),
    ]
    const order = (member: number): Change => [
      [7],
      structList([struct([[member, structField(struct([]))]])]),
    ]
    expect((await chunkWith(bounds)).statistics).toMatchObject({
      min: int32s(1),
      max: int32s(9),
      minExact: false,
      maxExact: true,
    })
    expect((await chunkWith(bounds, order(1))).statistics?.min).toEqual(int32s(1))
    expect((await chunkWith(bounds, order(2))).statistics?.min).toBeUndefined()
    expect((await chunkWith(bounds, [[7], structList([])])).statistics?.min).toEqual(int32s(1))
    const index: readonly Change[] = [
      [[...CHUNK, 6], i64Field(4n)],
      [[...CHUNK, 7], i32Field(3)],
    ]
    expect((await chunkWith(order(2), ...index)).columnIndex).toBeUndefined()
    const short: Change = [
      [...META, 12],
      structField(
        struct([
          [5, binaryField(int32s(9))],
          [6, binaryField(ascii('x'))],
        ]),
      ),
    ]
    expect((await chunkWith(short)).statistics).toMatchObject({ min: undefined, max: undefined })
  })
})

describe('logical types', () => {
  const empty = structField(struct([]))
  const unit = (id: number) => structField(struct([[id, empty]]))
  const of = async (element: Omit<HandElement, 'name'>, logical?: ThriftField) =>
    (
      await footerWith({
        element,
        changes: logical === undefined ? [] : [[[...LEAF, 10], logical]],
      })
    ).leaves[0]?.logical
  const union = (id: number, fields: readonly (readonly [number, ThriftField])[] = []) =>
    structField(struct([[id, structField(struct(fields))]]))

  test.each<[number, readonly (readonly [number, ThriftField])[], LogicalType | undefined]>([
    [1, [], { kind: 'string' }],
    [2, [], { kind: 'map' }],
    [3, [], { kind: 'list' }],
    [4, [], { kind: 'enum' }],
    [
      5,
      [
        [1, i32Field(2)],
        [2, i32Field(9)],
        [7, i32Field(0)],
      ],
      { kind: 'decimal', precision: 9, scale: 2 },
    ],
    [6, [], { kind: 'date' }],
    [
      7,
      [
        [1, boolField(true)],
        [2, unit(1)],
      ],
      { kind: 'time', unit: 'millis', utc: true },
    ],
    [
      7,
      [
        [1, boolField(false)],
        [2, unit(9)],
      ],
      undefined,
    ],
    [
      8,
      [
        [1, boolField(false)],
        [2, unit(3)],
        [5, empty],
      ],
      { kind: 'timestamp', unit: 'nanos', utc: false },
    ],
    [8, [], undefined],
    [
      10,
      [
        [1, byteField(16)],
        [2, boolField(false)],
        [3, empty],
      ],
      { kind: 'integer', bits: 16, signed: false },
    ],
    [10, [[1, byteField(7)]], undefined],
    [11, [], { kind: 'unknown' }],
    [12, [], { kind: 'json' }],
    [13, [], { kind: 'bson' }],
    [14, [], { kind: 'uuid' }],
    [15, [], { kind: 'float16' }],
    [16, [[1, byteField(1)]], { kind: 'variant' }],
    [17, [], { kind: 'geometry' }],
    [18, [], { kind: 'geography' }],
    [19, [], { kind: 'other', thriftId: 19 }],
  ])('member %i with %j', async (id, fields, expected) => {
    expect(await of({}, union(id, fields))).toEqual(expected)
  })

  test('the older annotation counts where there is no newer one', async () => {
    expect(await of({ converted: 6 })).toEqual({ kind: 'date' })
    expect(await of({ converted: 6 }, union(10, [[1, byteField(32)]]))).toEqual({
      kind: 'integer',
      bits: 32,
      signed: true,
    })
    expect(await of({ converted: 5, precision: 9, scale: 3 })).toEqual({
      kind: 'decimal',
      precision: 9,
      scale: 3,
    })
    expect(await of({ converted: 99 })).toBeUndefined()
  })
})
