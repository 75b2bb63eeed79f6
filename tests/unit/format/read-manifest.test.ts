import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../src/errors.js'
import { requireSnapshot } from '../../../src/format/lookup.js'
import type { DataFile, ManifestEntry, ManifestFile } from '../../../src/format/model.js'
import { partitionTypes } from '../../../src/format/partition-avro.js'
import { openManifest } from '../../../src/format/read-manifest.js'
import { inlineManifests, readManifestList } from '../../../src/format/read-manifest-list.js'
import { ManifestWriter } from '../../../src/format/write-manifest.js'
import { encodeManifestList } from '../../../src/format/write-manifest-list.js'
import { goldenCase } from './golden.js'
import { baseMetadata, emptyFile } from './metadata.js'

const limits = defaultLimits
const sync = new Uint8Array(16)

describe('entries', () => {
  const golden = goldenCase('tables/stats_modes')
  const { metadata } = golden

  async function manifestOf(): Promise<{ manifest: ManifestFile; bytes: Uint8Array }> {
    const snapshot = requireSnapshot(metadata, metadata.currentSnapshotId ?? 0n)
    const list = readFileSync(golden.file(snapshot.manifestList ?? ''))
    const [manifest] = await readManifestList(list, { limits })
    if (manifest === undefined) throw new RangeError('no manifest')
    return { manifest, bytes: readFileSync(golden.file(manifest.path)) }
  }

  test('less can be asked for: the same entries without what was left out', async () => {
    const { manifest, bytes } = await manifestOf()
    const reader = await openManifest(bytes, { limits, manifest, metadata })
    const all = [...reader.entries()]
    const [bare] = [...reader.entries({ metrics: 'none' })]
    const [file] = all.map((entry) => entry.file)
    expect(file?.lowerBounds?.size).toBeGreaterThan(1)
    const { columnSizes, valueCounts, nullValueCounts, nanValueCounts, ...rest } = file ?? emptyFile
    const { lowerBounds, upperBounds, ...plain } = rest
    expect(bare?.file).toEqual(plain)
    expect([columnSizes, valueCounts, nullValueCounts, nanValueCounts].every(Boolean)).toBe(true)

    const [id] = [...(lowerBounds ?? new Map<number, Uint8Array>()).keys()]
    const metrics = new Set([id ?? -1])
    const [some] = [...reader.entries({ metrics, detail: false })]
    expect([...(some?.file.lowerBounds ?? [])]).toEqual([[id, lowerBounds?.get(id ?? -1)]])
    expect([...(some?.file.upperBounds ?? [])]).toEqual([[id, upperBounds?.get(id ?? -1)]])
    expect(some?.file.splitOffsets).toBeUndefined()
    expect(some?.file.path).toBe(file?.path)
  })

  test('iterating twice and in part gives the same', async () => {
    const { manifest, bytes } = await manifestOf()
    const reader = await openManifest(bytes, { limits, manifest, metadata })
    for (const entry of reader.entries()) {
      expect(entry.status).toBe('added')
      break
    }
    expect([...reader.entries()]).toEqual([...reader.entries()])
  })

  test('a manifest of an unknown spec, encrypted or too large is refused', async () => {
    const { manifest, bytes } = await manifestOf()
    const open = (change: Partial<ManifestFile>, max = limits.manifestBytes) =>
      openManifest(bytes, {
        limits: { ...limits, manifestBytes: max },
        manifest: { ...manifest, ...change },
        metadata,
      })
    await expect(open({ specId: 99 })).rejects.toThrow(CorruptData)
    await expect(open({ keyMetadata: new Uint8Array(1) })).rejects.toThrow(Unsupported)
    await expect(open({}, bytes.length - 1)).rejects.toThrow(LimitExceeded)
    await expect(open({}, bytes.length)).resolves.toBeDefined()
    const wrong = await open({ content: 'deletes' })
    expect(() => [...wrong.entries()]).toThrow(/a manifest of deletes lists data/)
  })
})

