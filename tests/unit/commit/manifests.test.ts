/** Manifests of a snapshot: completed where a list leaves things out, merged into bins, let go when empty. */
import { describe, expect, test } from 'vitest'
import { appendFiles } from '../../../src/commit/actions/append-files.js'
import { replaceFiles } from '../../../src/commit/actions/replace-files.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import type { Snapshot } from '../../../src/format/model.js'
import { dataFile, summaryOf, type TableOptions, TestTable } from './actions/harness.js'

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `f${at}`)

async function appended(count: number, options: TableOptions): Promise<TestTable> {
  const table = new TestTable(options)
  for (const name of names(count)) await table.commit(appendFiles({ files: [dataFile(name)] }))
  return table
}

test('a snapshot of version 1 that lists its manifests inline gets the counts from their entries', async () => {
  const table = await appended(2, {
    formatVersion: 1,
    properties: { 'commit.manifest-merge.enabled': 'false' },
  })
  await table.commit(replaceFiles({ remove: [dataFile('f0')], add: [dataFile('g')] }))
  const head = table.head()
  const manifests = (await table.manifests()).map(({ path }) => path)
  const { manifestList: _, ...rest } = head
  const inline: Snapshot = { ...rest, manifests }
  table.metadata = {
    ...table.metadata,
    snapshots: table.metadata.snapshots.map((one) =>
      one.snapshotId === head.snapshotId ? inline : one,
    ),
  }
  await table.commit(appendFiles({ files: [dataFile('last')] }))
  expect((await table.live()).map((path) => path.replace(/^.*\/|\.parquet$/g, ''))).toEqual([
    'f1',
    'g',
    'last',
  ])
  const counts = (await table.manifests()).map(
    ({ addedFilesCount, existingFilesCount, deletedFilesCount, addedRowsCount }) =>
      [addedFilesCount, existingFilesCount, deletedFilesCount, addedRowsCount].map(String),
  )
  expect(counts.flat()).not.toContain('undefined')
  expect(summaryOf(table.head())['total-data-files']).toBe('3')
})

test('manifests are packed as the table says', async () => {
  const level = (value: string): TableOptions => ({
    properties: {
      'write.manifest.compression-codec': 'gzip',
      'write.manifest.compression-level': value,
    },
  })
  const size = async (value: string): Promise<number> => {
    const table = new TestTable(level(value))
    const files = names(200).map((name) => dataFile(name, { n: [1, 2], city: ['a', 'b'] }))
    await table.commit(appendFiles({ files }))
    return Number((await table.manifests())[0]?.length)
  }
  expect(await size('9')).toBeLessThan(await size('1'))
})

test('a manifest of removed files is let go by the next removal elsewhere', async () => {
  const table = await appended(2, { properties: { 'commit.manifest-merge.enabled': 'false' } })
  await table.commit(replaceFiles({ remove: [dataFile('f0')], add: [] }))
  expect(await table.manifests()).toHaveLength(2)
  await table.commit(replaceFiles({ remove: [dataFile('f1')], add: [dataFile('g')] }))
  expect(await table.manifests()).toHaveLength(2)
  expect(await table.live()).toEqual([dataFile('g').path])
})

describe('merging', () => {
  const merging = (targetBytes: number): TableOptions => ({
    properties: {
      'commit.manifest.min-count-to-merge': '2',
      'commit.manifest.target-size-bytes': `${targetBytes}`,
      'write.manifest.compression-codec': 'uncompressed',
    },
  })

  test('bins hold what the target size allows, filled from the old end', async () => {
    const one = await appended(1, merging(1 << 20))
    const length = Number((await one.manifests())[0]?.length)
    const table = await appended(9, { properties: { 'commit.manifest-merge.enabled': 'false' } })
    expect(await table.manifests()).toHaveLength(9)
    const { properties = {} } = merging(Math.floor(length * 2.5))
    await table.commit(
      updateProperties({
        set: new Map(Object.entries({ ...properties, 'commit.manifest-merge.enabled': 'true' })),
      }),
    )
    await table.commit(appendFiles({ files: [dataFile('last')] }))
    expect(await table.manifests()).toHaveLength(5)
    expect(await table.live()).toHaveLength(10)
  })

  test('manifests without a live file are let go, merged or not', async () => {
    const table = await appended(3, merging(1 << 20))
    await table.commit(replaceFiles({ remove: names(3).map((name) => dataFile(name)), add: [] }))
    expect(await table.live()).toEqual([])
    const dead = (await table.manifests()).map(({ path }) => path)
    expect(dead.length).toBeGreaterThan(0)
    await table.commit(appendFiles({ files: [dataFile('new')] }))
    const kept = (await table.manifests()).map(({ path }) => path)
    expect(kept.filter((path) => dead.includes(path))).toEqual([])
    expect(await table.live()).toHaveLength(1)
  })
})
