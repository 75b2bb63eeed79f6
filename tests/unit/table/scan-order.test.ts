import { expect, test } from 'vitest'
import { t } from '../../../src/index.js'
import { connect } from '../../../src/table/connect.js'

test('ordered: the newest append first, then its files and their rows as they were written', async () => {
  const catalog = await connect('memory:/order', { workers: 0 })
  const table = await catalog.createTable('a.t', {
    schema: { id: t.int(), p: t.string() },
    partitionBy: ['p'],
    properties: { 'commit.manifest.min-count-to-merge': '3' },
  })
  await table.append([
    { id: 1, p: 'b' },
    { id: 2, p: 'a' },
    { id: 3, p: 'b' },
  ])
  await table.append([{ id: 4, p: 'a' }])
  const ids = async () => (await table.scan({ ordered: true }).toArray()).map(({ id }) => id)
  expect(await ids()).toEqual([4, 1, 3, 2])
  // Merged manifests keep that order.
  await table.append([{ id: 5, p: 'b' }])
  await table.append([{ id: 6, p: 'c' }])
  expect(await ids()).toEqual([6, 5, 4, 1, 3, 2])
  // Sorted tables: within a file, never across files.
  await table.updateSortOrder(['id'])
  await table.append([
    { id: 9, p: 'a' },
    { id: 7, p: 'a' },
    { id: 8, p: 'b' },
  ])
  expect((await ids()).slice(0, 3)).toEqual([7, 9, 8])
})
