import { describe, expect, test } from 'vitest'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { overwriteFiles } from '../../../../src/commit/actions/overwrite-files.js'
import { replaceFiles } from '../../../../src/commit/actions/replace-files.js'
import { replacePartitions } from '../../../../src/commit/actions/replace-partitions.js'
import { updateSchema } from '../../../../src/commit/actions/update-schema.js'
import type { Validation } from '../../../../src/commit/conflicts.js'
import { FileReplacer } from '../../../../src/commit/replace-files.js'
import { snapshotAction } from '../../../../src/commit/snapshot-action.js'
import { CommitConflict, InvalidArgument, Unsupported } from '../../../../src/errors.js'
import { alwaysTrue, and, col } from '../../../../src/expr/build.js'
import type { Predicate } from '../../../../src/expr/predicate.js'
import { currentSchema } from '../../../../src/format/lookup.js'
import type { DataFile } from '../../../../src/format/model.js'
import { t } from '../../../../src/types/builder.js'
import { SchemaEditor } from '../../../../src/types/schema-editor.js'
import { dataFile, pathOf, summaryOf, TestTable } from './harness.js'

function overwrite(
  table: TestTable,
  where: Predicate,
  files: readonly DataFile[] = [],
  validate?: Validation,
) {
  const schema = currentSchema(table.metadata)
  const bound = table.where(where)
  return overwriteFiles({ where: bound, schema, files, ...(validate && { validate }) })
}

async function partitioned(properties: Record<string, string> = {}): Promise<TestTable> {
  const table = new TestTable({ partitionBy: ['city'], properties })
  const files = ['Oslo', 'Rome', 'Bern'].map((city) => dataFile(city, { partition: [city] }))
  await table.commit(appendFiles({ files }))
  return table
}

