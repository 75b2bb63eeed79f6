/** How many requests an operation takes, counted on the wire; and what else is promised of them. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { connect, openTable, t } from '../../../src/index.js'
import { type FaultProxy, startFaultProxy } from '../fault-proxy.js'
import type { StoreTarget } from '../target.js'

/** The promises: requests of one operation at most. */
export const REQUESTS = { open: 3, lookUp: 6, append: 8 } as const

export function requestsSuite(target: () => StoreTarget): void {
  let proxy: FaultProxy
  beforeAll(async () => {
    proxy = await startFaultProxy(target().origin)
  })
  beforeEach(() => proxy.reset())
  afterAll(() => proxy.stop())

  const shown = () => proxy.seen.map(({ method, url }) => `${method} ${url}`).join('\n')
  const makeTable = async () => {
    const warehouse = target().freshRoot()
    const options = { ...target().options(proxy.origin), workers: 0 }
    const catalog = await connect(warehouse, options)
    const table = await catalog.createTable('ns.t', {
      schema: { id: t.long().required(), name: t.string() },
    })
    for (let part = 0; part < 3; part++) {
      await table.append(
        Array.from({ length: 1000 }, (_, i) => ({ id: part * 1000 + i, name: `name ${i}` })),
      )
    }
    return { catalog, options, location: table.location }
  }

  test(`opening a table takes at most ${REQUESTS.open} requests, a look-up ${REQUESTS.lookUp}, an append ${REQUESTS.append}`, async () => {
    const { catalog, options, location } = await makeTable()
    proxy.reset()
    const alone = await openTable(location, options)
    const opened = proxy.seen.length
    expect(opened, shown()).toBeLessThanOrEqual(REQUESTS.open)
    proxy.reset()
    const rows = await alone.scan({ where: 'id = 1500' }).toArray()
    expect(rows).toEqual([{ id: 1500n, name: 'name 500' }])
    const lookedUp = proxy.seen.length
    expect(lookedUp, shown()).toBeLessThanOrEqual(REQUESTS.lookUp)
    await alone.close()

    proxy.reset()
    const table = await catalog.loadTable('ns.t')
    const loaded = proxy.seen.length
    expect(loaded, shown()).toBeLessThanOrEqual(REQUESTS.open)
    proxy.reset()
    await table.append([{ id: 9999, name: 'one' }] as never)
    const appended = proxy.seen.length
    expect(appended, shown()).toBeLessThanOrEqual(REQUESTS.append)
    console.log(
      `figure: ${target().name}: requests: open ${opened}, load ${loaded}, look-up ${lookedUp}, append ${appended}`,
    )
    await catalog.close()
  })

  test('Retry-After is waited for, and a store that goes on failing is not asked for ever', async () => {
    const pauses: number[] = []
    const env = systemEnv({
      sleep: async (ms) => {
        pauses.push(ms)
      },
    })
    const store = target().store(env, proxy.origin)
    const path = `${target().freshRoot()}/x`
    await store.create(path, new Uint8Array(4))
    pauses.length = 0
    let left = 1
    proxy.plan = ({ method }) =>
      method === 'GET' && left-- > 0 ? { status: 503, retryAfter: '7' } : undefined
    expect(await store.read(path)).toHaveLength(4)
    expect(pauses).toHaveLength(1)
    expect(pauses[0]).toBeGreaterThanOrEqual(7000)

    // Many calls share one budget: when it is used up, each of them is asked once only.
    proxy.reset()
    proxy.plan = () => ({ status: 503 })
    for (let call = 0; call < 60; call++) await expect(store.read(path)).rejects.toThrow()
    const before = proxy.seen.length
    await expect(store.read(path)).rejects.toThrow()
    expect(proxy.seen.length - before).toBe(1)
    proxy.reset()
    expect(await store.read(path)).toHaveLength(4)
  })

  test('uploads that fail or are aborted leave no parts behind', async () => {
    const { openUploads } = target()
    const root = target().freshRoot()
    const env = systemEnv({ sleep: async () => undefined })
    const store = target().store(env, proxy.origin)
    await store.create(`${root}/first`, new Uint8Array(1))
    const large = new Uint8Array(9 * 1024 * 1024).fill(7)
    const aborted = await store.writer(`${root}/aborted`)
    for (let i = 0; i < 3; i++) await aborted.write(large)
    await aborted.abort()

    const failed = await store.writer(`${root}/failed`)
    await failed.write(large)
    proxy.plan = ({ method }) =>
      method === 'PUT' || method === 'POST' ? { status: 403 } : undefined
    const close = (async () => {
      await failed.write(large)
      await failed.write(large)
      await failed.close()
    })()
    await expect(close).rejects.toThrow()
    proxy.reset()
    const left: string[] = []
    for await (const info of store.list(root)) left.push(info.path)
    expect(left).toEqual([`${root}/first`])
    if (openUploads !== undefined) expect(await openUploads(root)).toBe(0)
  })

  test('a listing that is old does not hide a version, nor free a name', async () => {
    const { catalog, options, location } = await makeTable()
    const warehouse = location.slice(0, location.indexOf('/ns/'))
    // Every listing is that of a folder as it was long ago: empty.
    const old = target().store(systemEnv())
    const stale = new Proxy(old, {
      get: (inner, key) => {
        if (key === 'findByPrefix') return undefined
        if (key === 'list') return async function* () {}
        const value: unknown = Reflect.get(inner, key)
        return typeof value === 'function' ? value.bind(inner) : value
      },
    })
    const other = await connect(warehouse, { store: stale, workers: 0 })
    const table = await other.loadTable('ns.t')
    expect(table.version).toBe(4)
    await table.append([{ id: 1_000_000, name: null }] as never)
    const fresh = await openTable(location, options)
    expect(fresh.version).toBe(5)
    expect(await fresh.scan().count()).toBe(3001)
    await fresh.close()
    await other.close()
    await catalog.close()
  })
}
