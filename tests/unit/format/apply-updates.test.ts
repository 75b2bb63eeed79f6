import { describe, expect, test } from 'vitest'
import { jsonLong } from '../../../src/codec/json/value.js'
import { CommitConflict, InvalidArgument, Unsupported } from '../../../src/errors.js'
import { applyUpdates } from '../../../src/format/apply-updates.js'
import type { TableMetadata } from '../../../src/format/model.js'
import { checkRequirements, requirementsFor } from '../../../src/format/requirements.js'
import type { MetadataUpdate, Requirement } from '../../../src/format/update.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { baseMetadata, snapshot, UUID } from './metadata.js'

const apply = (base: TableMetadata, updates: readonly MetadataUpdate[], nowMs = 5000) =>
  applyUpdates(base, updates, { nowMs })

const main = (snapshotId: bigint): MetadataUpdate => ({
  action: 'set-snapshot-ref',
  name: 'main',
  ref: { type: 'branch', snapshotId },
})
const add = (snapshotId: bigint, sequenceNumber: bigint, more = {}): MetadataUpdate => ({
  action: 'add-snapshot',
  snapshot: snapshot(snapshotId, sequenceNumber, more),
})

/** Snapshots 1, 2 and 3 on main, one commit each. */
function three(): TableMetadata {
  let metadata = baseMetadata()
  for (const id of [1n, 2n, 3n]) {
    const parent = id === 1n ? {} : { parentSnapshotId: id - 1n }
    metadata = apply(metadata, [add(id, id, parent), main(id)], 1000 + Number(id) * 10)
  }
  return metadata
}

describe('time', () => {
  test('never goes back, and nothing changed is the base itself', () => {
    const base = baseMetadata()
    expect(apply(base, [])).toBe(base)
    expect(apply(base, [{ action: 'set-properties', set: new Map() }])).toBe(base)
    const set: MetadataUpdate = { action: 'set-properties', set: new Map([['a', '1']]) }
    expect(apply(base, [set], 10).lastUpdatedMs).toBe(1001)
    expect(apply(base, [set], 9000).lastUpdatedMs).toBe(9000)
    const late = add(1n, 1n, { timestampMs: 99_000 })
    expect(apply(base, [late], 9000).lastUpdatedMs).toBe(99_000)
  })
})

describe('schemas', () => {
  const schema = (columns: Parameters<typeof buildSchema>[0]) => buildSchema(columns).schema

  test('get the next id; an equal one is found again; -1 is the last added', () => {
    const base = baseMetadata()
    const wide = schema({ id: t.long().required(), name: t.string(), extra: t.int() })
    const updates: MetadataUpdate[] = [
      { action: 'add-schema', schema: { ...wide, schemaId: 77 } },
      { action: 'set-current-schema', schemaId: -1 },
    ]
    const one = apply(base, updates)
    expect([one.currentSchemaId, one.lastColumnId, one.schemas.length]).toEqual([1, 3, 2])
    expect(apply(one, updates)).toBe(one)
    const back = apply(one, [{ action: 'set-current-schema', schemaId: 0 }])
    expect(back.currentSchemaId).toBe(0)
    const removed = apply(back, [{ action: 'remove-schemas', schemaIds: [1] }])
    expect(removed.schemas.map((item) => item.schemaId)).toEqual([0])
    expect(removed.lastColumnId).toBe(3)
  })

  test('what makes no sense is refused', () => {
    const base = baseMetadata()
    const bad = (update: MetadataUpdate, error = InvalidArgument) =>
      expect(() => apply(base, [update])).toThrow(error)
    bad({ action: 'set-current-schema', schemaId: 9 })
    bad({ action: 'set-current-schema', schemaId: -1 })
    bad({ action: 'remove-schemas', schemaIds: [0] })
    const own = base.schemas[0]
    if (own === undefined) throw new RangeError('no schema')
    bad({ action: 'add-schema', schema: own, lastColumnId: 1 })
    const nanos = schema({ id: t.timestampNs() })
    expect(() => apply(base, [{ action: 'add-schema', schema: nanos }])).toThrow(Unsupported)
    const v3 = apply(baseMetadata(3), [{ action: 'add-schema', schema: nanos }])
    expect(v3.schemas).toHaveLength(2)
  })
})

