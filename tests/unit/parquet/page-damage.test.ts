/** Page headers, page indexes and the values of pages: cut off, contradicting, of another encoding. */
import { describe, expect, test } from 'vitest'
import { T } from '../../../src/codec/thrift/compact-reader.js'
import {
  type ThriftField,
  type ThriftStruct,
  writeThrift,
} from '../../../src/codec/thrift/generic.js'
import { defaultLimits as limits } from '../../../src/env/limits.js'
import {
  CorruptData,
  LimitExceeded,
  MoraineError,
  StoreUnavailable,
  Unsupported,
} from '../../../src/errors.js'
import { readBloomFilter } from '../../../src/parquet/bloom-filter.js'
import { BufferSupply, maxColumnBytes } from '../../../src/parquet/buffer-supply.js'
import { fetchSpans } from '../../../src/parquet/fetch-spans.js'
import { makeSink } from '../../../src/parquet/leaf-decoder.js'
import type {
  ColumnChunk,
  LogicalType,
  PhysicalType,
  RowGroup,
  SchemaNode,
} from '../../../src/parquet/model.js'
import { inColumn } from '../../../src/parquet/page-errors.js'
import { PageHeaderReader } from '../../../src/parquet/page-header.js'
import {
  readColumnIndex,
  readOffsetIndex,
  readOffsetIndexes,
} from '../../../src/parquet/page-index.js'
import type { ChunkTask, LeafOutput } from '../../../src/parquet/read-node.js'
import {
  binaryField,
  binaryList,
  boolField,
  byteField,
  getI64,
  getStruct,
  getStructs,
  i16Field,
  i32Field,
  i64Field,
  optBinary,
  optI64,
  optNumber,
  optStruct,
  struct,
  structField,
  structList,
} from '../../../src/parquet/thrift-build.js'
import { type PageValues, PLAIN, RLE } from '../../../src/parquet/value-sink.js'
import { handFile, int32s, levels } from './handmade.js'
import { bytesSource, readAll } from './read-support.js'

type Fields = readonly (readonly [number, ThriftField | undefined])[]

