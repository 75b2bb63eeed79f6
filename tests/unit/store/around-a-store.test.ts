/** limit, retry, cache and what observe measures: what may be put around any store. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededEnv } from '../../../src/env/seeded-env.js'
import {
  Aborted,
  InvalidArgument,
  type MoraineError,
  NotFound,
  StoreUnavailable,
} from '../../../src/errors.js'
import { cache } from '../../../src/store/cache.js'
import { confine } from '../../../src/store/confine.js'
import { limit } from '../../../src/store/limit.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { retry } from '../../../src/store/retry.js'
import type { ObjectInfo, Store } from '../../../src/store/store.js'
import { retryAfterMs } from '../../../src/store/transport.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { withCalls } from '../../support/scenario.js'

const BYTES = encodeUtf8('0123456789')

/** A memory store with everything that a port may have. */
function whole(): Store {
  const inner = memoryStore()
  return {
    ...withCalls(inner, {}),
    replace: (path, bytes, version) =>
      (inner.replace as NonNullable<Store['replace']>)(path, bytes, version),
    findByPrefix: async (prefix) =>
      [...inner.files().keys()].filter((path) => path.startsWith(prefix)).slice(0, 100),
    deleteMany: async (paths) => {
      for (const path of paths) await inner.delete(path)
      return []
    },
    removeEmptyFolders: async () => undefined,
    localPath: (path) => `real ${path}`,
    close: async () => undefined,
  }
}

/** Fails so many calls of each method before it does what it is asked for. */
function failing(store: Store, times: number, error: () => unknown = () => away()): Store {
  const left = new Map<string, number>()
  const fail = (name: string): void => {
    const more = left.get(name) ?? times
    left.set(name, more - 1)
    if (more > 0) throw error()
  }
  return new Proxy(store, {
    get: (target, key: keyof Store) => {
      const method = target[key]
      if (typeof method !== 'function') return method
      return (...given: never[]) => {
        const call = () => (method as (...given: never[]) => unknown).apply(target, given)
        if (key !== 'list')
          return Promise.resolve()
            .then(() => fail(key))
            .then(call)
        return (async function* () {
          fail(key)
          yield* call() as AsyncIterable<ObjectInfo>
        })()
      }
    },
  })
}

const away = (details = {}): StoreUnavailable => new StoreUnavailable('away', { details })

async function all(items: AsyncIterable<ObjectInfo>): Promise<string[]> {
  const paths: string[] = []
  for await (const { path } of items) paths.push(path)
  return paths.sort()
}

const around: readonly (readonly [string, (store: Store) => Store])[] = [
  ['limit of one call', (store) => limit(store, { calls: 1 })],
  ['limit of eight calls', (store) => limit(store, { calls: 8 })],
  ['retry', (store) => retry(store, {}, seededEnv(1))],
  ['cache', (store) => cache(store, { maxBytes: 1 << 20, isImmutable: () => true })],
  ['cache too small for anything', (store) => cache(store, { maxBytes: 1 })],
  ['observe', (store) => observe(store)],
  [
    'all of them, confined',
    (store) =>
      confine(
        observe(
          cache(retry(limit(store, { calls: 2 }), {}, seededEnv(1)), {
            maxBytes: 4096,
            isImmutable: () => true,
          }),
        ),
        { readRoots: [], writeRoots: ['memory:/t'] },
      ),
  ],
]

describe.each(around)('around a store: %s', (_name, decorate) => {
  test.each(storeConformance().map((item) => [item.name, item] as const))(
    '%s',
    async (_n, item) => {
      await expect(
        item.run({ store: decorate(whole()), root: 'memory:/t' }),
      ).resolves.toBeUndefined()
    },
  )

  test('gives what the one below can, and no more', () => {
    const bare = withCalls(memoryStore(), {})
    const optional = [
      'replace',
      'findByPrefix',
      'deleteMany',
      'removeEmptyFolders',
      'localPath',
      'close',
    ] as const
    for (const name of optional) {
      expect(decorate(whole())[name], name).toBeDefined()
      expect(decorate(bare)[name], name).toBeUndefined()
    }
    expect(decorate(whole()).localPath?.('memory:/t/a')).toBe('real memory:/t/a')
  })
})

