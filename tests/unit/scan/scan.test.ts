import { describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/codec/json/parse.js'
import { stringifyJson } from '../../../src/codec/json/stringify.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { Aborted, InvalidArgument, NotFound } from '../../../src/errors.js'
import { and, col } from '../../../src/expr/build.js'
import { day } from '../../../src/expr/terms.js'
import type { ScanOptions } from '../../../src/scan/options.js'
import { taskFromJson, taskToJson } from '../../../src/scan/task-json.js'
import type { Field } from '../../../src/types/type.js'
import { type WrittenTable, writtenTable } from '../../support/written-table.js'

const fields: readonly Field[] = [
  { id: 1, name: 'id', required: true, type: { kind: 'long' } },
  { id: 2, name: 'city', required: false, type: { kind: 'string' } },
  { id: 3, name: 'at', required: false, type: { kind: 'timestamp' } },
  {
    id: 4,
    name: 'stop',
    required: false,
    type: {
      kind: 'struct',
      fields: [
        { id: 6, name: 'lat', required: false, type: { kind: 'double' } },
        { id: 7, name: 'lon', required: false, type: { kind: 'double' } },
      ],
    },
  },
  { id: 5, name: 'fare', required: false, type: { kind: 'decimal', precision: 9, scale: 2 } },
]

const rows = Array.from({ length: 12 }, (_, at) => ({
  id: BigInt(at),
  city: at % 3 === 0 ? null : ['Oslo', 'Bergen'][at % 2],
  at: `2024-01-0${1 + Math.floor(at / 4)}T00:00:0${at % 10}.000000`,
  stop: at % 5 === 0 ? null : { lat: at / 2, lon: -at },
  fare: `${at}.50`,
}))

async function table(): Promise<WrittenTable> {
  const made = await writtenTable({
    fields,
    partitionBy: [{ path: ['at'], transform: { kind: 'day' } }],
  })
  // The manifest list starts with the newest manifest.
  await made.append(rows.slice(6))
  await made.append(rows.slice(0, 6))
  return made
}

async function read(made: WrittenTable, options: ScanOptions): Promise<readonly object[]> {
  return (await made.scan({ ordered: true, ...options })).toArray()
}

describe('scan', () => {
  test('gives every column by default, in order', async () => {
    expect(await read(await table(), {})).toEqual(rows)
  })

  test('selects columns in the order asked for, nested ones pruned and merged', async () => {
    const made = await table()
    const scan = await made.scan({ select: ['fare', 'stop.lon', 'id'], ordered: true })
    expect(scan.arrowSchema().fields.map((field) => field.name)).toEqual(['fare', 'stop', 'id'])
    expect(await scan.toArray()).toEqual(
      rows.map(({ fare, stop, id }) => ({ fare, stop: stop && { lon: stop.lon }, id })),
    )
    const both = await read(made, { select: [['stop', 'lon'], 'stop.lat'] })
    // Members keep the order of the struct.
    expect(both).toEqual(rows.map(({ stop }) => ({ stop })))
  })

  test('filters by columns that are not selected, nested ones and through transforms', async () => {
    const made = await table()
    expect(await read(made, { select: ['id'], where: col('city').eq('Oslo') })).toEqual(
      rows.filter((row) => row.city === 'Oslo').map(({ id }) => ({ id })),
    )
    expect(await read(made, { select: ['id'], where: col('stop.lat').gt(4) })).toEqual(
      rows.filter((row) => (row.stop?.lat ?? 0) > 4).map(({ id }) => ({ id })),
    )
    const where = and(day('at').eq('2024-01-02'), col('fare').gte('5.50'))
    expect(await read(made, { select: ['id', 'stop'], where })).toEqual(
      rows.slice(5, 8).map(({ id, stop }) => ({ id, stop })),
    )
    expect(await read(made, { select: ['stop.lon'], where: col('stop.lat').isNull() })).toEqual(
      rows.filter((row) => row.stop === null).map(() => ({ stop: null })),
    )
  })

  test('gives metadata columns', async () => {
    const made = await table()
    const scan = await made.scan({
      select: ['id', '_pos', '_file', '_spec_id', '_partition', '_deleted'],
      ordered: true,
    })
    const got = await scan.toArray()
    const tasks = (await scan.plan()).tasks
    const expected = tasks.flatMap(({ file }) =>
      Array.from({ length: Number(file.recordCount) }, (_, at) => ({
        _pos: BigInt(at),
        _file: file.path,
        _spec_id: 0,
        _deleted: false,
      })),
    )
    expect(got.map(({ id: _id, _partition: _tuple, ...rest }) => rest)).toEqual(expected)
    expect(got.map((row) => row['_partition'])).toEqual(
      rows.map(({ at }) => ({ at_day: at.slice(0, 10) })),
    )
    const file = tasks[1]?.file.path ?? ''
    const ofFile = await made.scan({ where: col('_file').eq(file) })
    expect(await ofFile.count()).toBe(Number(tasks[1]?.file.recordCount))
  })

  test('counts from metadata where that is exact, and reads where it is not', async () => {
    const made = await table()
    expect(await (await made.scan({ where: col('city').eq('Oslo') })).count()).toBe(4)
    expect(await (await made.scan({ where: col('city').eq('Oslo'), limit: 2 })).count()).toBe(2)
    for (const path of made.store.files().keys()) {
      if (path.endsWith('.parquet')) await made.store.delete(path)
    }
    expect(await (await made.scan()).count()).toBe(12)
    expect(await (await made.scan({ limit: 5 })).count()).toBe(5)
    // Column bounds say of each file that all of its rows match, or none.
    expect(await (await made.scan({ where: col('id').gte(4n) })).count()).toBe(8)
    await expect((await made.scan({ where: col('id').gte(5n) })).count()).rejects.toBeInstanceOf(
      NotFound,
    )
  })

  test('a limit ends the scan', async () => {
    const made = await table()
    expect(await read(made, { limit: 0 })).toEqual([])
    expect(await read(made, { limit: 7 })).toEqual(rows.slice(0, 7))
    expect(await read(made, { limit: 2, where: col('city').eq('Bergen') })).toEqual(
      rows.filter((row) => row.city === 'Bergen').slice(0, 2),
    )
    const batches = (await made.scan({ limit: 100 })).batches()
    expect((await batches.next()).done).toBe(false)
    await batches.return()
    expect((await batches.next()).done).toBe(true)
  })

  test('a small memory limit changes nothing but the size of batches', async () => {
    const made = await table()
    const scan = await made.scan({ memoryLimit: 200, ordered: true })
    let batches = 0
    for await (const batch of scan.batches()) {
      expect(batch.schema.fields.map((field) => field.name)).toEqual(fields.map(({ name }) => name))
      batches += 1
    }
    expect(batches).toBeGreaterThan(6)
    expect(await scan.toArray()).toEqual(rows)
  })

  test('tables, JSON rows and opt-in Arrow forms', async () => {
    const made = await table()
    const arrow = await (await made.scan({ ordered: true, decimals: 'int64' })).toArrow()
    expect(arrow.numRows).toBe(12)
    expect(arrow.getChild('fare')?.get(3)).toBe(350n)
    const json = await (await made.scan({ select: ['id', 'fare'], ordered: true })).toArray({
      as: 'json',
    })
    expect(json[2]).toBe('{"id":"2","fare":"2.50"}')
    const dictionary = await made.scan({ strings: 'dictionary', where: col('city').eq('Oslo') })
    expect((await dictionary.toArray()).map((row) => row['city'])).toEqual(Array(4).fill('Oslo'))
    const empty = await (await made.scan({ where: col('id').lt(0n) })).toArrow()
    expect(empty.schema.fields.map((field) => field.name)).toEqual(fields.map(({ name }) => name))
  })

  test('tasks survive JSON and give their rows elsewhere', async () => {
    const made = await table()
    const where = and(col('city').eq('Oslo'), col('fare').in(['2.50', '5.50', '10.50']))
    const scan = await made.scan({ where, select: ['id'] })
    const { tasks } = await scan.plan()
    const ids: unknown[] = []
    for (const task of tasks) {
      const text = stringifyJson(taskToJson(task))
      const again = taskFromJson(parseJson(text, { limits: defaultLimits }), {
        schemaId: 0,
        identifierFieldIds: [],
        fields,
      })
      expect(again.residual).toEqual(task.residual)
      for await (const batch of scan.readTask(again)) ids.push(...(batch.getChild('id') ?? []))
    }
    expect(ids.sort()).toEqual([10n, 2n])
  })

  test('explains what it skips', async () => {
    const made = await table()
    const where = and(col('at').gte('2024-01-03T00:00:00'), col('id').gt(10n))
    const report = await (await made.scan({ where, select: ['id'] })).explain()
    expect(
      report.levels.map(({ level, considered, skipped }) => [level, considered, skipped]),
    ).toEqual([
      ['manifests by live files', 2, 0],
      ['manifests by partition', 2, 1],
      ['files by partition', 2, 1],
      ['files by column bounds', 1, 0],
      ['row groups by statistics', 1, 0],
      ['row groups by bloom filter', 1, 0],
      ['pages by page index', 0, 0],
    ])
    expect(report.statistics.filesInSkippedManifests).toBe(2)
    expect(report.rowsToRead).toBe(4)
    const text = report.toString()
    expect(text).toContain('1 of 2 skipped')
    expect(text).toContain('id > 10')
  })

  test('refuses what it cannot mean', async () => {
    const made = await table()
    const wrong: readonly (readonly [unknown, new (...args: never[]) => Error])[] = [
      [{ columns: ['id'] }, InvalidArgument],
      [{ select: ['nope'] }, NotFound],
      [{ select: ['id', 'id'] }, InvalidArgument],
      [{ select: 'id' }, InvalidArgument],
      [{ where: col('nope').eq(1) }, NotFound],
      [{ where: col('id').eq('x') }, InvalidArgument],
      [{ limit: -1 }, InvalidArgument],
      [{ limit: 1.5 }, InvalidArgument],
      [{ memoryLimit: 0 }, InvalidArgument],
      [{ decimals: 'float' }, InvalidArgument],
      [{ strings: 'views' }, InvalidArgument],
    ]
    for (const [options, error] of wrong) {
      await expect(
        made.scan(options as ScanOptions),
        JSON.stringify(Object.keys(options as object)),
      ).rejects.toBeInstanceOf(error)
    }
    expect(await read(made, { select: ['CITY'], caseSensitive: false, limit: 1 })).toEqual([
      { city: null },
    ])
  })

  test('obeys its signal before and during the read', async () => {
    const made = await table()
    const before = new AbortController()
    before.abort()
    const early = await made.scan({ signal: before.signal })
    await expect(early.toArray()).rejects.toBeInstanceOf(Aborted)
    await expect(early.plan()).rejects.toBeInstanceOf(Aborted)
    const during = new AbortController()
    const scan = await made.scan({ signal: during.signal, memoryLimit: 100 })
    const batches = scan.batches()
    await batches.next()
    during.abort()
    await expect(
      (async () => {
        for await (const batch of batches) expect(batch.numRows).toBeGreaterThan(0)
      })(),
    ).rejects.toBeInstanceOf(Aborted)
  })

  test('a table without a snapshot has no rows', async () => {
    const made = await writtenTable({ fields })
    const scan = await made.scan({ where: col('id').eq(1n) })
    expect(await scan.toArray()).toEqual([])
    expect(await scan.count()).toBe(0)
    expect((await scan.plan()).tasks).toEqual([])
    expect((await scan.explain()).toString()).toContain('snapshot none')
  })
})