describe('specs and sort orders', () => {
  const identity = { kind: 'identity' } as const
  const spec = (name: string, fieldId: number, sourceId = 1) => ({
    specId: 0,
    fields: [{ name, fieldId, sourceIds: [sourceId], transform: identity }],
  })

  test('equivalent specs are found again, whatever their ids', () => {
    const base = baseMetadata()
    const one = apply(base, [
      { action: 'add-spec', spec: spec('id', 1000) },
      { action: 'set-default-spec', specId: -1 },
    ])
    expect([one.defaultSpecId, one.lastPartitionId]).toEqual([1, 1000])
    const two = apply(one, [
      { action: 'add-spec', spec: spec('id', 1007) },
      { action: 'set-default-spec', specId: -1 },
    ])
    expect(two).toBe(one)
    const three = apply(one, [{ action: 'add-spec', spec: spec('renamed', 1001) }])
    expect([three.partitionSpecs.length, three.lastPartitionId]).toEqual([3, 1001])
    const removed = apply(three, [{ action: 'remove-partition-specs', specIds: [0, 2] }])
    expect(removed.partitionSpecs.map((item) => item.specId)).toEqual([1])
  })

  test('refused: missing columns, unknown transforms, low ids, gaps in v1, the default removed', () => {
    const bad = (update: MetadataUpdate, base = baseMetadata()) =>
      expect(() => apply(base, [update])).toThrow(InvalidArgument)
    bad({ action: 'add-spec', spec: spec('x', 1000, 42) })
    bad({ action: 'add-spec', spec: spec('x', 5) })
    bad({ action: 'add-spec', spec: spec('x', 1001) }, baseMetadata(1))
    const transform = { kind: 'unknown', text: 'zorder' } as const
    bad({
      action: 'add-spec',
      spec: { specId: 1, fields: [{ name: 'z', fieldId: 1000, sourceIds: [1], transform }] },
    })
    bad({ action: 'remove-partition-specs', specIds: [0] })
    bad({ action: 'set-default-spec', specId: 4 })
    bad({ action: 'set-default-sort-order', sortOrderId: 4 })
    bad({ action: 'set-default-sort-order', sortOrderId: -1 })
    const field = {
      sourceIds: [9],
      transform: identity,
      direction: 'asc',
      nullOrder: 'nulls-first',
    } as const
    bad({ action: 'add-sort-order', sortOrder: { orderId: 1, fields: [field] } })
  })

  test('sort orders: 0 is unsorted, others count from 1', () => {
    const field = {
      sourceIds: [1],
      transform: identity,
      direction: 'asc',
      nullOrder: 'nulls-first',
    } as const
    const base = baseMetadata()
    const one = apply(base, [
      { action: 'add-sort-order', sortOrder: { orderId: 9, fields: [field] } },
      { action: 'set-default-sort-order', sortOrderId: -1 },
    ])
    expect(one.sortOrders.map((order) => order.orderId)).toEqual([0, 1])
    const two = apply(one, [
      {
        action: 'add-sort-order',
        sortOrder: { orderId: 1, fields: [{ ...field, direction: 'desc' }] },
      },
      { action: 'add-sort-order', sortOrder: { orderId: 5, fields: [] } },
      { action: 'set-default-sort-order', sortOrderId: -1 },
    ])
    expect(two.sortOrders.map((order) => order.orderId)).toEqual([0, 1, 2])
    expect(two.defaultSortOrderId).toBe(0)
  })
})

