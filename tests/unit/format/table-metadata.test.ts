import { describe, expect, test } from 'vitest'
import { gzip } from '../../../src/codec/gzip.js'
import { defaultLimits, type Limits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded, MoraineError, Unsupported } from '../../../src/errors.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'
import { encodeTableMetadata } from '../../../src/format/write-table-metadata.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { UUID } from './metadata.js'

type Json = Record<string, unknown>

const schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'id', required: true, type: 'long' }],
}
const snapshot = {
  'snapshot-id': 7,
  'sequence-number': 1,
  'timestamp-ms': 1000,
  'manifest-list': '/w/t/metadata/snap-7.avro',
  summary: { operation: 'append' },
  'schema-id': 0,
}
const v2: Json = {
  'format-version': 2,
  'table-uuid': UUID,
  location: '/w/t',
  'last-sequence-number': 1,
  'last-updated-ms': 1000,
  'last-column-id': 1,
  'current-schema-id': 0,
  schemas: [schema],
  'default-spec-id': 0,
  'partition-specs': [{ 'spec-id': 0, fields: [] }],
  'last-partition-id': 999,
  'default-sort-order-id': 0,
  'sort-orders': [{ 'order-id': 0, fields: [] }],
  properties: { a: '1' },
  'current-snapshot-id': 7,
  refs: { main: { 'snapshot-id': 7, type: 'branch' } },
  snapshots: [snapshot],
  'snapshot-log': [{ 'timestamp-ms': 1000, 'snapshot-id': 7 }],
  'metadata-log': [{ 'timestamp-ms': 900, 'metadata-file': '/w/t/metadata/v1.metadata.json' }],
}
/** What the oldest writers left: one schema, one spec, nothing else that is optional. */
const oldV1: Json = {
  'format-version': 1,
  location: '/w/t/',
  'last-updated-ms': 1000,
  'last-column-id': 3,
  schema: { type: 'struct', fields: schema.fields },
  'partition-spec': [{ name: 'id', transform: 'identity', 'source-id': 1 }],
  'current-snapshot-id': -1,
}

const read = (json: unknown, limits: Partial<Limits> = {}) =>
  readTableMetadata(encodeUtf8(JSON.stringify(json)), {
    limits: { ...defaultLimits, ...limits },
    path: 'v1.metadata.json',
  })
const json = (metadata: ReturnType<typeof read>): Json =>
  JSON.parse(new TextDecoder().decode(encodeTableMetadata(metadata))) as Json

describe('v1', () => {
  test('the oldest form is read, and the new and old forms are written', () => {
    const metadata = read(oldV1)
    expect(metadata.tableUuid).toBe('')
    expect(metadata.location).toBe('/w/t')
    expect(metadata.currentSnapshotId).toBeUndefined()
    expect(metadata.lastPartitionId).toBe(1000)
    expect(metadata.sortOrders).toEqual([{ orderId: 0, fields: [] }])
    const written = json(metadata)
    expect(written.schema).toEqual(schema)
    expect(written.schemas).toEqual([schema])
    expect(written['partition-spec']).toEqual([
      { name: 'id', transform: 'identity', 'source-id': 1, 'field-id': 1000 },
    ])
    expect(written['current-snapshot-id']).toBe(-1)
    expect(written).not.toHaveProperty('last-sequence-number')
    expect(written).not.toHaveProperty('table-uuid')
    expect(read(written)).toEqual(metadata)
  })

  test('the lists win over the legacy members', () => {
    const wide = { ...schema, 'schema-id': 3 }
    const both = { ...oldV1, schemas: [wide], 'current-schema-id': 3 }
    expect(read(both).currentSchemaId).toBe(3)
    expect(() => read({ ...oldV1, schemas: [wide] })).toThrow(/current-schema-id/)
  })

  test('manifests may be listed inline; snapshots need no schema, summary or sequence number', () => {
    const bare = { 'snapshot-id': 7, 'timestamp-ms': 5, manifests: ['/m1', '/m2'] }
    const metadata = read({ ...oldV1, 'current-snapshot-id': 7, snapshots: [bare] })
    expect(metadata.snapshots).toEqual([
      { snapshotId: 7n, timestampMs: 5, sequenceNumber: 0n, manifests: ['/m1', '/m2'] },
    ])
    expect(metadata.refs.get('main')).toEqual({ type: 'branch', snapshotId: 7n })
    expect(json(metadata).snapshots).toEqual([bare])
  })
})

