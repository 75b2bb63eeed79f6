/** What actions refuse, and the rarer bases that they meet. */
import { describe, expect, test } from 'vitest'
import type { Action } from '../../../../src/commit/action.js'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { replaceFiles } from '../../../../src/commit/actions/replace-files.js'
import { replacePartitions } from '../../../../src/commit/actions/replace-partitions.js'
import { rollback } from '../../../../src/commit/actions/rollback.js'
import { rowDelta } from '../../../../src/commit/actions/row-delta.js'
import {
  createRef,
  fastForward,
  removeRef,
  updateRefRetention,
} from '../../../../src/commit/actions/set-ref.js'
import { updateProperties } from '../../../../src/commit/actions/update-properties.js'
import { updateSortOrder } from '../../../../src/commit/actions/update-sort-order.js'
import { updateSpec } from '../../../../src/commit/actions/update-spec.js'
import type { Validation } from '../../../../src/commit/conflicts.js'
import { partitionRows, partitionsOf } from '../../../../src/commit/partition-rows.js'
import {
  AlreadyExists,
  CommitConflict,
  InvalidArgument,
  NotFound,
  Unsupported,
} from '../../../../src/errors.js'
import { alwaysTrue } from '../../../../src/expr/build.js'
import { FALSE } from '../../../../src/expr/simplify.js'
import { currentSchema, defaultSpec } from '../../../../src/format/lookup.js'
import type { DataFile } from '../../../../src/format/model.js'
import type { Requirement } from '../../../../src/format/update.js'
import { schemaAction } from '../../../../src/table/shape.js'
import { t } from '../../../../src/types/builder.js'
import { dataFile, summaryOf, TestTable } from './harness.js'

const append = (...names: string[]): Action =>
  appendFiles({ files: names.map((name) => dataFile(name)) })
const conflict = (kind: string | undefined) => ({ code: 'COMMIT_CONFLICT', conflict: kind })
const fails = (table: TestTable, ...actions: Action[]) => expect(table.commit(...actions)).rejects

describe('requirements', () => {
  const requiring = (...requirements: Requirement[]): Action => ({
    kind: 'probe',
    conflictsWith: [],
    snapshotId: () => undefined,
    apply: async () => ({
      updates: [{ action: 'set-properties', set: new Map([['k', 'v']]) }],
      requirements,
      files: [],
    }),
  })

  test('one that does not hold is a conflict, which names the schema when it is about that', async () => {
    const table = new TestTable()
    await fails(table, requiring({ type: 'assert-current-schema-id', id: 99 })).toMatchObject(
      conflict('schema-changed'),
    )
    await fails(
      table,
      requiring({ type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: 5n }),
    ).toMatchObject(conflict(undefined))
  })

  test('those of actions join those that follow from the updates, each once', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    const { snapshotId } = table.head()
    const { requirements } = await table.commit(
      append('b'),
      createRef({ name: 'tag', type: 'tag', snapshotId }),
      requiring({ type: 'assert-ref-snapshot-id', ref: 'other', snapshotId: undefined }),
    )
    const refs = requirements.flatMap((item) =>
      item.type === 'assert-ref-snapshot-id' ? [item.ref] : [],
    )
    expect(refs.sort()).toEqual(['main', 'other', 'tag'])
  })
})

