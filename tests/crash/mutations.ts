/** Every public call that changes something, on a table of a few rows. */
import { type Catalog, type Table, t } from '../../src/index.js'

/** The schema of the table before each mutation. */
export const schema = { id: t.long().required(), city: t.string() }
export const NAME = 'ns.t'

/** A table whose files others may adopt. */
export const SOURCE = 'ns.source'

export interface Mutation {
  readonly name: string
  /** The public method that it calls. */
  readonly method: `${'Catalog' | 'Table'}.${string}`
  readonly run: (catalog: Catalog, table: Table<typeof schema>) => Promise<unknown>
}

/** Files that one change has open at most: one for each partition, of which the upsert writes three (Oslo, Bern, Kyiv). A kill leaves them as litter. */
export const OPEN_FILES_MAX = 3

const rows = [{ id: 7, city: 'Kyiv' }]

/** Snapshots of which one leaves the log, a tag, and branches, one with deletes; partitioned by city. */
export async function prepare(catalog: Catalog): Promise<void> {
  const table = await catalog.createTable(NAME, {
    schema,
    partitionBy: ['city'],
    properties: {
      'write.metadata.previous-versions-max': '2',
      'write.metadata.delete-after-commit.enabled': 'true',
      'write.update.mode': 'copy-on-write',
      'commit.retry.min-wait-ms': '1',
      'commit.status-check.min-wait-ms': '1',
      'commit.status-check.num-retries': '2',
    },
  })
  await table.append([
    { id: 1, city: 'Oslo' },
    { id: 4, city: 'Oslo' },
    { id: 2, city: 'Rome' },
  ])
  await table.createBranch('audit')
  await table.append([{ id: 3, city: 'Oslo' }])
  await table.createTag('v1')
  await table.createBranch('side')
  await table.delete('id = 4', { mode: 'merge-on-read', branch: 'side' })
  const source = await catalog.createTable(SOURCE, { schema, partitionBy: ['city'] })
  await source.append([{ id: 20, city: 'Rome' }])
  await catalog.createNamespace('empty')
}

async function adoptable(catalog: Catalog): Promise<readonly string[]> {
  const source = await catalog.loadTable(SOURCE)
  return (await source.scan().plan()).tasks.map((task) => task.file.path)
}

