import { resolve } from 'node:path'
import { TimestampMicrosecond } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { sliceBatch } from '../../../src/arrow/compact.js'
import { makeColumn } from '../../../src/arrow/layout.js'
import { beforeAfterChart } from '../../../src/cli/demo/chart.js'
import { findFlights } from '../../../src/cli/demo/find-flights.js'
import { howToOpen } from '../../../src/cli/demo/how-to-open.js'
import { byMonth } from '../../../src/cli/demo/months.js'
import { bytesText, durationText, grouped, momentText } from '../../../src/cli/output/figures.js'
import { jsonText } from '../../../src/cli/output/json.js'
import { csvOutput, jsonLinesOutput, tableOutput } from '../../../src/cli/output/row-output.js'
import {
  cellWidth,
  cut,
  printable,
  TextTable,
  textTable,
} from '../../../src/cli/output/text-table.js'
import type { Schema, Type } from '../../../src/types/type.js'
import { batchOf } from '../arrow/arrow-support.js'
import { fakeTerminal } from './fake-terminal.js'

describe('text tables', () => {
  it('align columns and leave no trailing blanks', () => {
    const text = textTable(
      [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'note' }],
      [
        ['a', '1', ''],
        ['bcdefg', '234', 'x'],
      ],
    )
    expect(text).toBe('name      n  note\na         1\nbcdefg  234  x')
  })

  it('keep the widths of the first page', () => {
    const table = new TextTable([{ title: 'a' }, { title: 'b' }])
    expect(table.page([['xxx', '1']])).toEqual(['a    b', 'xxx  1'])
    expect(table.page([['y', '2']])).toEqual(['y    2'])
  })

  it('show control characters instead of obeying them', () => {
    expect(printable('a\u001b[2Jb\nc\u202e\u0085')).toBe('a\\u001b[2Jb\\nc\\u202e\\u0085')
  })

  it('count wide characters as two cells and cut by cells', () => {
    expect(cellWidth('東京')).toBe(4)
    expect(cellWidth('e\u0301')).toBe(1)
    expect(cut('東京都', 5)).toBe('東京…')
    expect(cut('abcdef', 6)).toBe('abcdef')
    expect(cut('abcdefg', 6)).toBe('abcde…')
  })

  it.each([
    '\u1100',
    '\ua000',
    '\uac00',
    '\uf900',
    '\ufe30',
    '\uff01',
    '\uffe0',
    '\u{1f300}',
    '\u{20000}',
  ])('%s takes two cells, its neighbours of other scripts one', (wide) => {
    expect(cellWidth(wide)).toBe(2)
    expect(cellWidth('\u05d0\u115f\u1160\ud7a4\ue000\uffe7')).toBe(7)
  })

  it('joiners take no room, tabs are written out', () => {
    expect(cellWidth('a\u200db\ufe0f')).toBe(2)
    expect(printable('a\tb')).toBe('a\\tb')
  })
})

describe('figures', () => {
  it.each([
    [grouped(3000000), '3,000,000'],
    [grouped(-1234n), '-1,234'],
    [bytesText(0), '0 B'],
    [bytesText(1536n), '1.5 KiB'],
    [bytesText(5 * 2 ** 30), '5.0 GiB'],
    [durationText(12), '12 ms'],
    [durationText(12_340), '12.3 s'],
    [durationText(185_000), '3 min 5 s'],
    [momentText(0), '1970-01-01 00:00:00.000'],
    [momentText(9e15), '9000000000000000 ms'],
  ])('%s', (actual, expected) => expect(actual).toBe(expected))

  it('keep 64 bits, maps and bytes in JSON', () => {
    const value = {
      id: 9007199254740993n,
      map: new Map([['__proto__', 1n]]),
      bytes: new Uint8Array([0, 255]),
      set: new Set(['a', 2n]),
    }
    expect(jsonText(value)).toBe(
      '{"id":"9007199254740993","map":{"__proto__":"1"},"bytes":"0x00ff","set":["a","2"]}',
    )
  })
})

const field = (id: number, name: string, type: Type) => ({ id, name, required: false, type })
const schema: Schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [
    field(1, 'id', { kind: 'long' }),
    field(2, 'text', { kind: 'string' }),
    field(3, 'list', {
      kind: 'list',
      elementId: 4,
      elementRequired: false,
      element: { kind: 'int' },
    }),
  ],
}
const rows = [
  { id: 9007199254740993n, text: 'a "b", c', list: [1, null] },
  { id: null, text: '', list: null },
]

describe('rows', () => {
  it.each([
    [
      'jsonl',
      jsonLinesOutput,
      '{"id":"9007199254740993","text":"a \\"b\\", c","list":[1,null]}\n{"id":null,"text":"","list":null}\n',
    ],
    ['csv', csvOutput, 'id,text,list\n9007199254740993,"a ""b"", c","[1,null]"\n,"",\n'],
    [
      'table',
      tableOutput,
      '              id  text      list\n9007199254740993  a "b", c  [1,null]\n            null            null\n',
    ],
  ] as const)('as %s', async (_name, make, expected) => {
    const fake = fakeTerminal()
    const output = make(schema, fake.terminal)
    for (const row of rows) await output.row(row)
    await output.end()
    expect(fake.out()).toBe(expected)
  })

  it('have a line of names in CSV even when there are none', async () => {
    const fake = fakeTerminal()
    await csvOutput(schema, fake.terminal).end()
    expect(fake.out()).toBe('id,text,list\n')
  })
})

