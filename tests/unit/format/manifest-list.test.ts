/** Manifest lists as others may write them, and what ours refuse to say (spec: "Manifest Lists"). */
import { describe, expect, test } from 'vitest'
import type { AvroRow } from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { UNASSIGNED_SEQUENCE } from '../../../src/format/constants.js'
import { manifestListSchema } from '../../../src/format/manifest-schema.js'
import type { FormatVersion, ManifestFile } from '../../../src/format/model.js'
import { inlineManifests, readManifestList } from '../../../src/format/read-manifest-list.js'
import { encodeManifestList } from '../../../src/format/write-manifest-list.js'

const limits = defaultLimits
const sync = new Uint8Array(16)

const manifest: ManifestFile = {
  path: 's3://b/m.avro',
  length: 9n,
  specId: 0,
  content: 'data',
  sequenceNumber: 4n,
  minSequenceNumber: 3n,
  addedSnapshotId: 7n,
  addedFilesCount: 1,
  existingFilesCount: 2,
  deletedFilesCount: 3,
  addedRowsCount: 10n,
  existingRowsCount: 20n,
  deletedRowsCount: 30n,
}

function encode(formatVersion: FormatVersion, ...manifests: readonly ManifestFile[]) {
  const own = { snapshotId: 7n, parentSnapshotId: undefined, sequenceNumber: 5n } as const
  return encodeManifestList({ ...own, formatVersion, manifests, sync })
}

/** A v3 list of one row, slots exchanged for what the writer of another gave them. */
function listOf(exchanged: Readonly<Record<number, AvroRow[number]>>): Uint8Array {
  const row: AvroRow = [
    's3://b/m.avro',
    9n,
    0,
    0,
    4n,
    3n,
    7n,
    1,
    2,
    3,
    10n,
    20n,
    30n,
    null,
    null,
    null,
  ]
  const avro = new AvroWriter({ schema: manifestListSchema(3), codec: 'null', sync })
  avro.append(row.map((value, slot) => exchanged[slot] ?? value))
  return avro.finish()
}

describe('what is read is what was written', () => {
  const partitions = [
    { containsNull: true },
    {
      containsNull: false,
      containsNan: true,
      lowerBound: Uint8Array.of(1),
      upperBound: Uint8Array.of(2),
    },
  ]
  const whole = { ...manifest, partitions, keyMetadata: Uint8Array.of(5, 6) }

  test.each([2, 3] as const)('in v%i', async (formatVersion) => {
    const { bytes, manifests } = encode(formatVersion, whole)
    expect(await readManifestList(bytes, { limits })).toEqual(manifests)
  })

  test('in v1, where numbers are not kept and counts may be unknown', async () => {
    const { path, length, specId, content, addedSnapshotId } = manifest
    const known = { path, length, specId, content, addedSnapshotId } as const
    const numbers = { sequenceNumber: 0n, minSequenceNumber: 0n }
    const { bytes } = encode(1, { ...known, ...numbers })
    expect(await readManifestList(bytes, { limits })).toEqual([{ ...known, ...numbers }])
    const counted = await readManifestList(encode(1, whole).bytes, { limits })
    expect(counted).toEqual([{ ...whole, ...numbers }])
  })

  test('numbers that wait for the commit are the snapshot’s', () => {
    const waiting = { sequenceNumber: UNASSIGNED_SEQUENCE, minSequenceNumber: UNASSIGNED_SEQUENCE }
    const [all, last] = encode(
      2,
      { ...manifest, ...waiting },
      {
        ...manifest,
        sequenceNumber: UNASSIGNED_SEQUENCE,
      },
    ).manifests
    expect(all).toMatchObject({ sequenceNumber: 5n, minSequenceNumber: 5n })
    expect(last).toMatchObject({ sequenceNumber: 5n, minSequenceNumber: 3n })
    const [first] = encode(2, { ...manifest, minSequenceNumber: UNASSIGNED_SEQUENCE }).manifests
    expect(first).toMatchObject({ sequenceNumber: 4n, minSequenceNumber: 5n })
  })

  test('rows are numbered where they have no numbers yet', () => {
    const deletes = { ...manifest, content: 'deletes' } as const
    const numbered = { ...manifest, firstRowId: 100n }
    const { manifests, nextRowId } = encode(3, manifest, numbered, deletes, manifest)
    expect(manifests.map(({ firstRowId }) => firstRowId)).toEqual([0n, 100n, undefined, 30n])
    expect(nextRowId).toBe(60n)
    expect(encode(2, manifest).nextRowId).toBeUndefined()
  })
})

describe('what cannot be written', () => {
  test('a number that another snapshot was to give', () => {
    const foreign = { ...manifest, addedSnapshotId: 6n, sequenceNumber: UNASSIGNED_SEQUENCE }
    expect(() => encode(2, foreign)).toThrow('has no sequence number')
  })

  test('deletes in v1', () => {
    expect(() => encode(1, { ...manifest, content: 'deletes' })).toThrow('no delete manifests')
  })

  test.each(['addedFilesCount', 'deletedRowsCount'] as const)('no %s since v2', (count) => {
    const { [count]: _, ...without } = manifest
    expect(() => encode(2, without)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', details: { path: manifest.path } }),
    )
    expect(encode(1, without).manifests).toHaveLength(1)
  })

  test.each(['addedRowsCount', 'existingRowsCount'] as const)('rows without %s in v3', (count) => {
    const { [count]: _, ...without } = manifest
    expect(() => encode(3, without)).toThrow('cannot be numbered')
  })
})

describe('what others write', () => {
  test.each([7, 8, 9, 10, 11, 12])('a negative count in slot %i is not known', async (slot) => {
    const [read] = await readManifestList(listOf({ [slot]: slot < 10 ? -1 : -1n }), { limits })
    const [all] = await readManifestList(listOf({}), { limits })
    expect(Object.keys(read ?? {})).toHaveLength(Object.keys(all ?? {}).length - 1)
  })

  test.each([
    ['content 2', { 3: 2 }, 'unknown content 2'],
    ['a length below nothing', { 1: -1n }, 'negative manifest_length'],
  ])('%s is refused', async (_what, exchanged, message) => {
    const bytes = listOf(exchanged)
    await expect(readManifestList(bytes, { limits })).rejects.toThrow(message)
    await expect(readManifestList(bytes, { limits, path: '/l.avro' })).rejects.toMatchObject({
      code: 'CORRUPT_DATA',
      message: expect.stringContaining('/l.avro'),
      details: { path: '/l.avro' },
    })
  })

  test('lists longer than the limit are refused before they are opened', async () => {
    const bytes = listOf({})
    const within = (manifestListBytes: number) => ({ limits: { ...limits, manifestListBytes } })
    for (const more of [0, 1]) {
      expect(await readManifestList(bytes, within(bytes.length + more))).toHaveLength(1)
    }
    await expect(readManifestList(bytes, within(bytes.length - 1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'manifestListBytes', max: bytes.length - 1, actual: bytes.length },
    })
  })

  test('a v1 snapshot may name its manifests itself, or none', () => {
    const snapshot = { snapshotId: 7n, sequenceNumber: 0n, timestampMs: 1 } as const
    expect(inlineManifests({ ...snapshot, manifests: ['/m'] }, () => 3n)).toEqual([
      {
        path: '/m',
        length: 3n,
        specId: 0,
        content: 'data',
        sequenceNumber: 0n,
        minSequenceNumber: 0n,
        addedSnapshotId: 7n,
      },
    ])
    expect(inlineManifests(snapshot, () => 3n)).toEqual([])
  })
})