describe('what other writers do', () => {
  test('v2 snapshots from before the upgrade have no sequence number', () => {
    const { 'sequence-number': _, ...old } = snapshot
    const metadata = read({ ...v2, snapshots: [old] })
    expect(metadata.snapshots[0]?.sequenceNumber).toBe(0n)
    expect(json(metadata).snapshots).toEqual([old])
  })

  test.each([[-1], [null], [undefined]])('current-snapshot-id %s is none', (id) => {
    const { refs, ...rest } = v2
    expect(refs).toBeDefined()
    const metadata = read({ ...rest, 'current-snapshot-id': id })
    expect(metadata.currentSnapshotId).toBeUndefined()
    expect(metadata.refs.size).toBe(0)
    expect(json(metadata)['current-snapshot-id']).toBe(-1)
  })

  test('without refs, main is the current snapshot', () => {
    const { refs, ...rest } = v2
    expect(refs).toBeDefined()
    expect(read(rest)).toEqual(read(v2))
  })

  test('v3 writes null for no snapshot and next-row-id', () => {
    const { refs, ...rest } = v2
    expect(refs).toBeDefined()
    const v3 = { ...rest, 'format-version': 3, 'next-row-id': 9, 'current-snapshot-id': null }
    const written = json(read(v3))
    expect(written['current-snapshot-id']).toBeNull()
    expect(written['next-row-id']).toBe(9)
    expect(() => read({ ...v3, 'next-row-id': undefined })).toThrow(/next-row-id/)
  })

  test('ids of 64 bits keep every digit', () => {
    const id = '9223372036854775807'
    const text = JSON.stringify(v2).replaceAll(/("(?:current-)?snapshot-id"):7/g, `$1:${id}`)
    const metadata = readTableMetadata(encodeUtf8(text), { limits: defaultLimits })
    expect(metadata.currentSnapshotId).toBe(2n ** 63n - 1n)
    expect(new TextDecoder().decode(encodeTableMetadata(metadata))).toContain(`"snapshot-id":${id}`)
  })

  test('gzip is told by its bytes', () => {
    const packed = gzip(encodeUtf8(JSON.stringify(v2)))
    expect(readTableMetadata(packed, { limits: defaultLimits })).toEqual(read(v2))
    const limits = { ...defaultLimits, metadataInflatedBytes: 100 }
    expect(() => readTableMetadata(packed, { limits })).toThrow(LimitExceeded)
  })
})

describe('unknown members', () => {
  test('are kept verbatim at every level', () => {
    const x = { deep: [1.5e300, 12345678901234567890n.toString(), null, { y: true }] }
    const given: Json = {
      ...v2,
      schemas: [{ ...schema, x, fields: [{ ...schema.fields[0], x }] }],
      'partition-specs': [
        {
          'spec-id': 0,
          fields: [{ name: 'id', transform: 'identity', 'source-id': 1, 'field-id': 1000, x }],
          x,
        },
      ],
      'last-partition-id': 1000,
      'sort-orders': [{ 'order-id': 0, fields: [], x }],
      snapshots: [{ ...snapshot, x }],
      refs: { main: { 'snapshot-id': 7, type: 'branch', x } },
      'snapshot-log': [{ 'timestamp-ms': 1000, 'snapshot-id': 7, x }],
      'metadata-log': [{ 'timestamp-ms': 900, 'metadata-file': '/m', x }],
      statistics: [{ 'snapshot-id': 7, x }],
      'partition-statistics': [{ 'snapshot-id': 7, x }],
      'encryption-keys': [{ 'key-id': 'k', x }],
      x,
    }
    expect(json(read(given))).toEqual(given)
  })

  test('may be called __proto__', () => {
    const text = JSON.stringify(v2).replace('{', '{"__proto__":{"polluted":true},')
    const metadata = readTableMetadata(encodeUtf8(text), { limits: defaultLimits })
    expect(metadata.extra?.has('__proto__')).toBe(true)
    expect(({} as Json).polluted).toBeUndefined()
    expect(new TextDecoder().decode(encodeTableMetadata(metadata))).toContain('"__proto__"')
  })
})

