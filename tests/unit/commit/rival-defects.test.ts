import { describe, expect, test } from 'vitest'
import { replaceFiles } from '../../../src/commit/actions/replace-files.js'
import { rollback } from '../../../src/commit/actions/rollback.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import { commitActions } from '../../../src/commit/committer.js'
import { slotVersion } from '../../../src/commit/slots.js'
import { CommitConflict } from '../../../src/errors.js'
import type { Snapshot } from '../../../src/format/model.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'
import { encodeTableMetadata } from '../../../src/format/write-table-metadata.js'
import { loadManifests } from '../../../src/scan/plan/load-manifests.js'
import { location, type Scenario, scenario, table, withCalls } from '../../support/scenario.js'
import { appendOf, dataFile } from '../../support/tables.js'

/** What another JavaScript library for Iceberg was seen to lose; names say what happens here instead. */
describe('defects of the rival', () => {
  const properties = { 'commit.retry.num-retries': '20', 'commit.retry.min-wait-ms': '1' }
  const read = async (base: Scenario) => (await base.process().loadTable(table)).metadata

  test('lost updates: concurrent appends, and a replacement beside an append, all stay', async () => {
    const base = await scenario(properties)
    const names = ['a', 'b', 'c', 'd', 'e']
    await base.append('seed')
    const appends = names.map((name) => base.append(name, base.process()))
    const seed = dataFile(`${location}/data/seed.parquet`)
    const added = dataFile(`${location}/data/rewritten.parquet`)
    const through = base.process()
    const replaced = commitActions(
      through.target(table),
      [replaceFiles({ remove: [seed], add: [added] })],
      { env: base.env, store: through.storeFor(table) },
    )
    await Promise.all([...appends, replaced])
    expect(await base.live()).toEqual([...names, 'rewritten'])
  })

  test('an unknown outcome in a transaction: not one file is deleted, the table stays readable', async () => {
    const base = await scenario(properties)
    const gone = base.process(
      withCalls(base.store, {
        create: async (path, bytes) => {
          const answer = await base.store.create(path, bytes)
          if (slotVersion(path.replace(/^.*\//, '')) === undefined) return answer
          throw new RangeError('504')
        },
      }),
    )
    let discarded = 0
    const actions = [appendOf(location, 'a'), updateProperties({ set: new Map([['k', 'v']]) })]
    const report = await commitActions(gone.target(table), actions, {
      env: base.env,
      store: gone.storeFor(table),
      onUncommitted: async () => {
        discarded++
      },
    })
    expect(report.published).toBe(true)
    expect(discarded).toBe(0)
    expect(await base.live()).toEqual(['a'])
  })

  test('a rollback that is retried never undoes an append that its caller has not seen', async () => {
    const base = await scenario(properties)
    const first = (await base.append('a')).results[0]?.snapshot?.snapshotId as bigint
    await base.append('b')
    const early = base.process()
    const stale = await early.loadTable(table)
    await base.append('c')
    const { load, publish } = early.target(table)
    const back = commitActions({ load, publish }, [rollback({ snapshotId: first })], {
      env: base.env,
      store: early.storeFor(table),
      base: stale,
    })
    await expect(back).rejects.toMatchObject({ code: 'COMMIT_CONFLICT', conflict: 'head-moved' })
    expect(await base.live()).toEqual(['a', 'b', 'c'])
  })

  test('a delete that is retried leaves no orphans behind', async () => {
    const base = await scenario(properties)
    await base.append('a')
    const early = base.process()
    const stale = await early.loadTable(table)
    for (const name of ['b', 'c', 'd']) await base.append(name)
    const { load, publish } = early.target(table)
    const remove = [dataFile(`${location}/data/a.parquet`)]
    const report = await commitActions({ load, publish }, [replaceFiles({ remove, add: [] })], {
      env: base.env,
      store: early.storeFor(table),
      base: stale,
    })
    expect(report.attempts).toBe(2)
    const metadata = await read(base)
    const used = new Set<string>()
    for (const snapshot of metadata.snapshots) {
      used.add(snapshot.manifestList as string)
      const source = { metadata, snapshot, store: base.store, env: base.env, signal: undefined }
      for (const manifest of await loadManifests(source)) used.add(manifest.path)
    }
    const stored = [...base.store.files().keys()].filter((path) => path.endsWith('.avro'))
    expect(stored.filter((path) => !used.has(path))).toEqual([])
  })

  test('retries end after commit.retry.num-retries, twenty lost tries by default', async () => {
    const base = await scenario()
    const early = base.process()
    const { load } = early.target(table)
    const publish = async () => ({ outcome: 'conflict', reason: 'never' }) as const
    const lost = commitActions({ load, publish }, [appendOf(location, 'a')], {
      env: base.env,
      store: early.storeFor(table),
    })
    await expect(lost).rejects.toMatchObject({
      conflict: 'outpaced',
      details: { attempts: 21 },
    })
  })

  test('snapshot ids beyond 2^53 are kept to the last digit', async () => {
    const base = await scenario()
    const big = 9158179788527662767n
    const { metadata } = (await base.append('a')).table
    const snapshot = { ...(metadata.snapshots[0] as Snapshot), snapshotId: big }
    const bytes = encodeTableMetadata({
      ...metadata,
      snapshots: [snapshot],
      currentSnapshotId: big,
      refs: new Map([['main', { type: 'branch', snapshotId: big }]]),
      snapshotLog: [],
    })
    const again = readTableMetadata(bytes, { limits: base.env.limits })
    expect(again.currentSnapshotId).toBe(big)
    expect(again.snapshots[0]?.snapshotId).toBe(big)
  })

  test('data files of an append that surely failed are removed', async () => {
    const base = await scenario(properties)
    let discarded = 0
    const through = base.process()
    const failed = commitActions(through.target(table), [appendOf(location, 'a')], {
      env: base.env,
      store: through.storeFor(table),
      ifSnapshot: { snapshotId: 1n },
      onUncommitted: async () => {
        discarded++
      },
    })
    await expect(failed).rejects.toBeInstanceOf(CommitConflict)
    expect(discarded).toBe(1)
  })
})
