import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { csvSource } from '../../../src/cli/import/csv.js'
import { jsonLinesSource } from '../../../src/cli/import/json-lines.js'
import { openSources } from '../../../src/cli/import/open-source.js'
import { joinShapes, kindOfText, type Shape } from '../../../src/cli/import/shape.js'
import type { ImportSource } from '../../../src/cli/import/source.js'
import { textReader } from '../../../src/cli/import/text-value.js'
import { unifyColumns } from '../../../src/cli/import/unify.js'
import { CorruptData, InvalidArgument, MoraineError, ValidationError } from '../../../src/errors.js'
import type { Schema, Type } from '../../../src/types/type.js'
import { formatType, parseTypeText } from '../../../src/types/type-text.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-import-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal
const silent = (): void => undefined

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function columnsOf(source: ImportSource): Promise<Record<string, string>> {
  const columns = await source.columns(silent, never)
  return Object.fromEntries(columns.map(({ name, type }) => [name, formatType(type)]))
}

async function rowsOf(source: ImportSource, schema?: Schema): Promise<unknown[]> {
  const found = await source.columns(silent, never)
  const fields = found.map(({ name, type }, id) => ({ id, name, required: false, type }))
  const rows: unknown[] = []
  const target = schema ?? { schemaId: 0, fields, identifierFieldIds: [] }
  for await (const chunk of source.chunks(target, silent, never)) {
    if (!('numRows' in chunk)) rows.push(...chunk.map((row) => ({ ...row })))
  }
  return rows
}

function schemaOf(columns: Record<string, Type>): Schema {
  const fields = Object.entries(columns).map(([name, type], id) => ({
    id,
    name,
    required: false,
    type,
  }))
  return { schemaId: 0, fields, identifierFieldIds: [] }
}

describe('the kind of a text', () => {
  it.each([
    ['7', 'long'],
    ['-9223372036854775808', 'long'],
    ['9223372036854775808', 'string'],
    ['007', 'string'],
    ['+1', 'string'],
    ['-0', 'double'],
    ['1.50', 'double'],
    ['1e400', 'string'],
    ['1e3', 'double'],
    ['TRUE', 'boolean'],
    ['NaN', 'string'],
    ['2026-01-31', 'date'],
    ['2026-02-30', 'string'],
    ['2026-01-31T10:00:00', 'timestamp'],
    ['2026-01-31 10:00:00.123456', 'timestamp'],
    ['2026-01-31T10:00:00+02:00', 'timestamptz'],
    ['2026-01-31T10:00:00.123456789', 'string'],
    ['12:30', 'string'],
    ['x'.repeat(100), 'string'],
  ])('%s is %s', (text, kind) => expect(kindOfText(text)).toBe(kind))

  it.each<[string, string, string]>([
    ['long', 'double', 'double'],
    ['date', 'timestamp', 'timestamp'],
    ['timestamp', 'timestamptz', 'string'],
    ['boolean', 'long', 'string'],
    ['unknown', 'date', 'date'],
    ['long', 'long', 'long'],
  ])('%s with %s is %s, either way round', (a, b, both) => {
    const shape = (kind: string) => ({ kind }) as Shape
    expect(joinShapes(shape(a), shape(b)).kind).toBe(both)
    expect(joinShapes(shape(b), shape(a)).kind).toBe(both)
  })
})

describe('CSV', () => {
  it('finds the narrowest types over the whole file', async () => {
    const text =
      'id,zip,fare,at,seen,note,none\n1,01234,2,2026-01-31,true,,\n9007199254740993,90210,2.5,2026-01-31 10:00:00,FALSE,"",\n'
    expect(await columnsOf(csvSource(file('a.csv', text), { delimiter: ',' }))).toEqual({
      id: 'long',
      zip: 'string',
      fare: 'double',
      at: 'timestamp',
      seen: 'boolean',
      note: 'string',
      none: 'string',
    })
  })

  it('keeps quoted empties, line breaks and quotes, makes empties null, and takes odd names', async () => {
    const path = file('b.csv', '\ufeff__proto__,"a b"\r\n1,"x\ny ""z"""\r\n,""\r\n2,\r\n')
    const rows = (await rowsOf(csvSource(path, { delimiter: ',' }))) as Record<string, unknown>[]
    expect(rows.map((row) => Object.entries(row))).toEqual([
      [
        ['__proto__', 1n],
        ['a b', 'x\ny "z"'],
      ],
      [
        ['__proto__', null],
        ['a b', ''],
      ],
      [
        ['__proto__', 2n],
        ['a b', null],
      ],
    ])
  })

  it('reads gzip and other delimiters', async () => {
    const path = file('c.tsv.gz', gzipSync('a\tb\n1\t2\n'))
    const [source] = await openSources([path], undefined, undefined)
    expect(source && (await rowsOf(source))).toEqual([{ a: 1n, b: 2n }])
  })

  it('makes values fit the types of an existing table', async () => {
    const path = file('d.csv', 'd,n,t\n1.50,7,2026-01-31\n')
    const schema = schemaOf({
      d: { kind: 'decimal', precision: 9, scale: 2 },
      n: { kind: 'int' },
      t: { kind: 'timestamp' },
    })
    expect(await rowsOf(csvSource(path, { delimiter: ',' }), schema)).toEqual([
      { d: '1.50', n: 7, t: '2026-01-31T00:00:00' },
    ])
  })

  it.each([
    ['uneven lines', 'a,b\n1\n', CorruptData],
    ['an open quote', 'a\n"x\n', CorruptData],
    ['a column twice', 'a,a\n1,2\n', InvalidArgument],
    ['nothing at all', '', InvalidArgument],
  ])('refuses %s', async (_name, text, error) => {
    await expect(rowsOf(csvSource(file('e.csv', text), { delimiter: ',' }))).rejects.toBeInstanceOf(
      error,
    )
  })

  it('names file, row and column of a value that does not fit', async () => {
    const path = file('f.csv', 'n\n1\nx\n')
    const failing = rowsOf(csvSource(path, { delimiter: ',' }), schemaOf({ n: { kind: 'long' } }))
    await expect(failing).rejects.toThrow(/f\.csv, row 2, column n: "x" is no long/)
    await expect(failing).rejects.toBeInstanceOf(ValidationError)
  })

  it('refuses a column that the table lacks', async () => {
    const path = file('g.csv', 'n,m\n1,2\n')
    await expect(
      rowsOf(csvSource(path, { delimiter: ',' }), schemaOf({ n: { kind: 'long' } })),
    ).rejects.toThrow('"m"')
  })
})

