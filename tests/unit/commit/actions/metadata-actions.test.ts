import { describe, expect, test } from 'vitest'
import { appendFiles } from '../../../../src/commit/actions/append-files.js'
import { rollback } from '../../../../src/commit/actions/rollback.js'
import {
  createRef,
  fastForward,
  removeRef,
  updateRefRetention,
} from '../../../../src/commit/actions/set-ref.js'
import { updateProperties } from '../../../../src/commit/actions/update-properties.js'
import { updateSchema } from '../../../../src/commit/actions/update-schema.js'
import { updateSortOrder } from '../../../../src/commit/actions/update-sort-order.js'
import { updateSpec } from '../../../../src/commit/actions/update-spec.js'
import { upgradeFormat } from '../../../../src/commit/actions/upgrade-format.js'
import { AlreadyExists, CommitConflict, InvalidArgument, NotFound } from '../../../../src/errors.js'
import { currentSchema, defaultSpec, snapshotAsOf } from '../../../../src/format/lookup.js'
import type { TableMetadata } from '../../../../src/format/model.js'
import { buildSortOrder } from '../../../../src/partition/spec-builder.js'
import { SpecEditor } from '../../../../src/partition/spec-editor.js'
import { t } from '../../../../src/types/builder.js'
import { SchemaEditor } from '../../../../src/types/schema-editor.js'
import { dataFile, pathOf, summaryOf, TestTable } from './harness.js'

const editorOf = (base: TableMetadata): SchemaEditor =>
  new SchemaEditor(currentSchema(base), {
    lastColumnId: base.lastColumnId,
    formatVersion: base.formatVersion,
  })

const specEditorOf = (base: TableMetadata): SpecEditor =>
  new SpecEditor({
    schema: currentSchema(base),
    specs: base.partitionSpecs,
    defaultSpecId: base.defaultSpecId,
    lastPartitionId: base.lastPartitionId,
    formatVersion: base.formatVersion,
  })

const addTip = () => updateSchema((base) => editorOf(base).addColumn('tip', t.double()).result())

describe('updateSchema', () => {
  test('adds a schema under the next id and makes it current', async () => {
    const table = new TestTable()
    const applied = await table.commit(addTip())
    expect(table.metadata.currentSchemaId).toBe(1)
    expect(table.metadata.schemas.map((schema) => schema.schemaId)).toEqual([0, 1])
    expect(table.metadata.lastColumnId).toBe(4)
    expect(applied.requirements).toEqual([
      { type: 'assert-table-uuid', uuid: table.metadata.tableUuid },
      { type: 'assert-last-assigned-field-id', id: 3 },
      { type: 'assert-current-schema-id', id: 0 },
    ])
  })

  test('going back to an earlier schema reuses it', async () => {
    const table = new TestTable()
    await table.commit(addTip())
    await table.commit(updateSchema((base) => editorOf(base).dropColumn('tip').result()))
    expect(table.metadata.currentSchemaId).toBe(0)
    expect(table.metadata.schemas).toHaveLength(2)
    expect(table.metadata.lastColumnId).toBe(4)
  })

  test('is a conflict when another commit changes the schema first', async () => {
    const table = new TestTable()
    const commit = table.start(addTip())
    await commit.attempt()
    await table.commit(updateSchema((base) => editorOf(base).addColumn('x', t.int()).result()))
    await expect(commit.publish()).rejects.toThrow(CommitConflict)
  })

  test('is applied again after commits that leave the schema alone', async () => {
    const table = new TestTable()
    const commit = table.start(addTip())
    await commit.attempt()
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    await commit.publish()
    expect(currentSchema(table.metadata).fields.map((f) => f.name)).toEqual([
      'id',
      'city',
      'n',
      'tip',
    ])
    expect(await table.live()).toEqual([pathOf('a')])
  })

  test('properties of renamed and dropped columns follow, and so does the name mapping', async () => {
    const table = new TestTable({
      properties: {
        'write.metadata.metrics.column.city': 'full',
        'write.parquet.bloom-filter-enabled.column.n': 'true',
        'schema.name-mapping.default':
          '[{"field-id":1,"names":["id"]},{"field-id":2,"names":["city"]}]',
      },
    })
    await table.commit(
      updateSchema((base) => editorOf(base).renameColumn('city', 'town').dropColumn('n').result()),
    )
    const { properties } = table.metadata
    expect(properties.get('write.metadata.metrics.column.town')).toBe('full')
    expect(properties.has('write.metadata.metrics.column.city')).toBe(false)
    expect(properties.has('write.parquet.bloom-filter-enabled.column.n')).toBe(false)
    const mapping = properties.get('schema.name-mapping.default') ?? ''
    expect(JSON.parse(mapping)).toContainEqual({ 'field-id': 2, names: ['city', 'town'] })
  })
})

