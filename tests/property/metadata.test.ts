import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonValue, jsonDouble, jsonLong } from '../../src/codec/json/value.js'
import { defaultLimits } from '../../src/env/limits.js'
import { MoraineError } from '../../src/errors.js'
import { applyUpdates } from '../../src/format/apply-updates.js'
import type { FormatVersion, TableMetadata } from '../../src/format/model.js'
import { newTableMetadata } from '../../src/format/new-table.js'
import { readTableMetadata } from '../../src/format/read-table-metadata.js'
import { checkRequirements, requirementsFor } from '../../src/format/requirements.js'
import type { MetadataUpdate } from '../../src/format/update.js'
import { encodeTableMetadata } from '../../src/format/write-table-metadata.js'
import { buildSchema } from '../../src/types/build-schema.js'
import { t } from '../../src/types/builder.js'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const numRuns = Number(process.env.MORAINE_PROGRAMS ?? 300)
const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n })
const name = fc.oneof(fc.constantFrom('main', 'audit', 'q3', '__proto__', 'a/b~c'), fc.string())
const small = fc.integer({ min: -1, max: 4 })

const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.string(),
    id.map(jsonLong),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(jsonDouble),
    fc.array(tie('value')),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((entries) => new Map(entries)),
  ),
})).value

const extra = fc
  .array(
    fc.tuple(
      name.map((n) => `x-${n}`),
      json,
    ),
    { maxLength: 3 },
  )
  .map((e) => new Map(e))
const withExtra = <T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc
    .tuple(arbitrary, fc.option(extra.filter((map) => map.size > 0)))
    .map(([value, map]) => (map === null ? value : { ...value, extra: map }))

const summary = fc
  .array(fc.tuple(fc.string(), fc.string()))
  .map((entries) => new Map([['operation', 'append'], ...entries]))