describe('JSON lines', () => {
  it('finds nested types and joins what rows disagree about', async () => {
    const lines = [
      '{"id": 9007199254740993, "at": "2026-01-31T10:00:00Z", "tags": ["a"], "p": {"x": 1}, "mixed": 1}',
      '',
      '{"id": 2, "at": null, "tags": [], "p": {"y": true}, "mixed": "one", "none": null}',
    ]
    const path = file('a.jsonl', lines.join('\n'))
    expect(await columnsOf(jsonLinesSource(path))).toEqual({
      id: 'long',
      at: 'timestamptz',
      tags: 'list<string>',
      p: 'struct<x: long, y: boolean>',
      mixed: 'string',
      none: 'string',
    })
    const rows = await rowsOf(jsonLinesSource(path))
    expect(rows[0]).toMatchObject({ id: 9007199254740993n, mixed: '1', tags: ['a'] })
    expect(rows[1]).toMatchObject({ mixed: 'one', none: null })
  })

  it('takes maps as objects and as pairs, and doubles only when asked', async () => {
    const map: Type = {
      kind: 'map',
      keyId: 8,
      key: { kind: 'string' },
      valueId: 9,
      valueRequired: false,
      value: { kind: 'double' },
    }
    const path = file('b.jsonl', '{"m": {"a": 1}}\n{"m": [["b", 2.5], ["c", null]]}\n')
    expect(await rowsOf(jsonLinesSource(path), schemaOf({ m: map }))).toEqual([
      { m: new Map([['a', 1]]) },
      {
        m: new Map([
          ['b', 2.5],
          ['c', null],
        ]),
      },
    ])
  })

  it.each([
    ['an array', '[1]'],
    ['broken JSON', '{"a": '],
    ['a key twice', '{"a": 1, "a": 2}'],
    ['a member the table lacks', '{"b": 1}'],
    ['an object for a number', '{"a": {}}'],
  ])('refuses %s', async (_name, text) => {
    const path = file('c.jsonl', `{"a": 1}\n${text}\n`)
    const all = async () => {
      for await (const chunk of jsonLinesSource(path).chunks(
        schemaOf({ a: { kind: 'long' } }),
        silent,
        never,
      ))
        expect(chunk).toBeDefined()
    }
    await expect(all()).rejects.toBeInstanceOf(MoraineError)
  })
})

describe('texts of values', () => {
  it.each([
    ['boolean', 'T', true],
    ['double', '-Infinity', Number.NEGATIVE_INFINITY],
    ['double', '.5', 0.5],
    ['long', '+7', 7n],
    ['binary', '0x00ff', new Uint8Array([0, 255])],
    ['uuid', 'x', 'x'],
  ])('%s %s', (type, text, value) => expect(textReader(parseTypeText(type))(text)).toEqual(value))

  it.each([
    ['boolean', 'yes'],
    ['double', '1,5'],
    ['int', '1.0'],
    ['long', '0x1'],
    ['binary', '0xz'],
  ])('%s refuses %s', (type, text) => {
    expect(() => textReader(parseTypeText(type))(text)).toThrow(ValidationError)
  })
})

describe('several files', () => {
  const source = (path: string) => ({ path }) as ImportSource
  it('become one list of columns', () => {
    const columns = unifyColumns(
      [source('a.csv'), source('b.csv')],
      [
        [
          { name: 'x', type: { kind: 'long' } },
          { name: 'y', type: { kind: 'date' } },
        ],
        [
          { name: 'x', type: { kind: 'double' } },
          { name: 'z', type: { kind: 'string' } },
        ],
      ],
    )
    expect(columns.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'x double',
      'y date',
      'z string',
    ])
  })

  it('are refused when typed files disagree', () => {
    const found = [
      [{ name: 'x', type: { kind: 'long' } as const }],
      [{ name: 'x', type: { kind: 'string' } as const }],
    ]
    expect(() => unifyColumns([source('a.parquet'), source('b.parquet')], found)).toThrow(
      'column "x" is long',
    )
  })

  it('must exist and tell their format', async () => {
    await expect(openSources([join(folder, 'none.csv')], undefined, undefined)).rejects.toThrow(
      'there is no file',
    )
    await expect(openSources([file('x.dat', '')], undefined, undefined)).rejects.toThrow(
      'tells no format',
    )
    await expect(openSources([file('x.csv', '')], undefined, 'ab')).rejects.toThrow('one character')
  })
})