describe('snapshots and the snapshot log', () => {
  test('a commit logs the snapshot that became current, at its own time', () => {
    const metadata = three()
    expect(metadata.snapshotLog.map((entry) => entry.snapshotId)).toEqual([1n, 2n, 3n])
    expect(metadata.snapshotLog[0]?.timestampMs).toBe(1010)
    const slow = apply(metadata, [add(4n, 4n, { timestampMs: 2000 }), main(4n)], 9000)
    expect(slow.snapshotLog.at(-1)).toEqual({ snapshotId: 4n, timestampMs: 2000 })
    expect(slow.lastUpdatedMs).toBe(9000)
    expect([metadata.lastSequenceNumber, metadata.currentSnapshotId]).toEqual([3n, 3n])
  })

  test('intermediate snapshots of one commit are not logged', () => {
    const metadata = apply(three(), [
      add(4n, 4n, { parentSnapshotId: 3n }),
      main(4n),
      add(5n, 5n, { parentSnapshotId: 4n }),
      main(5n),
    ])
    expect(metadata.snapshotLog.map((entry) => entry.snapshotId)).toEqual([1n, 2n, 3n, 5n])
    expect(metadata.snapshots).toHaveLength(5)
  })

  test('a rollback is logged at the time of the change', () => {
    const metadata = apply(three(), [main(1n)], 7777)
    expect(metadata.snapshotLog.at(-1)).toEqual({ snapshotId: 1n, timestampMs: 7777 })
    expect(apply(metadata, [main(1n)])).toBe(metadata)
  })

  test('staged and branch snapshots are not logged', () => {
    const staged = apply(three(), [add(9n, 4n)])
    expect(staged.snapshotLog).toHaveLength(3)
    const branch = apply(three(), [
      add(9n, 4n),
      { action: 'set-snapshot-ref', name: 'audit', ref: { type: 'branch', snapshotId: 9n } },
    ])
    expect(branch.snapshotLog).toHaveLength(3)
    expect(branch.currentSnapshotId).toBe(3n)
  })

  test('removing a snapshot drops the log before it, its statistics and its references', () => {
    const statistics = new Map([['snapshot-id', jsonLong(2n)]])
    const tagged = apply(three(), [
      { action: 'set-snapshot-ref', name: 'old', ref: { type: 'tag', snapshotId: 2n } },
      { action: 'set-statistics', statistics },
      { action: 'set-partition-statistics', partitionStatistics: statistics },
    ])
    const metadata = apply(tagged, [{ action: 'remove-snapshots', snapshotIds: [2n] }])
    expect(metadata.snapshotLog.map((entry) => entry.snapshotId)).toEqual([3n])
    expect([...metadata.refs.keys()]).toEqual(['main'])
    expect(metadata.statistics).toEqual([])
    expect(metadata.partitionStatistics).toEqual([])
    const all = apply(metadata, [{ action: 'remove-snapshots', snapshotIds: [1n, 3n] }])
    expect([all.currentSnapshotId, all.snapshotLog, all.refs.size]).toEqual([undefined, [], 0])
    expect(all.lastSequenceNumber).toBe(3n)
  })

  test('statistics: one entry per snapshot', () => {
    const entry = (path: string) =>
      new Map<string, string | ReturnType<typeof jsonLong>>([
        ['snapshot-id', jsonLong(1n)],
        ['statistics-path', path],
      ])
    const one = apply(three(), [{ action: 'set-statistics', statistics: entry('a') }])
    const two = apply(one, [{ action: 'set-statistics', statistics: entry('b') }])
    expect(two.statistics).toEqual([entry('b')])
    expect(apply(two, [{ action: 'remove-statistics', snapshotId: 1n }]).statistics).toEqual([])
    const none: MetadataUpdate = { action: 'set-statistics', statistics: new Map() }
    expect(() => apply(one, [none])).toThrow(InvalidArgument)
  })

  test('a snapshot for an older base is a conflict, an id that exists a mistake', () => {
    const base = three()
    expect(() => apply(base, [add(4n, 3n, { parentSnapshotId: 2n })])).toThrow(CommitConflict)
    expect(() => apply(base, [add(3n, 4n)])).toThrow(InvalidArgument)
    expect(() => apply(base, [main(44n)])).toThrow(InvalidArgument)
    const tag: MetadataUpdate = {
      action: 'set-snapshot-ref',
      name: 'main',
      ref: { type: 'tag', snapshotId: 3n },
    }
    expect(() => apply(base, [tag])).toThrow(InvalidArgument)
  })

  test('v3: rows are numbered from next-row-id, which never goes back', () => {
    const base = baseMetadata(3)
    const one = apply(base, [add(1n, 1n, { firstRowId: 0n, addedRows: 10n })])
    expect(one.nextRowId).toBe(10n)
    expect(() => apply(one, [add(2n, 2n, { firstRowId: 5n, addedRows: 1n })])).toThrow(
      CommitConflict,
    )
    expect(() => apply(one, [add(2n, 2n)])).toThrow(/needs first-row-id/)
    const two = apply(one, [add(2n, 2n, { firstRowId: 20n, addedRows: 1n })])
    expect(two.nextRowId).toBe(21n)
  })
})