describe('snapshots', () => {
  test('an empty idempotency key, and a branch that is not there where it must be', async () => {
    expect(() => appendFiles({ files: [], idempotencyKey: '' })).toThrow(InvalidArgument)
    const table = new TestTable()
    const strict = appendFiles({ files: [dataFile('a')], branch: 'side', ifSnapshot: 7n })
    await fails(table, strict).toThrow("branch 'side' is empty, but must be at snapshot 7")
    await table.commit(append('a'))
    const empty = appendFiles({ files: [dataFile('b')], ifSnapshot: null })
    await fails(table, empty).toThrow('but must be empty')
  })

  test('an id that is taken is drawn again', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    const taken = table.head().snapshotId
    const id = new Uint8Array(16)
    new DataView(id.buffer).setBigInt64(0, taken)
    const { randomBytes } = table.env
    let first = true
    const again = (size: number): Uint8Array => {
      if (size !== 16 || !first) return randomBytes(size)
      first = false
      return id
    }
    Object.assign(table.env, { randomBytes: again })
    await table.commit(append('b'))
    expect(first).toBe(false)
    expect(table.head().snapshotId).not.toBe(taken)
    expect(table.metadata.snapshots).toHaveLength(2)
  })

  test('a partition field of a transform that nobody knows cannot be written', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    const [spec] = table.metadata.partitionSpecs
    const fields = spec?.fields.map((field) => ({
      ...field,
      transform: { kind: 'unknown', text: 'zorder(city)' } as const,
    }))
    table.metadata = {
      ...table.metadata,
      partitionSpecs: [{ ...defaultSpec(table.metadata), fields: fields ?? [] }],
    }
    const file = dataFile('a', { partition: ['x'] })
    await fails(table, appendFiles({ files: [file] })).toThrow(Unsupported)
  })

  test('totals that the parent does not know, or that make no sense, stay unknown', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    const doctored = (members: Readonly<Record<string, string | undefined>>): void => {
      const summary = new Map(table.head().summary)
      for (const [key, value] of Object.entries(members)) {
        if (value === undefined) summary.delete(key)
        else summary.set(key, value)
      }
      const snapshots = table.metadata.snapshots.map((snapshot) =>
        snapshot.snapshotId === table.head().snapshotId ? { ...snapshot, summary } : snapshot,
      )
      table.metadata = { ...table.metadata, snapshots }
    }
    doctored({ 'total-records': undefined, 'total-data-files': 'many', 'total-files-size': '0' })
    await table.commit(replaceFiles({ remove: [dataFile('a')], add: [] }))
    const summary = summaryOf(table.head())
    expect(summary['total-records']).toBeUndefined()
    expect(summary['total-data-files']).toBeUndefined()
    expect(summary['total-files-size']).toBeUndefined()
    expect(summary['total-delete-files']).toBe('0')
  })
})