describe('inheritance', () => {
  const metadata = baseMetadata(3)
  const spec = metadata.partitionSpecs[0]
  if (spec === undefined) throw new RangeError('no spec')
  const schema = metadata.schemas[0]
  if (schema === undefined) throw new RangeError('no schema')

  const writer = (snapshotId: bigint, formatVersion: 1 | 2 | 3 = 3): ManifestWriter =>
    new ManifestWriter({
      formatVersion,
      content: 'data',
      spec,
      partitionTypes: partitionTypes(metadata, spec),
      schema,
      snapshotId,
      sync,
    })
  const file = (path: string, recordCount: bigint, more: Partial<DataFile> = {}): DataFile => ({
    ...emptyFile,
    path,
    recordCount,
    ...more,
  })
  const entry = (path: string, more: Partial<ManifestEntry> = {}): ManifestEntry => ({
    status: 'existing',
    snapshotId: 4n,
    sequenceNumber: 2n,
    fileSequenceNumber: 3n,
    file: file(path, 7n),
    ...more,
  })
  async function read(bytes: Uint8Array, manifest: ManifestFile): Promise<ManifestEntry[]> {
    const reader = await openManifest(bytes, { limits, manifest, metadata })
    return [...reader.entries()]
  }

  test('sequence numbers, snapshot ids and row ids (spec: "… Inheritance")', async () => {
    const out = writer(10n)
    out.add(file('a', 5n))
    out.existing(entry('b'))
    out.existing(entry('c', { file: file('c', 7n, { firstRowId: 1000n }) }))
    out.delete(entry('d'))
    out.add(file('e', 5n), 8n)
    const { bytes, manifest } = out.finish('/m')
    const assigned = { ...manifest, sequenceNumber: 9n, minSequenceNumber: 2n, firstRowId: 100n }
    const entries = await read(bytes, assigned)
    expect(
      entries.map((e) => [e.status, e.snapshotId, e.sequenceNumber, e.fileSequenceNumber]),
    ).toEqual([
      ['added', 10n, 9n, 9n],
      ['existing', 4n, 2n, 3n],
      ['existing', 4n, 2n, 3n],
      ['deleted', 10n, 2n, 3n],
      ['added', 10n, 8n, 9n],
    ])
    expect(entries.map((e) => e.file.firstRowId)).toEqual([100n, 105n, 1000n, undefined, 112n])
    expect(manifest.minSequenceNumber).toBe(2n)
    const { firstRowId, ...without } = assigned
    expect(firstRowId).toBe(100n)
    expect((await read(bytes, without)).every((e) => e.file.firstRowId === undefined)).toBe(true)
  })

  test('the lowest sequence number is that of live files', () => {
    const out = writer(10n)
    out.delete(entry('old', { sequenceNumber: 1n }))
    out.existing(entry('b'))
    expect(out.finish('/m').manifest.minSequenceNumber).toBe(2n)
    const added = writer(10n)
    added.add(file('a', 1n))
    expect(added.finish('/m').manifest.minSequenceNumber).toBe(-1n)
  })

  test('a v1 manifest in a v2 table: everything has sequence number 0', async () => {
    const out = writer(10n, 1)
    out.add(file('a', 5n))
    out.existing(entry('b'))
    const { bytes, manifest } = out.finish('/m')
    expect(manifest.sequenceNumber).toBe(0n)
    const entries = await read(bytes, manifest)
    expect(entries.map((e) => [e.sequenceNumber, e.fileSequenceNumber])).toEqual([
      [0n, 0n],
      [0n, 0n],
    ])
  })

  test('an existing file without a sequence number is corrupt in a v2 manifest', async () => {
    const out = writer(10n, 1)
    out.existing(entry('b'))
    const { bytes, manifest } = out.finish('/m')
    await expect(read(bytes, { ...manifest, sequenceNumber: 5n })).rejects.toThrow(CorruptData)
  })

  test('a writer refuses files that do not belong', () => {
    const out = writer(10n)
    expect(() => out.add(file('a', 1n, { specId: 3 }))).toThrow(/has spec 3/)
    expect(() => out.add(file('a', 1n, { content: 'equality-deletes' }))).toThrow(
      /in a data manifest/,
    )
    const options = { formatVersion: 1, content: 'deletes', spec, schema } as const
    const more = { partitionTypes: partitionTypes(metadata, spec), snapshotId: 1n, sync }
    expect(() => new ManifestWriter({ ...options, ...more })).toThrow(Unsupported)
  })

  test('lists: numbers are assigned once; row ids go on from the base', async () => {
    const out = writer(10n)
    out.add(file('a', 5n))
    const { manifest } = out.finish('/m')
    const old: ManifestFile = {
      ...manifest,
      path: '/old',
      addedSnapshotId: 3n,
      sequenceNumber: 1n,
      minSequenceNumber: 1n,
      existingRowsCount: 11n,
      firstRowId: 40n,
    }
    const deletes: ManifestFile = { ...old, path: '/deletes', content: 'deletes' }
    const { firstRowId, ...unnumbered } = { ...old, path: '/v2' }
    const { firstRowId: none, ...deletesV2 } = deletes
    expect([firstRowId, none]).toEqual([40n, 40n])
    const input = {
      formatVersion: 3,
      snapshotId: 10n,
      parentSnapshotId: 3n,
      sequenceNumber: 9n,
      firstRowId: 100n,
      manifests: [manifest, old, unnumbered, deletesV2],
      sync,
    } as const
    const list = encodeManifestList(input)
    expect(list.nextRowId).toBe(100n + 5n + 5n + 11n)
    const read = await readManifestList(list.bytes, { limits })
    expect(read).toEqual(list.manifests)
    expect(read.map((m) => [m.sequenceNumber, m.minSequenceNumber, m.firstRowId])).toEqual([
      [9n, 9n, 100n],
      [1n, 1n, 40n],
      [1n, 1n, 105n],
      [1n, 1n, undefined],
    ])
    expect(() => encodeManifestList({ ...input, snapshotId: 11n })).toThrow(
      /has no sequence number/,
    )
    await expect(
      readManifestList(list.bytes, {
        limits: { ...limits, manifestListBytes: list.bytes.length - 1 },
      }),
    ).rejects.toThrow(LimitExceeded)
  })

  test('lists of v1: counts may be unknown, content and numbers have their defaults', async () => {
    const out = writer(10n, 1)
    out.add(file('a', 5n))
    const { manifest } = out.finish('/m')
    const { addedFilesCount, addedRowsCount, ...unknown } = manifest
    expect([addedFilesCount, addedRowsCount]).toEqual([1, 5n])
    const input = {
      snapshotId: 10n,
      parentSnapshotId: undefined,
      sequenceNumber: 0n,
      sync,
    } as const
    const list = encodeManifestList({ ...input, formatVersion: 1, manifests: [unknown] })
    expect(await readManifestList(list.bytes, { limits })).toEqual([unknown])
    expect(() => encodeManifestList({ ...input, formatVersion: 2, manifests: [unknown] })).toThrow(
      Unsupported,
    )
  })

  test('v1 snapshots may list their manifests inline', () => {
    const snapshot = { snapshotId: 5n, sequenceNumber: 0n, timestampMs: 1, manifests: ['/a', '/b'] }
    const found = inlineManifests(snapshot, (path) => BigInt(path.length))
    expect(found.map((m) => [m.path, m.length, m.content, m.addedFilesCount])).toEqual([
      ['/a', 2n, 'data', undefined],
      ['/b', 2n, 'data', undefined],
    ])
  })
})