describe('overwriteFiles', () => {
  test('replaces whole partitions and keeps the rest', async () => {
    const table = await partitioned()
    const file = dataFile('new', { partition: ['Oslo'], rows: 3 })
    await table.commit(overwrite(table, col('city').eq('Oslo'), [file]))
    expect(await table.live()).toEqual(['Bern', 'Rome', 'new'].map(pathOf))
    const summary = summaryOf(table.head())
    expect(summary).toMatchObject({
      operation: 'overwrite',
      'added-data-files': '1',
      'deleted-data-files': '1',
      'deleted-records': '10',
      'removed-files-size': '1000',
      'total-records': '23',
      'total-data-files': '3',
      'changed-partition-count': '1',
      'manifests-created': '2',
      'manifests-kept': '0',
      'manifests-replaced': '1',
    })
    const removed = (await table.entries()).filter((e) => e.status === 'deleted')
    expect(removed.map((e) => [e.snapshotId, e.sequenceNumber])).toEqual([
      [table.head().snapshotId, 1n],
    ])
  })

  test('goes by bounds where partitions do not tell', async () => {
    const table = new TestTable()
    const files = [dataFile('low', { n: [0, 9] }), dataFile('high', { n: [10, 19] })]
    await table.commit(appendFiles({ files }))
    await table.commit(overwrite(table, col('n').lt(10)))
    expect(await table.live()).toEqual([pathOf('high')])
    expect(summaryOf(table.head()).operation).toBe('delete')
  })

  test('never guesses: a file that may match in part is refused by name', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('mixed', { n: [5, 15] })] }))
    const commit = table.commit(overwrite(table, col('n').lt(10)))
    await expect(commit).rejects.toMatchObject({
      feature: 'row-level-overwrite',
      details: { path: pathOf('mixed') },
    })
    await expect(commit).rejects.toThrow(Unsupported)
    expect(await table.live()).toEqual([pathOf('mixed')])
  })

  test('files without metrics are refused, not kept or dropped', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('blind')] }))
    await expect(table.commit(overwrite(table, col('n').lt(10)))).rejects.toThrow(Unsupported)
  })

  test('everything goes with a predicate that is true', async () => {
    const table = await partitioned()
    await table.commit(appendFiles({ files: [dataFile('more', { partition: [null] })] }))
    await table.commit(overwrite(table, alwaysTrue, [dataFile('only', { partition: ['x'] })]))
    expect(await table.live()).toEqual([pathOf('only')])
    expect(summaryOf(table.head())['deleted-data-files']).toBe('4')
    // Manifests that only remember removals go with the next snapshot.
    await table.commit(appendFiles({ files: [], fast: true }))
    expect(await table.manifests()).toHaveLength(3)
    await table.commit(appendFiles({ files: [] }))
    expect(await table.manifests()).toHaveLength(1)
    await table.commit(overwrite(table, alwaysTrue))
    await table.commit(overwrite(table, alwaysTrue))
    expect(await table.manifests()).toEqual([])
    expect(summaryOf(table.head())['total-records']).toBe('0')
  })

  test('a retry removes what others have added meanwhile, and reuses filtered manifests', async () => {
    const table = await partitioned()
    const commit = table.start(
      overwrite(table, col('city').eq('Oslo'), [dataFile('new', { partition: ['Oslo'] })]),
    )
    const first = await commit.attempt()
    await table.commit(appendFiles({ files: [dataFile('late', { partition: ['Oslo'] })] }))
    const second = await commit.publish()
    expect(await table.live()).toEqual(['Bern', 'Rome', 'new'].map(pathOf))
    const manifestsOf = (files: readonly string[]) => files.filter((f) => /-m[0-9]+\.avro$/.test(f))
    expect(manifestsOf(second.files)).toEqual(expect.arrayContaining(manifestsOf(first.files)))
    expect(second.files.length).toBe(first.files.length + 1)
  })

  test('serializable validation refuses rows added since; snapshot validation does not', async () => {
    for (const isolation of ['serializable', 'snapshot'] as const) {
      const table = await partitioned()
      const since = table.head().snapshotId
      const commit = table.start(overwrite(table, col('city').eq('Oslo'), [], { since, isolation }))
      await table.commit(appendFiles({ files: [dataFile('else', { partition: ['Rome'] })] }))
      await commit.attempt()
      await table.commit(appendFiles({ files: [dataFile('late', { partition: ['Oslo'] })] }))
      if (isolation === 'snapshot') await commit.publish()
      else await expect(commit.publish()).rejects.toThrow(/has added where this commit has read/)
    }
  })

  test('validation refuses rows removed since', async () => {
    const table = await partitioned()
    const since = table.head().snapshotId
    const validate = { since, isolation: 'snapshot' } as const
    const commit = table.start(overwrite(table, col('city').eq('Oslo'), [], validate))
    await table.commit(overwrite(table, col('city').eq('Oslo')))
    await expect(commit.publish()).rejects.toThrow(CommitConflict)
  })

  test('validation from a snapshot that is no ancestor any more is a conflict', async () => {
    const table = await partitioned()
    const validate = { since: 12345n, isolation: 'snapshot' } as const
    const commit = table.start(overwrite(table, col('city').eq('Oslo'), [], validate))
    await expect(commit.publish()).rejects.toThrow(/history from snapshot 12345/)
  })

  test('a predicate resolved against another schema is a conflict, everything is not', async () => {
    const table = await partitioned()
    const some = table.start(overwrite(table, col('city').eq('Oslo')))
    const all = table.start(overwrite(table, alwaysTrue))
    await table.commit(
      updateSchema((base) => {
        const { lastColumnId, formatVersion } = base
        const editor = new SchemaEditor(currentSchema(base), { lastColumnId, formatVersion })
        return editor.addColumn('tip', t.double()).result()
      }),
    )
    await expect(some.publish()).rejects.toThrow(/schema has changed since the predicate/)
    await all.publish()
    expect(await table.live()).toEqual([])
  })

  test('a predicate on several columns combines partition and bounds', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    const files = [
      dataFile('a', { partition: ['Oslo'], n: [0, 5] }),
      dataFile('b', { partition: ['Oslo'], n: [6, 9] }),
      dataFile('c', { partition: ['Rome'], n: [0, 9] }),
    ]
    await table.commit(appendFiles({ files }))
    await table.commit(overwrite(table, and(col('city').eq('Oslo'), col('n').lte(5))))
    expect(await table.live()).toEqual(['b', 'c'].map(pathOf))
  })
})

describe('replaceFiles', () => {
  test('removes given files and adds others', async () => {
    const table = await partitioned()
    const [oslo] = (await table.entries())
      .map((e) => e.file)
      .filter((f) => f.path === pathOf('Oslo'))
    if (oslo === undefined) throw new RangeError('no such file')
    const add = [dataFile('new', { partition: ['Oslo'] })]
    await table.commit(replaceFiles({ remove: [oslo], add }))
    expect(await table.live()).toEqual(['Bern', 'Rome', 'new'].map(pathOf))
    await expect(table.commit(replaceFiles({ remove: [oslo], add: [] }))).rejects.toThrow(
      CommitConflict,
    )
  })

  test('a file that others remove first is a conflict in the retry', async () => {
    const table = await partitioned()
    const rome = { path: pathOf('Rome'), specId: 0, partition: ['Rome'] }
    const commit = table.start(replaceFiles({ remove: [rome], add: [] }))
    await commit.attempt()
    await table.commit(overwrite(table, col('city').eq('Rome')))
    await expect(commit.publish()).rejects.toThrow(/no longer in the table/)
    expect(await table.live()).toEqual(['Bern', 'Oslo'].map(pathOf))
  })
})

