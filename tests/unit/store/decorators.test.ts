import { describe, expect, test } from 'vitest'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { LocationDenied, StoreUnavailable, Unsupported } from '../../../src/errors.js'
import { byteSource } from '../../../src/store/byte-source.js'
import { confine } from '../../../src/store/confine.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { relocate } from '../../../src/store/relocate.js'
import type { Store } from '../../../src/store/store.js'
import { FAULT_KINDS, faultAt, faultsAt, randomFaults } from '../../../src/testing/faults.js'
import { faultyStore } from '../../../src/testing/faulty-store.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

const BYTES = encodeUtf8('bytes')

async function names(store: Store, folder: string): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of store.list(folder)) found.push(path)
  return found.sort()
}

describe('confine (S9)', () => {
  const inner = memoryStore()
  const store = confine(inner, { readRoots: ['/shared'], writeRoots: ['/wh/t'] })

  test('reads under both, writes under writeRoots only', async () => {
    await inner.create('/shared/a', BYTES)
    expect(await store.read('/shared/a')).toEqual(BYTES)
    expect(await store.read('file:///shared/a')).toEqual(BYTES)
    expect((await store.create('/wh/t/data/a', BYTES)).outcome).toBe('created')
    expect(await store.read('/wh/t/data/a')).toEqual(BYTES)
  })

  test.each(['/shared/b', '/wh/t2/a', '/wh', '/etc/passwd', 'memory:/wh/t/a', 's3://wh/t/a'])(
    'writing to %s is denied, naming writeRoots',
    async (path) => {
      const denied = { code: 'LOCATION_DENIED', details: { option: 'writeRoots' } }
      await expect(store.create(path, BYTES)).rejects.toMatchObject(denied)
      await expect(store.put(path, BYTES)).rejects.toMatchObject(denied)
      await expect(store.writer(path)).rejects.toMatchObject(denied)
      await expect(store.delete(path)).rejects.toMatchObject(denied)
    },
  )

  test.each(['/etc/passwd', '/share', '/sharedx/a', '/wh/t/../t2/a'])(
    'reading %s is denied',
    async (path) => {
      await expect(store.read(path)).rejects.toThrow(LocationDenied)
      await expect(store.head(path)).rejects.toThrow(LocationDenied)
      await expect(names(store, path)).rejects.toThrow(LocationDenied)
    },
  )

  test('the message says what to do', async () => {
    await expect(store.read('/etc/passwd')).rejects.toThrow(/`readRoots`.*`relocate`/)
    expect(inner.files().has('/etc/passwd')).toBe(false)
  })
})

test('a decorated store gives local paths and closes as the one below does', async () => {
  let closed = 0
  const below: Store = {
    ...memoryStore(),
    localPath: (path) => `real ${path}`,
    close: async () => {
      closed++
    },
  }
  const bare: Store = memoryStore()
  const decorations = [
    (store: Store) => confine(store, { readRoots: ['/wh'], writeRoots: [] }),
    (store: Store) => observe(store),
    (store: Store) => relocate(store, { '/old': '/wh' }),
    (store: Store) => relocate(store, {}),
  ]
  for (const decorate of decorations) {
    const store = decorate(below)
    expect(store.localPath?.('/wh/a')).toBe('real /wh/a')
    await store.close?.()
    expect([decorate(bare).localPath, decorate(bare).close]).toEqual([undefined, undefined])
  }
  expect(closed).toBe(decorations.length)
})

describe('relocate', () => {
  async function moved(): Promise<{ inner: ReturnType<typeof memoryStore>; store: Store }> {
    const inner = memoryStore()
    await inner.create('/real/x/data/a', BYTES)
    await inner.create('/real/deep/y', encodeUtf8('deep'))
    const mapping = { '/warehouse/x': '/real/x/', '/warehouse/x/deep': '/real/deep' }
    return { inner, store: relocate(inner, mapping) }
  }

  test('recorded locations lead to real ones, in every spelling', async () => {
    const { store } = await moved()
    for (const path of [
      '/warehouse/x/data/a',
      'file:/warehouse/x/data/a',
      'file:///warehouse/x/data/a',
    ]) {
      expect(await store.read(path)).toEqual(BYTES)
      expect(await store.head(path)).toMatchObject({ path, sizeBytes: 5 })
    }
    expect(await store.head('/warehouse/x2/data/a')).toBeUndefined()
    expect(await store.head('/real/x/data/a')).toBeDefined()
  })

  test('the longest prefix wins', async () => {
    const { store } = await moved()
    expect(await store.read('/warehouse/x/deep/y')).toEqual(encodeUtf8('deep'))
  })

  test('listings speak of recorded locations', async () => {
    const { store } = await moved()
    expect(await names(store, '/warehouse/x')).toEqual(['/warehouse/x/data/a'])
    expect(await names(store, 'file:///warehouse/x/')).toEqual(['file:///warehouse/x/data/a'])
  })

  test('nothing is written under a mapped prefix', async () => {
    const { store, inner } = await moved()
    await expect(store.create('/warehouse/x/new', BYTES)).rejects.toThrow(Unsupported)
    await expect(store.put('/warehouse/x/new', BYTES)).rejects.toThrow(Unsupported)
    await expect(store.writer('/warehouse/x/new')).rejects.toThrow(Unsupported)
    await expect(store.delete('/warehouse/x/data/a')).rejects.toThrow(Unsupported)
    expect(inner.files().size).toBe(2)
    expect((await store.create('/elsewhere', BYTES)).outcome).toBe('created')
  })

  test('with confinement below it, a mapping opens what it names and nothing else', async () => {
    const { inner } = await moved()
    const confined = confine(inner, { readRoots: ['/real/x'], writeRoots: [] })
    const store = relocate(confined, { '/warehouse/x': '/real/x', '/warehouse/z': '/secret' })
    expect(await store.read('/warehouse/x/data/a')).toEqual(BYTES)
    await expect(store.read('/warehouse/z/a')).rejects.toThrow(LocationDenied)
    await expect(store.read('/real/deep/y')).rejects.toThrow(LocationDenied)
  })
})

