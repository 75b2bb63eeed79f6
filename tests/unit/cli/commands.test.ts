import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { day, month } from '../../../src/expr/terms.js'
import { connect } from '../../../src/table/connect.js'
import { t } from '../../../src/types/builder.js'
import { fakeTerminal } from './fake-terminal.js'

// Whole commands on real tables, the demo among them.
vi.setConfig({ testTimeout: 90_000 })

let folder = ''
let table = ''
let first = 0n

const ROWS = [
  { id: 1n, city: 'Oslo', fare: '12.50', at: '2026-01-31', tags: ['a', null] },
  { id: 9007199254740993n, city: null, fare: '7.00', at: '2026-02-01', tags: null },
]
const LAST = { id: 3n, city: 'Kyiv, UA', fare: null, at: null, tags: [] }
const CANONICAL = [
  '{"id":"1","city":"Oslo","fare":"12.50","at":"2026-01-31","tags":["a",null]}',
  '{"id":"3","city":"Kyiv, UA","fare":null,"at":null,"tags":[]}',
  '{"id":"9007199254740993","city":null,"fare":"7.00","at":"2026-02-01","tags":null}',
]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-cli-'))
  const catalog = await connect(join(folder, 'wh'))
  const made = await catalog.createTable('nyc.trips', {
    schema: {
      id: t.long().required(),
      city: t.string().doc('where'),
      fare: t.decimal(9, 2),
      at: t.date(),
      tags: t.list(t.string()),
    },
    partitionBy: [day('at')],
    properties: { 'my.note': 'x' },
  })
  first = (await made.append(ROWS)).snapshotId ?? 0n
  await made.createTag('start')
  await made.append([LAST])
  table = made.location
  await catalog.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]) {
  const fake = fakeTerminal()
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err(), bytes: fake.outBytes() }
}

/** Runs a command that must succeed, and gives its lines. */
async function lines(...args: string[]): Promise<string[]> {
  const { code, out, err } = await run(...args)
  expect(err).toBe('')
  expect(code).toBe(0)
  return out.trimEnd().split('\n')
}

describe('rows', () => {
  it('prints the canonical form where no terminal is', async () => {
    expect((await lines('rows', table)).sort()).toEqual(CANONICAL)
  })

  it.each([
    ['snapshot', () => String(first)],
    ['ref', () => 'start'],
  ])('reads the past by --%s', async (option, value) => {
    const [a, , c] = CANONICAL
    expect((await lines('rows', table, `--${option}`, value())).sort()).toEqual([a, c])
  })

  it('selects, filters and limits', async () => {
    const where = "fare > 7 and city like 'Os%'"
    expect(await lines('rows', table, '--select', 'city,id', '--where', where)).toEqual([
      '{"city":"Oslo","id":"1"}',
    ])
    expect(await lines('rows', table, '--limit', '2')).toHaveLength(2)
    expect(await lines('rows', table, '--limit', '0')).toEqual([''])
  })

  it('prints CSV and aligned tables', async () => {
    const where = ['--where', 'id = 3']
    expect(await lines('rows', table, '--format', 'csv', ...where)).toEqual([
      'id,city,fare,at,tags',
      '3,"Kyiv, UA",,,[]',
    ])
    expect(await lines('rows', table, '--format', 'table', ...where)).toEqual([
      'id  city      fare  at    tags',
      ' 3  Kyiv, UA  null  null  []',
    ])
  })

  it('writes Arrow as a stream, and Parquet that can be imported again', async () => {
    const { bytes, code } = await run('rows', table, '--format', 'arrow')
    expect(code).toBe(0)
    const arrow = tableFromIPC(bytes)
    expect(arrow.numRows).toBe(3)
    expect([...(arrow.getChild('id') ?? [])].sort()).toEqual([1n, 3n, 9007199254740993n])

    const file = join(folder, 'out.parquet')
    expect((await run('rows', table, '--format', 'parquet', '--output', file)).code).toBe(0)
    expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1')
    const copy = join(folder, 'wh/nyc/copy')
    expect((await run('import', file, copy)).code).toBe(0)
    expect((await lines('rows', copy)).sort()).toEqual(CANONICAL)
  })

  it('gives an Arrow stream with a schema when there are no rows', async () => {
    const { bytes } = await run('rows', table, '--format', 'arrow', '--where', 'id = 0')
    expect(tableFromIPC(bytes).schema.fields.map(({ name }) => name)).toEqual([
      'id',
      'city',
      'fare',
      'at',
      'tags',
    ])
  })

  it.each([
    [['--where', 'fare >'], 2],
    [['--where', "nothing = 'x'"], 2],
    [['--select', 'nothing'], 2],
    [['--snapshot', '5'], 1],
    [['--ref', 'nothing'], 1],
    [['--as-of', 'yesterday'], 2],
    [['--snapshot', '5', '--ref', 'main'], 2],
    [['--relocate', 'x'], 2],
    [['--output', 'x', '--format', 'csv'], 2],
  ])('%j exits %i', async (args, code) => {
    const { code: actual, err, out } = await run('rows', table, ...args)
    expect({ actual, out }).toEqual({ actual: code, out: '' })
    expect(err).toMatch(/^moraine rows: .+\n/)
  })

  it('refuses binary output on a terminal', async () => {
    const fake = fakeTerminal({ isTTY: true })
    expect(await runCli(['rows', table, '--format', 'arrow'], fake.terminal)).toBe(2)
    expect(fake.out()).toBe('')
  })
})

