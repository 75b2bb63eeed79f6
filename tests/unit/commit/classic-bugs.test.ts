/** The bugs of other table formats, catalogs and stores, each as it happened to them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import { commitActions } from '../../../src/commit/committer.js'
import { slotVersion } from '../../../src/commit/slots.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { CommitConflict, CommitStateUnknown, StoreUnavailable } from '../../../src/errors.js'
import { localStore } from '../../../src/store/local.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'
import { recordedFs } from '../../support/local-fs.js'
import {
  hint,
  location,
  type Scenario,
  scenario,
  slot,
  table,
  withCalls,
} from '../../support/scenario.js'
import { appendOf, liveFiles, newTable } from '../../support/tables.js'

const isSlot = (path: string): boolean => slotVersion(path.replace(/^.*\//, '')) !== undefined

/** A view whose creates of slots go through `create`. */
function slotCreates(base: Scenario, create: Store['create']): Store {
  return withCalls(base.store, {
    create: (path, bytes) => (isSlot(path) ? create(path, bytes) : base.store.create(path, bytes)),
  })
}

describe('B1: the acknowledgement is lost, and cleanup deletes what is live', () => {
  test('nothing of the commit is deleted; the outcome is found out', async () => {
    const base = await scenario()
    const view = slotCreates(base, async (path, bytes) => {
      await base.store.create(path, bytes)
      throw new Error('504 gateway timeout')
    })
    let discarded = false
    const report = await base.append('a', base.process(view), {
      onUncommitted: async () => {
        discarded = true
      },
    })
    expect(report.published).toBe(true)
    expect(discarded).toBe(false)
    expect(await base.live()).toEqual(['a'])
  })

  test('with the store gone dark it is unknown, and still nothing is deleted', async () => {
    const base = await scenario()
    let dark = false
    const dim = async <T>(run: () => Promise<T>): Promise<T> => {
      if (dark) throw new StoreUnavailable('no route to host')
      return run()
    }
    const view = withCalls(base.store, {
      create: async (path, bytes) => {
        if (!isSlot(path)) return base.store.create(path, bytes)
        if (!dark) await base.store.create(path, bytes)
        dark = true
        return { outcome: 'unknown', cause: 'timeout' }
      },
      read: (path, range, options) => dim(() => base.store.read(path, range, options)),
      head: (path, options) => dim(() => base.store.head(path, options)),
    })
    const unused = async (): Promise<void> => {
      throw new StoreUnavailable('must not be called')
    }
    const lost = base.append('a', base.process(view), { onUncommitted: unused })
    await expect(lost).rejects.toThrow(CommitStateUnknown)
    expect(await base.live()).toEqual(['a'])
  })
})

test('B1: an error that nobody foresaw promises nothing, so nothing is deleted', async () => {
  const base = await scenario()
  const catalog = base.process()
  const target = catalog.target(table)
  let discarded = 0
  const files = base.store.files().size
  const failing = commitActions(
    {
      load: (signal) => target.load(signal),
      publish: async (on, request) => {
        await target.publish(on, request)
        throw new TypeError('cannot read properties of undefined')
      },
    },
    [appendOf(location, 'a')],
    {
      env: base.env,
      store: catalog.storeFor(table),
      onUncommitted: async () => {
        discarded++
      },
    },
  )
  await expect(failing).rejects.toThrow(TypeError)
  expect(discarded).toBe(0)
  expect(base.store.files().size).toBeGreaterThan(files)
  expect(await base.live()).toEqual(['a'])
})

test('B2: a retry after a landed commit does not add the rows twice', async () => {
  const base = await scenario()
  // The catalog says conflict although the commit is in: the worst that a foreign catalog can do.
  const catalog = base.process()
  const target = catalog.target(table)
  let lied = 0
  let discarded = 0
  const report = await commitActions(
    {
      load: (signal) => target.load(signal),
      publish: async (on, request) => {
        const outcome = await target.publish(on, request)
        return lied++ === 0 ? { outcome: 'conflict', reason: 'so it says' } : outcome
      },
    },
    [appendOf(location, 'a')],
    {
      env: base.env,
      store: catalog.storeFor(table),
      onUncommitted: async () => {
        discarded++
      },
    },
  )
  expect(report.published).toBe(true)
  expect(discarded).toBe(0)
  expect(await base.live()).toEqual(['a'])
  expect(report.table.metadata.snapshots).toHaveLength(1)
})

