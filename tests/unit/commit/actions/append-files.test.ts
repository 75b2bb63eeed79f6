import { describe, expect, test } from 'vitest'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { CommitConflict, InvalidArgument } from '../../../../src/errors.js'
import { dataFile, pathOf, summaryOf, TestTable } from './harness.js'

describe('appendFiles', () => {
  test('adds a snapshot with manifest, list, summary and log entries', async () => {
    const table = new TestTable()
    const before = table.metadata
    const applied = await table.commit(appendFiles({ files: [dataFile('a'), dataFile('b')] }))
    const head = table.head()
    expect(await table.live()).toEqual([pathOf('a'), pathOf('b')])
    expect(head.sequenceNumber).toBe(1n)
    expect(head.parentSnapshotId).toBeUndefined()
    expect(head.schemaId).toBe(0)
    expect(head.timestampMs).toBeGreaterThan(before.lastUpdatedMs)
    expect(head.manifestList).toMatch(
      /^memory:\/w\/t\/metadata\/snap-[0-9]+-1-c0ffee00-0000-4000-8000-000000000001\.avro$/,
    )
    expect(table.metadata.snapshotLog).toEqual([
      { snapshotId: head.snapshotId, timestampMs: head.timestampMs },
    ])
    expect(table.metadata.metadataLog).toEqual([
      { metadataFile: 'memory:/w/t/metadata/v1.metadata.json', timestampMs: before.lastUpdatedMs },
    ])
    expect(summaryOf(head)).toEqual({
      operation: 'append',
      'added-data-files': '2',
      'added-records': '20',
      'added-files-size': '2000',
      'changed-partition-count': '1',
      'total-data-files': '2',
      'total-delete-files': '0',
      'total-records': '20',
      'total-files-size': '2000',
      'total-position-deletes': '0',
      'total-equality-deletes': '0',
      'manifests-created': '1',
      'manifests-kept': '0',
      'manifests-replaced': '0',
    })
    expect(applied.files).toEqual([
      head.manifestList,
      'memory:/w/t/metadata/c0ffee00-0000-4000-8000-000000000001-m0.avro',
    ])
    expect(applied.requirements).toEqual([
      { type: 'assert-table-uuid', uuid: before.tableUuid },
      { type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: undefined },
    ])
  })

  test('keeps the parent manifests and carries totals on', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    const first = table.head()
    await table.commit(appendFiles({ files: [dataFile('b', { rows: 5 })] }))
    const head = table.head()
    expect(head.parentSnapshotId).toBe(first.snapshotId)
    const manifests = await table.manifests()
    expect(manifests.map((m) => [m.sequenceNumber, m.addedSnapshotId])).toEqual([
      [2n, head.snapshotId],
      [1n, first.snapshotId],
    ])
    const summary = summaryOf(head)
    expect(summary['total-records']).toBe('15')
    expect(summary['total-data-files']).toBe('2')
    expect(summary['manifests-kept']).toBe('1')
    const entries = await table.entries()
    expect(entries.map((e) => [e.sequenceNumber, e.fileSequenceNumber])).toEqual([
      [2n, 2n],
      [1n, 1n],
    ])
  })

  test('a retry keeps the snapshot id and the manifest, not the list', async () => {
    const table = new TestTable()
    const slow = table.start(appendFiles({ files: [dataFile('slow')] }))
    const lost = await slow.attempt()
    await table.commit(appendFiles({ files: [dataFile('fast')] }))
    const won = await slow.publish()
    expect(won.results[0]?.snapshot?.snapshotId).toBe(lost.results[0]?.snapshot?.snapshotId)
    expect(won.files[1]).toBe(lost.files[1])
    expect(won.files[0]).not.toBe(lost.files[0])
    expect(won.results[0]?.snapshot?.sequenceNumber).toBe(2n)
    expect(await table.live()).toEqual([pathOf('fast'), pathOf('slow')])
    expect(slow.created).toHaveLength(3)
    expect(summaryOf(table.head())['total-data-files']).toBe('2')
  })

  test('an attempt that had landed is found and not repeated', async () => {
    const table = new TestTable()
    const commit = table.start(appendFiles({ files: [dataFile('a')] }))
    await commit.publish()
    const again = await commit.publish()
    expect(again.updates).toEqual([])
    expect(again.results[0]?.snapshot).toEqual(table.head())
    expect(await table.live()).toEqual([pathOf('a')])
  })

  test('an idempotency key makes the second run a no-op', async () => {
    const table = new TestTable()
    const run = (name: string) =>
      table.commit(appendFiles({ files: [dataFile(name)], idempotencyKey: 'job-1' }))
    await run('a')
    const first = table.head()
    await table.commit(appendFiles({ files: [dataFile('b')] }))
    const again = await run('c')
    expect(again.updates).toEqual([])
    expect(again.results[0]?.snapshot).toEqual(first)
    expect(await table.live()).toEqual([pathOf('a'), pathOf('b')])
    expect(summaryOf(first)['moraine.idempotency-key']).toBe('job-1')
  })

  test('ifSnapshot refuses another head', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('a')], ifSnapshot: null }))
    const head = table.head().snapshotId
    await expect(
      table.commit(appendFiles({ files: [dataFile('b')], ifSnapshot: null })),
    ).rejects.toThrow(CommitConflict)
    await table.commit(appendFiles({ files: [dataFile('b')], ifSnapshot: head }))
    await expect(
      table.commit(appendFiles({ files: [dataFile('c')], ifSnapshot: head })),
    ).rejects.toThrow(/must be at snapshot/)
    expect(await table.live()).toEqual([pathOf('a'), pathOf('b')])
  })

  test('writes to a branch and leaves main alone', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    await table.commit(appendFiles({ files: [dataFile('x')], branch: 'audit' }))
    expect(await table.live()).toEqual([pathOf('a')])
    expect(await table.live(table.head('audit'))).toEqual([pathOf('x')])
    expect(table.metadata.snapshotLog).toHaveLength(1)
    expect(table.metadata.lastSequenceNumber).toBe(2n)
  })

  test('merges manifests from min-count-to-merge on, and reuses the merge in a retry', async () => {
    const table = new TestTable({ properties: { 'commit.manifest.min-count-to-merge': '3' } })
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    await table.commit(appendFiles({ files: [dataFile('b')] }))
    expect(await table.manifests()).toHaveLength(2)
    const commit = table.start(appendFiles({ files: [dataFile('c')] }))
    const tried = await commit.attempt()
    const applied = await commit.publish()
    expect(applied.files.slice(1)).toEqual(tried.files.slice(1))
    const [merged, ...rest] = await table.manifests()
    expect(rest).toEqual([])
    expect([merged?.addedFilesCount, merged?.existingFilesCount]).toEqual([1, 2])
    const entries = await table.entries()
    expect(entries.map((e) => [e.status, e.sequenceNumber])).toEqual([
      ['added', 3n],
      ['existing', 2n],
      ['existing', 1n],
    ])
    const summary = summaryOf(table.head())
    expect([summary['manifests-created'], summary['manifests-replaced']]).toEqual(['1', '2'])
  })

  test('merging can be turned off, by property and by call', async () => {
    const off = {
      'commit.manifest.min-count-to-merge': '2',
      'commit.manifest-merge.enabled': 'false',
    }
    const table = new TestTable({ properties: off })
    for (const name of ['a', 'b', 'c']) await table.commit(appendFiles({ files: [dataFile(name)] }))
    expect(await table.manifests()).toHaveLength(3)
    const eager = new TestTable({ properties: { 'commit.manifest.min-count-to-merge': '2' } })
    for (const name of ['a', 'b']) {
      await eager.commit(appendFiles({ files: [dataFile(name)], fast: true }))
    }
    expect(await eager.manifests()).toHaveLength(2)
  })

  test('new manifests roll at the target size', async () => {
    const properties = { 'commit.manifest.target-size-bytes': '4000' }
    const table = new TestTable({ properties })
    const files = Array.from({ length: 60 }, (_, i) => dataFile(`f${i}`, { n: [i, i] }))
    await table.commit(appendFiles({ files, fast: true }))
    expect((await table.manifests()).length).toBeGreaterThan(1)
    expect(await table.live()).toHaveLength(60)
  })

  test('v1 tables have no sequence numbers; v3 tables number their rows', async () => {
    const v1 = new TestTable({ formatVersion: 1 })
    await v1.commit(appendFiles({ files: [dataFile('a')] }))
    await v1.commit(appendFiles({ files: [dataFile('b')] }))
    expect(v1.head().sequenceNumber).toBe(0n)
    expect((await v1.entries()).map((e) => e.sequenceNumber)).toEqual([0n, 0n])

    const v3 = new TestTable({ formatVersion: 3 })
    await v3.commit(
      appendFiles({ files: [dataFile('a', { rows: 3 }), dataFile('b', { rows: 4 })] }),
    )
    expect([v3.head().firstRowId, v3.head().addedRows]).toEqual([0n, 7n])
    await v3.commit(appendFiles({ files: [dataFile('c', { rows: 5 })] }))
    expect([v3.head().firstRowId, v3.head().addedRows]).toEqual([7n, 5n])
    expect(v3.metadata.nextRowId).toBe(12n)
    const ids = (await v3.entries()).map((e) => [e.file.path, e.file.firstRowId])
    expect(ids).toEqual([
      [pathOf('c'), 7n],
      [pathOf('a'), 0n],
      [pathOf('b'), 3n],
    ])
  })

  test('row ids survive a merge of manifests', async () => {
    const properties = { 'commit.manifest.min-count-to-merge': '2' }
    const table = new TestTable({ formatVersion: 3, properties })
    await table.commit(appendFiles({ files: [dataFile('a', { rows: 3 })] }))
    await table.commit(appendFiles({ files: [dataFile('b', { rows: 4 })] }))
    expect(await table.manifests()).toHaveLength(1)
    const ids = (await table.entries()).map((e) => [e.file.path, e.file.firstRowId])
    expect(new Map(ids as [string, bigint][])).toEqual(
      new Map([
        [pathOf('a'), 0n],
        [pathOf('b'), 3n],
      ]),
    )
  })

  test('refuses files that cannot be added', async () => {
    const table = new TestTable()
    const twice = appendFiles({ files: [dataFile('a'), dataFile('a')] })
    await expect(table.commit(twice)).rejects.toThrow(InvalidArgument)
    const foreign = appendFiles({ files: [dataFile('a', { specId: 9 })] })
    await expect(table.commit(foreign)).rejects.toThrow(/missing partition spec 9/)
    const bad = new Map([['total-records', '0']])
    expect(() => appendFiles({ files: [], summary: bad })).toThrow(InvalidArgument)
  })

  test('an own summary member is kept; partitions are described up to the limit', async () => {
    const table = new TestTable({
      partitionBy: ['city'],
      properties: { 'write.summary.partition-limit': '2' },
    })
    const files = [dataFile('a', { partition: ['Oslo'] }), dataFile('b', { partition: [null] })]
    await table.commit(appendFiles({ files, summary: new Map([['job', 'nightly']]) }))
    const summary = summaryOf(table.head())
    expect(summary.job).toBe('nightly')
    expect(summary['changed-partition-count']).toBe('2')
    expect(summary['partition-summaries-included']).toBe('true')
    expect(summary['partitions.city=Oslo']).toBe(
      'added-data-files=1,added-records=10,added-files-size=1000',
    )
  })
})
