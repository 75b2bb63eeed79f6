/** Arrow types that no table makes, but callers' data may have: large, fixed-size, nested ones. */
import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  DurationMillisecond,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalDayTime,
  IntervalMonthDayNano,
  IntervalYearMonth,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  Null,
  RecordBatch,
  Struct,
  Table,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint64,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { castData } from '../../../src/arrow/cast.js'
import { compactBatch, compactData } from '../../../src/arrow/compact.js'
import {
  castToPlain,
  concatBatches,
  concatData,
  dictionaryValues,
  emptyData,
} from '../../../src/arrow/concat.js'
import { nullData } from '../../../src/arrow/constant.js'
import { filterData } from '../../../src/arrow/filter.js'
import { batchesFromIpc, ipcOf } from '../../../src/arrow/ipc.js'
import { layoutOf, makeColumn, offsets32, validAt, valueBytes } from '../../../src/arrow/layout.js'
import { dataBytes } from '../../../src/arrow/size.js'
import { takeData } from '../../../src/arrow/take.js'
import { rangeHint, rawText, typeName } from '../../../src/arrow/type-name.js'
import { checkArrowData } from '../../../src/arrow/validate.js'
import { InvalidArgument, Unsupported, ValidationError } from '../../../src/errors.js'
import { batchOf, column } from './arrow-support.js'

const item = (type: DataType): ArrowField => new ArrowField('item', type, true)

function largeList(rows: readonly (readonly (string | null)[] | null)[]): Data {
  const flat = rows.flatMap((row) => row ?? [])
  const offsets = new BigInt64Array(rows.length + 1)
  const validity = new Uint8Array(8)
  rows.forEach((row, at) => {
    offsets[at + 1] = (offsets[at] as bigint) + BigInt(row?.length ?? 0)
    if (row !== null) validity[at >> 3] = (validity[at >> 3] as number) | (1 << (at & 7))
  })
  const nulls = rows.filter((row) => row === null).length
  const child = column(new Utf8(), flat)
  return makeColumn(new LargeList(item(new Utf8())), rows.length, nulls, {
    validity,
    offsets,
    children: [child],
  })
}

const dictionary = column(new Dictionary(new Utf8(), new Int32()), ['a', null, 'b', 'a', 'c'])
const columns: readonly [string, Data][] = [
  ['null', column(new Null(), [null, null, null, null, null])],
  ['bool', column(new Bool(), [true, null, false, true, true])],
  ['half', column(new Float16(), [1, null, 0.5, -2, 0])],
  ['bytes', column(new Int8(), [1, null, 3, -4, 5])],
  ['shorts', column(new Int16(), [1, null, 3, -4, 5])],
  [
    'fixed bytes',
    column(
      new FixedSizeBinary(3),
      [1, null, 3, 4, 5].map((n) => (n === null ? null : Uint8Array.of(n, 0, n))),
    ),
  ],
  [
    'large text',
    column(new LargeUtf8(), ['a', null, '', 'dé', 'a long text of more than one word']),
  ],
  [
    'large bytes',
    column(new LargeBinary(), [
      Uint8Array.of(1),
      null,
      new Uint8Array(0),
      new Uint8Array(60).fill(7),
      Uint8Array.of(2),
    ]),
  ],
  ['large list', largeList([['a', null], null, [], ['b'], ['c', 'd', 'e']])],
  [
    'fixed list',
    column(new FixedSizeList(2, item(new Utf8())), [
      ['a', null],
      null,
      ['b', 'c'],
      ['d', 'e'],
      [null, 'f'],
    ]),
  ],
  [
    'struct',
    column(new Struct([new ArrowField('x', new Int32(), true)]), [
      { x: 1 },
      null,
      { x: null },
      { x: 4 },
      { x: 5 },
    ]),
  ],
  ['dictionary', dictionary],
  ['duration', column(new DurationMillisecond(), [1n, null, 3n, 4n, 5n])],
]