describe('validation', () => {
  const since = (snapshotId: bigint | null): Validation => ({
    since: snapshotId,
    isolation: 'serializable',
  })
  const nothing = (validate: Validation): Action =>
    replaceFiles({ remove: [], add: [dataFile('z')], validate })

  test('an empty branch that was read empty', async () => {
    const table = new TestTable()
    await table.commit(nothing(since(null)))
    expect(await table.live()).toHaveLength(1)
  })

  test('a branch that was read empty and has a history since', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    await fails(table, nothing(since(null))).toMatchObject(conflict('rows-added'))
    expect(() => nothing(since(1n))).not.toThrow()
  })

  test('a branch that is gone, and a history that is not known from its beginning', async () => {
    const table = new TestTable()
    await fails(table, nothing(since(5n))).toMatchObject(conflict('history-rewritten'))
    await table.commit(append('a'))
    await table.commit(append('b'))
    table.metadata = { ...table.metadata, snapshots: table.metadata.snapshots.slice(1) }
    await fails(table, nothing(since(null))).toThrow('the history from its beginning')
    await fails(table, nothing(since(5n))).toThrow('the history from snapshot 5')
  })

  test('files that a rewrite added hold no new rows', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    const { snapshotId } = table.head()
    await table.commit(replaceFiles({ remove: [dataFile('a')], add: [dataFile('b')] }))
    const summary = new Map([...(table.head().summary ?? []), ['operation', 'replace']])
    const snapshots = table.metadata.snapshots.map((snapshot) =>
      snapshot.snapshotId === table.head().snapshotId ? { ...snapshot, summary } : snapshot,
    )
    table.metadata = { ...table.metadata, snapshots }
    // What was removed still conflicts with who replaces everything.
    await fails(table, nothing(since(snapshotId))).toMatchObject(conflict('files-removed'))
    const scope = { partitions: new Set<string>() }
    await table.commit(
      replaceFiles({ remove: [], add: [dataFile('z')], validate: since(snapshotId), scope }),
    )
    expect(await table.live()).toHaveLength(2)
  })

  test('the partitions that are replaced, by key, by rows and as a whole', async () => {
    const plain = new TestTable()
    await plain.commit(append('a'))
    const { snapshotId } = plain.head()
    await plain.commit(append('b'))
    const replace = (validate: Validation, file: DataFile = dataFile('c')): Action =>
      replacePartitions({ files: [file], validate })
    await fails(plain, replace(since(snapshotId))).toMatchObject(conflict('rows-added'))

    const parted = new TestTable({ partitionBy: ['city'] })
    const at = (name: string, city: string): DataFile => dataFile(name, { partition: [city] })
    await parted.commit(appendFiles({ files: [at('a', 'x')] }))
    const read = parted.head().snapshotId
    await parted.commit(appendFiles({ files: [at('b', 'x')] }))
    await fails(parted, replace(since(read), at('c', 'x'))).toMatchObject(conflict('rows-added'))
    await parted.commit(replace(since(read), at('d', 'y')))
    await parted.commit(
      updateSpec((base) => ({
        ...defaultSpec(base),
        specId: -1,
        fields: defaultSpec(base).fields.slice(1),
      })),
    )
    const later = dataFile('e', { specId: parted.metadata.defaultSpecId })
    await fails(parted, replace(since(read), later)).toMatchObject(conflict('rows-added'))
  })

  const delta = (table: TestTable, change: Partial<Parameters<typeof rowDelta>[0]>): Action =>
    rowDelta({
      addedFiles: [],
      addedDeletes: [],
      removedFiles: [],
      removedDeletes: [],
      touched: [],
      read: table.where(alwaysTrue),
      schema: currentSchema(table.metadata),
      validate: { since: table.head().snapshotId, isolation: 'snapshot' },
      ...change,
    })

  test('a row-level change on another schema, and of deletes that are gone', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    const early = delta(table, { addedFiles: [dataFile('b')] })
    const gone: DataFile = { ...dataFile('d'), content: 'position-deletes' }
    await fails(table, delta(table, { removedDeletes: [gone] })).toThrow('no longer in the table')
    await table.commit(schemaAction((editor) => editor.addColumn('x', t.int())))
    await fails(table, early).toMatchObject(conflict('schema-changed'))
  })

  test('deletes of others: about other files, a whole partition, everything, or none of ours', async () => {
    const deletes = (name: string, fake: Partial<DataFile>): DataFile => ({
      ...dataFile(name),
      content: 'position-deletes',
      ...fake,
    })
    const equality = { content: 'equality-deletes', equalityIds: [1] } as const
    const cases: readonly (readonly [string, Partial<DataFile>, 'deletes-added' | undefined])[] = [
      ['by path', { referencedDataFile: dataFile('a').path }, 'deletes-added'],
      ['by the path of another', { referencedDataFile: dataFile('o').path }, undefined],
      ['by partition', {}, 'deletes-added'],
      ['by keys, everywhere', equality, 'deletes-added'],
    ]
    for (const [what, fake, expected] of cases) {
      const table = new TestTable()
      await table.commit(append('a', 'o'))
      const change = delta(table, { touched: [dataFile('a')], addedFiles: [dataFile('n')] })
      const blind = delta(table, { addedFiles: [dataFile('m')] })
      await table.commit(delta(table, { addedDeletes: [deletes('d', fake)] }))
      await table.commit(blind)
      if (expected === undefined) await table.commit(change)
      else
        await fails(table, change).toMatchObject({
          ...conflict(expected),
          message: expect.any(String),
        })
      expect((await table.entries()).length, what).toBeGreaterThan(2)
    }
  })

  test('deletes by keys in one partition touch that partition only', async () => {
    for (const [city, expected] of [
      ['x', 'deletes-added'],
      ['y', undefined],
    ] as const) {
      const table = new TestTable({ partitionBy: ['city'] })
      const mine = dataFile('a', { partition: ['x'] })
      await table.commit(appendFiles({ files: [mine] }))
      const added = dataFile('n', { partition: ['x'] })
      const change = delta(table, { touched: [mine], addedFiles: [added] })
      const theirs: DataFile = {
        ...dataFile('d', { partition: [city] }),
        content: 'equality-deletes',
        equalityIds: [1],
      }
      await table.commit(delta(table, { addedDeletes: [theirs] }))
      if (expected === undefined) await table.commit(change)
      else await fails(table, change).toMatchObject(conflict(expected))
    }
  })
})