test('B3: a request repeated behind our back meets its own object', async () => {
  const base = await scenario()
  const view = slotCreates(base, async (path, bytes) => {
    await base.store.create(path, bytes)
    return base.store.create(path, bytes)
  })
  const report = await base.append('a', base.process(view))
  expect(report).toMatchObject({ attempts: 1, published: true })
  expect(await base.live()).toEqual(['a'])
})

test.each([
  ['an error of the transport', new Error('503 service unavailable')],
  ['an error that is no error', 'socket hang up'],
  ['a type error', new TypeError('fetch failed')],
])('B4: %s is not taken for failure', async (_name, error) => {
  for (const applied of [true, false]) {
    const base = await scenario()
    let calls = 0
    const view = slotCreates(base, async (path, bytes) => {
      if (calls++ > 0) return base.store.create(path, bytes)
      if (applied) await base.store.create(path, bytes)
      throw error
    })
    await base.append('a', base.process(view))
    expect(await base.live()).toEqual(['a'])
  }
})

test('B4: a refusal clears itself, not the request before it', async () => {
  const base = await scenario()
  let calls = 0
  const view = slotCreates(base, async (path, bytes) => {
    if (calls++ > 0) throw new StoreUnavailable('429 too many requests')
    await base.store.create(path, bytes)
    return { outcome: 'unknown', cause: 'timeout' }
  })
  const report = await base.append('a', base.process(view))
  expect(calls).toBe(2)
  expect(report).toMatchObject({ published: true, attempts: 1 })
  expect(await base.live()).toEqual(['a'])
})

