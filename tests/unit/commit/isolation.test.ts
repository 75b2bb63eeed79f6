/** The examples of spec/protocol/isolation.md, by name; and that its table says what the code says. */
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Action } from '../../../src/commit/action.js'
import { addSpec } from '../../../src/commit/actions/add-spec.js'
import { appendFiles } from '../../../src/commit/actions/append-files.js'
import { appendGroup } from '../../../src/commit/actions/append-group.js'
import { checkReadsAction } from '../../../src/commit/actions/check-reads.js'
import { equalityDelta } from '../../../src/commit/actions/equality-delta.js'
import { overwriteFiles } from '../../../src/commit/actions/overwrite-files.js'
import { replaceFiles } from '../../../src/commit/actions/replace-files.js'
import { replacePartitions } from '../../../src/commit/actions/replace-partitions.js'
import { rewriteFiles } from '../../../src/commit/actions/rewrite-files.js'
import { rollback } from '../../../src/commit/actions/rollback.js'
import { rowDelta } from '../../../src/commit/actions/row-delta.js'
import {
  createRef,
  fastForward,
  removeRef,
  updateRefRetention,
} from '../../../src/commit/actions/set-ref.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import { updateSchema } from '../../../src/commit/actions/update-schema.js'
import { updateSortOrder } from '../../../src/commit/actions/update-sort-order.js'
import { updateSpec } from '../../../src/commit/actions/update-spec.js'
import { upgradeFormat } from '../../../src/commit/actions/upgrade-format.js'
import type { Validation } from '../../../src/commit/conflicts.js'
import { bind } from '../../../src/expr/bind.js'
import { alwaysTrue } from '../../../src/expr/build.js'
import { type Catalog, col, connect, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import { idSchema } from '../../support/tables.js'

const text = readFileSync(new URL('../../../spec/protocol/isolation.md', import.meta.url), 'utf8')
const schema = { id: t.long().required(), city: t.string() }
type Handle = Table<typeof schema>

let catalog: Catalog
let other: Catalog
let mine: Handle
let theirs: Handle

/** Two processes, each with a handle on a table that holds one row in Oslo and one in Rome. */
beforeEach(async () => {
  const store = memoryStore()
  catalog = await connect('memory:', { store, workers: 0 })
  other = await connect('memory:', { store, workers: 0 })
  const table = await catalog.createTable('ns.t', { schema, partitionBy: ['city'] })
  await table.append([
    { id: 1, city: 'Oslo' },
    { id: 2, city: 'Rome' },
  ])
  mine = await catalog.loadTable('ns.t', { schema })
  theirs = await other.loadTable('ns.t', { schema })
})

const ids = async (): Promise<number[]> => {
  const table = await other.loadTable('ns.t', { schema })
  return (await table.scan().toArray()).map((row) => Number(row.id)).sort((a, b) => a - b)
}
const refused = (conflict: string) => ({ code: 'COMMIT_CONFLICT', conflict, committed: 'no' })
const oslo = col('city').eq('Oslo')
const inOslo = (id: number) => [{ id, city: 'Oslo' }]
const inRome = (id: number) => [{ id, city: 'Rome' }]

describe('examples', () => {
  test('Two appends', async () => {
    await theirs.append(inOslo(3))
    await mine.append(inOslo(4))
    expect(await ids()).toEqual([1, 2, 3, 4])
  })

  test('An overwrite by filter after an append of matching rows', async () => {
    await theirs.append(inOslo(3))
    const call = mine.overwrite(inOslo(4), { where: oslo })
    await expect(call).rejects.toMatchObject(refused('rows-added'))
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('The same under `snapshot`', async () => {
    await theirs.append(inOslo(3))
    await mine.overwrite(inOslo(4), { where: oslo, isolation: 'snapshot' })
    expect(await ids()).toEqual([2, 3, 4])
  })

  test('The same done anew', async () => {
    await theirs.append(inOslo(3))
    await mine.overwrite(inOslo(4), { where: oslo, retryConflicts: 1 })
    expect(await ids()).toEqual([2, 4])
  })

  test('The level of the table', async () => {
    const { isolation, name } = { isolation: 'snapshot', name: 'write.delete.isolation-level' }
    await theirs.updateProperties({ set: { [name]: isolation } })
    await mine.refresh()
    await theirs.append(inOslo(3))
    await mine.overwrite(inOslo(4), { where: oslo })
    expect(await ids()).toEqual([2, 3, 4])
    await theirs.append(inOslo(5))
    const call = mine.delete(oslo, { isolation: 'serializable' })
    await expect(call).rejects.toMatchObject(refused('rows-added'))
    expect(await ids()).toEqual([2, 3, 4, 5])
  })

  test('An append elsewhere', async () => {
    await theirs.append(inRome(3))
    await mine.overwrite(inOslo(4), { where: oslo, isolation: 'serializable' })
    expect(await ids()).toEqual([2, 3, 4])
  })

  test('Two overwrites of the same rows under `snapshot`', async () => {
    await theirs.overwrite(inOslo(3), { where: oslo, isolation: 'snapshot' })
    const call = mine.overwrite(inOslo(4), { where: oslo, isolation: 'snapshot' })
    await expect(call).rejects.toMatchObject(refused('files-removed'))
    expect(await ids()).toEqual([2, 3])
  })

  test('Two deletes of the same files', async () => {
    await theirs.delete(oslo)
    await expect(mine.delete(oslo)).rejects.toMatchObject(refused('files-removed'))
    await mine.delete(oslo, { retryConflicts: 1 })
    expect(await ids()).toEqual([2])
  })

  test('Replacing a partition that another writer replaced', async () => {
    await theirs.replacePartitions(inOslo(3))
    for (const isolation of ['snapshot', 'serializable'] as const) {
      const call = mine.replacePartitions(inOslo(4), { isolation })
      await expect(call).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    }
    await mine.replacePartitions(inOslo(4), { retryConflicts: 1 })
    expect(await ids()).toEqual([2, 4])
  })

  test('Replacing a partition under `snapshot`', async () => {
    await theirs.append(inOslo(3))
    await mine.replacePartitions(inOslo(4), { isolation: 'snapshot' })
    expect(await ids()).toEqual([2, 3, 4])
  })

  test('Replacing another partition', async () => {
    await theirs.replacePartitions(inRome(3))
    await mine.replacePartitions(inOslo(4), { isolation: 'serializable' })
    expect(await ids()).toEqual([3, 4])
  })

  test('Two schema changes', async () => {
    await theirs.updateSchema((s) => s.addColumn('a', t.int()))
    const call = mine.updateSchema((s) => s.addColumn('b', t.int()))
    await expect(call).rejects.toMatchObject(refused('schema-changed'))
  })

  test('A schema change under a predicate', async () => {
    await theirs.updateSchema((s) => s.addColumn('a', t.int()))
    const call = mine.overwrite(inOslo(3), { where: oslo })
    await expect(call).rejects.toMatchObject(refused('schema-changed'))
    expect(await ids()).toEqual([1, 2])
  })

  test('A schema change and an append', async () => {
    await theirs.updateSchema((s) => s.addColumn('a', t.int()))
    await mine.append(inOslo(3))
    expect(await ids()).toEqual([1, 2, 3])
    expect(mine.schema.fields.map((field) => field.name)).toEqual(['id', 'city', 'a'])
  })

  test('Two property changes', async () => {
    await theirs.updateProperties({ set: { a: 'theirs', b: 'theirs' } })
    await mine.updateProperties({ set: { a: 'mine' } })
    expect([mine.properties.get('a'), mine.properties.get('b')]).toEqual(['mine', 'theirs'])
  })

  test("A rollback after another writer's append", async () => {
    const [first] = mine.snapshots()
    await mine.append(inOslo(3))
    await theirs.append(inOslo(4))
    const back = { snapshot: first?.snapshotId as bigint }
    await expect(mine.rollback(back)).rejects.toMatchObject(refused('head-moved'))
    expect(await ids()).toEqual([1, 2, 3, 4])
    await (await mine.refresh()).rollback(back)
    expect(await ids()).toEqual([1, 2])
  })

  test('`ifSnapshot` after another commit', async () => {
    const head = mine.currentSnapshotId as bigint
    await theirs.append(inOslo(3))
    const call = mine.append(inOslo(4), { ifSnapshot: head })
    await expect(call).rejects.toMatchObject(refused('head-moved'))
    const change = mine.updateProperties({ set: { a: 'b' } }, { ifSnapshot: head })
    await expect(change).rejects.toMatchObject(refused('head-moved'))
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('Two tags of one name', async () => {
    await theirs.createTag('q1')
    await expect(mine.createTag('q1')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  test('A transaction that has read', async () => {
    const call = mine.transaction(async (tx) => {
      expect(await tx.scan().count()).toBe(2)
      await theirs.append(inOslo(3))
      await tx.append(inOslo(4))
    })
    await expect(call).rejects.toMatchObject(refused('rows-added'))
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('A transaction that has read other rows', async () => {
    await mine.transaction(async (tx) => {
      expect(await tx.scan({ where: oslo }).count()).toBe(1)
      await theirs.append(inRome(3))
      await tx.append(inOslo(4))
    })
    expect(await ids()).toEqual([1, 2, 3, 4])
  })

  test('A transaction that has read, and another schema', async () => {
    const call = mine.transaction(async (tx) => {
      expect(await tx.scan({ where: oslo }).count()).toBe(1)
      await theirs.updateSchema((s) => s.addColumn('a', t.int()))
      await tx.append(inOslo(4))
    })
    await expect(call).rejects.toMatchObject(refused('schema-changed'))
    expect(await ids()).toEqual([1, 2])
  })

  test('An append and deletes by key', async () => {
    await theirs.append(inOslo(3))
    await mine.deleteKeys([{ id: 3, city: 'Oslo' }], { on: ['id', 'city'] })
    expect(await ids()).toEqual([1, 2])
  })

  test('The same deletes under `serializable`', async () => {
    await theirs.append(inRome(3))
    await mine.deleteKeys([{ id: 1, city: 'Oslo' }], {
      on: ['id', 'city'],
      isolation: 'serializable',
    })
    await theirs.append(inOslo(4))
    const call = mine.deleteKeys([{ id: 4, city: 'Oslo' }], {
      on: ['id', 'city'],
      isolation: 'serializable',
    })
    await expect(call).rejects.toMatchObject(refused('rows-added'))
    expect(await ids()).toEqual([2, 3, 4])
  })

  test('Deletes by key and a new partitioning', async () => {
    await theirs.updateSpec((s) => s.removeField('city'))
    await theirs.append(inOslo(3))
    const call = mine.deleteKeys([{ id: 3, city: 'Oslo' }], { on: ['id', 'city'] })
    await expect(call).rejects.toMatchObject(refused('spec-changed'))
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('A table that was dropped and made again', async () => {
    await other.dropTable('ns.t')
    await other.createTable('ns.t', { schema })
    await expect(mine.append(inOslo(4))).rejects.toMatchObject(refused('table-replaced'))
    expect(await ids()).toEqual([])
  })
})

test('every example has its test', () => {
  const source = readFileSync(new URL(import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^- \*\*(.+?)\*\*/gm)].map((match) => match[1] as string)
  expect(examples.length).toBeGreaterThan(15)
  for (const example of examples) {
    expect(
      source.includes(`test('${example}'`) || source.includes(`test("${example}"`),
      example,
    ).toBe(true)
  }
})

describe('what an action conflicts with is what the table says', () => {
  const where = bind(col('id').eq(1), idSchema)
  const file = { path: 'memory:/f', specId: 0, partition: [] }
  const never = (): never => {
    throw new RangeError('not called')
  }
  const validation = (isolation: Validation['isolation']): Validation => ({
    since: null,
    isolation,
  })
  const delta = (validate: Validation): Action =>
    rowDelta({
      addedFiles: [],
      addedDeletes: [],
      removedFiles: [],
      removedDeletes: [],
      touched: [],
      read: where,
      schema: idSchema,
      validate,
    })
  const row = (name: string): string[] => {
    const line = text.split('\n').find((one) => one.startsWith('| ') && one.includes(name))
    const said = (line ?? expect.fail(name)).split('|')[2] as string
    return [...said.matchAll(/`([a-z-]+)`/g)].map((match) => match[1] as string)
  }
  const actions: readonly [row: string, action: Action][] = [
    ['`append`', appendFiles({ files: [] })],
    ['`append-group`', appendGroup([], {})],
    ['whole files by predicate', overwriteFiles({ where, schema: idSchema, files: [] })],
    ['of given files', replaceFiles({ remove: [file], add: [] })],
    ['`replace-partitions`', replacePartitions({ files: [] })],
    [
      '`equality-delta` in partitions',
      equalityDelta({ addedFiles: [], addedDeletes: [], specs: new Set([0]) }),
    ],
    [
      '`equality-delta` of the whole table',
      equalityDelta({ addedFiles: [], addedDeletes: [], specs: undefined }),
    ],
    [
      '`rewrite-files`',
      rewriteFiles({
        removeData: [],
        addData: [],
        removeDeletes: [],
        addDeletes: [],
        dangling: [],
        since: 1n,
        formatVersion: 2,
      }),
    ],
    ['`read`', checkReadsAction({ branch: 'main', since: null, reads: [where], schema: idSchema })],
    ['`add-spec`', addSpec({ specId: 1, fields: [] })],
    ['`update-schema`', updateSchema(never)],
    ['`update-spec`', updateSpec(never)],
    ['`update-sort-order`', updateSortOrder(never)],
    ['`update-properties`', updateProperties({})],
    ['`upgrade-format`', upgradeFormat(3)],
    ['`rollback`', rollback({ snapshotId: 1n })],
    ['`create-tag`', createRef({ name: 'x', type: 'tag' })],
    ['`create-branch`', createRef({ name: 'x', type: 'branch' })],
    ['`fast-forward`', fastForward('main', 1n)],
    ['`update-ref`', updateRefRetention('x', {})],
    ['`remove-ref`', removeRef('x')],
  ]
  test.each(actions)('%s', (name, action) => {
    expect([...action.conflictsWith].sort()).toEqual(row(name).sort())
  })

  test('a level adds its kinds', () => {
    const kinds = ['deletes-added', 'files-removed', 'history-rewritten']
    const all = bind(alwaysTrue, idSchema)
    for (const isolation of ['snapshot', 'serializable'] as const) {
      const wanted = isolation === 'snapshot' ? kinds : [...kinds, 'rows-added']
      const validate = validation(isolation)
      const made = [
        overwriteFiles({ where: all, schema: idSchema, files: [], validate }),
        replaceFiles({ remove: [file], add: [], validate }),
        replacePartitions({ files: [], validate }),
        equalityDelta({ addedFiles: [], addedDeletes: [], specs: undefined, validate }),
      ]
      for (const action of made) expect([...action.conflictsWith].sort()).toEqual(wanted)
      expect([...delta(validate).conflictsWith].sort()).toEqual(
        [...wanted, 'schema-changed'].sort(),
      )
    }
  })
})