describe('replacePartitions', () => {
  test('replaces the partitions of the new files', async () => {
    const table = await partitioned()
    const files = [
      dataFile('o2', { partition: ['Oslo'] }),
      dataFile('o3', { partition: ['Oslo'] }),
      dataFile('p1', { partition: ['Paris'] }),
    ]
    await table.commit(replacePartitions({ files }))
    expect(await table.live()).toEqual(['Bern', 'Rome', 'o2', 'o3', 'p1'].map(pathOf))
    expect(summaryOf(table.head())).toMatchObject({
      operation: 'overwrite',
      'replace-partitions': 'true',
      'deleted-data-files': '1',
    })
  })

  test('an unpartitioned table is replaced altogether', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('a'), dataFile('b')] }))
    await table.commit(replacePartitions({ files: [dataFile('c')] }))
    expect(await table.live()).toEqual([pathOf('c')])
  })

  test('validates its own partitions only', async () => {
    const table = await partitioned()
    const since = table.head().snapshotId
    const validate = { since, isolation: 'serializable' } as const
    const file = dataFile('new', { partition: ['Oslo'] })
    const commit = table.start(replacePartitions({ files: [file], validate }))
    await table.commit(appendFiles({ files: [dataFile('r2', { partition: ['Rome'] })] }))
    await commit.attempt()
    await table.commit(appendFiles({ files: [dataFile('o2', { partition: ['Oslo'] })] }))
    await expect(commit.publish()).rejects.toThrow(CommitConflict)
  })

  test('refuses files of several specs', () => {
    const files = [dataFile('a'), dataFile('b', { specId: 1 })]
    expect(() => replacePartitions({ files })).toThrow(InvalidArgument)
  })
})

describe('merging after removals', () => {
  test('removals are remembered by their own snapshot only; row ids stay', async () => {
    const table = new TestTable({
      formatVersion: 3,
      partitionBy: ['city'],
      properties: { 'commit.manifest.min-count-to-merge': '2' },
    })
    const files = ['Oslo', 'Rome'].map((city) => dataFile(city, { partition: [city], rows: 4 }))
    await table.commit(appendFiles({ files }))
    const file = dataFile('n', { partition: ['Oslo'], rows: 2 })
    await table.commit(overwrite(table, col('city').eq('Oslo'), [file]))
    expect(await table.manifests()).toHaveLength(1)
    const ids = (await table.entries()).map((e) => [e.status, e.file.path, e.file.firstRowId])
    expect(ids).toEqual([
      ['added', pathOf('n'), 8n],
      ['deleted', pathOf('Oslo'), 0n],
      ['existing', pathOf('Rome'), 4n],
    ])
    await table.commit(appendFiles({ files: [dataFile('o', { partition: ['Oslo'] })] }))
    expect(await table.manifests()).toHaveLength(1)
    const after = (await table.entries()).map((e) => [e.status, e.file.path, e.file.firstRowId])
    expect(after).toEqual([
      ['added', pathOf('o'), 14n],
      ['existing', pathOf('n'), 8n],
      ['existing', pathOf('Rome'), 4n],
    ])
  })
})