describe('rows of partitions', () => {
  test('no files have no rows; null and NaN are told apart; void fields say nothing', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    const { metadata } = table
    const schema = currentSchema(metadata)
    const spec = defaultSpec(metadata)
    expect(partitionsOf(metadata, schema, [])).toBe(FALSE)
    expect(partitionRows(spec, schema, [[null]])).toMatchObject({ op: 'isNull' })
    expect(partitionRows(spec, schema, [[Number.NaN]])).toMatchObject({ op: 'isNaN' })
    expect(partitionRows(spec, schema, [['x']])).toMatchObject({ op: 'eq', value: 'x' })
    const voided = {
      ...spec,
      fields: spec.fields.map((f) => ({ ...f, transform: { kind: 'void' } as const })),
    }
    expect(partitionRows(voided, schema, [['x']])).toMatchObject({ op: 'true' })
    const lost = { ...spec, fields: spec.fields.map((field) => ({ ...field, sourceIds: [99] })) }
    expect(() => partitionRows(lost, schema, [['x']])).toThrow(CommitConflict)
  })
})

describe('references', () => {
  test('rolling back what is no branch', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    await table.commit(createRef({ name: 'tag', type: 'tag' }))
    await fails(table, rollback({ snapshotId: 1n }, 'none')).toThrow(NotFound)
    await fails(table, rollback({ snapshotId: 1n }, 'tag')).toThrow('it never moves')
  })

  test('a branch is made by fast-forwarding; tags never move', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    await table.commit(createRef({ name: 'tag', type: 'tag' }))
    await table.commit(fastForward('fresh', 'main'))
    expect(table.head('fresh').snapshotId).toBe(table.head().snapshotId)
    await table.commit(append('b'))
    await table.commit(fastForward('fresh', table.head().snapshotId))
    expect(table.head('fresh').snapshotId).toBe(table.head().snapshotId)
    await fails(table, fastForward('tag', 'main')).toThrow('it never moves')
    await fails(table, updateRefRetention('none', { maxRefAgeMs: 5n })).toThrow(NotFound)
    await fails(table, removeRef('none')).toThrow(NotFound)
  })

  test('retention is kept, changed and checked', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    await table.commit(createRef({ name: 'b', type: 'branch', minSnapshotsToKeep: 3 }))
    await table.commit(updateRefRetention('b', { maxSnapshotAgeMs: 9n }))
    expect(table.metadata.refs.get('b')).toMatchObject({
      minSnapshotsToKeep: 3,
      maxSnapshotAgeMs: 9n,
    })
    expect(() => updateRefRetention('b', { minSnapshotsToKeep: 0 })).toThrow(InvalidArgument)
    expect(() => updateRefRetention('b', { maxRefAgeMs: 0n })).toThrow(InvalidArgument)
  })

  test('replacing takes a reference of the same type', async () => {
    const table = new TestTable()
    await table.commit(append('a'))
    await table.commit(createRef({ name: 'x', type: 'tag' }))
    await table.commit(append('b'))
    await table.commit(createRef({ name: 'x', type: 'tag', replace: true }))
    expect(table.metadata.refs.get('x')?.snapshotId).toBe(table.head().snapshotId)
    await fails(table, createRef({ name: 'x', type: 'branch', replace: true })).toThrow(
      AlreadyExists,
    )
  })
})

describe('shape', () => {
  test('reserved properties are refused with what to do instead', () => {
    const set = (name: string): (() => Action) => {
      return () => updateProperties({ set: new Map([[name, '1']]) })
    }
    expect(set('format-version')).toThrow('upgrade the format instead')
    expect(set('uuid')).toThrow(/cannot be set or removed$/)
    expect(set('')).toThrow(InvalidArgument)
  })

  test.each([
    ['sort order', () => updateSortOrder((base) => base.sortOrders[0]!)],
    ['partition spec', () => updateSpec((base) => defaultSpec(base))],
  ] as const)('a %s is not changed on a schema that has changed', async (what, action) => {
    const table = new TestTable()
    const commit = table.start(action())
    await commit.attempt()
    await table.commit(schemaAction((editor) => editor.addColumn('x', t.int())))
    await expect(commit.attempt()).rejects.toMatchObject(conflict('schema-changed'))
    const other = table.start(action())
    await other.attempt()
    table.metadata = { ...table.metadata, defaultSortOrderId: 7, defaultSpecId: 7 }
    await expect(other.attempt()).rejects.toThrow(`another commit has changed the ${what}`)
  })

  test('a schema is not changed on one that has changed', async () => {
    const table = new TestTable()
    const commit = table.start(schemaAction((editor) => editor.addColumn('x', t.int())))
    await commit.attempt()
    await table.commit(schemaAction((editor) => editor.addColumn('y', t.int())))
    await expect(commit.attempt()).rejects.toMatchObject(conflict('schema-changed'))
  })
})
