/** Each level of pruning shows in `explain()`: what came to it, what it left out, and why. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, day, type ScanReport, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'
import { duckFile } from '../parquet/read-support.js'

const folder = mkdtempSync(join(tmpdir(), 'moraine-explain-'))
let table: Table<{ id: ReturnType<typeof t.long> }>
let adopted: Table<{ id: ReturnType<typeof t.long> }>

/**
 * Three days in three manifests, the last with two files of different ids; a fourth manifest whose
 * only file was removed; and a file with bloom filters beside them, in a table of its own.
 */
beforeAll(async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const schema = { id: t.long(), on: t.date(), text: t.string() }
  const made = await catalog.createTable('a.t', {
    schema,
    partitionBy: [day('on')],
    properties: {
      'write.parquet.page-size-bytes': '1024',
      'write.parquet.dict-size-bytes': '0',
      'commit.manifest-merge.enabled': 'false',
    },
  })
  const rows = (from: number, count: number, on: string) =>
    Array.from({ length: count }, (_, i) => ({ id: from + i, on, text: `row ${from + i}` }))
  await made.append(rows(0, 10, '2026-01-01'))
  await made.append(rows(100, 10, '2026-01-02'))
  await made.append([...rows(200, 10, '2026-01-03'), ...rows(300, 10, '2026-01-04')])
  // One file in two row groups, by way of a small row group size.
  await made.updateProperties({ set: { 'write.parquet.row-group-size-bytes': '20000' } })
  await made.append(rows(1000, 2000, '2026-01-03'))
  await made.overwrite([], { where: "on = '2026-01-01'" })
  table = made as unknown as typeof table

  const file = join(folder, 'bloom.parquet')
  const sql = 'SELECT (i % 400) * 2 AS id FROM range(20000) t(i) ORDER BY hash(i)'
  await duckFile(file, sql, 'row_group_size 20000')
  await store.put('memory:/wh/in/bloom.parquet', readFileSync(file))
  const plain = await catalog.createTable('a.bloom', { schema: { id: t.long() } })
  await store.put(`${plain.location}/bloom.parquet`, readFileSync(file))
  await plain.addFiles([`${plain.location}/bloom.parquet`])
  adopted = plain as unknown as typeof adopted
})

afterAll(() => rmSync(folder, { recursive: true }))

type Level = ScanReport['levels'][number]['level']

test.each<[Level, string, RegExp]>([
  ['manifests by live files', 'id >= 0', /no live file/],
  ['manifests by partition', "on >= '2026-01-03'", /partition summaries/],
  ['files by partition', "on = '2026-01-04'", /partition values exclude/],
  ['files by column bounds', 'id = 105', /column bounds/],
  ['row groups by statistics', 'id = 2999', /footer statistics/],
  ['pages by page index', 'id = 1000', /page bounds/],
])('%s, for %s', async (level, where, why) => {
  const scan = table.scan({ where })
  const report = await scan.explain()
  const at = report.levels.find((one) => one.level === level)
  expect(at?.skipped).toBeGreaterThan(0)
  expect(at?.considered).toBeGreaterThanOrEqual(at?.skipped ?? 0)
  expect(at?.why).toMatch(why)
  const line = String(report)
    .split('\n')
    .find((text) => text.trim().startsWith(level))
  expect(line).toContain(`${at?.skipped} of ${at?.considered} skipped: `)
  expect(line).toMatch(why)
  expect(await scan.count()).toBeGreaterThan(0)
})

test('row groups by bloom filter', async () => {
  const report = await adopted.scan({ where: 'id = 15' }).explain()
  const at = report.levels.find((one) => one.level === 'row groups by bloom filter')
  expect(at).toMatchObject({ considered: 1, skipped: 1, why: expect.stringMatching(/bloom/) })
  expect(await adopted.scan({ where: 'id = 15' }).count()).toBe(0)
  expect(await adopted.scan({ where: 'id = 14' }).count()).toBe(50)
})

test('what one level leaves goes on to the next', async () => {
  const { levels, statistics } = await table.scan({ where: "on = '2026-01-04'" }).explain()
  const [empty, manifests, partition, bounds] = levels
  expect(manifests?.considered).toBe((empty?.considered ?? 0) - (empty?.skipped ?? 0))
  expect(partition?.considered).toBe(statistics.filesTotal)
  expect(bounds?.considered).toBe((partition?.considered ?? 0) - (partition?.skipped ?? 0))
  expect(statistics.filesPlanned).toBe((bounds?.considered ?? 0) - (bounds?.skipped ?? 0))
})