describe('looking at a table', () => {
  it('log lists the snapshots', async () => {
    const [title, one, two, ...more] = await lines('log', table)
    expect(title).toMatch(/^ +snapshot +committed \(UTC\) +operation +added/)
    expect(one).toMatch(new RegExp(`^ *${first} .* append +\\+2 .* tag start$`))
    expect(two).toMatch(/ append +\+1 +3 +3 {2}main$/)
    expect(more).toEqual([])
    const entries = (await lines('log', table, '--json')).map((line) => JSON.parse(line))
    expect(entries).toMatchObject([
      { snapshotId: String(first), addedRows: '2', inHistory: true },
      { parentId: String(first), totalRows: '3', refs: ['main'] },
    ])
  })

  it('describe shows columns, partitioning, refs and properties', async () => {
    const text = (await lines('describe', 'nyc.trips', '--catalog', join(folder, 'wh'))).join('\n')
    expect(text).toContain('partitioning    at_day = day(at)')
    expect(text).toMatch(/ 2 {2}city +string +where\n/)
    expect(text).toMatch(/ 6 {4}element +string/)
    expect(text).toContain('start = tag at ')
    expect(text).toContain('my.note = x')
    const described = JSON.parse((await lines('describe', table, '--json')).join('\n'))
    expect(described).toMatchObject({ formatVersion: 2, rows: '3', properties: { 'my.note': 'x' } })
  })

  it('log and describe say in words what changed of the shape', async () => {
    const catalog = await connect(join(folder, 'wh'))
    const made = await catalog.createTable('nyc.shaped', {
      schema: { id: t.int(), at: t.timestamptz() },
      partitionBy: [day('at')],
    })
    await made.append([{ id: 1, at: '2026-01-31T00:00:00Z' }])
    const wider = await made.updateSchema((s) =>
      s.addColumn('tip', t.double()).widenColumn('id', t.long()),
    )
    await made.updateSpec((s) => s.replaceField('at_day', month('at')))
    await wider.updateSortOrder(['tip'])
    await made.upgradeFormat(3)
    await catalog.close()
    const shown = (await lines('log', made.location)).slice(3).map((line) => line.slice(23).trim())
    const changes = [
      "added column 'tip' (double)",
      "changed column 'id' from int to long",
      'removed partition field at_day = day(at)',
      'added partition field at_month = month(at)',
      'now sorted by tip asc nulls-first',
    ]
    const upgrade = 'upgraded the format version from 2 to 3'
    expect(shown).toEqual(['schema, partitioning, sorting', ...changes, upgrade])
    const json = (await lines('log', made.location, '--json')).map((line) => JSON.parse(line))
    expect(json.flatMap((item) => item.changes ?? [])).toEqual([...changes, upgrade])
    const text = (await lines('describe', made.location)).join('\n')
    expect(text).toMatch(/schema 0 -> 1 +added column 'tip' \(double\)\n +changed column 'id'/)
    expect(text).toMatch(/spec 0 -> 1 +removed partition field at_day/)
    expect(text).toMatch(/sort order 0 -> 1 +now sorted by tip/)
    const described = JSON.parse((await lines('describe', made.location, '--json')).join('\n'))
    expect(described.changes).toEqual(changes)
    expect(await lines('log', table)).not.toContain('changed (UTC)')
  })

  it('files lists data files with their partitions', async () => {
    expect((await lines('files', table)).at(-1)).toMatch(/^3 files, 3 rows, /)
    const files = (await lines('files', table, '--ref', 'start', '--json')).map((line) =>
      JSON.parse(line),
    )
    expect(files.map(({ partition, rows }) => [partition, rows])).toEqual([
      ['at_day=2026-01-31', '1'],
      ['at_day=2026-02-01', '1'],
    ])
  })

  it('plan says what is skipped', async () => {
    const text = (
      await lines('plan', table, '--where', "at = '2026-01-31'", '--metadata-only')
    ).join('\n')
    expect(text).toMatch(/1 of 3 files/)
    const report = await lines('plan', table, '--json')
    expect(JSON.parse(report.join('\n'))).toBeTypeOf('object')
  })

  it('verify is clean, and says what is not', async () => {
    expect(await lines('verify', table)).toEqual([
      '2 snapshots, 2 manifests, 3 files, 3 rows in files: clean',
    ])
    const broken = join(folder, 'wh/nyc/broken')
    const rows = join(folder, 'rows.jsonl')
    writeFileSync(rows, '{"a": 1}\n')
    await lines('import', rows, broken)
    const [file] = (await lines('files', broken, '--json')).map((line) => JSON.parse(line))
    unlinkSync(file.path)
    const { code, out } = await run('verify', broken)
    expect(code).toBe(1)
    expect(out).toMatch(/^file-missing: .*\n1 snapshots, .* 1 violations\n$/)
  })
})