describe('many rows', () => {
  it('a table is printed page by page, text in large pieces', async () => {
    const many = Array.from({ length: 450 }, (_, id) => ({
      id: BigInt(id),
      text: 'x'.repeat(200),
      list: null,
    }))
    for (const [make, writes, lines] of [
      [tableOutput, 3, 451],
      [csvOutput, 2, 451],
      [jsonLinesOutput, 2, 450],
    ] as const) {
      const fake = fakeTerminal()
      let pieces = 0
      const write = fake.terminal.write.bind(fake.terminal)
      fake.terminal.write = async (chunk) => {
        pieces += 1
        await write(chunk)
      }
      const output = make(schema, fake.terminal)
      for (const row of many) await output.row(row)
      await output.end()
      expect(pieces).toBe(writes)
      expect(fake.out().split('\n')).toHaveLength(lines + 1)
    }
  })

  it('a last page that is empty prints nothing more', async () => {
    const fake = fakeTerminal()
    const output = tableOutput(schema, fake.terminal)
    for (let id = 0; id < 200; id++) await output.row({ id: BigInt(id), text: null, list: null })
    const before = fake.out()
    await output.end()
    expect(fake.out()).toBe(before)
  })
})

describe('the demo', () => {
  it('draws nothing for zeros and for what is below, and eighths of a cell', () => {
    const nothing = beforeAfterChart(new Map(), new Map([['a', 0]]), 'min')
    expect(nothing).toEqual(['a  before   0.0 min', '   after    0.0 min'])
    const mixed = beforeAfterChart(
      new Map([['a', -3]]),
      new Map([
        ['a', 1],
        ['b', 44],
      ]),
      'x',
    )
    expect(mixed[0]).toBe('a  before   -3.0 x')
    expect(mixed[1]).toBe('   after   \u2588 1.0 x   <- corrected')
    const part = beforeAfterChart(
      new Map([['a', 0.5]]),
      new Map([
        ['a', 0.5],
        ['b', 44],
      ]),
      'x',
    )
    expect(part[0]).toBe('a  before  \u258c 0.5 x')
  })

  it('cuts batches into months, those of slices too', async () => {
    const moments = ['2001-01-30', '2001-01-31', '2001-02-01', '2001-02-28', '2001-03-01'].map(
      (date) => Date.parse(date),
    )
    const data = makeColumn(new TimestampMicrosecond(), 5, 0, {
      values: BigInt64Array.from(moments, (ms) => BigInt(ms) * 1000n),
    })
    const whole = batchOf({ at: data })
    async function* batches() {
      yield sliceBatch(whole, 1, 3)
      yield sliceBatch(whole, 3, 3)
      yield sliceBatch(whole, 3, 5)
    }
    const months: [string, number, number][] = []
    for await (const { month, rows, batches: parts } of byMonth(batches(), 'at'))
      months.push([month, rows, parts.length])
    expect(months).toEqual([
      ['2001-01', 1, 1],
      ['2001-02', 2, 2],
      ['2001-03', 1, 1],
    ])
    async function* none() {}
    for await (const month of byMonth(none(), 'at')) expect.unreachable(month.month)
  })

  it('finds the flights where they are said to be, and says what is missing', () => {
    expect(findFlights('package.json')).toBe(resolve('package.json'))
    expect(() => findFlights('no/such.parquet')).toThrow('there is no file no/such.parquet')
    expect(findFlights(undefined)).toMatch(/vega-datasets\/data\/flights-3m\.parquet$/)
  })

  it('draws bars in proportion and marks what changed', () => {
    const lines = beforeAfterChart(
      new Map([
        ['a', 5],
        ['b', 10],
      ]),
      new Map([
        ['a', 10],
        ['b', 10],
      ]),
      'min',
    )
    expect(lines).toEqual([
      `a  before  ${'█'.repeat(22)} 5.0 min`,
      `   after   ${'█'.repeat(44)} 10.0 min   <- corrected`,
      `b  before  ${'█'.repeat(44)} 10.0 min`,
      `   after   ${'█'.repeat(44)} 10.0 min`,
    ])
  })

  it('quotes paths for the shell in the commands it shows', () => {
    const ways = howToOpen({
      warehouse: "/tmp/it's",
      metadataFile: "/tmp/it's/v1.json",
      name: 'demo.flights',
    })
    const text = ways.flatMap(({ lines }) => lines).join('\n')
    expect(text).toContain('warehouse="/tmp/it\'s"')
    expect(text).toContain("it'\\''s/v1.json")
    expect(ways.map(({ engine }) => engine.split(' ')[0])).toEqual(['DuckDB', 'PyIceberg', 'Spark'])
  })
})