describe('B5: check, then rename', () => {
  test('12 writers at once on a local folder: every commit is there', {
    timeout: 300_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'moraine-b5-'))
    try {
      const env = systemEnv()
      const store = localStore({ env, roots: [folder], unsafeNoSync: true })
      const at = join(folder, 'ns', 't')
      const properties = { 'commit.retry.num-retries': '200', 'commit.retry.min-wait-ms': '2' }
      const catalog = fileCatalog({ warehouse: folder, store, env })
      await catalog.createTable(table, newTable(env, at, properties))
      const names = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, '0')}`)
      await Promise.all(
        names.map((name) => {
          const own = fileCatalog({ warehouse: folder, store, env })
          const context = { env, store: own.storeFor(table) }
          return commitActions(own.target(table), [appendOf(at, name)], context)
        }),
      )
      const { metadata, version } = await catalog.loadTable(table)
      expect(version).toBe(13)
      expect(await liveFiles(store, env, metadata)).toEqual(names)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

test('B6: metadata is never written in place, nor acknowledged before it is durable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-b6-'))
  try {
    const env = systemEnv()
    const { fs, calls } = recordedFs()
    const store = localStore({ env, roots: [folder], fs })
    const at = join(folder, 'ns', 't')
    const catalog = fileCatalog({ warehouse: folder, store, env })
    await catalog.createTable(table, newTable(env, at))
    calls.length = 0
    const context = { env, store: catalog.storeFor(table) }
    await commitActions(catalog.target(table), [appendOf(at, 'a')], context)
    const linked = calls.filter(({ call }) => call === 'link').map(({ path }) => path)
    expect(linked.at(-1)).toBe(join(at, 'metadata', 'v2.metadata.json'))
    // Manifest, manifest list, metadata: each synced before it is linked, its folder after.
    expect(linked).toHaveLength(3)
    for (const path of linked) {
      const index = calls.findIndex((call) => call.call === 'link' && call.path === path)
      const before = calls.slice(0, index).map(({ call }) => call)
      expect(before.lastIndexOf('sync')).toBeGreaterThan(before.lastIndexOf('write'))
      expect(calls[index + 1]).toEqual({ call: 'syncFolder', path: join(at, 'metadata') })
    }
    expect(calls.some(({ call, path }) => call === 'rename' && isSlot(path))).toBe(false)
    expect((await readFile(join(at, 'metadata', 'v2.metadata.json'))).length).toBeGreaterThan(100)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

describe('B7: a crash between the metadata and the hint', () => {
  test('the next writer finds the head and goes on', async () => {
    const base = await scenario()
    await base.append('a')
    const crashing = base.process(
      withCalls(base.store, {
        put: () => Promise.reject(new StoreUnavailable('the process died')),
      }),
    )
    await base.append('b', crashing)
    expect(base.text(hint)).toBe('2')
    const report = await base.append('c', base.process())
    expect(report).toMatchObject({ attempts: 1, table: { version: 4 } })
    expect(base.text(hint)).toBe('4')
    expect(await base.live()).toEqual(['a', 'b', 'c'])
  })

  test('a hint that was written first, for metadata that never came, wedges nobody', async () => {
    const base = await scenario()
    await base.append('a')
    await base.put(hint, '3')
    await base.append('b', base.process())
    expect(await base.live()).toEqual(['a', 'b'])
  })
})

test('B8: the codec does not change the name of a slot', async () => {
  const base = await scenario({ 'write.metadata.compression-codec': 'gzip' })
  const early = base.process()
  const on = await early.loadTable(table)
  await base.append('a')
  const report = await base.append('b', early, { base: on })
  expect(report.table.metadataLocation).toBe(slot(3))
  expect([...base.store.files().keys()].filter(isSlot)).toEqual([slot(1), slot(2), slot(3)])
})

test('B9: a slot whose metadata was removed is not used again', async () => {
  const base = await scenario({
    'write.metadata.delete-after-commit.enabled': 'true',
    'write.metadata.previous-versions-max': '1',
  })
  // A writer that stalls for ages between its check and its create.
  let wake = (): void => undefined
  const stalled = new Promise<void>((resolve) => {
    wake = resolve
  })
  let first = true
  const view = slotCreates(base, async (path, bytes) => {
    if (first) {
      first = false
      await stalled
    }
    return base.store.create(path, bytes)
  })
  const late = base.append('late', base.process(view))
  for (let i = 0; i < 8; i++) await base.append(`f${i}`)
  expect(base.text(slot(2))).toContain('moraine-retired')
  wake()
  const report = await late
  expect(report).toMatchObject({ attempts: 2, table: { version: 10 } })
  expect(await base.live()).toHaveLength(9)
})

describe('B13: clocks that are wrong', () => {
  test.each([3_600_000, -3_600_000, -1_000_000_000])('off by %d ms', async (skewMs) => {
    const base = await scenario()
    const skewed = seededEnv(99)
    await base.append('a')
    skewed.setSkew(skewMs)
    const catalog = fileCatalog({ warehouse: 'memory:/wh', store: base.store, env: skewed })
    const context = { env: skewed, store: catalog.storeFor(table) }
    await commitActions(catalog.target(table), [appendOf(location, 'b')], context)
    const owned = updateProperties({ set: new Map([['owner', 'me']]) })
    await commitActions(catalog.target(table), [owned], context)
    await base.append('c', base.process())
    const { metadata } = await base.process().loadTable(table)
    const times = metadata.snapshots.map((snapshot) => snapshot.timestampMs)
    expect(times).toEqual([...times].sort((x, y) => x - y))
    expect(new Set(times).size).toBe(3)
    expect(metadata.lastUpdatedMs).toBeGreaterThanOrEqual(times[2] as number)
    expect(await base.live()).toEqual(['a', 'b', 'c'])
  })
})

test('five concurrent appends by default settings: six rows of six', async () => {
  const env = seededEnv(3)
  const store = memoryStore({ env })
  const catalog = fileCatalog({ warehouse: 'memory:/wh', store, env })
  await catalog.createTable(table, newTable(env, location))
  const names = ['a', 'b', 'c', 'd', 'e']
  const appends = names.map((name) =>
    commitActions(catalog.target(table), [appendOf(location, name)], {
      env,
      store: catalog.storeFor(table),
    }),
  )
  const results = await Promise.allSettled(appends)
  const { metadata } = await catalog.loadTable(table)
  const live = await liveFiles(store, env, metadata)
  for (const [index, result] of results.entries()) {
    const name = names[index] as string
    if (result.status === 'fulfilled') expect(live).toContain(name)
    else {
      expect(result.reason).toBeInstanceOf(CommitConflict)
      expect(live).not.toContain(name)
    }
  }
  expect(live.length).toBeGreaterThanOrEqual(4)
})