function shown(data: Data): unknown[] {
  return JSON.parse(
    JSON.stringify([...new Vector([data])], (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? [...value] : value,
    ),
  )
}

describe.each(columns)('%s', (_, whole) => {
  const rows = shown(whole)
  const slice = whole.slice(1, 3)

  test('rows are taken in any order, -1 is null', () => {
    expect(shown(takeData(whole, Int32Array.of(4, -1, 0, 0, 1)))).toEqual([
      rows[4],
      null,
      rows[0],
      rows[0],
      null,
    ])
    expect(shown(takeData(slice, Int32Array.of(2, 0)))).toEqual([rows[3], rows[1]])
    expect(takeData(whole, Int32Array.of(0)).nullCount).toBe(
      whole.typeId === new Null().typeId ? 1 : 0,
    )
    expect(shown(takeData(whole, Uint32Array.of(3)))).toEqual([rows[3]])
    expect(takeData(whole, new Int32Array(0)).length).toBe(0)
  })

  test('parts are put together', () => {
    expect(shown(concatData(whole.type, [slice, whole, slice]))).toEqual([
      ...rows.slice(1, 4),
      ...rows,
      ...rows.slice(1, 4),
    ])
    expect(shown(concatData(whole.type, [whole]))).toEqual(rows)
    expect(concatData(whole.type, []).length).toBe(0)
    expect(emptyData(whole.type).length).toBe(0)
  })

  test('slices are copied out, and nothing else', () => {
    const compact = compactData(slice)
    expect(shown(compact)).toEqual(rows.slice(1, 4))
    expect(compact.offset).toBe(0)
    expect(shown(compactData(compact))).toEqual(rows.slice(1, 4))
    expect(shown(compactData(whole))).toEqual(rows)
    expect(dataBytes(slice)).toBeLessThanOrEqual(dataBytes(whole))
    expect(shown(filterData(whole, Uint8Array.of(0b10101)))).toEqual([rows[0], rows[2], rows[4]])
  })

  test('nulls, sound buffers and IPC', () => {
    expect(shown(nullData(whole.type, 3))).toEqual([null, null, null])
    expect(nullData(whole.type, 0).length).toBe(0)
    expect(() => checkArrowData(slice, 'c')).not.toThrow()
    const batch = batchOf({ c: slice })
    const back = batchesFromIpc(ipcOf([batch]))
    expect(back.flatMap((one) => shown(one.data.children[0] as Data))).toEqual(rows.slice(1, 4))
    expect(shown(compactBatch(batch).data.children[0] as Data)).toEqual(rows.slice(1, 4))
  })
})

describe('layouts', () => {
  test('intervals have the width of their unit', () => {
    expect(layoutOf(new IntervalYearMonth())).toEqual({ kind: 'fixed', width: 4 })
    expect(layoutOf(new IntervalDayTime())).toEqual({ kind: 'fixed', width: 8 })
    expect(layoutOf(new IntervalMonthDayNano())).toEqual({ kind: 'fixed', width: 16 })
  })

  test('views are refused by name', () => {
    expect(() => layoutOf(new Utf8View())).toThrow(Unsupported)
  })

  test('offsets beyond 2 GiB are refused, missing ones are zeros', () => {
    const offsets = BigInt64Array.of(0n, 2n ** 31n)
    const data = makeColumn(new LargeUtf8(), 1, 0, { offsets, values: new Uint8Array(0) })
    expect(() => offsets32(data)).toThrow(Unsupported)
    const bare = makeColumn(new Utf8(), 0, 0, {})
    expect([...offsets32(bare)]).toEqual([0])
    expect(valueBytes(makeColumn(new Struct([]), 0, 0, {})).length).toBe(0)
    expect(validAt(nullData(new Null(), 2))(0)).toBe(false)
  })

  test('dictionaries of other dictionaries, and of nothing', () => {
    const other = column(new Dictionary(new Utf8(), new Int32()), ['z', 'a'])
    expect(shown(concatData(dictionary.type, [dictionary, other]))).toEqual([
      ...shown(dictionary),
      'z',
      'a',
    ])
    const outer = new Dictionary(dictionary.type, new Int32(), 77)
    const nested = makeColumn(outer, 2, 0, {
      values: Int32Array.of(2, 0),
      dictionary: new Vector([dictionary]),
    })
    expect(shown(castToPlain(nested))).toEqual(['b', 'a'])
    expect(
      dictionaryValues(new Vector([column(new Utf8(), ['x']), column(new Utf8(), ['y'])])).length,
    ).toBe(2)
  })

  test('batches of other shapes are not put together', () => {
    const schema = new ArrowSchema([
      new ArrowField('a', new Int32(), true),
      new ArrowField('b', new Int32(), true),
    ])
    const one = batchOf({ a: column(new Int32(), [1]) })
    expect(() => concatBatches(schema, [one, one])).toThrow(/no column 1/)
    expect(concatBatches(one.schema, [one])).toBe(one)
    expect(concatBatches(schema, []).numRows).toBe(0)
  })

  test('a table is written whole, nothing at all is refused', () => {
    const table = new Table({ a: vectorFromArray([1, 2], new Int32()) })
    expect(batchesFromIpc(ipcOf(table)).reduce((sum, batch) => sum + batch.numRows, 0)).toBe(2)
    expect(() => ipcOf([])).toThrow(InvalidArgument)
  })
})

describe('names of types', () => {
  const field = (name: string, type: DataType): ArrowField => new ArrowField(name, type, true)
  test.each<[DataType, string]>([
    [new Null(), 'unknown'],
    [new Bool(), 'boolean'],
    [new Int32(), 'int'],
    [new Int64(), 'long'],
    [new Int8(), 'Arrow Int8'],
    [new Uint64(), 'Arrow Uint64'],
    [new Float16(), 'Arrow Float16'],
    [new Float32(), 'float'],
    [new Float64(), 'double'],
    [new Decimal(2, 9, 128), 'decimal(9,2)'],
    [new DateDay(), 'date'],
    [new TimeMicrosecond(), 'time'],
    [new TimestampMicrosecond(), 'timestamp'],
    [new TimestampNanosecond('UTC'), 'timestamptz_ns'],
    [new LargeUtf8(), 'string'],
    [new LargeBinary(), 'binary'],
    [new FixedSizeBinary(4), 'fixed[4]'],
    [new Dictionary(new Utf8(), new Int32()), 'string'],
    [new List(field('item', new Int64())), 'list<long>'],
    [new Struct([field('a', new Int32()), field('b', new Utf8())]), 'struct<a: int, b: string>'],
    [
      new Map_(
        field('entries', new Struct([field('k', new Utf8()), field('v', new Int32())])) as never,
      ),
      'map<string, int>',
    ],
    [new DurationMillisecond(), 'Arrow Duration<MILLISECOND>'],
  ])('%s', (type, name) => {
    expect(typeName(type)).toBe(name)
  })

  test('raw values as messages show them', () => {
    expect(rawText(new DateDay(), 1)).toBe('date 1970-01-02')
    expect(rawText(new TimestampMicrosecond(), 1n)).toBe('timestamp 1970-01-01T00:00:00.000001')
    expect(rawText(new TimestampNanosecond('UTC'), 1n)).toBe(
      'timestamp 1970-01-01T00:00:00.000000001Z',
    )
    expect(rawText(new TimestampSecond(), 1n)).toMatch(/1/)
    expect(rawText(new Int32(), 7)).toMatch(/7/)
    expect(rangeHint(new TimestampNanosecond())).toMatch(/2262/)
    expect(rangeHint(new TimestampMicrosecond())).toBe('')
  })
})

describe('casts', () => {
  const where = { path: 'c' }
  const cast = (data: Data, to: DataType): unknown[] => shown(castData(data, to, where))
  const halves = makeColumn(new Float16(), 6, 0, {
    // 1, -2, the smallest above 0, -0, Infinity, NaN
    values: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x8000, 0x7c00, 0x7e01),
  })
  const struct = (...fields: ArrowField[]): Struct => new Struct(fields)
  const member = (name: string, type: DataType): ArrowField => new ArrowField(name, type, true)

  test('half floats are exact in wider ones, and integers where they are whole', () => {
    expect([...(castData(halves, new Float64(), where).values as Float64Array)]).toEqual([
      1,
      -2,
      2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ])
    expect([...(castData(halves, new Float32(), where).values as Float32Array)]).toEqual([
      1,
      -2,
      2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ])
    expect(cast(halves.slice(0, 2), new Int32())).toEqual([1, -2])
    expect(cast(halves.slice(0, 2), new Int64())).toEqual(['1n', '-2n'])
    expect(() => cast(halves, new Int32())).toThrow(/row 2/)
    expect(() => cast(halves, new Int64())).toThrow(/row 2/)
  })

  test('whole numbers become floats when these hold them', () => {
    expect(cast(column(new Int64(), [2n ** 53n - 1n, null]), new Float64())).toEqual([
      2 ** 53 - 1,
      null,
    ])
    expect(() => cast(column(new Int64(), [2n ** 53n + 1n]), new Float64())).toThrow(
      ValidationError,
    )
    expect(cast(column(new Int32(), [16777216]), new Float32())).toEqual([16777216])
    expect(() => cast(column(new Int32(), [16777217]), new Float32())).toThrow(ValidationError)
    expect(() => cast(column(new Int64(), [2n ** 60n]), new Float32())).toThrow(ValidationError)
    expect(cast(column(new Uint8(), [255]), new Int64())).toEqual(['255n'])
  })

  test.each<[string, Data, DataType]>([
    ['text to int', column(new Utf8(), ['1']), new Int32()],
    ['text to long', column(new Utf8(), ['1']), new Int64()],
    ['text to float', column(new Utf8(), ['1']), new Float32()],
    ['text to double', column(new Utf8(), ['1']), new Float64()],
    ['text to decimal', column(new Utf8(), ['1']), new Decimal(2, 9, 128)],
    ['double to decimal', column(new Float64(), [1]), new Decimal(2, 9, 128)],
    ['int to date', column(new Int32(), [1]), new DateDay()],
    ['int to time', column(new Int32(), [1]), new TimeMicrosecond()],
    ['long to timestamp', column(new Int64(), [1n]), new TimestampMicrosecond()],
    ['fixed to text', column(new FixedSizeBinary(1), [Uint8Array.of(65)]), new Utf8()],
    ['int to bytes', column(new Int32(), [1]), new Binary()],
    ['text to fixed', column(new Utf8(), ['a']), new FixedSizeBinary(1)],
    [
      'fixed to another length',
      column(new FixedSizeBinary(1), [Uint8Array.of(65)]),
      new FixedSizeBinary(2),
    ],
    ['int to dictionary', column(new Int32(), [1]), new Dictionary(new Utf8(), new Int32())],
    ['int to list', column(new Int32(), [1]), new List(item(new Int32()))],
    ['int to struct', column(new Int32(), [1]), struct(member('a', new Int32()))],
    [
      'struct to fewer members',
      column(struct(member('a', new Int32()), member('b', new Int32())), [{ a: 1, b: 2 }]),
      struct(member('a', new Int32())),
    ],
    [
      'struct of texts to struct of ints',
      column(struct(member('a', new Utf8())), [{ a: 'x' }]),
      struct(member('a', new Int32())),
    ],
    ['int to boolean', column(new Int32(), [1]), new Bool()],
    ['int to duration', column(new Int32(), [1]), new DurationMillisecond()],
  ])('%s is refused by name', (_, data, to) => {
    expect(() => cast(data, to)).toThrow(ValidationError)
    expect(() => cast(data, to)).toThrow(/column 'c': .* cannot become /)
  })

  test('members of lists and structs are cast by position', () => {
    const ints = column(new List(item(new Int32())), [[1, null], null, []])
    expect(cast(ints, new List(item(new Int64())))).toEqual([['1n', null], null, []])
    const fixed = column(new FixedSizeList(2, item(new Int32())), [[1, 2], null])
    expect(cast(fixed, new List(item(new Int64())))).toEqual([['1n', '2n'], null])
    expect(cast(largeList([['a'], null]), new List(item(new Utf8())))).toEqual([['a'], null])
    const pair = column(struct(member('a', new Int32())), [{ a: 1 }, null])
    expect(cast(pair, struct(member('z', new Int64())))).toEqual([{ z: '1n' }, null])
    const map = new Map_(
      member('entries', struct(member('k', new Utf8()), member('v', new Int32()))) as never,
    )
    const wide = new Map_(
      member('entries', struct(member('k', new Utf8()), member('v', new Int64()))) as never,
    )
    expect(shown(castData(nullData(map, 1), wide, where))).toEqual([null])
  })

  test('nulls become anything, dictionaries are decoded, texts and bytes are one', () => {
    expect(cast(nullData(new Null(), 2), new Int32())).toEqual([null, null])
    expect(cast(dictionary, new Utf8())).toEqual(shown(dictionary))
    expect(cast(column(new Binary(), [Uint8Array.of(0xc3, 0x98), null]), new Utf8())).toEqual([
      'Ø',
      null,
    ])
    expect(() => cast(column(new Binary(), [Uint8Array.of(0xc3)]), new Utf8())).toThrow(
      /row 0.*UTF-8/,
    )
    expect(cast(column(new FixedSizeBinary(1), [Uint8Array.of(65), null]), new Binary())).toEqual([
      [65],
      null,
    ])
    expect(cast(column(new Decimal(0, 9, 128), []), new Int32())).toEqual([])
  })
})

