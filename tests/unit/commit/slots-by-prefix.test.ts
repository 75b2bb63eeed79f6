import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { loadHead } from '../../../src/commit/slot-table.js'
import { takenSlot } from '../../../src/commit/slots.js'
import { CorruptData } from '../../../src/errors.js'
import { confine } from '../../../src/store/confine.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { relocate } from '../../../src/store/relocate.js'
import type { Store } from '../../../src/store/store.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import { hint, location, type Scenario, scenario, slot, warehouse } from '../../support/scenario.js'

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
