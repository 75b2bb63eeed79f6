import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { CatalogBackend } from '../../../src/catalog/catalog.js'
import { fileCatalog } from '../../../src/catalog/file.js'
import { commitActions } from '../../../src/commit/committer.js'
import { hasSuccessor, loadHead, publishTombstone } from '../../../src/commit/slot-table.js'
import { takenPair, takenSlot } from '../../../src/commit/slots.js'
import { CorruptData, NotFound, StoreUnavailable } from '../../../src/errors.js'
import { confine } from '../../../src/store/confine.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { relocate } from '../../../src/store/relocate.js'
import type { Store } from '../../../src/store/store.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import {
  hint,
  location,
  type Scenario,
  scenario,
  slot,
  table,
  warehouse,
} from '../../support/scenario.js'
import { appendOf, newTable } from '../../support/tables.js'

/** As an object store does it. */
function finding(store: MemoryStore): Store {
  return {
    head: (path, options) => store.head(path, options),
    read: (path, range, options) => store.read(path, range, options),
    list: (folder, options) => store.list(folder, options),
    findByPrefix: async (prefix) => [...store.files().keys()].filter((p) => p.startsWith(prefix)),
    create: (path, bytes) => store.create(path, bytes),
    put: (path, bytes) => store.put(path, bytes),
    writer: (path, options) => store.writer(path, options),
    delete: (path) => store.delete(path),
  }
}

const folderOf = (base: Scenario, store: Store) => ({ store, env: base.env, location })

test.each([
  ['bare', (store: Store) => store],
  ['observed', (store: Store) => observe(store)],
  ['confined', (store: Store) => confine(store, { readRoots: [], writeRoots: ['memory:/t'] })],
  ['beside a relocation', (store: Store) => relocate(store, { '/elsewhere': 'memory:/real' })],
] as const)('a store that finds names by prefix conforms, %s', async (_name, decorate) => {
  for (const item of storeConformance()) {
    const store = decorate(finding(memoryStore()))
    expect(store.findByPrefix).toBeDefined()
    await item.run({ store, root: 'memory:/t' })
  }
})

test('a relocated prefix is found under the recorded one, a foreign one is denied', async () => {
  const inner = memoryStore()
  await inner.create('/real/m/v4.json', new Uint8Array(1))
  const store = relocate(finding(inner), { '/was': '/real' })
  expect(await store.findByPrefix?.('/was/m/v4.')).toEqual(['/was/m/v4.json'])
  const confined = confine(finding(inner), { readRoots: ['/real/m'], writeRoots: [] })
  await expect(confined.findByPrefix?.('/real/other/v4.')).rejects.toMatchObject({
    code: 'LOCATION_DENIED',
  })
})

test('the head costs three calls with a hint that is right, and is right with one that is not', async () => {
  const base = await scenario()
  for (const name of ['a', 'b', 'c']) await base.append(name)
  const store = observe(finding(base.store))
  const head = await loadHead(folderOf(base, store))
  expect(head?.version).toBe(4)
  expect(store.calls().map(({ operation }) => operation)).toEqual(['read', 'read', 'findByPrefix'])
  const known = observe(finding(base.store))
  expect((await loadHead(folderOf(base, known), 4))?.version).toBe(4)
  expect(known.calls()).toHaveLength(2)
  for (const text of ['1', '2', '3', '9', 'x']) {
    await base.store.put(hint, Buffer.from(text))
    expect((await loadHead(folderOf(base, store)))?.version).toBe(4)
  }
  await base.store.delete(hint)
  expect((await loadHead(folderOf(base, store)))?.version).toBe(4)
})

test('C7 two spellings of the next slot are refused; of the head, by the next commit', async () => {
  const base = await scenario()
  await base.append('a')
  const store = finding(base.store)
  const process = fileCatalog({ warehouse, store, env: base.env })
  const bytes = gzipSync(base.store.files().get(slot(2)) as Uint8Array)
  await base.store.create(`${location}/metadata/v2.gz.metadata.json`, bytes)
  await expect(takenSlot(folderOf(base, store), 2)).rejects.toThrow(CorruptData)
  await expect(base.append('b', process)).rejects.toThrow(/v2\.metadata\.json and v2\.gz/)
  await base.store.put(hint, Buffer.from('1'))
  await expect(loadHead(folderOf(base, store))).rejects.toThrow(CorruptData)
})