describe('refused', () => {
  const cases: readonly (readonly [string, Json, string])[] = [
    ['uuid missing', { 'table-uuid': undefined }, '/table-uuid'],
    ['uuid malformed', { 'table-uuid': 'x' }, '/table-uuid'],
    ['location missing', { location: undefined }, '/location'],
    ['location empty', { location: '' }, '/location'],
    ['sequence number missing', { 'last-sequence-number': undefined }, '/last-sequence-number'],
    ['sequence number a fraction', { 'last-sequence-number': 1.5 }, '/last-sequence-number'],
    [
      'sequence number negative',
      { 'last-sequence-number': -1, snapshots: [] },
      '/last-sequence-number',
    ],
    ['time out of range', { 'last-updated-ms': 8.65e15 }, '/last-updated-ms'],
    ['schemas missing', { schemas: undefined }, '/schemas'],
    ['schemas not an array', { schemas: {} }, '/schemas'],
    ['current schema missing', { 'current-schema-id': 5 }, '/current-schema-id'],
    ['schema twice', { schemas: [schema, schema] }, '/schemas'],
    ['default spec missing', { 'default-spec-id': 5 }, '/default-spec-id'],
    ['last partition id missing', { 'last-partition-id': undefined }, '/last-partition-id'],
    ['default order missing', { 'default-sort-order-id': 5 }, '/default-sort-order-id'],
    ['sort orders missing', { 'sort-orders': undefined }, '/sort-orders'],
    ['properties not strings', { properties: { a: 1 } }, '/properties/a'],
    ['current snapshot missing', { 'current-snapshot-id': 8 }, '/current-snapshot-id'],
    ['snapshot twice', { snapshots: [snapshot, snapshot] }, '/snapshots'],
    ['snapshot from the future', { 'last-sequence-number': 0 }, '/snapshots'],
    [
      'snapshot without manifests',
      { snapshots: [{ ...snapshot, 'manifest-list': undefined }] },
      '/snapshots/0',
    ],
    ['ref to nowhere', { refs: { main: v2.refs, x: {} } }, '/refs/main/type'],
    ['ref of a third type', { refs: { main: { 'snapshot-id': 7, type: 'x' } } }, '/refs/main/type'],
    ['dangling ref', { refs: { t: { 'snapshot-id': 9, type: 'tag' } } }, '/refs'],
    ['main is a tag', { refs: { main: { 'snapshot-id': 7, type: 'tag' } } }, '/refs'],
    ['main without current snapshot', { 'current-snapshot-id': -1 }, '/refs'],
    ['statistics not objects', { statistics: [1] }, '/statistics/0'],
  ]

  test.each(cases)('%s', (_, change, pointer) => {
    expect(() => read({ ...v2, ...change })).toThrow(CorruptData)
    try {
      read({ ...v2, ...change })
    } catch (error) {
      if (!(error instanceof MoraineError)) throw error
      expect(error.details.pointer).toBe(pointer)
      expect(error.details.path).toBe('v1.metadata.json')
    }
  })

  test('format versions: 4 by name, 0 and texts as corrupt', () => {
    expect(() => read({ ...v2, 'format-version': 4 })).toThrow(Unsupported)
    expect(() => read({ ...v2, 'format-version': 4 })).toThrow(/version 4 is not supported/)
    expect(() => read({ ...v2, 'format-version': 0 })).toThrow(CorruptData)
    expect(() => read({ ...v2, 'format-version': '2' })).toThrow(CorruptData)
    for (const other of [[], null, 'x', 1]) expect(() => read(other)).toThrow(CorruptData)
  })
})

describe('limits', () => {
  const log = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ ...snapshot, 'snapshot-id': i + 7 }))
  const entries = (n: number): [string, unknown][] =>
    Array.from({ length: n }, (_, i) => [`r${i}`, { 'snapshot-id': 7, type: 'tag' }])
  const size = encodeUtf8(JSON.stringify(v2)).length
  const cases: readonly (readonly [keyof Limits, number, Json])[] = [
    ['snapshots', 3, { snapshots: log(3) }],
    ['refs', 4, { refs: { ...(v2.refs as Json), ...Object.fromEntries(entries(3)) } }],
    ['properties', 2, { properties: { a: '1', b: '2' } }],
    ['metadataBytes', size, {}],
  ]

  test.each(cases)('%s', (limit, actual, change) => {
    const given = { ...v2, ...change }
    expect(read(given, { [limit]: actual + 1 })).toBeDefined()
    expect(read(given, { [limit]: actual })).toBeDefined()
    expect(() => read(given, { [limit]: actual - 1 })).toThrow(LimitExceeded)
    try {
      read(given, { [limit]: actual - 1 })
    } catch (error) {
      expect((error as MoraineError).details).toMatchObject({ limit, max: actual - 1, actual })
    }
  })
})