/** Every public method of `Catalog` and `Table` that changes something, most of them in several ways. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'createTable',
    method: 'Catalog.createTable',
    run: (catalog) => catalog.createTable('other.ns.new', { schema }),
  },
  { name: 'append', method: 'Table.append', run: (_, table) => table.append(rows) },
  {
    name: 'grouped append',
    method: 'Table.append',
    run: (_, table) => table.append(rows, { groupCommit: true }),
  },
  {
    name: 'append to a branch',
    method: 'Table.append',
    run: (_, table) => table.append(rows, { branch: 'audit', idempotencyKey: 'k' }),
  },
  {
    name: 'addFiles',
    method: 'Table.addFiles',
    run: async (catalog, table) => table.addFiles(await adoptable(catalog)),
  },
  {
    name: 'overwrite',
    method: 'Table.overwrite',
    run: (_, table) => table.overwrite(rows, { all: true }),
  },
  {
    name: 'overwrite where',
    method: 'Table.overwrite',
    run: (_, table) => table.overwrite(rows, { where: "city = 'Oslo'" }),
  },
  {
    name: 'replacePartitions',
    method: 'Table.replacePartitions',
    run: (_, table) => table.replacePartitions([{ id: 9, city: 'Rome' }]),
  },
  {
    name: 'delete of a partition',
    method: 'Table.delete',
    run: (_, table) => table.delete("city = 'Rome'"),
  },
  {
    name: 'delete by rewriting',
    method: 'Table.delete',
    run: (_, table) => table.delete('id = 1', { mode: 'copy-on-write' }),
  },
  {
    name: 'delete by position',
    method: 'Table.delete',
    run: (_, table) => table.delete('id = 1', { mode: 'merge-on-read' }),
  },
  {
    name: 'update',
    method: 'Table.update',
    run: (_, table) => table.update('id = 4', { city: 'Rome' }),
  },
  {
    name: 'upsert',
    method: 'Table.upsert',
    run: (_, table) => table.upsert([{ id: 1, city: 'Bern' }, ...rows], { on: ['id'] }),
  },
  {
    name: 'merge',
    method: 'Table.merge',
    run: (_, table) =>
      table
        .merge([{ id: 1, city: 'Oslo' }, ...rows])
        .on('id')
        .whenMatched({ delete: true })
        .whenNotMatched({ insert: 'all' })
        .run({ mode: 'merge-on-read' }),
  },
  {
    name: 'transaction',
    method: 'Table.transaction',
    run: (_, table) =>
      table.transaction(async (tx) => {
        await tx.append(rows)
        await tx.delete("city = 'Oslo'")
        await tx.updateProperties({ set: { a: 'b' } })
      }),
  },
  {
    name: 'updateSchema',
    method: 'Table.updateSchema',
    run: (_, table) => table.updateSchema((s) => s.addColumn('x', t.int())),
  },
  {
    name: 'updateSpec',
    method: 'Table.updateSpec',
    run: (_, table) => table.updateSpec((s) => s.removeField('city')),
  },
  {
    name: 'updateSortOrder',
    method: 'Table.updateSortOrder',
    run: (_, table) => table.updateSortOrder(['id']),
  },
  {
    name: 'updateProperties',
    method: 'Table.updateProperties',
    run: (_, table) => table.updateProperties({ set: { a: 'b' } }),
  },
  {
    name: 'upgradeFormat',
    method: 'Table.upgradeFormat',
    run: (_, table) => table.upgradeFormat(3),
  },
  {
    name: 'rollback',
    method: 'Table.rollback',
    run: (_, table) => table.rollback({ snapshot: table.snapshots()[0]?.snapshotId as bigint }),
  },
  { name: 'createTag', method: 'Table.createTag', run: (_, table) => table.createTag('v2') },
  {
    name: 'createBranch',
    method: 'Table.createBranch',
    run: (_, table) => table.createBranch('b'),
  },
  {
    name: 'fastForward',
    method: 'Table.fastForward',
    run: (_, table) => table.fastForward('audit', 'main'),
  },
  { name: 'removeRef', method: 'Table.removeRef', run: (_, table) => table.removeRef('audit') },
  { name: 'dropTable', method: 'Catalog.dropTable', run: (catalog) => catalog.dropTable(NAME) },
  {
    name: 'dropTable with purge',
    method: 'Catalog.dropTable',
    run: (catalog) => catalog.dropTable(NAME, { purge: true }),
  },
  {
    name: 'createNamespace',
    method: 'Catalog.createNamespace',
    run: (catalog) => catalog.createNamespace('more'),
  },
  {
    name: 'dropNamespace',
    method: 'Catalog.dropNamespace',
    run: (catalog) => catalog.dropNamespace('empty'),
  },
  {
    name: 'upsert by equality deletes',
    method: 'Table.upsert',
    run: (_, table) =>
      table.upsert([{ id: 1, city: 'Kyiv' }, ...rows], { on: ['id'], mode: 'equality-deletes' }),
  },
  {
    name: 'deleteKeys',
    method: 'Table.deleteKeys',
    run: (_, table) => table.deleteKeys([{ id: 1, city: 'Oslo' }], { on: ['id', 'city'] }),
  },
  {
    name: 'compact',
    method: 'Table.compact',
    run: (_, table) => table.compact({ rewriteAll: true, where: "city = 'Oslo'" }),
  },
  {
    name: 'rewriteDeletes',
    method: 'Table.rewriteDeletes',
    run: (_, table) => table.rewriteDeletes({ rewriteAll: true, branch: 'side' }),
  },
]