describe('import', () => {
  it('makes a partitioned table from CSV, appends, overwrites, and refuses what does not fit', async () => {
    const target = join(folder, 'wh/in/csv')
    const csv = join(folder, 'in.csv')
    writeFileSync(csv, 'id,on,zip\n1,2026-01-05,01234\n2,2026-02-05,\n')
    expect(await lines('import', csv, target, '--partition-by', 'month(on)')).toEqual([
      expect.stringMatching(/^2 rows in 2 files, snapshot \d+, /),
    ])
    await lines('import', csv, target)
    expect((await lines('rows', target)).sort()).toEqual([
      ...Array(2).fill('{"id":"1","on":"2026-01-05","zip":"01234"}'),
      ...Array(2).fill('{"id":"2","on":"2026-02-05","zip":null}'),
    ])
    const result = JSON.parse(
      (
        await lines(
          'import',
          csv,
          'in.csv',
          '--catalog',
          join(folder, 'wh'),
          '--overwrite',
          '--json',
        )
      )[0] ?? '',
    )
    expect(result).toMatchObject({ operation: 'overwrite', created: false })
    expect(await lines('rows', target)).toHaveLength(2)

    writeFileSync(csv, 'id,on,zip\nx,2026-01-05,1\n')
    const failed = await run('import', csv, target)
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.err).toContain('row 1, column id: "x" is no long')
    expect(await lines('rows', target)).toHaveLength(2)
  })

  it('makes nested columns from JSON lines, with given types', async () => {
    const target = join(folder, 'wh/in/json')
    const file = join(folder, 'in.ndjson')
    writeFileSync(file, '{"p": {"x": 1, "y": [1.5, null]}, "m": "12.345"}\n{"p": null}\n')
    expect(await lines('import', file, target, '--type', 'm=decimal(9,3)', '--dry-run')).toEqual([
      '{"name":"p","type":"struct<x: long, y: list<double>>"}',
      '{"name":"m","type":"decimal(9,3)"}',
    ])
    await lines('import', file, target, '--type', 'm=decimal(9,3)')
    expect((await lines('rows', target)).map((line) => JSON.parse(line))).toEqual([
      { p: { x: '1', y: [1.5, null] }, m: '12.345' },
      { p: null, m: null },
    ])
  })

  it.each([
    [['--partition-by', 'month(id']],
    [['--partition-by', 'mnth(id)']],
    [['--partition-by', 'bucket(id)']],
    [['--partition-by', 'day(nothing)']],
    [['--type', 'nothing=long']],
    [['--type', 'id=lnog']],
    [['--type', 'id']],
  ])('exits 2 for %j', async (args) => {
    const csv = join(folder, 'one.csv')
    writeFileSync(csv, 'id\n1\n')
    const { code, err } = await run('import', csv, join(folder, 'wh/in/never'), ...args)
    expect(err).toMatch(/^moraine import: .+\n$/)
    expect(code).toBe(2)
    expect((await run('log', join(folder, 'wh/in/never'))).code).toBe(1)
  })

  it('exits 2 when there is no such file, or no table to go to', async () => {
    expect((await run('import', join(folder, 'none.csv'), table)).code).toBe(2)
    const csv = join(folder, 'two.csv')
    writeFileSync(csv, 'id\n1\n')
    expect((await run('import', csv, 'trips')).err).toContain('--catalog')
  })
})

