import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import { commitActions } from '../../../src/commit/committer.js'
import { findHead, slotSpellings, slotVersion } from '../../../src/commit/slots.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { CommitConflict, CorruptData, NotFound } from '../../../src/errors.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import {
  hint,
  location,
  type Scenario,
  scenario,
  slot,
  table,
  warehouse,
  withCalls,
} from '../../support/scenario.js'
import { newTable } from '../../support/tables.js'

const isSlot = (path: string): boolean => slotVersion(path.replace(/^.*\//, '')) !== undefined

describe('slots', () => {
  test('C1 the name is a function of the version', () => {
    expect(slotSpellings(7)).toEqual([
      'v7.metadata.json',
      'v7.gz.metadata.json',
      'v7.metadata.json.gz',
    ])
    for (const name of slotSpellings(12)) expect(slotVersion(name)).toBe(12)
    for (const name of [
      'v0.metadata.json',
      'v01.metadata.json',
      'v1.json',
      'v-1.metadata.json',
      'v1.metadata.json.tmp',
      'v99999999999.metadata.json',
      '00001-a.metadata.json',
    ]) {
      expect(slotVersion(name), name).toBeUndefined()
    }
  })

  test('create, append twice, load anew: every commit is one slot', async () => {
    const { env, store, append, live } = await scenario()
    await append('a')
    const report = await append('b')
    expect(report).toMatchObject({ attempts: 1, published: true })
    expect(report.table.version).toBe(3)
    expect(await live()).toEqual(['a', 'b'])
    expect([...store.files().keys()].filter(isSlot)).toEqual([slot(1), slot(2), slot(3)])
    const other = fileCatalog({ warehouse, store, env })
    expect(await other.listTables(['ns'])).toEqual([table])
    expect(await other.listNamespaces()).toEqual([['ns']])
  })

  test('C2, C3 a slot is created once, never overwritten, never deleted, whatever is done', async () => {
    const { store, process, env } = await scenario()
    const seen = observe(store)
    const catalog = process(seen)
    const once = await scenarioWrites(catalog, env)
    expect(once).toBe(true)
    const writes = seen.calls().filter(({ path }) => isSlot(path))
    const created = writes.filter(({ operation }) => operation === 'create').map(({ path }) => path)
    expect(new Set(created).size).toBe(created.length)
    expect(writes.some(({ operation }) => operation === 'delete')).toBe(false)
    // Only purging puts, and what it puts are markers.
    for (const { path } of writes.filter(({ operation }) => operation === 'put')) {
      expect(new TextDecoder().decode(store.files().get(path))).toContain('moraine-retired')
    }
  })

  async function scenarioWrites(
    catalog: ReturnType<Scenario['process']>,
    env: Scenario['env'],
  ): Promise<boolean> {
    await catalog.dropTable(table)
    await catalog.createTable(table, newTable(env, location))
    await catalog.dropTable(table, { purge: true })
    await catalog.createTable(table, newTable(env, location))
    return catalog.tableExists(table)
  }

  test('C2 of two equal changes at the same moment one is committed, the other told so', async () => {
    const { catalog, process, store } = await scenario()
    const frozen = { ...seededEnv(2), nowMs: () => Date.UTC(2026, 5, 1) }
    const base = await catalog.loadTable(table)
    const metadata = {
      ...base.metadata,
      lastUpdatedMs: Date.UTC(2026, 5, 1),
      metadataLog: [{ metadataFile: slot(1), timestampMs: base.metadata.lastUpdatedMs }],
    }
    const request = { metadata, updates: [], requirements: [] }
    const targets = [1, 2].map((seed) => {
      const env = { ...frozen, randomBytes: seededEnv(seed).randomBytes }
      return fileCatalog({ warehouse, store, env }).target(table)
    })
    const outcomes = await Promise.all(targets.map((target) => target.publish(base, request)))
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['committed', 'conflict'])
    expect((await process().loadTable(table)).version).toBe(2)
    const drops = await Promise.allSettled([process().dropTable(table), process().dropTable(table)])
    expect(drops.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('C7 two spellings of one slot are CorruptData that names both', async () => {
    const { store, append, process } = await scenario()
    await append('a')
    const gz = `${location}/metadata/v2.gz.metadata.json`
    await store.create(gz, gzipSync(store.files().get(slot(2)) as Uint8Array))
    const loading = process().loadTable(table)
    await expect(loading).rejects.toThrow(CorruptData)
    await expect(loading).rejects.toThrow(/v2\.metadata\.json and v2\.gz\.metadata\.json/)
  })

  test.each([1, 2])('gzip spelling %i is read, and built upon', async (index) => {
    const { store, append, process, live } = await scenario()
    await append('a')
    const bytes = store.files().get(slot(2)) as Uint8Array
    await store.delete(slot(2))
    const spelled = `${location}/metadata/${slotSpellings(2)[index]}`
    await store.create(spelled, gzipSync(bytes))
    const other = process()
    expect((await other.loadTable(table)).metadataLocation).toBe(spelled)
    const report = await append('b', other)
    expect(report.table.metadataLocation).toBe(slot(3))
    expect(report.table.metadata.metadataLog.at(-1)?.metadataFile).toBe(spelled)
    expect(await live()).toEqual(['a', 'b'])
  })

  test('C8 a gzip spelling of the next slot is a conflict, not a fork', async () => {
    const { store, append, process, live } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await append('a')
    const bytes = store.files().get(slot(2)) as Uint8Array
    await store.delete(slot(2))
    await store.create(`${location}/metadata/v2.gz.metadata.json`, gzipSync(bytes))
    const report = await append('b', early, { base })
    expect(report.attempts).toBe(2)
    expect(report.table.metadataLocation).toBe(slot(3))
    expect(await live()).toEqual(['a', 'b'])
  })
})

describe('finding the head (C5, C6, C16)', () => {
  const contents: readonly (readonly [string, string | undefined])[] = [
    ['missing', undefined],
    ['empty', ''],
    ['garbage', 'v3.metadata.json\n'],
    ['hostile', '99999999999999999999'],
    ['negative', '-1'],
    ['behind', '1'],
    ['right', '12'],
    ['ahead', '40'],
    ['far ahead', '2000000000'],
  ]
  test.each(contents)('the hint is %s: same answer, and it is repaired', async (_name, content) => {
    const { store, append, process, put, text } = await scenario()
    for (let i = 0; i < 11; i++) await append(`f${i}`)
    if (content === undefined) await store.delete(hint)
    else await put(hint, content)
    expect((await process().loadTable(table)).version).toBe(12)
    expect(text(hint)).toBe('12')
  })

  test('a commit writes the hint, and never one that is lower', async () => {
    const { append, process, text } = await scenario()
    const slow = process()
    const base = await slow.loadTable(table)
    await append('a')
    await append('b')
    expect(text(hint)).toBe('3')
    const report = await append('c', slow, { base })
    expect(report.table.version).toBe(4)
    expect(text(hint)).toBe('4')
  })

  test('galloping takes few calls and no listing, also far from the hint', async () => {
    const env = seededEnv(5)
    const store = memoryStore({ env })
    for (let version = 1; version <= 1000; version++)
      await store.create(slot(version), encodeUtf8('x'))
    for (const [from, most] of [
      [1000, 12],
      [999, 18],
      [900, 100],
      [1, 140],
    ] as const) {
      const seen = observe(store)
      expect(await findHead({ store: seen, env, location }, from)).toBe(1000)
      expect(seen.counts().get('list') ?? 0).toBe(0)
      expect(seen.counts().get('head') ?? 0).toBeLessThanOrEqual(most)
    }
  })

  test('with every head as the start and as the answer', async () => {
    const env = seededEnv(5)
    for (let head = 1; head <= 40; head++) {
      const store = memoryStore({ env })
      for (let version = 1; version <= head; version++)
        await store.create(slot(version), encodeUtf8('x'))
      for (let from = 1; from <= 42; from++) {
        expect(await findHead({ store, env, location }, from), `${from} of ${head}`).toBe(head)
      }
      expect(await findHead({ store, env, location })).toBe(head)
    }
  })

  test('C6, S2 a listing that lags behind costs calls, not the head', async () => {
    const { store, append, process, live } = await scenario()
    for (const name of ['a', 'b', 'c']) await append(name)
    await store.delete(hint)
    const lagging = withCalls(store, {
      list: async function* (folder, options) {
        for await (const info of store.list(folder, options)) {
          if (info.path !== slot(4) && info.path !== slot(3)) yield info
        }
      },
    })
    const other = process(lagging)
    expect((await other.loadTable(table)).version).toBe(4)
    await append('d', process(lagging))
    expect(await live()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('lowest slots that another writer removed are not missed', async () => {
    const { store, append, process, live } = await scenario()
    for (const name of ['a', 'b', 'c']) await append(name)
    await store.delete(slot(1))
    await store.delete(slot(2))
    await store.delete(hint)
    expect((await process().loadTable(table)).version).toBe(4)
    await append('d', process())
    expect(await live()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('deleting the hint before every step changes no answer', async () => {
    const { store, append, process, live } = await scenario()
    for (const name of ['a', 'b', 'c']) {
      await store.delete(hint)
      await append(name, process())
    }
    await store.delete(hint)
    expect(await live()).toEqual(['a', 'b', 'c'])
  })
})

describe('the base is checked (C8)', () => {
  test('an overwritten base is a conflict; the commit goes on from what is there', async () => {
    const { store, append, process, put, live, text } = await scenario()
    await append('a')
    const early = process()
    const base = await early.loadTable(table)
    // What a rename-based writer does: the slot gets other content.
    const other = (text(slot(2)) as string).replace(
      '"properties":{',
      '"properties":{"owner":"spark",',
    )
    await put(slot(2), other)
    const report = await append('b', early, { base })
    expect(report.attempts).toBe(2)
    expect(report.table.metadata.properties.get('owner')).toBe('spark')
    expect(await live()).toEqual(['a', 'b'])
    expect(store.files().has(slot(4))).toBe(false)
  })

  test('a table that was dropped and made again is a final conflict', async () => {
    const { env, append, process, catalog, live } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await catalog.dropTable(table)
    await catalog.createTable(table, newTable(env, location))
    await expect(append('a', early, { base })).rejects.toThrow(CommitConflict)
    expect(await live()).toEqual([])
  })

  test('so it is for a change that would fit the new table as well', async () => {
    const { env, process, catalog, store } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await catalog.dropTable(table)
    await catalog.createTable(table, newTable(env, location))
    const change = updateProperties({ set: new Map([['owner', 'me']]), remove: [] })
    const committing = commitActions(early.target(table), [change], { env, store, base })
    await expect(committing).rejects.toThrow(/dropped and made again/)
    expect((await process().loadTable(table)).metadata.properties.has('owner')).toBe(false)
  })

  test('a table that was dropped is NotFound, and what was written is removed', async () => {
    const { append, process, catalog, store } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await catalog.dropTable(table)
    const files = store.files().size
    let discarded = 0
    const onUncommitted = async (): Promise<void> => {
      discarded++
    }
    await expect(append('a', early, { base, onUncommitted })).rejects.toThrow(NotFound)
    expect(store.files().size).toBe(files)
    expect(discarded).toBe(1)
  })

  test('a folder that vanished is NotFound', async () => {
    const { append, process, store } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    for (const path of store.files().keys()) if (path.startsWith(location)) await store.delete(path)
    await expect(append('a', early, { base })).rejects.toThrow(NotFound)
    expect([...store.files().keys()].filter((path) => path.startsWith(location))).toEqual([])
  })
})

describe('retries (C14)', () => {
  test('a conflict is retried on the new base with the same snapshot id', async () => {
    const { append, process, live } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await append('a')
    const report = await append('b', early, { base })
    expect(report).toMatchObject({ attempts: 2, published: true })
    expect(await live()).toEqual(['a', 'b'])
    const [result] = report.results
    expect(result?.snapshot?.snapshotId).toBe(report.table.metadata.currentSnapshotId)
  })

  test('files of superseded attempts are removed, those of the published one stay', async () => {
    const { append, process, store, live } = await scenario()
    const early = process()
    const base = await early.loadTable(table)
    await append('a')
    await append('b', early, { base })
    const lists = [...store.files().keys()].filter((path) => path.includes('/snap-'))
    expect(lists).toHaveLength(2)
    expect(await live()).toEqual(['a', 'b'])
  })

  test('when retries run out it is a CommitConflict, and everything written is gone', async () => {
    const { append, catalog, process, store } = await scenario({ 'commit.retry.num-retries': '2' })
    let n = 0
    const racing = withCalls(store, {
      create: async (path, bytes) => {
        if (isSlot(path)) await append(`other${n++}`, catalog)
        return store.create(path, bytes)
      },
    })
    const loser = process(racing)
    let discarded = 0
    const onUncommitted = async (): Promise<void> => {
      discarded++
    }
    const failing = append('mine', loser, { onUncommitted })
    await expect(failing).rejects.toThrow(CommitConflict)
    await expect(failing).rejects.toThrow(/3 attempts/)
    expect(discarded).toBe(1)
    const lists = [...store.files().keys()].filter((path) => path.includes('/snap-'))
    expect(lists).toHaveLength(n)
  })

  test('ifSnapshot refuses another head, at once and after a conflict', async () => {
    const { append, process, live } = await scenario()
    const empty = { snapshotId: undefined }
    await append('a', process(), { ifSnapshot: empty })
    await expect(append('b', process(), { ifSnapshot: empty })).rejects.toThrow(CommitConflict)
    const early = process()
    const base = await early.loadTable(table)
    const ifSnapshot = { snapshotId: base.metadata.currentSnapshotId }
    await append('c')
    await expect(append('d', early, { base, ifSnapshot })).rejects.toThrow(/the head of main/)
    expect(await live()).toEqual(['a', 'c'])
  })

  test('C23 a signal before publishing aborts, and nothing is left', async () => {
    const { append, store, process } = await scenario()
    const files = store.files().size
    const controller = new AbortController()
    const view = withCalls(store, {
      writer: async (path, options) => {
        controller.abort()
        return store.writer(path, options)
      },
    })
    const aborted = append('a', process(view), { signal: controller.signal })
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', committed: 'no' })
    expect(store.files().size).toBe(files)
  })

  test('C23 a signal during publishing does not change the outcome', async () => {
    const { append, store, process, live } = await scenario()
    const controller = new AbortController()
    const view = withCalls(store, {
      create: async (path, bytes) => {
        if (isSlot(path)) controller.abort()
        const outcome = await store.create(path, bytes)
        return isSlot(path) ? { outcome: 'unknown', cause: outcome } : outcome
      },
    })
    const report = await append('a', process(view), { signal: controller.signal })
    expect(report.published).toBe(true)
    expect(await live()).toEqual(['a'])
  })

  test('C23 a signal after a conflict stops the retry', async () => {
    const { append, store, process, catalog, live } = await scenario()
    const controller = new AbortController()
    const early = process(
      withCalls(store, {
        create: async (path, bytes) => {
          if (isSlot(path)) {
            await append('other', catalog)
            controller.abort()
          }
          return store.create(path, bytes)
        },
      }),
    )
    await expect(append('a', early, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
      committed: 'no',
    })
    expect(await live()).toEqual(['other'])
  })
})