describe('delete files', () => {
  /** What a row-level change will do: adds delete files beside the data. */
  const addDeletes = (files: readonly DataFile[]) => {
    const replacer = new FileReplacer()
    return snapshotAction('row-delta', [], {}, (attempt) =>
      replacer.apply(attempt, { operation: 'overwrite', added: files, remove: undefined }),
    )
  }
  const deletes = (name: string, city: string, more: Partial<DataFile> = {}): DataFile => ({
    ...dataFile(name, { partition: [city], rows: 1 }),
    content: 'position-deletes',
    ...more,
  })
  const paths = async (table: TestTable): Promise<readonly string[]> => {
    const entries = (await table.entries()).filter((e) => e.status !== 'deleted')
    return entries.map((e) => e.file.path.replace(/.*\/|\..*/g, '')).sort()
  }

  test('deletion vectors go with their data file', async () => {
    const table = await partitioned({ 'commit.manifest.min-count-to-merge': '2' })
    const vector = (name: string, city: string) =>
      deletes(name, city, { format: 'puffin', referencedDataFile: pathOf(city) })
    await table.commit(addDeletes([vector('dv1', 'Oslo'), vector('dv2', 'Rome')]))
    expect(summaryOf(table.head())).toMatchObject({
      'added-delete-files': '2',
      'added-dvs': '2',
      'added-position-deletes': '2',
      'total-delete-files': '2',
    })
    await table.commit(overwrite(table, col('city').eq('Oslo')))
    expect(await paths(table)).toEqual(['Bern', 'Rome', 'dv2'])
    expect(summaryOf(table.head())).toMatchObject({
      'removed-delete-files': '1',
      'removed-dvs': '1',
      'total-delete-files': '1',
      'total-position-deletes': '1',
    })
  })

  test('delete files older than all data left go; younger ones stay', async () => {
    const table = await partitioned()
    await table.commit(addDeletes([deletes('pd', 'Oslo')]))
    await table.commit(appendFiles({ files: [dataFile('young', { partition: ['Oslo'] })] }))
    await table.commit(overwrite(table, col('city').eq('Rome')))
    expect(await paths(table)).toEqual(['Bern', 'Oslo', 'pd', 'young'])
    const old = { path: pathOf('Oslo'), specId: 0, partition: ['Oslo'] }
    const bern = { path: pathOf('Bern'), specId: 0, partition: ['Bern'] }
    await table.commit(replaceFiles({ remove: [old, bern], add: [] }))
    expect(await paths(table)).toEqual(['young'])
  })

  test('new delete files where rows were read are a conflict', async () => {
    const table = await partitioned()
    const validate = { since: table.head().snapshotId, isolation: 'snapshot' } as const
    const oslo = table.start(overwrite(table, col('city').eq('Oslo'), [], validate))
    const rome = table.start(overwrite(table, col('city').eq('Rome'), [], validate))
    await table.commit(addDeletes([deletes('pd', 'Oslo')]))
    await expect(oslo.publish()).rejects.toThrow(/has added deletes/)
    await rome.publish()
    expect(await paths(table)).toEqual(['Bern', 'Oslo', 'pd'])
  })

  test('deletes of one file are a conflict where that file may hold rows that were read', async () => {
    const about = (name: string): DataFile =>
      deletes('pd', 'Oslo', { referencedDataFile: pathOf(name) })
    for (const [name, refused] of [
      ['low', true],
      ['high', false],
      // A data file that is in the table no more, or never was.
      ['lost', false],
    ] as const) {
      const table = new TestTable({ partitionBy: ['city'] })
      const oslo = (file: string, n: readonly [number, number]): DataFile =>
        dataFile(file, { partition: ['Oslo'], n })
      await table.commit(appendFiles({ files: [oslo('low', [0, 9]), oslo('high', [10, 19])] }))
      await table.commit(appendFiles({ files: [dataFile('Rome', { partition: ['Rome'] })] }))
      const validate = { since: table.head().snapshotId, isolation: 'snapshot' } as const
      const where = and(col('city').eq('Oslo'), col('n').lt(10))
      const commit = table.start(overwrite(table, where, [], validate))
      await table.commit(addDeletes([about(name)]))
      if (refused) await expect(commit.publish(), name).rejects.toThrow(/has added deletes/)
      else await commit.publish()
      const left = refused ? ['Rome', 'high', 'low', 'pd'] : ['Rome', 'high', 'pd']
      expect(await paths(table), name).toEqual(left)
    }
  })

  test('an append takes data only', () => {
    expect(() => appendFiles({ files: [deletes('pd', 'Oslo')] })).toThrow(InvalidArgument)
  })
})

describe('row ids', () => {
  test('files that stay keep theirs when their manifest is rewritten', async () => {
    const table = new TestTable({ formatVersion: 3, partitionBy: ['city'] })
    const files = ['Oslo', 'Rome'].map((city) => dataFile(city, { partition: [city], rows: 4 }))
    await table.commit(appendFiles({ files }))
    await table.commit(
      overwrite(table, col('city').eq('Oslo'), [dataFile('n', { partition: ['Oslo'], rows: 2 })]),
    )
    const ids = (await table.entries()).map((e) => [e.status, e.file.path, e.file.firstRowId])
    expect(ids).toEqual([
      ['added', pathOf('n'), 8n],
      ['deleted', pathOf('Oslo'), 0n],
      ['existing', pathOf('Rome'), 4n],
    ])
    // The rewritten manifest's own rows have ids, but space is left for them all the same.
    expect(table.metadata.nextRowId).toBe(14n)
  })
})