describe('the rest', () => {
  test('uuid, format, location, properties, keys', () => {
    const base = { ...baseMetadata(1), tableUuid: '' }
    const named = applyUpdates(base, [{ action: 'upgrade-format-version', formatVersion: 3 }], {
      nowMs: 1,
      newUuid: () => UUID,
    })
    expect([named.tableUuid, named.formatVersion, named.nextRowId]).toEqual([UUID, 3, 0n])
    const other = UUID.replace('0', '1')
    expect(() => apply(named, [{ action: 'assign-uuid', uuid: other }])).toThrow(InvalidArgument)
    expect(apply(named, [{ action: 'assign-uuid', uuid: UUID }])).toBe(named)
    expect(() => apply(named, [{ action: 'upgrade-format-version', formatVersion: 2 }])).toThrow(
      InvalidArgument,
    )
    expect(apply(named, [{ action: 'set-location', location: '/new' }]).location).toBe('/new')
    const key = new Map([['key-id', 'k1']])
    const locked = apply(named, [{ action: 'add-encryption-key', encryptionKey: key }])
    expect(locked.encryptionKeys).toEqual([key])
    expect(apply(locked, [{ action: 'add-encryption-key', encryptionKey: key }])).toBe(locked)
    expect(
      apply(locked, [{ action: 'remove-encryption-key', keyId: 'k1' }]).encryptionKeys,
    ).toEqual([])
  })

  test('the metadata log holds the newest files, as many as the property says', () => {
    let metadata = baseMetadata()
    const set = (n: number): MetadataUpdate => ({
      action: 'set-properties',
      set: new Map([
        ['n', `${n}`],
        ['write.metadata.previous-versions-max', '3'],
      ]),
    })
    for (let n = 1; n <= 5; n++) {
      metadata = applyUpdates(metadata, [set(n)], {
        nowMs: 2000 + n,
        previousMetadataLocation: `/v${n}`,
      })
    }
    expect(metadata.metadataLog.map((entry) => entry.metadataFile)).toEqual(['/v3', '/v4', '/v5'])
    expect(metadata.metadataLog.at(-1)?.timestampMs).toBe(2004)
  })
})

describe('requirements', () => {
  const base = three()
  const holds: readonly Requirement[] = [
    { type: 'assert-table-uuid', uuid: UUID.toUpperCase() },
    { type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: 3n },
    { type: 'assert-ref-snapshot-id', ref: 'audit', snapshotId: undefined },
    { type: 'assert-last-assigned-field-id', id: 2 },
    { type: 'assert-current-schema-id', id: 0 },
    { type: 'assert-last-assigned-partition-id', id: 999 },
    { type: 'assert-default-spec-id', id: 0 },
    { type: 'assert-default-sort-order-id', id: 0 },
  ]
  const fails: readonly Requirement[] = [
    { type: 'assert-create' },
    { type: 'assert-table-uuid', uuid: UUID.replace('0', '1') },
    { type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: 2n },
    { type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: undefined },
    { type: 'assert-ref-snapshot-id', ref: 'audit', snapshotId: 2n },
    { type: 'assert-last-assigned-field-id', id: 1 },
    { type: 'assert-current-schema-id', id: 1 },
    { type: 'assert-last-assigned-partition-id', id: 1000 },
    { type: 'assert-default-spec-id', id: 1 },
    { type: 'assert-default-sort-order-id', id: 1 },
  ]

  test('all that hold, and each that does not', () => {
    expect(checkRequirements(base, holds)).toBeUndefined()
    for (const requirement of fails)
      expect(checkRequirements(base, [requirement])).toBeTypeOf('string')
    expect(checkRequirements(undefined, [{ type: 'assert-create' }])).toBeUndefined()
    for (const requirement of holds) {
      expect(checkRequirements(undefined, [requirement])).toBe('the table does not exist')
    }
  })

  test('follow from the updates, once each', () => {
    const updates: MetadataUpdate[] = [
      add(4n, 4n),
      main(4n),
      main(3n),
      { action: 'set-default-spec', specId: 0 },
      { action: 'remove-schemas', schemaIds: [] },
      { action: 'set-properties', set: new Map() },
    ]
    expect(requirementsFor(base, updates)).toEqual([
      { type: 'assert-table-uuid', uuid: UUID },
      { type: 'assert-ref-snapshot-id', ref: 'main', snapshotId: 3n },
      { type: 'assert-default-spec-id', id: 0 },
      { type: 'assert-current-schema-id', id: 0 },
    ])
    expect(requirementsFor(undefined, updates)).toEqual([{ type: 'assert-create' }])
  })
})
