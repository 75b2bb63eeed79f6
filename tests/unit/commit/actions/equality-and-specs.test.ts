/** Specs that are added for files to come, and deletes by value that fit wherever they reach. */
import { describe, expect, test } from 'vitest'
import { addSpec } from '../../../../src/commit/actions/add-spec.js'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { type EqualityDelta, equalityDelta } from '../../../../src/commit/actions/equality-delta.js'
import { defaultSpec } from '../../../../src/format/lookup.js'
import type { DataFile } from '../../../../src/format/model.js'
import { dataFile, type FakeFile, TestTable } from './harness.js'

const deletes = (name: string, fake: FakeFile = {}): DataFile => ({
  ...dataFile(name, fake),
  content: 'equality-deletes',
  equalityIds: [1],
})
const conflict = (kind: string) => ({ code: 'COMMIT_CONFLICT', conflict: kind })

describe('adding a spec', () => {
  test('once; the same again changes nothing, another of its id is a conflict', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    const [field] = defaultSpec(table.metadata).fields
    const plain = { specId: 1, fields: [] }
    await table.commit(addSpec(plain))
    expect(table.metadata.partitionSpecs.map(({ specId }) => specId)).toEqual([0, 1])
    expect(table.metadata.defaultSpecId).toBe(0)
    expect((await table.commit(addSpec(plain))).updates).toEqual([])
    expect((await table.commit(addSpec(defaultSpec(table.metadata)))).updates).toEqual([])
    const other = { specId: 1, fields: field === undefined ? [] : [field] }
    await expect(table.commit(addSpec(other))).rejects.toMatchObject(conflict('spec-changed'))
    const renamed = { specId: 0, fields: [{ ...other.fields[0]!, name: 'other' }] }
    await expect(table.commit(addSpec(renamed))).rejects.toMatchObject(conflict('spec-changed'))
    await expect(table.commit(addSpec({ specId: 9, fields: [] }))).rejects.toMatchObject(
      conflict('spec-changed'),
    )
    expect(addSpec(plain).snapshotId()).toBeUndefined()
  })
})

describe('deleting by value', () => {
  const delta = (change: Partial<EqualityDelta>) =>
    equalityDelta({ addedFiles: [], addedDeletes: [deletes('d')], specs: undefined, ...change })

  test('the whole table, with rows in their place or not', async () => {
    const table = new TestTable()
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    const { snapshotId } = table.head()
    await table.commit(delta({}))
    expect(table.head().summary?.get('operation')).toBe('delete')
    await table.commit(delta({ addedFiles: [dataFile('b')], addedDeletes: [deletes('e')] }))
    expect(table.head().summary?.get('operation')).toBe('overwrite')
    expect(await table.live()).toHaveLength(2)
    const validate = { since: snapshotId, isolation: 'serializable' } as const
    await expect(
      table.commit(delta({ addedDeletes: [deletes('f')], validate })),
    ).rejects.toMatchObject(conflict('rows-added'))
  })

  test('in partitions: of the specs that they are about, and in their own partitions only', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    const at = (city: string): FakeFile => ({ partition: [city] })
    await table.commit(appendFiles({ files: [dataFile('a', at('x'))] }))
    const { snapshotId } = table.head()
    await table.commit(appendFiles({ files: [dataFile('b', at('y'))] }))
    const validate = { since: snapshotId, isolation: 'serializable' } as const
    const here = (name: string, city: string) =>
      delta({ addedDeletes: [deletes(name, at(city))], specs: new Set([0]), validate })
    await table.commit(here('d', 'x'))
    await expect(table.commit(here('e', 'y'))).rejects.toMatchObject(conflict('rows-added'))
    await table.commit(addSpec({ specId: 1, fields: [] }))
    await table.commit(appendFiles({ files: [dataFile('c', { specId: 1 })] }))
    const missed = delta({ addedDeletes: [deletes('f', at('x'))], specs: new Set([0]) })
    await expect(table.commit(missed)).rejects.toMatchObject({
      ...conflict('spec-changed'),
      details: { specId: 1 },
    })
  })
})