describe('page headers', () => {
  const data: Fields = [
    [1, i32Field(3)],
    [2, i32Field(0)],
  ]
  const v2: Fields = [
    [1, i32Field(3)],
    [2, i32Field(1)],
    [3, i32Field(3)],
    [4, i32Field(8)],
    [5, i32Field(2)],
    [6, i32Field(4)],
    [7, boolField(false)],
  ]
  const sizes: Fields = [
    [2, i32Field(10)],
    [3, i32Field(10)],
  ]
  const read = (fields: Fields): PageHeaderReader => {
    const reader = new PageHeaderReader(writeThrift(struct(fields)), 'x')
    reader.read(0)
    return reader
  }
  const inner = (fields: Fields): ThriftField => structField(struct(fields))

  test('fields of every type that are not known are stepped over', () => {
    const list = (elementType: number, items: readonly never[]): ThriftField => ({
      type: T.LIST,
      value: { elementType, items },
    })
    const unknown: Fields = [
      [20, boolField(true)],
      [21, boolField(false)],
      [22, byteField(7)],
      [23, i16Field(-300)],
      [24, i32Field(-70000)],
      [25, i64Field(-(2n ** 62n))],
      [26, { type: T.DOUBLE, value: 1.5 }],
      [27, binaryField(new Uint8Array(70))],
      [28, list(T.TRUE, [true, false, true] as never)],
      [29, list(T.I32, Array.from({ length: 20 }, (_, at) => at * 1000) as never)],
      [30, structList([struct([[1, i32Field(5)]]), struct([])])],
      [31, inner([[1, inner([[9, i64Field(1n)]])]])],
      [300, i32Field(1)],
    ]
    const header = read([[1, i32Field(0)], ...sizes, [5, inner([...data, ...unknown])], ...unknown])
    expect(header).toMatchObject({ type: 0, values: 3, encoding: 0, compressedBytes: 10 })
    expect(read([[1, i32Field(3)], ...sizes, [8, inner([...v2, ...unknown])]])).toMatchObject({
      type: 3,
      values: 3,
      nulls: 1,
      rows: 3,
      encoding: 8,
      definitionBytes: 2,
      repetitionBytes: 4,
      compressed: false,
    })
  })

  test('index pages and pages of tomorrow need no counts', () => {
    expect(read([[1, i32Field(1)], ...sizes]).type).toBe(1)
    expect(read([[1, i32Field(4)], ...sizes]).type).toBe(4)
  })

  const deep = (depth: number): ThriftField =>
    depth === 0 ? i32Field(1) : inner([[1, deep(depth - 1)]])
  const swap = (fields: Fields, id: number, field: ThriftField): Fields =>
    fields.map(([at, old]) => [at, at === id ? field : old])

  test.each<[string, Fields]>([
    ['no type', [...sizes, [5, inner(data)]]],
    ['a negative type', [[1, i32Field(-1)], ...sizes, [5, inner(data)]]],
    [
      'no sizes',
      [
        [1, i32Field(0)],
        [5, inner(data)],
      ],
    ],
    ['a negative size', [[1, i32Field(0)], ...swap(sizes, 3, i32Field(-1)), [5, inner(data)]]],
    ['no counts', [[1, i32Field(0)], ...sizes]],
    ['no encoding', [[1, i32Field(0)], ...sizes, [5, inner([[1, i32Field(3)]])]]],
    ['counts that are a number', [[1, i32Field(0)], ...sizes, [5, i32Field(1)]]],
    ['a size of 64 bits', [[1, i32Field(0)], ...swap(sizes, 2, i64Field(10n)), [5, inner(data)]]],
    ['a flag that is a number', [[1, i32Field(3)], ...sizes, [8, inner(swap(v2, 7, i32Field(1)))]]],
    [
      'a negative number of nulls',
      [[1, i32Field(3)], ...sizes, [8, inner(swap(v2, 2, i32Field(-1)))]],
    ],
    [
      'levels of negative length',
      [[1, i32Field(3)], ...sizes, [8, inner(swap(v2, 5, i32Field(-1)))]],
    ],
    [
      'levels longer than the page',
      [[1, i32Field(3)], ...sizes, [8, inner(swap(v2, 5, i32Field(7)))]],
    ],
    ['nesting without end', [[1, i32Field(0)], ...sizes, [5, inner(data)], [20, deep(20)]]],
  ])('%s is corrupt', (_, fields) => {
    expect(() => read(fields)).toThrow(CorruptData)
  })

  test.each<[string, readonly number[]]>([
    ['a number that does not end', [0x15, ...new Array<number>(11).fill(0xff)]],
    ['a number of more than 32 bits', [0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a list longer than its page', [0x09 | 0xf0, 0xf5, 0xff, 0xff, 0x7f]],
    ['a text longer than its page', [0xf8, 0xff, 0x7f]],
    ['a wire type that is none', [0xfd, 0x00]],
    ['a double that is cut off', [0xf7, 0x00]],
  ])('%s is corrupt', (_, bytes) => {
    expect(() => new PageHeaderReader(Uint8Array.from(bytes), 'x').read(0)).toThrow(CorruptData)
  })
})

function leafOf(physical: PhysicalType, logical?: LogicalType): SchemaNode {
  return {
    name: 'a',
    path: ['a'],
    repetition: 'required',
    fieldId: 1,
    physical,
    typeLength: 12,
    logical,
    children: [],
    leafIndex: 0,
    leafCount: 1,
    maxDefinition: 0,
    maxRepetition: 0,
  }
}

/** A chunk of bytes 4 to 100 whose index (or filter) is all that the source holds. */
function chunkOf(bytes: Uint8Array): ColumnChunk {
  const span = { offset: 0, length: bytes.length }
  return {
    leafIndex: 0,
    physical: 'INT32',
    codec: 'uncompressed',
    encodings: [],
    values: 10,
    start: 4,
    end: 100,
    dataPageOffset: 4,
    dictionaryPageOffset: undefined,
    compressedBytes: 96,
    uncompressedBytes: 96,
    statistics: undefined,
    columnIndex: span,
    offsetIndex: span,
    bloomFilter: span,
  }
}
const group: RowGroup = {
  index: 0,
  rows: 10,
  firstRow: 0,
  totalBytes: 0,
  compressedBytes: 0,
  columns: [],
  sortingColumns: [],
}
const unknown: readonly [number, ThriftField] = [40, structField(struct([[1, i32Field(1)]]))]

describe('offset indexes', () => {
  const place = (offset: bigint, bytes: number, row: bigint): ThriftStruct =>
    struct([[1, i64Field(offset)], [2, i32Field(bytes)], [3, i64Field(row)], unknown])
  const indexOf = (fields: Fields) => {
    const bytes = writeThrift(struct(fields))
    return readOffsetIndex(bytesSource(bytes), chunkOf(bytes), group, { limits })
  }

  test('give the rows of each page', async () => {
    const pages = structList([place(4n, 40, 0n), place(44n, 56, 7n)])
    expect((await indexOf([[1, pages], unknown]))?.pages).toEqual([
      { offset: 4, bytes: 40, firstRow: 0, rows: 7 },
      { offset: 44, bytes: 56, firstRow: 7, rows: 3 },
    ])
  })

  test.each<[string, Fields]>([
    ['no pages', [unknown]],
    ['a first page that begins later', [[1, structList([place(4n, 40, 1n)])]]],
    ['pages in no order', [[1, structList([place(4n, 40, 0n), place(44n, 9, 0n)])]]],
    ['a page beyond the last row', [[1, structList([place(4n, 40, 0n), place(44n, 9, 10n)])]]],
    ['a page before its column', [[1, structList([place(3n, 40, 0n)])]]],
    ['a page beyond its column', [[1, structList([place(4n, 97, 0n)])]]],
    [
      'a page without a row',
      [
        [
          1,
          structList([
            struct([
              [1, i64Field(4n)],
              [2, i32Field(4)],
            ]),
          ]),
        ],
      ],
    ],
    ['a page of negative size', [[1, structList([place(4n, -1, 0n)])]]],
    ['pages that are numbers', [[1, { type: T.LIST, value: { elementType: T.I32, items: [1] } }]]],
  ])('%s is corrupt', async (_, fields) => {
    await expect(indexOf(fields)).rejects.toBeInstanceOf(CorruptData)
  })

  test('one larger than parquetFooterBytes is refused, one that is not there is none', async () => {
    const bytes = writeThrift(struct([[1, structList([place(4n, 40, 0n)])]]))
    const source = bytesSource(bytes)
    const at = (parquetFooterBytes: number) =>
      readOffsetIndex(source, chunkOf(bytes), group, { limits: { ...limits, parquetFooterBytes } })
    expect(await at(bytes.length)).toBeDefined()
    await expect(at(bytes.length - 1)).rejects.toBeInstanceOf(LimitExceeded)
    const bare = { ...chunkOf(bytes), offsetIndex: undefined }
    expect(await readOffsetIndex(source, bare, group, { limits })).toBeUndefined()
    expect(await readOffsetIndexes(source, [bare], group, { limits })).toEqual([undefined])
    const some = await readOffsetIndexes(source, [bare, chunkOf(bytes)], group, { limits })
    expect(some.map((index) => index?.pages.length)).toEqual([undefined, 1])
  })

  test('those far apart are read one by one', async () => {
    const index = writeThrift(struct([[1, structList([place(4n, 40, 0n)])]]))
    const far = 2 * 1024 * 1024
    const bytes = new Uint8Array(far + index.length)
    bytes.set(index, 0)
    bytes.set(index, far)
    const source = bytesSource(bytes)
    const chunk = chunkOf(index)
    const other = { ...chunk, offsetIndex: { offset: far, length: index.length } }
    const found = await readOffsetIndexes(source, [chunk, other], group, { limits })
    expect(found.map((one) => one?.pages.length)).toEqual([1, 1])
    expect(source.reads.map(({ start, end }) => end - start)).toEqual([index.length, index.length])
  })
})

describe('column indexes', () => {
  const flags = (...items: boolean[]): ThriftField => ({
    type: T.LIST,
    value: { elementType: T.TRUE, items },
  })
  const counts = (...items: bigint[]): ThriftField => ({
    type: T.LIST,
    value: { elementType: T.I64, items },
  })
  const bounds = (...items: number[]): ThriftField =>
    binaryList(items.map((value) => int32s(value)))
  const sound: Fields = [
    [1, flags(false, true)],
    [2, bounds(1, 0)],
    [3, bounds(9, 0)],
    [4, i32Field(1)],
  ]
  const indexOf = (fields: Fields, leaf = leafOf('INT32')) => {
    const bytes = writeThrift(struct(fields))
    return readColumnIndex(bytesSource(bytes), chunkOf(bytes), leaf, { limits })
  }
  const but = (id: number, field: ThriftField | undefined): Fields => [
    ...sound.filter(([at]) => at !== id),
    [id, field],
  ]

  test('bounds of pages, none of pages of nulls', async () => {
    expect(await indexOf([...sound, [5, counts(0n, 3n)], unknown])).toEqual({
      nullPages: [false, true],
      min: [int32s(1), undefined],
      max: [int32s(9), undefined],
      boundaryOrder: 'ascending',
      nullCounts: [0, 3],
    })
    expect((await indexOf(sound))?.nullCounts).toBeUndefined()
  })

  test('bounds of the wrong length or NaN are none, zeros cover both zeros', async () => {
    const f64 = (...values: number[]) =>
      binaryList(values.map((value) => new Uint8Array(Float64Array.of(value).buffer)))
    const index = await indexOf(
      [
        [1, flags(false, false)],
        [2, f64(0, Number.NaN)],
        [3, f64(0, 1)],
        [4, i32Field(0)],
      ],
      leafOf('DOUBLE'),
    )
    expect(index?.min).toEqual([new Uint8Array(Float64Array.of(-0).buffer), undefined])
    expect(index?.max[0]).toEqual(new Uint8Array(8))
    const short = await indexOf(but(2, binaryList([Uint8Array.of(1), Uint8Array.of(1)])))
    expect(short?.min).toEqual([undefined, undefined])
  })

  test('bounds of an order that nobody defined are not there', async () => {
    expect(
      await indexOf(sound, leafOf('FIXED_LEN_BYTE_ARRAY', { kind: 'interval' })),
    ).toBeUndefined()
    expect(await indexOf(sound, leafOf('INT96'))).toBeUndefined()
    const chunk = { ...chunkOf(new Uint8Array(0)), columnIndex: undefined }
    expect(
      await readColumnIndex(bytesSource(new Uint8Array(0)), chunk, leafOf('INT32'), { limits }),
    ).toBeUndefined()
  })

  test.each<[string, Fields]>([
    ['no null pages', but(1, undefined)],
    ['null pages that are numbers', but(1, counts(1n, 1n))],
    ['null pages that are one number', but(1, i32Field(1))],
    ['no lower bounds', but(2, undefined)],
    ['no upper bounds', but(3, undefined)],
    ['fewer upper bounds', but(3, bounds(1))],
    ['fewer null counts', [...sound, [5, counts(1n)]]],
    ['no order', but(4, undefined)],
    ['an order of tomorrow', but(4, i32Field(3))],
  ])('%s is corrupt', async (_, fields) => {
    await expect(indexOf(fields)).rejects.toBeInstanceOf(CorruptData)
  })
})

describe('bloom filters', () => {
  const only = structField(struct([[1, structField(struct([]))]]))
  const sound: Fields = [[1, i32Field(32)], [2, only], [3, only], [4, only], unknown]
  const filterOf = (fields: Fields, body = 32, length?: number) => {
    const header = writeThrift(struct(fields))
    const bytes = new Uint8Array(header.length + body).fill(0xff)
    bytes.set(header)
    const chunk = { ...chunkOf(bytes), bloomFilter: { offset: 0, length } }
    return readBloomFilter(bytesSource(bytes), chunk, { limits })
  }

  test('the length may be missing or that of the header alone', async () => {
    expect((await filterOf(sound))?.mightContain(Uint8Array.of(1))).toBe(true)
    expect((await filterOf([[1, i32Field(1024)]], 1024, 20))?.mightContain(Uint8Array.of(1))).toBe(
      true,
    )
  })

  test.each<[string, Fields, number]>([
    ['no size', sound.slice(1), 32],
    ['a size that is no number of blocks', [[1, i32Field(33)]], 64],
    ['a size of nothing', [[1, i32Field(0)]], 32],
    ['more than the file has', [[1, i32Field(1024)]], 64],
    [
      'an algorithm that is a number',
      [
        [1, i32Field(32)],
        [2, i32Field(1)],
      ],
      32,
    ],
  ])('%s is corrupt', async (_, fields, body) => {
    await expect(filterOf(fields, body)).rejects.toBeInstanceOf(CorruptData)
  })

  test('a hash of tomorrow and one larger than parquetFooterBytes are refused', async () => {
    const other = structField(struct([[2, structField(struct([]))]]))
    await expect(
      filterOf([
        [1, i32Field(32)],
        [3, other],
      ]),
    ).rejects.toMatchObject({
      feature: 'parquet-bloom-filter',
    })
    await expect(filterOf([[1, i32Field(1 << 30)]])).rejects.toBeInstanceOf(LimitExceeded)
  })
})

describe('values of a page', () => {
  const sinks: readonly [string, PhysicalType, LeafOutput][] = [
    ['numbers', 'INT32', { kind: 'fixed', conversion: { kind: 'copy', width: 4 } }],
    ['long numbers', 'INT64', { kind: 'fixed', conversion: { kind: 'copy', width: 8 } }],
    ['doubles', 'DOUBLE', { kind: 'fixed', conversion: { kind: 'copy', width: 8 } }],
    [
      'fixed bytes',
      'FIXED_LEN_BYTE_ARRAY',
      { kind: 'fixed', conversion: { kind: 'copy', width: 3 } },
    ],
    ['texts', 'BYTE_ARRAY', { kind: 'bytes', utf8: true }],
    ['decimals', 'BYTE_ARRAY', { kind: 'byte-decimals', width: 16 }],
    ['booleans', 'BOOLEAN', { kind: 'bits' }],
    ['a dictionary', 'BYTE_ARRAY', { kind: 'dictionary' }],
  ]
  const pageOf = (...bytes: number[]): PageValues => {
    const all = Uint8Array.from(bytes)
    return { bytes: all, view: new DataView(all.buffer), start: 0, end: all.length }
  }
  const sinkOf = (physical: PhysicalType, output: LeafOutput) =>
    makeSink({ physical, output } as ChunkTask, { supply: new BufferSupply(), expected: 3 })
  const outcome = (work: () => void): string => {
    try {
      inColumn('p', 'c', work)
      return 'read'
    } catch (error) {
      if (!(error instanceof MoraineError)) throw error
      return error.code
    }
  }

  test.each(sinks)('of %s: every encoding, with too few bytes or none', (_, physical, output) => {
    for (let encoding = 0; encoding <= 10; encoding++) {
      for (const bytes of [[], [0], [1, 2], [9, 0, 0, 0, 1], [128, 1, 4, 3, 0, 1]]) {
        const code = outcome(() => sinkOf(physical, output).append(pageOf(...bytes), 3, encoding))
        // Three bits fit one byte.
        const enough =
          output.kind === 'bits' && encoding === PLAIN && bytes.length > 0 ? ['read'] : []
        expect(['CORRUPT_DATA', 'UNSUPPORTED', ...enough], `${encoding} ${bytes}`).toContain(code)
      }
      const none = outcome(() => sinkOf(physical, output).setDictionary(pageOf(), 3, encoding))
      expect(['CORRUPT_DATA', 'UNSUPPORTED']).toContain(none)
    }
  })

  test('runs of booleans whose length is a lie', () => {
    const append = (...bytes: number[]) =>
      outcome(() => sinkOf('BOOLEAN', { kind: 'bits' }).append(pageOf(...bytes), 3, RLE))
    expect(append(2, 0, 0, 0, 6, 1)).toBe('read')
    expect(append(3, 0, 0, 0, 6, 1)).toBe('CORRUPT_DATA')
    expect(append(2, 0, 0, 0, 6, 2)).toBe('CORRUPT_DATA')
    expect(append(4, 0, 0, 0, 2, 1, 2, 0)).toBe('CORRUPT_DATA')
  })

  test('a column of nulls takes what comes', () => {
    const sink = sinkOf('INT32', { kind: 'null' })
    sink.setDictionary(pageOf(), 0, 0)
    sink.reserve(3)
    sink.append(pageOf(), 2, 0)
    sink.spread(2, 5, new Uint8Array(1), 0)
    expect(sink.length).toBe(5)
    sink.compact([{ start: 1, end: 3 }])
    expect([sink.length, sink.finish().values]).toEqual([2, undefined])
  })

  test('a view that refuses an offset is the page’s fault, another error is not', () => {
    const far = () => new DataView(new ArrayBuffer(2)).getInt32(0)
    expect(() => inColumn('p', 'c', far)).toThrow(CorruptData)
    const cause = new StoreUnavailable('gone')
    expect(() =>
      inColumn('p', 'c', () => {
        throw cause
      }),
    ).toThrow(cause)
  })

  test('columns of one list that have other numbers of elements', async () => {
    const column = (name: string, repetitions: number[], definitions: number[]) => ({
      path: ['l', 'list', 'e', name],
      type: 'int32' as const,
      values: 3,
      pages: [
        {
          values: 3,
          body: Uint8Array.from([
            ...levels(repetitions),
            ...levels(definitions),
            ...int32s(...definitions.filter((level) => level === 2)),
          ]),
        },
      ],
    })
    const file = (repetitions: number[], definitions: number[]) =>
      handFile({
        schema: [
          {
            name: 'l',
            repetition: 'optional',
            converted: 3,
            children: [
              {
                name: 'list',
                repetition: 'repeated',
                children: [
                  {
                    name: 'e',
                    repetition: 'required',
                    children: [
                      { name: 'a', type: 'int32', repetition: 'required' },
                      { name: 'b', type: 'int32', repetition: 'required' },
                    ],
                  },
                ],
              },
            ],
          },
        ],
        rows: 2,
        columns: [column('a', [0, 1, 0], [2, 2, 2]), column('b', repetitions, definitions)],
      })
    const read = (bytes: Uint8Array) => readAll(bytesSource(bytes))
    expect((await read(file([0, 1, 0], [2, 2, 2])))[0]?.numRows).toBe(2)
    await expect(read(file([0, 0, 1], [1, 2, 2]))).rejects.toBeInstanceOf(CorruptData)
    await expect(read(file([0, 0, 0], [2, 2, 2]))).rejects.toBeInstanceOf(CorruptData)
    await expect(read(file([1, 0, 0], [2, 2, 2]))).rejects.toBeInstanceOf(CorruptData)
    await expect(read(file([0, 1, 0], [2, 3, 2]))).rejects.toBeInstanceOf(CorruptData)
  })
})

describe('small parts', () => {
  test('a store that gives fewer bytes than asked for', async () => {
    const source = { ...bytesSource(new Uint8Array(10)), read: async () => new Uint8Array(3) }
    await expect(fetchSpans(source, [{ start: 0, end: 4 }], undefined)).rejects.toBeInstanceOf(
      CorruptData,
    )
  })

  test('requests are joined up to 8 MiB, and cut between spans', async () => {
    const source = bytesSource(new Uint8Array(0))
    const mib = 1024 * 1024
    const sizes: number[] = []
    const big = {
      ...source,
      read: async (start: number, end: number) => {
        sizes.push((end - start) / mib)
        return new Uint8Array(end - start)
      },
    }
    const spans = Array.from({ length: 5 }, (_, at) => ({
      start: at * 3 * mib,
      end: (at + 1) * 3 * mib,
    }))
    const pieces = await fetchSpans(big, spans, undefined)
    expect(sizes).toEqual([6, 6, 3])
    expect(pieces.map(({ start, bytes }) => [start / mib, bytes.length / mib])).toEqual(
      spans.map(({ start }) => [start / mib, 3]),
    )
  })

  test('columns beyond what Arrow can address, and more free memory than is worth keeping', () => {
    const supply = new BufferSupply()
    expect(() => supply.take(maxColumnBytes + 1)).toThrow(LimitExceeded)
    const half = { byteLength: 300 * 1024 * 1024 } as ArrayBuffer
    supply.give(half)
    supply.give(half)
    expect(supply.freeBytes).toBe(half.byteLength)
  })

  test('fields of a patched tree have their types', () => {
    const tree = struct([
      [1, i32Field(1)],
      [2, i64Field(2n)],
      [3, binaryField(Uint8Array.of(3))],
      [4, structField(struct([]))],
      [5, structList([struct([])])],
    ])
    expect([optI64(tree, 2), optNumber(tree, 1), optI64(tree, 9), optNumber(tree, 9)]).toEqual([
      2n,
      1,
      undefined,
      undefined,
    ])
    expect([optBinary(tree, 3)?.length, optBinary(tree, 9), optStruct(tree, 9)]).toEqual([
      1,
      undefined,
      undefined,
    ])
    expect([getStruct(tree, 4).size, getStructs(tree, 5).length, getI64(tree, 2)]).toEqual([
      0,
      1,
      2n,
    ])
    for (const wrong of [
      () => optI64(tree, 1),
      () => getI64(tree, 9),
      () => optNumber(tree, 2),
      () => optBinary(tree, 1),
      () => optStruct(tree, 1),
      () => getStruct(tree, 9),
      () => getStructs(tree, 4),
      () => getStructs(tree, 9),
    ]) {
      expect(wrong).toThrow(CorruptData)
    }
  })

  test('LZO is refused by name', async () => {
    const bytes = handFile({
      schema: [{ name: 'a', type: 'int32', repetition: 'required' }],
      rows: 1,
      columns: [
        {
          path: ['a'],
          type: 'int32',
          values: 1,
          codec: 3,
          pages: [{ values: 1, body: int32s(1) }],
        },
      ],
    })
    await expect(readAll(bytesSource(bytes))).rejects.toBeInstanceOf(Unsupported)
  })
})