/** A snapshot step: ids, sequence numbers and parents are filled in from the base. */
const step = fc.oneof(
  withExtra(
    fc.record({
      snapshotId: id,
      summary,
      addedRows: fc.bigInt({ min: 0n, max: 1000n }),
      late: fc.integer({ min: -5000, max: 5000 }),
    }),
  ).map((value) => ({ kind: 'snapshot' as const, value })),
  withExtra(fc.record({ name, type: fc.constantFrom('branch' as const, 'tag' as const) })).map(
    (value) => ({ kind: 'ref' as const, value }),
  ),
  fc.record({
    kind: fc.constant('pick' as const),
    n: fc.nat(),
    what: fc.constantFrom('main', 'expire', 'unref'),
  }),
  fc
    .array(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { maxLength: 3 })
    .map((entries) => ({ kind: 'properties' as const, set: new Map(entries) })),
  fc.record({
    kind: fc.constant('column' as const),
    column: fc.string({ minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('choose' as const), n: small }),
  fc
    .constantFrom(1, 2, 3)
    .map((version) => ({ kind: 'upgrade' as const, version: version as FormatVersion })),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function updatesOf(base: TableMetadata, what: Step): readonly MetadataUpdate[] {
  switch (what.kind) {
    case 'snapshot': {
      const { late, addedRows, ...rest } = what.value
      const rows = base.nextRowId === undefined ? {} : { firstRowId: base.nextRowId, addedRows }
      const parent = base.currentSnapshotId
      const snapshot = {
        ...rest,
        ...rows,
        ...(parent !== undefined && { parentSnapshotId: parent }),
        sequenceNumber: base.formatVersion === 1 ? 0n : base.lastSequenceNumber + 1n,
        timestampMs: Math.max(0, base.lastUpdatedMs + late),
        manifestList: '/l',
        schemaId: base.currentSchemaId,
      }
      const ref = { type: 'branch', snapshotId: snapshot.snapshotId } as const
      return [
        { action: 'add-snapshot', snapshot },
        { action: 'set-snapshot-ref', name: 'main', ref },
      ]
    }
    case 'ref': {
      const snapshotId = base.currentSnapshotId ?? 1n
      const { name: ref, ...rest } = what.value
      return [{ action: 'set-snapshot-ref', name: ref, ref: { ...rest, snapshotId } }]
    }
    case 'pick': {
      const snapshot = base.snapshots[what.n % Math.max(1, base.snapshots.length)]
      const snapshotId = snapshot?.snapshotId ?? 1n
      if (what.what === 'expire') return [{ action: 'remove-snapshots', snapshotIds: [snapshotId] }]
      if (what.what === 'unref') {
        const refs = [...base.refs.keys()]
        return [
          { action: 'remove-snapshot-ref', name: refs[what.n % Math.max(1, refs.length)] ?? 'x' },
        ]
      }
      return [{ action: 'set-snapshot-ref', name: 'main', ref: { type: 'branch', snapshotId } }]
    }
    case 'properties':
      return [{ action: 'set-properties', set: what.set }]
    case 'column': {
      const { schema } = buildSchema([
        ['id', t.long()],
        [`c${what.column}`, t.string()],
      ])
      return [
        { action: 'add-schema', schema, lastColumnId: Math.max(2, base.lastColumnId) },
        { action: 'set-current-schema', schemaId: -1 },
      ]
    }
    case 'choose':
      return [{ action: 'set-current-schema', schemaId: what.n }]
    case 'upgrade':
      return [{ action: 'upgrade-format-version', formatVersion: what.version }]
  }
}

function checkInvariants(before: TableMetadata, after: TableMetadata): void {
  expect(after.lastUpdatedMs).toBeGreaterThan(before.lastUpdatedMs)
  expect(after.lastSequenceNumber >= before.lastSequenceNumber).toBe(true)
  expect(after.lastColumnId >= before.lastColumnId).toBe(true)
  expect((after.nextRowId ?? 0n) >= (before.nextRowId ?? 0n)).toBe(true)
  const ids = new Set(after.snapshots.map((snapshot) => snapshot.snapshotId))
  for (const entry of after.snapshotLog) expect(ids.has(entry.snapshotId)).toBe(true)
  expect(after.refs.get('main')?.snapshotId).toBe(after.currentSnapshotId)
  if (after.currentSnapshotId !== undefined) {
    expect(after.snapshotLog.at(-1)?.snapshotId).toBe(after.currentSnapshotId)
  }
  for (const schema of before.schemas) expect(after.schemas).toContainEqual(schema)
}

describe('table metadata', () => {
  test('whatever the updates make of it, it reads back the same, and the rules hold', () => {
    const { schema } = buildSchema({ id: t.long() })
    const version = fc.constantFrom<FormatVersion>(1, 2, 3)
    const property = fc.property(
      version,
      extra,
      fc.array(step, { maxLength: 20 }),
      (formatVersion, members, steps) => {
        const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e'
        const made = newTableMetadata({
          schema,
          location: '/t',
          uuid,
          nowMs: 10_000,
          formatVersion,
        })
        let metadata: TableMetadata = members.size === 0 ? made : { ...made, extra: members }
        for (const [index, what] of steps.entries()) {
          const updates = updatesOf(metadata, what)
          let next: TableMetadata
          try {
            next = applyUpdates(metadata, updates, {
              nowMs: 10_000 + index,
              previousMetadataLocation: `/v${index}`,
            })
          } catch (error) {
            if (error instanceof MoraineError) continue
            throw error
          }
          if (next !== metadata) checkInvariants(metadata, next)
          expect(checkRequirements(metadata, requirementsFor(metadata, updates))).toBeUndefined()
          metadata = next
        }
        const bytes = encodeTableMetadata(metadata)
        const read = readTableMetadata(bytes, { limits: defaultLimits })
        expect(read).toEqual(metadata)
        // As text: a matcher that walks arrays of bytes takes most of the time of this test.
        expect(text(encodeTableMetadata(read))).toBe(text(bytes))
      },
    )
    fc.assert(property, { numRuns })
  })
})