describe('updateSpec and updateSortOrder', () => {
  test('a new spec becomes the default; the old one stays for its files', async () => {
    const table = new TestTable({ partitionBy: ['city'] })
    await table.commit(appendFiles({ files: [dataFile('a', { partition: ['Oslo'] })] }))
    await table.commit(
      updateSpec((base) => specEditorOf(base).removeField('city').addField('n').result().spec),
    )
    expect(table.metadata.defaultSpecId).toBe(1)
    expect(defaultSpec(table.metadata).fields.map((f) => [f.name, f.fieldId])).toEqual([
      ['n', 1001],
    ])
    expect(table.metadata.lastPartitionId).toBe(1001)
    const file = dataFile('b', { specId: 1, partition: [7] })
    await table.commit(appendFiles({ files: [file] }))
    const entries = await table.entries()
    expect(entries.map((e) => [e.file.specId, e.file.partition])).toEqual([
      [1, [7]],
      [0, ['Oslo']],
    ])
  })

  test('both are conflicts when another commit changes the same first', async () => {
    const table = new TestTable()
    const spec = table.start(
      updateSpec((base) => specEditorOf(base).addField('city').result().spec),
    )
    const order = table.start(updateSortOrder((base) => buildSortOrder(currentSchema(base), ['n'])))
    await spec.attempt()
    await order.attempt()
    await table.commit(updateSpec((base) => specEditorOf(base).addField('n').result().spec))
    await table.commit(updateSortOrder((base) => buildSortOrder(currentSchema(base), ['city'])))
    await expect(spec.publish()).rejects.toThrow(/changed the partition spec/)
    await expect(order.publish()).rejects.toThrow(/changed the sort order/)
    expect(table.metadata.defaultSortOrderId).toBe(1)
  })

  test('an equal sort order is not added twice', async () => {
    const table = new TestTable()
    for (const terms of [['n'], [], ['n']]) {
      await table.commit(updateSortOrder((base) => buildSortOrder(currentSchema(base), terms)))
    }
    expect(table.metadata.sortOrders.map((order) => order.orderId)).toEqual([0, 1])
    expect(table.metadata.defaultSortOrderId).toBe(1)
  })
})

describe('updateProperties and upgradeFormat', () => {
  test('sets and removes; nothing to do publishes nothing', async () => {
    const table = new TestTable({ properties: { a: '1', b: '2' } })
    await table.commit(updateProperties({ set: new Map([['a', '3']]), remove: ['b'] }))
    expect(table.metadata.properties.get('a')).toBe('3')
    expect(table.metadata.properties.has('b')).toBe(false)
    const again = await table.commit(updateProperties({ set: new Map([['a', '3']]) }))
    expect(again.updates).toEqual([])
  })

  test('refuses what is not a property', () => {
    const reserved = new Map([['format-version', '3']])
    expect(() => updateProperties({ set: reserved })).toThrow(/upgrade the format instead/)
    expect(() => updateProperties({ set: new Map([['a', '1']]), remove: ['a'] })).toThrow(
      InvalidArgument,
    )
    expect(() => updateProperties({ remove: [''] })).toThrow(InvalidArgument)
  })

  test('v1 to v3: old files get row ids with the first new snapshot', async () => {
    const table = new TestTable({ formatVersion: 1 })
    await table.commit(appendFiles({ files: [dataFile('a', { rows: 3 })] }))
    await table.commit(upgradeFormat(2))
    await table.commit(appendFiles({ files: [dataFile('b', { rows: 4 })] }))
    await table.commit(upgradeFormat(3))
    expect(table.metadata.nextRowId).toBe(0n)
    expect((await table.entries()).map((e) => e.file.firstRowId)).toEqual([undefined, undefined])
    await table.commit(appendFiles({ files: [dataFile('c', { rows: 5 })] }))
    expect(table.metadata.nextRowId).toBe(12n)
    const entries = await table.entries()
    expect(entries.map((e) => [e.sequenceNumber, e.file.firstRowId])).toEqual([
      [2n, 0n],
      [1n, 5n],
      [0n, 9n],
    ])
    await expect(table.commit(upgradeFormat(2))).rejects.toThrow(InvalidArgument)
    expect((await table.commit(upgradeFormat(3))).updates).toEqual([])
  })
})

