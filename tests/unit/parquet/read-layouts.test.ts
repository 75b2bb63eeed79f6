/** Layouts of old and odd writers, put together by hand. */
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { readFooter } from '../../../src/parquet/footer.js'
import { byteArrays, type HandFile, handFile, int32s, int64s, levels } from './handmade.js'
import { bytesSource, columnOf, readAll } from './read-support.js'

async function read(file: HandFile, column: string, options = {}): Promise<unknown[]> {
  return columnOf(await readAll(bytesSource(handFile(file)), options), column)
}

async function typesOf(file: HandFile): Promise<string[]> {
  const [batch] = await readAll(bytesSource(handFile(file)))
  return batch?.schema.fields.map((field) => String(field.type)) ?? []
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

function one(
  name: string,
  element: Omit<HandFile['schema'][number], 'name'>,
  values: number,
  body: Uint8Array,
): HandFile {
  const { type = 'int32' } = element
  return {
    schema: [{ name, repetition: 'required', ...element }],
    rows: values,
    columns: [{ path: [name], type, values, pages: [{ values, body }] }],
  }
}

describe('INT96 time stamps', () => {
  const int96 = (nanos: bigint, day: number) => concat(int64s(nanos), int32s(day))

  test('become microseconds, before 1970 and far away too', async () => {
    const body = concat(
      int96(0n, 2440588),
      int96(1_000n, 2440588),
      int96(86_399_999_999_999n, 2440587),
      int96(0n, 1721426),
      int96(999n, 5373484),
    )
    const file = one('t', { type: 'int96' }, 5, body)
    expect(await read(file, 't')).toEqual([0n, 1n, -1n, -62135596800000000n, 253402214400000000n])
    expect(await typesOf(file)).toEqual(['Timestamp<MICROSECOND, UTC>'])
  })

  test('have no statistics: their order is not defined', async () => {
    const file = one('t', { type: 'int96' }, 1, int96(5n, 2440588))
    const bytes = new Map([
      [5, { type: 8, value: int96(9n, 1) }],
      [6, { type: 8, value: int96(1n, 1) }],
    ])
    const [column] = file.columns
    const source = bytesSource(handFile({ ...file, columns: [{ ...column!, statistics: bytes }] }))
    const footer = await readFooter(source, { limits: defaultLimits })
    expect(footer.rowGroups[0]?.columns[0]?.statistics?.min).toBeUndefined()
  })
})

describe('decimals of old writers', () => {
  const decimal = { converted: 5, scale: 2, precision: 9 }

  test('in BYTE_ARRAY, of any length', async () => {
    const body = byteArrays(
      Uint8Array.of(0x01),
      Uint8Array.of(0xff),
      Uint8Array.of(0xff, 0xff, 0xff, 0x00),
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f),
      Uint8Array.of(),
    )
    const file = one('d', { type: 'bytes', ...decimal }, 5, body)
    expect(await read(file, 'd')).toEqual([1n, -1n, -256n, 127n, 0n])
    expect(await read(file, 'd', { decimals: 'int64' })).toEqual([1n, -1n, -256n, 127n, 0n])
    expect(await read(file, 'd', { engine: 'wasm' })).toEqual([1n, -1n, -256n, 127n, 0n])
  })

  test('that do not fit their width are corrupt', async () => {
    const huge = new Uint8Array(17)
    huge[0] = 1
    const file = one('d', { type: 'bytes', ...decimal }, 1, byteArrays(huge))
    await expect(read(file, 'd')).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('in FIXED_LEN_BYTE_ARRAY and in integers', async () => {
    const fixed = one(
      'd',
      { type: 'fixed', length: 5, ...decimal },
      2,
      Uint8Array.of(0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xfe),
    )
    expect(await read(fixed, 'd')).toEqual([256n, -2n])
    expect(await read(fixed, 'd', { decimals: 'int64' })).toEqual([256n, -2n])
    expect(await read(one('d', { type: 'int32', ...decimal }, 2, int32s(-5, 7)), 'd')).toEqual([
      -5n,
      7n,
    ])
    expect(await read(one('d', { type: 'int64', ...decimal }, 2, int64s(-5n, 7n)), 'd')).toEqual([
      -5n,
      7n,
    ])
  })

  test('of more than 38 digits are refused by name', async () => {
    const file = one(
      'd',
      { type: 'fixed', length: 20, converted: 5, scale: 0, precision: 40 },
      0,
      new Uint8Array(0),
    )
    await expect(read(file, 'd')).rejects.toMatchObject({ feature: 'parquet-decimal-precision' })
  })
})

describe('lists of two levels', () => {
  const tags = (repeated: HandFile['schema'][number], leaf: string[]): HandFile => ({
    schema: [{ name: 'l', repetition: 'optional', converted: 3, children: [repeated] }],
    rows: 4,
    columns: [
      {
        path: ['l', ...leaf],
        type: 'int32',
        values: 5,
        // [1, 2], null, [], [3]
        pages: [
          {
            values: 5,
            body: concat(levels([0, 1, 0, 0, 0]), levels([2, 2, 0, 1, 2]), int32s(1, 2, 3)),
          },
        ],
      },
    ],
  })

  test('a repeated field is the element', async () => {
    const file = tags({ name: 'array', type: 'int32', repetition: 'repeated' }, ['array'])
    expect(await read(file, 'l')).toEqual([[1, 2], null, [], [3]])
    expect(await read(file, 'l', { engine: 'wasm' })).toEqual([[1, 2], null, [], [3]])
    expect(await typesOf(file)).toEqual(['List<Int32>'])
  })

  test.each(['array', 'l_tuple'])('a repeated group named %s is the element', async (name) => {
    const file = tags(
      {
        name,
        repetition: 'repeated',
        children: [{ name: 'x', type: 'int32', repetition: 'required' }],
      },
      [name, 'x'],
    )
    expect(await read(file, 'l')).toEqual([[[1], [2]], null, [], [[3]]])
    expect(await read(file, 'l', { engine: 'wasm' })).toEqual([[[1], [2]], null, [], [[3]]])
  })

  test('another repeated group is around the element', async () => {
    const file = tags(
      {
        name: 'bag',
        repetition: 'repeated',
        children: [{ name: 'x', type: 'int32', repetition: 'required' }],
      },
      ['bag', 'x'],
    )
    expect(await read(file, 'l')).toEqual([[1, 2], null, [], [3]])
  })

  test('a repeated field without a list around it is a required list', async () => {
    const file: HandFile = {
      schema: [{ name: 'r', type: 'int32', repetition: 'repeated' }],
      rows: 3,
      columns: [
        {
          path: ['r'],
          type: 'int32',
          values: 4,
          pages: [
            {
              values: 4,
              body: concat(levels([0, 1, 0, 0]), levels([1, 1, 0, 1]), int32s(7, 8, 9)),
            },
          ],
        },
      ],
    }
    expect(await read(file, 'r')).toEqual([[7, 8], [], [9]])
    expect(await read(file, 'r', { engine: 'wasm' })).toEqual([[7, 8], [], [9]])
  })
})

describe('structs', () => {
  test('optional around a required column, and required around an optional one', async () => {
    const file: HandFile = {
      schema: [
        {
          name: 'o',
          repetition: 'optional',
          children: [{ name: 'a', type: 'int32', repetition: 'required' }],
        },
        {
          name: 'r',
          repetition: 'required',
          children: [{ name: 'a', type: 'int32', repetition: 'optional' }],
        },
        {
          name: 'q',
          repetition: 'required',
          children: [{ name: 'a', type: 'int32', repetition: 'required' }],
        },
      ],
      rows: 3,
      columns: [
        {
          path: ['o', 'a'],
          type: 'int32',
          values: 3,
          pages: [{ values: 3, body: concat(levels([1, 0, 1]), int32s(1, 3)) }],
        },
        {
          path: ['r', 'a'],
          type: 'int32',
          values: 3,
          pages: [{ values: 3, body: concat(levels([1, 0, 1]), int32s(1, 3)) }],
        },
        {
          path: ['q', 'a'],
          type: 'int32',
          values: 3,
          pages: [{ values: 3, body: int32s(1, 2, 3) }],
        },
      ],
    }
    expect(await read(file, 'o')).toEqual([[1], null, [3]])
    expect(await read(file, 'r')).toEqual([[1], [null], [3]])
    expect(await read(file, 'q')).toEqual([[1], [2], [3]])
  })
})

describe('annotations', () => {
  test('of milliseconds become microseconds', async () => {
    expect(
      await read(one('t', { type: 'int32', converted: 7 }, 2, int32s(1, 86_399_999)), 't'),
    ).toEqual([1000n, 86_399_999_000n])
    expect(
      await read(one('t', { type: 'int64', converted: 9 }, 2, int64s(-1n, 253402300799999n)), 't'),
    ).toEqual([-1000n, 253402300799999000n])
  })

  test('a time stamp in milliseconds that microseconds cannot hold is corrupt', async () => {
    const file = one('t', { type: 'int64', converted: 9 }, 1, int64s(2n ** 62n))
    await expect(read(file, 't')).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('that do not fit the physical type are corrupt', async () => {
    const file = one('t', { type: 'int32', converted: 9 }, 1, int32s(1))
    await expect(read(file, 't')).rejects.toMatchObject({
      code: 'CORRUPT_DATA',
      details: { column: 't' },
    })
  })

  test('left out leave the physical type', async () => {
    const file: HandFile = {
      schema: [
        { name: 'b', type: 'bytes', repetition: 'required', fieldId: 7 },
        { name: 'i', type: 'int32', repetition: 'required' },
      ],
      rows: 1,
      columns: [
        { path: ['b'], type: 'bytes', values: 1, pages: [{ values: 1, body: byteArrays('hi') }] },
        { path: ['i'], type: 'int32', values: 1, pages: [{ values: 1, body: int32s(-3) }] },
      ],
    }
    expect(await typesOf(file)).toEqual(['Binary', 'Int32'])
    expect(await read(file, 'b')).toEqual(['6869'])
    const [batch] = await readAll(bytesSource(handFile(file)))
    expect(batch?.schema.fields.map((field) => field.metadata.get('PARQUET:field_id'))).toEqual([
      '7',
      undefined,
    ])
    expect(batch?.schema.fields.map((field) => field.nullable)).toEqual([false, false])
  })
})

describe('pages', () => {
  const nullable = (pages: HandFile['columns'][number]['pages'], values: number): HandFile => ({
    schema: [{ name: 'a', type: 'int32', repetition: 'optional' }],
    rows: values,
    columns: [{ path: ['a'], type: 'int32', values, pages }],
  })

  test('with and without nulls follow each other', async () => {
    const pages = [
      { values: 2, body: concat(levels([1, 1]), int32s(1, 2)) },
      { values: 3, body: concat(levels([0, 1, 0]), int32s(4)) },
      { values: 1, body: concat(levels([1]), int32s(6)) },
      { values: 2, body: levels([0, 0]) },
    ]
    expect(await read(nullable(pages, 8), 'a')).toEqual([1, 2, null, 4, null, 6, null, null])
  })

  test('of version 2 hold their levels in front, uncompressed', async () => {
    const body = Uint8Array.of(3, 0b101, ...int32s(5, 7))
    const pages = [{ kind: 'v2' as const, values: 3, nulls: 1, definitionBytes: 2, body }]
    expect(await read(nullable(pages, 3), 'a')).toEqual([5, null, 7])
  })

  test('with levels in the deprecated BIT_PACKED encoding', async () => {
    const body = concat(Uint8Array.of(0b10100000), int32s(5, 7))
    const file = nullable([{ values: 3, definitionEncoding: 4, body }], 3)
    expect(await read(file, 'a')).toEqual([5, null, 7])
  })

  test('with a dictionary of which some pages make no use', async () => {
    const file: HandFile = {
      schema: [{ name: 's', type: 'bytes', repetition: 'required', converted: 0 }],
      rows: 5,
      columns: [
        {
          path: ['s'],
          type: 'bytes',
          values: 5,
          pages: [
            { kind: 'dictionary', values: 2, encoding: 2, body: byteArrays('no', 'yes') },
            { values: 3, encoding: 2, body: Uint8Array.of(1, 3, 0b110) },
            { values: 2, body: byteArrays('new', 'no') },
          ],
        },
      ],
    }
    const expected = ['no', 'yes', 'yes', 'new', 'no']
    expect(await read(file, 's')).toEqual(expected)
    expect(await read(file, 's', { strings: 'dictionary' })).toEqual(expected)
  })
})
