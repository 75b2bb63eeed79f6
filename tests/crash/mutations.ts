/** Every public call that changes something, on a table of a few rows. */
import type { Catalog, Table } from '../../src/index.js'
import { t } from '../../src/index.js'

/** The schema of the table before each mutation. */
export const schema = { id: t.long().required(), city: t.string() }
export const NAME = 'ns.t'

export interface Mutation {
  readonly name: string
  readonly run: (catalog: Catalog, table: Table<typeof schema>) => Promise<unknown>
}

const rows = [{ id: 7, city: 'Kyiv' }]

/** Three snapshots, a tag and a branch; the first spec is partitioned by city. */
export async function prepare(catalog: Catalog): Promise<void> {
  const table = await catalog.createTable(NAME, {
    schema,
    partitionBy: ['city'],
    properties: {
      'write.metadata.previous-versions-max': '2',
      'write.metadata.delete-after-commit.enabled': 'true',
      'commit.retry.min-wait-ms': '1',
      'commit.status-check.min-wait-ms': '1',
      'commit.status-check.num-retries': '2',
    },
  })
  await table.append([
    { id: 1, city: 'Oslo' },
    { id: 2, city: 'Rome' },
  ])
  await table.append([{ id: 3, city: 'Oslo' }])
  await table.createTag('v1')
  await table.createBranch('audit')
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'createTable',
    run: (catalog) => catalog.createTable('other.ns.new', { schema }),
  },
  { name: 'append', run: (_, table) => table.append(rows) },
  { name: 'grouped append', run: (_, table) => table.append(rows, { groupCommit: true }) },
  {
    name: 'append to a branch',
    run: (_, table) => table.append(rows, { branch: 'audit', idempotencyKey: 'k' }),
  },
  { name: 'overwrite', run: (_, table) => table.overwrite(rows, { all: true }) },
  { name: 'overwrite where', run: (_, table) => table.overwrite(rows, { where: "city = 'Oslo'" }) },
  {
    name: 'replacePartitions',
    run: (_, table) => table.replacePartitions([{ id: 9, city: 'Rome' }]),
  },
  { name: 'delete', run: (_, table) => table.delete("city = 'Rome'") },
  {
    name: 'transaction',
    run: (_, table) =>
      table.transaction(async (tx) => {
        await tx.append(rows)
        await tx.delete("city = 'Oslo'")
        await tx.updateProperties({ set: { a: 'b' } })
      }),
  },
  { name: 'updateSchema', run: (_, table) => table.updateSchema((s) => s.addColumn('x', t.int())) },
  { name: 'updateSpec', run: (_, table) => table.updateSpec((s) => s.removeField('city')) },
  { name: 'updateSortOrder', run: (_, table) => table.updateSortOrder(['id']) },
  { name: 'updateProperties', run: (_, table) => table.updateProperties({ set: { a: 'b' } }) },
  { name: 'upgradeFormat', run: (_, table) => table.upgradeFormat(3) },
  {
    name: 'rollback',
    run: (_, table) => table.rollback({ snapshot: table.snapshots()[0]?.snapshotId as bigint }),
  },
  { name: 'createTag', run: (_, table) => table.createTag('v2') },
  { name: 'removeRef', run: (_, table) => table.removeRef('audit') },
  { name: 'dropTable', run: (catalog) => catalog.dropTable(NAME) },
  { name: 'dropTable with purge', run: (catalog) => catalog.dropTable(NAME, { purge: true }) },
  { name: 'createNamespace', run: (catalog) => catalog.createNamespace('more') },
]