describe('rollback', () => {
  async function three(): Promise<TestTable> {
    const table = new TestTable()
    for (const name of ['a', 'b', 'c']) await table.commit(appendFiles({ files: [dataFile(name)] }))
    return table
  }

  test('to a snapshot, logged at the time of the change', async () => {
    const table = await three()
    const [first] = table.metadata.snapshots
    const before = table.head().timestampMs
    await table.commit(rollback({ snapshotId: first?.snapshotId ?? 0n }))
    expect(await table.live()).toEqual([pathOf('a')])
    expect(table.metadata.snapshots).toHaveLength(3)
    const last = table.metadata.snapshotLog.at(-1)
    expect(last?.snapshotId).toBe(first?.snapshotId)
    expect(last?.timestampMs).toBeGreaterThan(before)
    expect(snapshotAsOf(table.metadata, before).snapshotId).not.toBe(first?.snapshotId)
    await table.commit(appendFiles({ files: [dataFile('d')] }))
    expect(await table.live()).toEqual(['a', 'd'].map(pathOf))
    expect(summaryOf(table.head())['total-data-files']).toBe('2')
  })

  test('to a time: the last snapshot made by then', async () => {
    const table = await three()
    const [, second] = table.metadata.snapshots
    await table.commit(rollback({ timestampMs: second?.timestampMs ?? 0 }))
    expect(await table.live()).toEqual(['a', 'b'].map(pathOf))
    await expect(table.commit(rollback({ timestampMs: 5 }))).rejects.toThrow(NotFound)
  })

  test('only to an ancestor', async () => {
    const table = await three()
    const [first, , third] = table.metadata.snapshots
    await table.commit(rollback({ snapshotId: first?.snapshotId ?? 0n }))
    await expect(table.commit(rollback({ snapshotId: third?.snapshotId ?? 0n }))).rejects.toThrow(
      /not an ancestor/,
    )
    await expect(table.commit(rollback({ snapshotId: 77n }))).rejects.toThrow(NotFound)
    const same = await table.commit(rollback({ snapshotId: first?.snapshotId ?? 0n }))
    expect(same.updates).toEqual([])
  })
})

describe('references', () => {
  test('create, write, fast-forward, remove', async () => {
    const table = new TestTable()
    await expect(table.commit(createRef({ name: 'audit', type: 'branch' }))).rejects.toThrow(
      /no snapshot yet/,
    )
    await table.commit(appendFiles({ files: [dataFile('a')] }))
    await table.commit(createRef({ name: 'audit', type: 'branch', minSnapshotsToKeep: 3 }))
    await table.commit(createRef({ name: 'q3', type: 'tag', maxRefAgeMs: 1000n }))
    await expect(table.commit(createRef({ name: 'q3', type: 'tag' }))).rejects.toThrow(
      AlreadyExists,
    )
    await table.commit(appendFiles({ files: [dataFile('b')], branch: 'audit' }))
    expect(table.metadata.refs.get('audit')?.minSnapshotsToKeep).toBe(3)
    await expect(
      table.commit(appendFiles({ files: [dataFile('x')], branch: 'q3' })),
    ).rejects.toThrow(/is a tag/)
    await table.commit(fastForward('main', 'audit'))
    expect(await table.live()).toEqual(['a', 'b'].map(pathOf))
    expect(table.metadata.currentSnapshotId).toBe(table.head('audit').snapshotId)
    await expect(table.commit(fastForward('main', 'q3'))).rejects.toThrow(/does not descend/)
    await table.commit(updateRefRetention('q3', { maxRefAgeMs: 5000n }))
    expect(table.metadata.refs.get('q3')?.maxRefAgeMs).toBe(5000n)
    await table.commit(removeRef('audit'))
    expect([...table.metadata.refs.keys()]).toEqual(['main', 'q3'])
    await expect(table.commit(removeRef('audit'))).rejects.toThrow(NotFound)
    expect(() => removeRef('main')).toThrow(InvalidArgument)
  })

  test('refuses names and ages that make no sense', () => {
    expect(() => createRef({ name: '', type: 'tag' })).toThrow(InvalidArgument)
    expect(() => createRef({ name: 'main', type: 'tag' })).toThrow(InvalidArgument)
    expect(() => createRef({ name: 'x', type: 'tag', minSnapshotsToKeep: 1 })).toThrow(
      InvalidArgument,
    )
    expect(() => createRef({ name: 'x', type: 'branch', maxRefAgeMs: 0n })).toThrow(InvalidArgument)
  })
})

describe('several actions in one commit', () => {
  test('each sees the ones before; only the last snapshot is logged', async () => {
    const table = new TestTable()
    const applied = await table.commit(
      appendFiles({ files: [dataFile('a')] }),
      addTip(),
      appendFiles({ files: [dataFile('b')] }),
    )
    const [first, second] = table.metadata.snapshots
    expect(second?.parentSnapshotId).toBe(first?.snapshotId)
    expect([first?.schemaId, second?.schemaId]).toEqual([0, 1])
    expect([first?.sequenceNumber, second?.sequenceNumber]).toEqual([1n, 2n])
    expect(table.metadata.snapshotLog.map((e) => e.snapshotId)).toEqual([second?.snapshotId])
    expect(await table.live()).toEqual(['a', 'b'].map(pathOf))
    expect(new Set(applied.files).size).toBe(4)
    expect(table.metadata.metadataLog).toHaveLength(1)
    expect(applied.requirements).toContainEqual({
      type: 'assert-ref-snapshot-id',
      ref: 'main',
      snapshotId: undefined,
    })
  })
})