describe('damaged columns', () => {
  const damaged: readonly [string, Data][] = [
    ['values', makeColumn(new Int32(), 3, 0, { values: new Int32Array(2) })],
    [
      'validity',
      makeColumn(new Int32(), 30, 1, { values: new Int32Array(30), validity: new Uint8Array(2) }),
    ],
    ['bits', makeColumn(new Bool(), 9, 0, { values: new Uint8Array(1) })],
    [
      'offsets',
      makeColumn(new Utf8(), 2, 0, { offsets: Int32Array.of(0, 0), values: new Uint8Array(0) }),
    ],
    ['no offsets', makeColumn(new Utf8(), 2, 0, { values: new Uint8Array(0) })],
    [
      'no elements',
      makeColumn(new List(item(new Int32())), 1, 0, { offsets: Int32Array.of(0, 0) }),
    ],
    ['no elements of fixed size', makeColumn(new FixedSizeList(2, item(new Int32())), 1, 0, {})],
    [
      'too few elements of fixed size',
      makeColumn(new FixedSizeList(2, item(new Int32())), 2, 0, {
        children: [column(new Int32(), [1, 2, 3])],
      }),
    ],
    [
      'short members',
      makeColumn(new Struct([item(new Int32())]), 3, 0, { children: [column(new Int32(), [1])] }),
    ],
    ['no dictionary', makeColumn(dictionary.type, 1, 0, { values: new Int32Array(1) })],
    [
      'a key beyond the dictionary',
      makeColumn(dictionary.type, 1, 0, {
        values: Int32Array.of(99),
        dictionary: dictionary.dictionary,
      }),
    ],
  ]
  test.each(damaged)('%s', (_, data) => {
    expect(() => checkArrowData(data, 'c')).toThrow(InvalidArgument)
  })

  test('nothing needs no buffers', () => {
    for (const type of [new Utf8(), dictionary.type, new Int32(), new Bool()]) {
      expect(() => checkArrowData(makeColumn(type, 0, 0, {}), 'c')).not.toThrow()
    }
    const empty = new RecordBatch(
      new ArrowSchema([]),
      makeColumn(new Struct([]), 0, 0, {}) as RecordBatch['data'],
    )
    expect(compactBatch(empty).numRows).toBe(0)
  })

  test('a column without rows may come without a single offset', () => {
    const none = { offsets: new Int32Array(0), values: new Uint8Array(0) }
    const children = [column(new Utf8(), ['left over'])]
    for (const [bare, full] of [
      [makeColumn(new Utf8(), 0, 0, none), column(new Utf8(), ['a', 'b'])],
      [
        makeColumn(new LargeUtf8(), 0, 0, { ...none, offsets: new BigInt64Array(0) }),
        makeColumn(new LargeUtf8(), 2, 0, {
          offsets: BigInt64Array.of(0n, 1n, 2n),
          values: Uint8Array.of(97, 98),
        }),
      ],
      [
        makeColumn(new List(item(new Utf8())), 0, 0, { offsets: new Int32Array(0), children }),
        column(new List(item(new Utf8())), [['a'], ['b']]),
      ],
    ] as const) {
      expect(() => checkArrowData(bare, 'c')).not.toThrow()
      expect(offsets32(bare)).toEqual(Int32Array.of(0))
      expect(dataBytes(bare)).toBe(0)
      expect(dataBytes(compactData(bare))).toBe(0)
      expect(takeData(bare, Int32Array.of(-1)).nullCount).toBe(1)
      const whole = concatData(full.type, [bare, full, bare])
      expect(JSON.stringify(new Vector([whole]))).toBe(JSON.stringify(new Vector([full])))
    }
  })
})