describe('limit', () => {
  test.each([0, 1.5, 10_001, Number.NaN, '3'])('calls: %s is refused', (calls) => {
    expect(() => limit(whole(), { calls: calls as number })).toThrow(InvalidArgument)
  })

  /** A store whose reads end when they are told to, in the order in which they began. */
  function held() {
    const begun: { readonly path: string; readonly end: () => void }[] = []
    const store = withCalls(memoryStore(), {
      read: (path) =>
        new Promise((resolve) => {
          begun.push({ path, end: () => resolve(BYTES) })
        }),
    })
    return { store, begun }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('so many at a time, in the order in which they came', async () => {
    const { store, begun } = held()
    const limited = limit(store, { calls: 2 })
    const reads = ['a', 'b', 'c', 'd', 'e'].map((name) => limited.read(`memory:/${name}`))
    await turn()
    expect(begun.map(({ path }) => path)).toEqual(['memory:/a', 'memory:/b'])
    for (let ended = 0; ended < 5; ended++) {
      begun[ended]?.end()
      await turn()
      expect(begun).toHaveLength(Math.min(5, ended + 3))
    }
    await Promise.all(reads)
    expect(begun.map(({ path }) => path.at(-1)).join('')).toBe('abcde')
  })

  test('a call that waits leaves when its signal fires, and its place goes to the next', async () => {
    const { store, begun } = held()
    const limited = limit(store, { calls: 1 })
    const controller = new AbortController()
    const { signal } = controller
    const first = limited.read('memory:/a')
    const waiting = limited.read('memory:/b', undefined, { signal })
    const last = limited.read('memory:/c')
    await turn()
    controller.abort('enough')
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    await expect(limited.read('memory:/d', undefined, { signal })).rejects.toThrow(Aborted)
    begun[0]?.end()
    await first
    await turn()
    begun[1]?.end()
    await last
    expect(begun.map(({ path }) => path)).toEqual(['memory:/a', 'memory:/c'])
  })

  test('a failed call gives its turn on', async () => {
    const limited = limit(memoryStore(), { calls: 1 })
    for (let n = 0; n < 3; n++) {
      await expect(limited.read('memory:/none')).rejects.toThrow(NotFound)
    }
    expect(await limited.head('memory:/none')).toBeUndefined()
  })

  test('a listing holds no turn while its caller works, nor after it was left', async () => {
    const limited = limit(whole(), { calls: 1 })
    for (const name of ['a', 'b', 'c']) await limited.create(`memory:/t/${name}`, BYTES)
    const sizes: number[] = []
    for await (const { path } of limited.list('memory:/t')) {
      sizes.push((await limited.read(path)).length)
    }
    expect(sizes).toEqual([10, 10, 10])
    for await (const _ of limited.list('memory:/t')) break
    expect(await limited.head('memory:/t/a')).toBeDefined()
  })
})

describe('retry', () => {
  const make = (store: Store, maxAttempts = 4) => {
    const env = seededEnv(7)
    const slept: number[] = []
    const sleeping = {
      ...env,
      sleep: async (ms: number) => {
        slept.push(ms)
      },
    }
    const seen = observe(store)
    return { store: retry(seen, { maxAttempts }, sleeping), seen, slept }
  }

  test.each([0, 101, 2.5, '4'])('maxAttempts: %s is refused', (maxAttempts) => {
    expect(() => retry(whole(), { maxAttempts: maxAttempts as number })).toThrow(InvalidArgument)
  })

  test('what may be done twice is done again until it succeeds', async () => {
    const inner = whole()
    await inner.create('memory:/t/a', BYTES)
    const { store, slept } = make(failing(inner, 3))
    expect(await store.head('memory:/t/a')).toBeDefined()
    expect(await store.read('memory:/t/a')).toEqual(BYTES)
    expect(await all(store.list('memory:/t'))).toEqual(['memory:/t/a'])
    expect(await store.findByPrefix?.('memory:/t/')).toEqual(['memory:/t/a'])
    await store.put('memory:/t/b', BYTES)
    const writer = await store.writer('memory:/t/c')
    await writer.write(BYTES)
    await writer.close()
    await store.delete('memory:/t/a')
    expect(await store.deleteMany?.(['memory:/t/b'])).toEqual([])
    expect(await all(inner.list('memory:/t'))).toEqual(['memory:/t/c'])
    expect(slept).toHaveLength(8 * 3)
    expect(Math.max(...slept)).toBeLessThanOrEqual(400)
  })

  test('and no further than its attempts', async () => {
    const { store, seen } = make(failing(whole(), 4))
    await expect(store.head('memory:/t/a')).rejects.toThrow('away')
    expect(seen.calls()).toHaveLength(4)
  })

  test('a create, a replacement, a write, a close and an abort are sent once', async () => {
    const { store, seen } = make(failing(whole(), 1))
    await expect(store.create('memory:/t/a', BYTES)).rejects.toThrow('away')
    await expect(store.replace?.('memory:/t/a', BYTES, '1')).rejects.toThrow('away')
    expect(seen.calls().map(({ operation }) => operation)).toEqual(['create', 'replace'])
    const inner = withCalls(memoryStore(), {
      create: async () => ({ outcome: 'unknown', cause: 'lost' }),
      writer: async (path) => ({
        path,
        write: async () => Promise.reject(away()),
        close: async () => Promise.reject(away()),
        abort: async () => undefined,
      }),
    })
    const other = make(inner)
    expect((await other.store.create('memory:/t/a', BYTES)).outcome).toBe('unknown')
    const writer = await other.store.writer('memory:/t/a')
    await expect(writer.write(BYTES)).rejects.toThrow('away')
    await expect(writer.close()).rejects.toThrow('away')
    expect(other.seen.calls()).toHaveLength(4)
  })

  test.each([
    ['refused', () => away({ status: 403 }), 1],
    ['not there yet', () => away({ status: 501 }), 1],
    ['throttled', () => away({ status: 429 }), 4],
    ['failed', () => away({ status: 500 }), 4],
    ['an error of the disk', () => away({ errno: 'EIO' }), 4],
    ['missing', () => new NotFound('file', 'none'), 1],
    ['no error of ours', () => new RangeError('odd'), 1],
  ])('a call that is %s', async (_what, error, calls) => {
    const { store, seen } = make(failing(whole(), 9, error))
    await expect(store.read('memory:/t/a')).rejects.toThrow()
    expect(seen.calls()).toHaveLength(calls)
  })

  test('it waits at least as long as it was asked to, within reason', async () => {
    const { store, slept } = make(failing(whole(), 2, () => away({ retryAfterMs: 3000 })))
    await store.head('memory:/t/a')
    for (const ms of slept) expect(ms).toBeGreaterThanOrEqual(3000)
    const long = make(failing(whole(), 1, () => away({ retryAfterMs: 1e12 })))
    await long.store.head('memory:/t/a')
    expect(long.slept[0]).toBeLessThanOrEqual(20_100)
  })

  test('a store that is away is soon asked once for each call', async () => {
    const { store, seen } = make(failing(whole(), 1000))
    for (let n = 0; n < 200; n++) await store.head('memory:/t/a').catch(() => undefined)
    expect(seen.calls()).toHaveLength(300)
  })

  test('its signal ends the waiting', async () => {
    const controller = new AbortController()
    const store = retry(failing(whole(), 9), {}, seededEnv(1))
    const { signal } = controller
    const reading = store.read('memory:/t/a', undefined, { signal })
    controller.abort()
    await expect(reading).rejects.toThrow(Aborted)
  })

  test('a listing that has given something is not begun again', async () => {
    const inner = withCalls(memoryStore(), {
      list: async function* () {
        yield { path: 'memory:/t/a', sizeBytes: 1, modifiedMs: undefined }
        throw away()
      },
    })
    const { store, seen } = make(inner)
    await expect(all(store.list('memory:/t'))).rejects.toThrow('away')
    expect(seen.calls()).toHaveLength(1)
  })

  test('of many deletions only those are repeated that failed and may pass', async () => {
    const asked: (readonly string[])[] = []
    const lasting = new StoreUnavailable('no', { details: { status: 403 } })
    const inner: Store = {
      ...memoryStore(),
      deleteMany: async (paths) => {
        asked.push(paths)
        return paths.flatMap((path) => {
          if (path === 'denied') return [{ path, error: lasting }]
          return path === 'slow' || (path === 'twice' && asked.length === 1)
            ? [{ path, error: away() }]
            : []
        })
      },
    }
    const { store } = make(inner, 3)
    const failures = await store.deleteMany?.(['a', 'denied', 'slow', 'twice'])
    expect(failures?.map(({ path }) => path)).toEqual(['denied', 'slow'])
    expect(asked).toEqual([['a', 'denied', 'slow', 'twice'], ['slow', 'twice'], ['slow']])
  })
})

test.each([
  ['2', undefined, 2000],
  ['0.5', undefined, 500],
  ['Wed, 21 Oct 2026 07:28:10 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 10_000],
  ['Wed, 21 Oct 2026 07:27:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 0],
  ['Wed, 21 Oct 2026 07:28:10 GMT', undefined, undefined],
  ['soon', 'Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['-3', undefined, undefined],
  ['1e9', undefined, undefined],
])('Retry-After: %s, at %s, means %s ms', (asked, date, ms) => {
  const headers = new Headers({ 'retry-after': asked, ...(date !== undefined && { date }) })
  expect(retryAfterMs(headers)).toBe(ms)
  expect(retryAfterMs(new Headers())).toBeUndefined()
})

describe('observe', () => {
  test('tells bytes, failures and times of each operation', async () => {
    let now = 0
    const clock = { monotonicMs: () => now }
    const slow = withCalls(memoryStore(), {})
    const takes = (ms: number): Store => ({
      ...slow,
      read: async (path, range, options) => {
        now += ms
        return slow.read(path, range, options)
      },
      list: async function* (folder) {
        now += 5
        yield* slow.list(folder)
      },
    })
    let ms = 1
    const store = observe(
      withCalls(slow, { read: (path, range, options) => takes(ms++).read(path, range, options) }),
      clock,
    )
    await store.create('memory:/a', BYTES)
    for (let n = 0; n < 20; n++) await store.read('memory:/a', { start: 0, end: 4 })
    await store.read('memory:/none').catch(() => undefined)
    const read = store.totals().get('read')
    expect(read).toMatchObject({ calls: 21, failures: 1, bytesRead: 80, bytesWritten: 0 })
    expect(read).toMatchObject({ totalMs: 231, medianMs: 11, p95Ms: 20, maxMs: 21 })
    expect(store.totals().get('create')).toMatchObject({ calls: 1, bytesWritten: 10, maxMs: 0 })
    const listing = observe(takes(0), clock)
    for await (const _ of listing.list('memory:/')) now += 1000
    expect(listing.totals().get('list')).toMatchObject({ calls: 1, totalMs: 5 })
    const pending = observe(withCalls(slow, { read: () => new Promise(() => undefined) }), clock)
    void pending.read('memory:/a')
    expect(pending.totals().get('read')).toMatchObject({ calls: 1, totalMs: 0, failures: 0 })
    store.reset()
    expect(store.totals().size).toBe(0)
  })
})

describe('cache', () => {
  const path = 'memory:/t/m.avro'
  const KEEPING = { maxBytes: 1 << 16 }

  async function filled(options = KEEPING as Parameters<typeof cache>[1], names = [path]) {
    const inner = observe(whole())
    for (const name of names) await inner.create(name, BYTES)
    inner.reset()
    const store = cache(inner, options)
    const reads = () => inner.counts().get('read') ?? 0
    return { inner, store, reads }
  }

  test.each([
    [{ maxBytes: 0 }, 'maxBytes'],
    [{ maxBytes: Number.NaN }, 'maxBytes'],
    [{ maxBytes: 10, maxEntryBytes: 11 }, 'maxEntryBytes'],
    [{ maxBytes: 10, maxEntryBytes: 0 }, 'maxEntryBytes'],
  ])('%o is refused', (options, option) => {
    expect(() => cache(whole(), options)).toThrow(`\`${option}\``)
  })

  test('a file that never changes is read once; its whole answers every range', async () => {
    const { store, reads } = await filled()
    for (let n = 0; n < 3; n++) expect(await store.read(path)).toEqual(BYTES)
    expect(await store.read(path, { start: 2, end: 5 })).toEqual(encodeUtf8('234'))
    expect(reads()).toBe(1)
    expect(store.stats()).toEqual({ hits: 3, misses: 1, shared: 0, entries: 1, bytes: 266 })
  })

  test('of a part, only what lies in it', async () => {
    const { store, reads } = await filled()
    expect(await store.read(path, { start: 2, end: 8 })).toEqual(encodeUtf8('234567'))
    expect(await store.read(path, { start: 2, end: 4 })).toEqual(encodeUtf8('23'))
    expect(reads()).toBe(1)
    expect(await store.read(path, { start: 2, end: 9 })).toEqual(encodeUtf8('2345678'))
    expect(await store.read(path)).toEqual(BYTES)
    expect(reads()).toBe(3)
    expect(store.stats().entries).toBe(1)
  })

  test('bounds and ends are those of the file, from memory as from the store', async () => {
    const { store, reads } = await filled()
    await store.read(path)
    await expect(store.read(path, { start: 5, end: 11 })).rejects.toThrow(/has 10 bytes/)
    const bound = { maxBytes: 9, limitName: 'manifestBytes' }
    await expect(store.read(path, undefined, bound)).rejects.toThrow(/manifestBytes/)
    expect((await store.read(path, { start: 0, end: 9 }, bound)).length).toBe(9)
    expect(await store.read(path, { start: 4, end: 4 })).toHaveLength(0)
    await expect(store.read(path, { start: 4, end: 3 })).rejects.toThrow()
    expect(reads()).toBe(3)
    const signal = AbortSignal.abort()
    await expect(store.read(path, undefined, { signal })).rejects.toThrow(Aborted)
  })

  test('the bytes are the caller’s own', async () => {
    const { store } = await filled()
    for (let n = 0; n < 3; n++) (await store.read(path)).fill(0)
    const [one, two] = await Promise.all([store.read(path), store.read(path)])
    one.fill(7)
    expect(two).toEqual(BYTES)
  })

  test('names that may change are read each time', async () => {
    const names = [
      'memory:/t/metadata/version-hint.text',
      'memory:/t/metadata/v3.metadata.json',
      'memory:/t/metadata/00003-8f3c.metadata.json',
    ]
    const { store, reads } = await filled(KEEPING, names)
    for (const name of [...names, ...names]) await store.read(name)
    expect(reads()).toBe(6)
    expect(store.stats()).toMatchObject({ hits: 0, misses: 0, entries: 0 })
  })

  test('what is written or deleted here is forgotten, in every spelling', async () => {
    const slashes = 'memory:/t//m.avro'
    const changes: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.put(slashes, encodeUtf8('other')),
      async (store) => {
        const version = (await store.head(path))?.version ?? ''
        await store.replace?.(path, encodeUtf8('other'), version)
      },
      async (store) => {
        await store.delete(slashes)
        await store.create(path, encodeUtf8('other'))
      },
      async (store) => {
        await store.deleteMany?.([path])
        const writer = await store.writer(path)
        await writer.write(encodeUtf8('other'))
        await writer.close()
      },
    ]
    for (const change of changes) {
      const { store } = await filled()
      await store.read(path)
      await change(store)
      expect(await store.read(path)).toEqual(encodeUtf8('other'))
    }
  })

  test('a read that began before a change is not kept', async () => {
    let end = (): void => undefined
    const inner = memoryStore()
    await inner.create(path, BYTES)
    const store = cache(
      withCalls(inner, {
        read: async (name, range, options) => {
          const bytes = await inner.read(name, range, options)
          await new Promise<void>((resolve) => {
            end = resolve
          })
          return bytes
        },
      }),
      KEEPING,
    )
    const early = store.read(path)
    await Promise.resolve()
    await store.put(path, encodeUtf8('other'))
    end()
    expect(await early).toEqual(BYTES)
    const late = store.read(path)
    await new Promise((resolve) => setImmediate(resolve))
    end()
    expect(await late).toEqual(encodeUtf8('other'))
  })

  test('readers at a time share one request, and one that leaves takes it from nobody', async () => {
    const inner = memoryStore()
    await inner.create(path, BYTES)
    const begun: { readonly signal: AbortSignal | undefined; readonly end: () => void }[] = []
    const store = cache(
      withCalls(inner, {
        read: (name, range, options) =>
          new Promise((resolve, reject) => {
            const signal = options?.signal
            signal?.addEventListener('abort', () => reject(new Aborted('left')))
            begun.push({ signal, end: () => resolve(inner.read(name, range)) })
          }),
      }),
      KEEPING,
    )
    const controller = new AbortController()
    const { signal } = controller
    const leaving = store.read(path, undefined, { signal })
    const staying = [store.read(path), store.read(path, undefined, {})]
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await expect(leaving).rejects.toThrow(Aborted)
    expect(begun[0]?.signal?.aborted).toBe(false)
    begun[0]?.end()
    expect(await Promise.all(staying)).toEqual([BYTES, BYTES])
    expect(begun).toHaveLength(1)
    expect(store.stats()).toMatchObject({ misses: 1, shared: 2 })
    // When all have left, so has the request; the next one asks anew.
    store.clear()
    const other = new AbortController()
    const alone = store.read(path, undefined, { signal: other.signal })
    await new Promise((resolve) => setImmediate(resolve))
    other.abort()
    await expect(alone).rejects.toThrow(Aborted)
    expect(begun[1]?.signal?.aborted).toBe(true)
    const anew = store.read(path)
    await new Promise((resolve) => setImmediate(resolve))
    begun[2]?.end()
    expect(await anew).toEqual(BYTES)
  })

  test('a failure is told to those who waited, and not kept', async () => {
    const inner = whole()
    await inner.create(path, BYTES)
    const store = cache(failing(inner, 1), KEEPING)
    const both = await Promise.allSettled([store.read(path), store.read(path)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await store.read(path)).toEqual(BYTES)
  })

  test('the least recently used goes first, and large parts are not kept', async () => {
    const names = ['a', 'b', 'c'].map((name) => `memory:/t/${name}.parquet`)
    const room = 2 * 266
    const { store, reads } = await filled({ maxBytes: room, maxEntryBytes: 10 }, names)
    const [a, b, c] = names as [string, string, string]
    for (const name of [a, b, a, c]) await store.read(name)
    expect(reads()).toBe(3)
    await store.read(a)
    expect(reads()).toBe(3)
    await store.read(b)
    expect(reads()).toBe(4)
    expect(store.stats()).toMatchObject({ entries: 2, bytes: room })
    const small = await filled({ maxBytes: room, maxEntryBytes: 9 }, names)
    for (const name of [a, a]) {
      expect(await small.store.read(name)).toEqual(BYTES)
      expect(await small.store.read(name, { start: 0, end: 10 })).toEqual(BYTES)
    }
    expect(small.store.stats()).toMatchObject({ entries: 0, bytes: 0, hits: 0, misses: 4 })
  })

  test('whatever is read, written and deleted, it answers as the store below, within its budget', async () => {
    const name = fc.integer({ min: 0, max: 4 }).map((n) => `memory:/t/${n}.avro`)
    const step = fc.oneof(
      fc.record({ do: fc.constant('read' as const), name, from: fc.nat(12), to: fc.nat(12) }),
      fc.record({ do: fc.constant('whole' as const), name }),
      fc.record({ do: fc.constant('put' as const), name, length: fc.nat(12) }),
      fc.record({ do: fc.constant('delete' as const), name }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 1200 }),
        async (steps, maxBytes) => {
          const inner = memoryStore()
          const store = cache(inner, { maxBytes })
          let writes = 0
          for (const each of steps) {
            if (each.do === 'put') {
              const bytes = new Uint8Array(each.length).fill(++writes)
              await store.put(each.name, bytes)
            } else if (each.do === 'delete') await store.delete(each.name)
            else {
              const range = each.do === 'read' ? { start: each.from, end: each.to } : undefined
              const told = (from: Store) =>
                from.read(each.name, range).catch((error: MoraineError) => error.code)
              expect(await told(store)).toEqual(await told(inner))
            }
            expect(store.stats().bytes).toBeLessThanOrEqual(maxBytes)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
