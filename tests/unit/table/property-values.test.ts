import { beforeAll, expect, test } from 'vitest'
import { type Catalog, connect, t } from '../../../src/index.js'

let catalog: Catalog
beforeAll(async () => {
  catalog = await connect('memory:', { workers: 0 })
})

const schema = { id: t.long() }

test.each([
  ['write.target-file-size-bytes', '512MB'],
  ['write.target-file-size-bytes', '0'],
  ['write.parquet.compression-codec', 'zst'],
  ['write.parquet.page-version', 'v3'],
  ['write.parquet.compression-level', 'high'],
  ['write.metadata.metrics.default', 'some'],
  ['write.metadata.metrics.column.id', 'truncate(0)'],
  ['write.metadata.metrics.max-inferred-column-defaults', '-1'],
  ['write.metadata.compression-codec', 'zstd'],
  ['write.metadata.delete-after-commit.enabled', 'yes'],
  ['write.delete.mode', 'copy on write'],
  ['write.merge.isolation-level', 'none'],
  ['write.delete.granularity', 'row'],
  ['write.distribution-mode', 'round-robin'],
  ['write.data.path', 'data'],
  ['write.data.path', '/a/../b'],
  ['commit.retry.num-retries', '-1'],
  ['commit.manifest-merge.enabled', '1'],
  ['history.expire.max-snapshot-age-ms', '5d'],
  ['gc.enabled', 'maybe'],
  ['read.split.target-size', '1.5'],
  ['schema.name-mapping.default', '[{"names":'],
  ['format-version', '3'],
  ['current-snapshot-id', '1'],
])("%s = '%s' is refused when it is set, and nothing is published", async (name, value) => {
  const refusal = { code: 'INVALID_ARGUMENT', details: { property: name } }
  const at = `refused.${name.replaceAll('.', '_')}_${value.length}`
  const properties = { [name]: value }
  await expect(catalog.createTable(at, { schema, properties })).rejects.toMatchObject(refusal)
  expect(await catalog.tableExists(at)).toBe(false)
  const table = await catalog.createTable(at, { schema })
  await expect(table.updateProperties({ set: properties })).rejects.toMatchObject(refusal)
  const staged = table.transaction((tx) => tx.updateProperties({ set: properties }))
  await expect(staged).rejects.toMatchObject(refusal)
  expect(table.version).toBe(1)
})

test('properties of others, and good values in any case, are kept as they are', async () => {
  const properties = {
    'my.team': 'a b',
    'write.parquet.compression-codec': 'ZSTD',
    'write.target-file-size-bytes': ' 1048576 ',
    'write.spark.fanout.enabled': 'perhaps',
    'schema.name-mapping.default': '[{"field-id":1,"names":["id"]}]',
  }
  const table = await catalog.createTable('kept.t', { schema, properties })
  expect(Object.fromEntries(table.properties)).toEqual(properties)
  await table.append([{ id: 1 }])
  expect(await table.scan().count()).toBe(1)
})

test('addFiles of nothing is refused', async () => {
  const table = await catalog.createTable('nothing.t', { schema })
  await expect(table.addFiles([])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(table.version).toBe(1)
})

test('an idempotency key names a job: another call under it is refused, and nothing is done', async () => {
  const table = await catalog.createTable('keys.t', { schema })
  const first = await table.append([{ id: 1 }], { idempotencyKey: 'job-7' })
  const again = await table.append([{ id: 1 }], { idempotencyKey: 'job-7' })
  expect(again).toMatchObject({ snapshotId: first.snapshotId, published: false })
  const other = table.overwrite([], { all: true, idempotencyKey: 'job-7' })
  await expect(other).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', committed: 'no' })
  expect(await table.scan().count()).toBe(1)
})