test('a head in a gzip spelling is found', async () => {
  const base = await scenario()
  await base.append('a')
  const bytes = gzipSync(base.store.files().get(slot(2)) as Uint8Array)
  await base.store.delete(slot(2))
  await base.store.create(`${location}/metadata/v2.gz.metadata.json`, bytes)
  const head = await loadHead(folderOf(base, finding(base.store)))
  expect(head).toMatchObject({ version: 2, content: { path: expect.stringContaining('v2.gz.') } })
})

/** The first hundred names, as a real store gives them. */
const capped = (base: Scenario): Store => {
  const store = finding(base.store)
  const all = store.findByPrefix as NonNullable<Store['findByPrefix']>
  return { ...store, findByPrefix: async (prefix) => [...(await all(prefix))].sort().slice(0, 100) }
}

test('a slot and the next are found together, across tens and hundreds, and beside many others', async () => {
  const base = await scenario()
  const store = observe(capped(base))
  const folder = folderOf(base, store)
  for (let version = 2; version <= 112; version++) {
    await base.store.put(slot(version), new Uint8Array(0))
  }
  for (const version of [1, 8, 9, 10, 12, 19, 98, 99, 100, 101, 111, 112, 113]) {
    const taken = (n: number) => (n >= 1 && n <= 112 ? slot(n) : undefined)
    expect(await takenPair(folder, version), `${version}`).toEqual({
      own: taken(version),
      next: taken(version + 1),
    })
  }
  store.reset()
  await takenPair(folder, 111)
  // One for both, but for those whose tens differ, or that have a hundred others beside them.
  expect(store.calls()).toHaveLength(1)
  await base.store.put(`${location}/metadata/v12.gz.metadata.json`, new Uint8Array(0))
  await expect(takenPair(folder, 12)).rejects.toThrow(/exists twice/)
  await expect(takenPair(folder, 11)).rejects.toThrow(/exists twice/)
})

test('appends through such a store, over tens: none is lost, and the hint follows', async () => {
  const base = await scenario()
  const names: string[] = []
  for (let n = 0; n < 21; n++) {
    const process = fileCatalog({ warehouse, store: capped(base), env: base.env })
    names.push(`f${n}`)
    await base.append(`f${n}`, process)
  }
  expect(await base.live()).toEqual(names.sort())
  expect(base.text(hint)).toBe('22')
})

test('C8 a base that was seen to be the head is read again before its successor is created', async () => {
  const base = await scenario()
  await base.append('a')
  const store = finding(base.store)
  const process = fileCatalog({ warehouse, store, env: base.env })
  const handle = await process.loadTable(table)
  // Another writer replaces the slot after the look and before the create.
  let overwrite = true
  const late: Store = {
    ...store,
    create: async (path, bytes) => store.create(path, bytes),
    writer: async (path, options) => {
      if (overwrite) {
        overwrite = false
        const other = await base.store.read(slot(1))
        await base.store.put(slot(2), other)
      }
      return store.writer(path, options)
    },
  }
  const view = fileCatalog({ warehouse, store: late, env: base.env })
  const { load, publish, hasMovedOn } = view.target(table)
  const target = { load, publish, ...(hasMovedOn !== undefined && { hasMovedOn }) }
  const report = await commitActions(target, [appendOf(location, 'b')], {
    env: base.env,
    store: view.storeFor(table),
    base: handle,
  })
  expect(report.attempts).toBe(2)
  // What the other one wrote is the base now: its rows, and ours.
  expect(await base.live()).toEqual(['b'])
})

test('C8 a base that is gone when it is read again was replaced by nobody, but is no base', async () => {
  const base = await scenario()
  await base.append('a')
  const store = finding(base.store)
  const process = fileCatalog({ warehouse, store, env: base.env })
  const handle = await process.loadTable(table)
  const folder = folderOf(base, {
    ...store,
    read: async (path, range, options) => {
      if (path === slot(2)) throw new NotFound('file', path)
      return store.read(path, range, options)
    },
  })
  expect(await publishTombstone(folder, handle)).toMatchObject({
    outcome: 'conflict',
    reason: expect.stringContaining('v2.metadata.json, which this change builds upon, is gone'),
  })
  expect(base.text(slot(3))).toBeUndefined()
})