describe('demo', () => {
  it('exits 2 saying what to do when there are no flights', async () => {
    const { code, err } = await run('demo', '--data', join(folder, 'none.parquet'))
    expect(code).toBe(2)
    expect(err).toContain('there is no file')
  })

  it('takes flights through the life of a table, and starts over when run again', async () => {
    const file = join(folder, 'flights.parquet')
    await writeFlights(file)
    const dir = join(folder, 'demo')
    for (const attempt of [1, 2]) {
      const text = (await lines('demo', '--data', file, '--dir', dir)).join('\n')
      expect(text, `run ${attempt}`).toContain('append 2001-02: 1,500 rows')
      expect(text).toContain('overwrite February: 1,500 rows replaced')
      expect(text).toContain('append May again: now 4,501 rows')
      expect(text).toMatch(
        /February corrected +3,001 +3\.50 min +date arrival_delay origin destination note/,
      )
      expect(text).toMatch(/all months, first schema +3,001 +-0\.50 min/)
      expect(text).toMatch(/now +3,001 +3\.50 min/)
      expect(text).toMatch(/2001-02 {2}before .*\n.*<- corrected/)
      expect(text).toMatch(/pyiceberg|PyIceberg/)
    }
    const location = join(dir, 'demo/flights')
    expect((await lines('verify', location)).join()).toContain('clean')
    expect(
      await lines(
        'rows',
        location,
        '--where',
        'note is not null',
        '--select',
        'arrival_delay',
        '--limit',
        '1',
      ),
    ).toEqual(['{"arrival_delay":"0"}'])
  })
})

/** February and May of 2001 with delays from -15 to 14, and one flight in June. */
async function writeFlights(file: string): Promise<void> {
  const catalog = await connect(join(folder, 'source'))
  const source = await catalog.createTable('demo.source', {
    schema: {
      date: t.timestamp(),
      delay: t.long(),
      distance: t.long(),
      origin: t.string(),
      destination: t.string(),
    },
  })
  const moments = [2, 5].flatMap((month) => Array.from({ length: 1500 }, (_, n) => ({ month, n })))
  const flights = [...moments, { month: 6, n: 0 }].map(({ month, n }) => ({
    date: `2001-0${month}-${String(1 + Math.floor(n / 60)).padStart(2, '0')}T12:${String(n % 60).padStart(2, '0')}:00`,
    delay: (n % 30) - 15,
    distance: 500,
    origin: 'SFO',
    destination: 'OSL',
  }))
  await source.append(flights)
  const { code } = await run('rows', source.location, '--format', 'parquet', '--output', file)
  expect(code).toBe(0)
  await catalog.close()
}
