/** Files in the place of others: what they keep of those, and what may happen meanwhile. */
import { expect, test } from 'vitest'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { equalityDelta } from '../../../../src/commit/actions/equality-delta.js'
import { type RewriteFiles, rewriteFiles } from '../../../../src/commit/actions/rewrite-files.js'
import type { DataFile } from '../../../../src/format/model.js'
import { dataFile, pathOf, TestTable } from './harness.js'

const rewrite = (table: TestTable, change: Partial<RewriteFiles>) =>
  rewriteFiles({
    removeData: [],
    addData: [],
    removeDeletes: [],
    addDeletes: [],
    dangling: [],
    since: table.head().snapshotId,
    formatVersion: table.metadata.formatVersion,
    ...change,
  })

const vector = (name: string, of: string): DataFile => ({
  ...dataFile(name, { rows: 1 }),
  content: 'position-deletes',
  format: 'puffin',
  path: `memory:/w/t/data/${name}.puffin`,
  referencedDataFile: pathOf(of),
})
const keys = (name: string): DataFile => ({
  ...dataFile(name, { rows: 1 }),
  content: 'equality-deletes',
  equalityIds: [1],
})

test('the data sequence number of rewritten rows stays when their manifest is merged at once', async () => {
  const table = new TestTable({ properties: { 'commit.manifest.min-count-to-merge': '2' } })
  await table.commit(appendFiles({ files: [dataFile('a'), dataFile('b')] }))
  await table.commit(appendFiles({ files: [dataFile('c')] }))
  const compact = rewrite(table, {
    removeData: [dataFile('a'), dataFile('b')],
    addData: [dataFile('ab', { rows: 20 })],
    sequenceNumber: 2n,
  })
  // Rows of the compacted files that somebody deletes by key meanwhile.
  await table.commit(
    equalityDelta({ addedFiles: [], addedDeletes: [keys('k')], specs: new Set([0]) }),
  )
  await table.commit(compact)
  const data = (await table.manifests()).filter(({ content }) => content === 'data')
  expect(data).toHaveLength(1)
  const numbers = (await table.entries())
    .filter(({ status, file }) => status !== 'deleted' && file.content === 'data')
    .map(({ file, sequenceNumber, fileSequenceNumber }) => [
      file.path,
      sequenceNumber,
      fileSequenceNumber,
    ])
  // Younger than the deletes, the rows would come back.
  expect(numbers.sort()).toEqual([
    [pathOf('ab'), 2n, 4n],
    [pathOf('c'), 2n, 2n],
  ])
})

test('a vector in the place of another: deletes by key meanwhile are no matter, another vector is', async () => {
  for (const [what, meanwhile, conflict] of [
    ['by key', keys('k'), undefined],
    ['a vector of another file', vector('v2', 'b'), undefined],
    ['a vector of the same file', vector('v2', 'a'), 'deletes-added'],
  ] as const) {
    const table = new TestTable({ formatVersion: 3 })
    await table.commit(appendFiles({ files: [dataFile('a'), dataFile('b')] }))
    await table.commit(
      equalityDelta({ addedFiles: [], addedDeletes: [vector('v1', 'a')], specs: new Set([0]) }),
    )
    const tidy = rewrite(table, {
      removeDeletes: [vector('v1', 'a')],
      addDeletes: [{ file: vector('v3', 'a'), sequenceNumber: 2n }],
    })
    await table.commit(
      equalityDelta({ addedFiles: [], addedDeletes: [meanwhile], specs: new Set([0]) }),
    )
    if (conflict !== undefined) {
      await expect(table.commit(tidy), what).rejects.toMatchObject({ conflict })
      continue
    }
    await table.commit(tidy)
    const deletes = (await table.entries())
      .filter(({ status, file }) => status !== 'deleted' && file.content !== 'data')
      .map(({ file }) => file.path)
    expect(deletes.sort(), what).toEqual([meanwhile.path, vector('v3', 'a').path].sort())
  }
})
