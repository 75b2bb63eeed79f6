/** Data written before a change of schema or spec, read after it (spec: "Column Projection"). */
import { describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { col } from '../../../src/expr/build.js'
import { currentSnapshot } from '../../../src/format/lookup.js'
import type { ScanOptions } from '../../../src/scan/options.js'
import { loadManifests } from '../../../src/scan/plan/load-manifests.js'
import { t } from '../../../src/types/builder.js'
import type { Field } from '../../../src/types/type.js'
import { writtenTable } from '../../support/written-table.js'

const optional = (id: number, name: string, type: Field['type']): Field => ({
  id,
  name,
  required: false,
  type,
})

describe('reading across changes', () => {
  test('columns are added, renamed, dropped, re-added, widened and moved', async () => {
    const made = await writtenTable({
      fields: [
        optional(1, 'id', { kind: 'int' }),
        optional(2, 'v', { kind: 'float' }),
        optional(3, 'd', { kind: 'decimal', precision: 4, scale: 1 }),
      ],
    })
    await made.append([{ id: 1, v: 0.5, d: '1.5' }])
    await made.reshape((schema) => schema.renameColumn('v', 'w').dropColumn('d'))
    await made.reshape((schema) => schema.addColumn('d', t.string()).widenColumn('id', t.long()))
    await made.reshape((schema) => schema.widenColumn('w', t.double()).moveFirst('w'))
    await made.append([{ id: 2n ** 40n, w: 0.1, d: 'text' }])
    const rows = await (await made.scan()).toArray()
    expect(rows).toEqual(
      expect.arrayContaining([
        { w: 0.5, id: 1n, d: null },
        { w: 0.1, id: 2n ** 40n, d: 'text' },
      ]),
    )
    expect(rows.map((row) => Object.keys(row))).toEqual([
      ['w', 'id', 'd'],
      ['w', 'id', 'd'],
    ])
    const count = async (options: ScanOptions): Promise<number> =>
      (await made.scan(options)).count()
    expect(await count({ where: col('id').eq(1n) })).toBe(1)
    expect(await count({ where: col('id').gt(2n ** 39n) })).toBe(1)
    expect(await count({ where: col('d').isNull() })).toBe(1)
    expect(await count({ where: col('w').lt(0.3) })).toBe(1)
  })

  test('an identity partition that was widened is pruned right under both schemas', async () => {
    const made = await writtenTable({
      fields: [optional(1, 'p', { kind: 'int' }), optional(2, 's', { kind: 'string' })],
      partitionBy: ['p'],
    })
    await made.append([
      { p: 1, s: 'a' },
      { p: 2, s: 'b' },
      { p: null, s: 'c' },
    ])
    const old = currentSnapshot(await made.metadata())
    await made.reshape((schema) => schema.widenColumn('p', t.long()))
    await made.append([
      { p: 2n, s: 'd' },
      { p: 2n ** 40n, s: 'e' },
    ])
    const read = async (options: ScanOptions, at?: bigint): Promise<unknown[]> =>
      (await (await made.scan(options, at)).toArray()).map((row) => row['s']).sort()
    expect(await read({ where: col('p').eq(2n) })).toEqual(['b', 'd'])
    expect(await read({ where: col('p').in([1n, 2n ** 40n]) })).toEqual(['a', 'e'])
    expect(await read({ where: col('p').isNull() })).toEqual(['c'])
    expect(await read({ where: col('p').eq(2) }, old?.snapshotId)).toEqual(['b'])
    expect(await read({ where: col('p').lt(2) }, old?.snapshotId)).toEqual(['a'])
    const scan = await made.scan({ select: ['p', '_partition'], where: col('s').eq('b') })
    expect(await scan.toArray()).toEqual([{ p: 2n, _partition: { p: 2n } }])
  })

  test('files of several specs are each pruned by their own', async () => {
    const made = await writtenTable({
      fields: [optional(1, 'id', { kind: 'int' }), optional(2, 'at', { kind: 'date' })],
      partitionBy: [{ path: ['id'], transform: { kind: 'bucket', buckets: 4 } }],
      properties: { 'write.metadata.metrics.default': 'none' },
    })
    const rows = Array.from({ length: 8 }, (_, id) => ({ id, at: `2024-01-0${1 + (id % 4)}` }))
    await made.append(rows)
    await made.respec((spec) =>
      spec.removeField('id_bucket').addField({ path: ['at'], transform: { kind: 'day' } }),
    )
    await made.append(rows)
    await made.respec((spec) => spec.removeField('at_day'))
    await made.append(rows)
    const byDay = await made.scan({ where: col('at').eq('2024-01-02') })
    expect(await byDay.count()).toBe(6)
    const plan = await byDay.plan()
    expect(plan.statistics.filesSkippedByPartition).toBe(3)
    expect(plan.statistics.filesTotal - plan.statistics.filesPlanned).toBe(3)
    const byId = await made.scan({ where: col('id').eq(5) })
    expect(await byId.toArray()).toEqual(Array(3).fill({ id: 5, at: '2024-01-02' }))
    expect((await byId.plan()).statistics.filesSkippedByPartition).toBeGreaterThan(0)
    const tuples = await (await made.scan({ select: ['_spec_id', '_partition'] })).toArray()
    expect(new Set(tuples.map((row) => row['_spec_id']))).toEqual(new Set([0, 1, 2]))
    for (const row of tuples) {
      const tuple = row['_partition'] as Record<string, unknown>
      expect(Object.keys(tuple)).toEqual(['id_bucket', 'at_day'])
      expect(tuple['id_bucket'] === null).toBe(row['_spec_id'] !== 0)
      expect(tuple['at_day'] === null).toBe(row['_spec_id'] !== 1)
    }
  })

  test('the first rows come without reading every manifest', async () => {
    const made = await writtenTable({
      fields: [optional(1, 'id', { kind: 'int' })],
      properties: { 'commit.manifest-merge.enabled': 'false' },
    })
    for (let id = 0; id < 30; id += 1) await made.append([{ id }])
    const manifests = [...made.store.files().keys()].filter((path) => /-m\d+\.avro$/.test(path))
    expect(manifests.length).toBe(30)
    // All but the newest few are gone: a scan of everything fails, one of three rows does not.
    const plan = (await made.scan({ ordered: true })).tasks()
    const first = await plan.next()
    await plan.return()
    expect(first.done).toBe(false)
    const metadata = await made.metadata()
    const newest = new Set(metadata.snapshots.slice(-16).map((snapshot) => snapshot.snapshotId))
    expect(newest.size).toBe(16)
    for (const path of await oldManifests(made, newest)) await made.store.delete(path)
    const few = await made.scan({ limit: 3, ordered: true })
    expect(await few.toArray()).toEqual([{ id: 29 }, { id: 28 }, { id: 27 }])
    await expect((await made.scan()).toArray()).rejects.toThrow()
  })
})

async function oldManifests(
  made: Awaited<ReturnType<typeof writtenTable>>,
  newest: ReadonlySet<bigint>,
): Promise<readonly string[]> {
  const metadata = await made.metadata()
  const snapshot = currentSnapshot(metadata)
  if (snapshot === undefined) return []
  const manifests = await loadManifests({ metadata, snapshot, store: made.store, env: systemEnv() })
  return manifests
    .filter((manifest) => !newest.has(manifest.addedSnapshotId))
    .map((manifest) => manifest.path)
}