test('a base, or a head, that cannot be read is told as that', async () => {
  const base = await scenario()
  await base.append('a')
  const store = finding(base.store)
  const handle = await fileCatalog({ warehouse, store, env: base.env }).loadTable(table)
  const away = new StoreUnavailable('away')
  const folder = folderOf(base, {
    ...store,
    read: async (path, range, options) => {
      if (path === slot(2)) throw away
      return store.read(path, range, options)
    },
  })
  await expect(loadHead(folder)).rejects.toBe(away)
  await expect(publishTombstone(folder, handle)).rejects.toBe(away)
})

test('a base that was looked at is looked at anew by another attempt', async () => {
  const base = await scenario()
  await base.append('a')
  const folder = folderOf(base, observe(finding(base.store)))
  const process = fileCatalog({ warehouse, store: folder.store, env: base.env })
  const handle = await process.loadTable(table)
  expect(await hasSuccessor(folder, handle)).toBe(false)
  await base.append('b')
  // The create decides what the look could not see; the second one sees it.
  for (let tries = 0; tries < 2; tries++) {
    const outcome = await publishTombstone(folder, handle)
    expect(outcome.outcome).toBe('conflict')
  }
  expect(await hasSuccessor(folder, handle)).toBe(true)
})

test('a successor in a foreign spelling that was seen is not forgotten for an earlier look', async () => {
  const base = await scenario()
  await base.append('a')
  const folder = folderOf(base, finding(base.store))
  const handle = await fileCatalog({ warehouse, store: folder.store, env: base.env }).loadTable(
    table,
  )
  expect(await hasSuccessor(folder, handle)).toBe(false)
  // Another engine takes its turn.
  const bytes = gzipSync(base.store.files().get(slot(2)) as Uint8Array)
  await base.store.create(`${location}/metadata/v3.gz.metadata.json`, bytes)
  expect(await hasSuccessor(folder, handle)).toBe(true)
  expect((await publishTombstone(folder, handle)).outcome).toBe('conflict')
  expect(base.text(slot(3))).toBeUndefined()
})

/** Names are found as they were some writes ago: what a weak store's listing does. */
function lagging(base: Scenario, by: number): Store {
  const store = capped(base)
  const past: (readonly string[])[] = []
  const remember = () => past.push([...base.store.files().keys()])
  remember()
  return {
    ...store,
    create: async (path, bytes) => {
      const outcome = await store.create(path, bytes)
      remember()
      return outcome
    },
    findByPrefix: async (prefix) =>
      (past.at(-1 - by) ?? past[0] ?? []).filter((path) => path.startsWith(prefix)),
    list: async function* () {},
  }
}

test.each([1, 2, 5])(
  'listings that lag %i versions behind: every append is in the table once, or surely not',
  async (by) => {
    const base = await scenario()
    const view = lagging(base, by)
    const writers = [0, 1, 2].map(() => fileCatalog({ warehouse, store: view, env: base.env }))
    const told: string[] = []
    for (let n = 0; n < 24; n++) {
      const name = `f${n}`
      try {
        await base.append(name, writers[n % 3])
        told.push(name)
      } catch (error) {
        expect(error).toMatchObject({ code: 'COMMIT_CONFLICT' })
      }
    }
    expect(await base.live()).toEqual(told.sort())
    // A lagging listing costs tries; it refuses nobody for good.
    expect(told).toHaveLength(24)
  },
)

test('listings that lag: a table is dropped and made again, by processes that saw neither', async () => {
  const base = await scenario()
  const view = lagging(base, 3)
  const [first, second, third] = [0, 1, 2].map(() =>
    fileCatalog({ warehouse, store: view, env: base.env }),
  ) as [CatalogBackend, CatalogBackend, CatalogBackend]
  await first.loadTable(table)
  await base.append('a', second)
  await base.append('b', second)
  // Its own view ends at slot 1; the creates tell it of the others.
  await first.dropTable(table)
  await expect(third.loadTable(table)).rejects.toThrow(/was dropped/)
  const again = await first.createTable(table, newTable(base.env, location, {}))
  expect(again.version).toBe(5)
  await base.append('c', first)
  expect(await base.live()).toEqual(['c'])
})