test('observe counts every call', async () => {
  const store = observe(memoryStore())
  await store.create('/a', BYTES)
  await store.read('/a', { start: 1, end: 3 })
  await store.head('/a')
  await names(store, '/')
  const writer = await store.writer('/b')
  await writer.write(BYTES)
  await writer.close()
  await store.delete('/b')
  expect(Object.fromEntries(store.counts())).toEqual({
    create: 1,
    read: 1,
    head: 1,
    list: 1,
    writer: 1,
    write: 1,
    close: 1,
    delete: 1,
  })
  expect(store.calls()[1]).toEqual({ operation: 'read', path: '/a', bytes: 2 })
  store.reset()
  expect(store.calls()).toEqual([])
})

test('a byte source knows its size and reads ranges', async () => {
  const store = memoryStore()
  await store.create('/a', BYTES)
  const source = await byteSource(store, '/a')
  expect(source).toMatchObject({ path: '/a', sizeBytes: 5 })
  expect(await source.read(1, 3)).toEqual(encodeUtf8('yt'))
  await expect(byteSource(store, '/none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const seen = observe(store)
  await byteSource(seen, '/a', 5)
  expect(seen.calls()).toEqual([])
})

describe('faults do what they say', () => {
  const env = seededEnv(1)
  const at = (kind: (typeof FAULT_KINDS)[number]) => {
    const inner = memoryStore()
    return { inner, store: faultyStore(inner, { env, plan: faultAt(0, kind) }) }
  }

  test.each([
    ['fail-before', 'unknown', false],
    ['lost-ack', 'unknown', true],
    ['duplicate', 'exists', true],
    ['slow', 'created', true],
    ['crash-after', 'unknown', true],
  ] as const)('create with %s is answered %s', async (kind, outcome, applied) => {
    const { inner, store } = at(kind)
    expect((await store.create('/a', BYTES)).outcome).toBe(outcome)
    expect(inner.files().has('/a')).toBe(applied)
    expect(store.fired()).toEqual(new Map([[`create:${kind}`, 1]]))
  })

  test('a throttled create is refused and was not applied', async () => {
    const { inner, store } = at('throttle')
    await expect(store.create('/a', BYTES)).rejects.toThrow(StoreUnavailable)
    expect(inner.files().size).toBe(0)
  })

  test('a zombie is applied some calls later, or when the run settles', async () => {
    const { inner, store } = at('zombie')
    expect((await store.create('/a', BYTES)).outcome).toBe('unknown')
    expect(inner.files().size).toBe(0)
    for (let i = 0; i < 25; i++) await store.head('/x')
    expect(inner.files().has('/a')).toBe(true)
    const other = at('zombie')
    await expect(other.store.put('/b', BYTES)).rejects.toThrow(StoreUnavailable)
    await other.store.settle()
    expect(other.inner.files().has('/b')).toBe(true)
  })

  test('after a crash nothing is applied any more', async () => {
    const { inner, store } = at('crash-before')
    await expect(store.create('/a', BYTES)).rejects.toThrow(/crash/)
    await expect(store.create('/b', BYTES)).rejects.toThrow(/crash/)
    await expect(store.delete('/b')).rejects.toThrow(/crash/)
    expect(store.crashed).toBe(true)
    expect(inner.files().size).toBe(0)
  })

  test('bodies are damaged, lists and heads lag', async () => {
    const inner = memoryStore()
    await inner.create('/a', BYTES)
    const plan = faultsAt(
      new Map([
        [0, 'truncated'],
        [1, 'corrupted'],
        [3, 'stale'],
        [4, 'stale'],
      ] as const),
    )
    const store = faultyStore(inner, { env, plan })
    expect((await store.read('/a')).length).toBeLessThan(5)
    const damaged = await store.read('/a')
    expect(damaged).toHaveLength(5)
    expect(damaged).not.toEqual(BYTES)
    await store.create('/new', BYTES)
    expect(await store.head('/new')).toBeUndefined()
    expect(await names(store, '/')).toEqual(['/a'])
    expect(await names(store, '/')).toEqual(['/a', '/new'])
  })

  test('a streamed object fails at close', async () => {
    const { inner, store } = at('lost-ack')
    const writer = await store.writer('/a')
    await writer.write(BYTES)
    await expect(writer.close()).rejects.toThrow(StoreUnavailable)
    expect(inner.files().get('/a')).toEqual(BYTES)
  })

  test('random plans are a function of the seed, and differ between seeds', () => {
    const draw = (seed: number): string => {
      const plan = randomFaults(seededEnv(seed), { rate: 0.5, readShare: 1 })
      const point = { index: 0, operation: 'create', path: '/a' } as const
      return Array.from({ length: 200 }, () => plan(point) ?? '-').join()
    }
    expect(draw(1)).toBe(draw(1))
    expect(new Set([1, 2, 3, 4, 5].map(draw)).size).toBe(5)
    const seen = new Set(Array.from({ length: 40 }, (_, seed) => draw(seed).split(',')).flat())
    for (const kind of FAULT_KINDS) expect(seen).toContain(kind)
  })
})
