import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { confine } from '../../../src/store/confine.js'
import { localStore } from '../../../src/store/local.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { relocate } from '../../../src/store/relocate.js'
import type { Store } from '../../../src/store/store.js'
import { faultyStore } from '../../../src/testing/faulty-store.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-store-'))
  folders.push(folder)
  return folder
}

const env = systemEnv()
type Make = () => Promise<{ store: Store; root: string }>

const stores: readonly (readonly [string, Make])[] = [
  ['memory', async () => ({ store: memoryStore({ env }), root: 'memory:/t' })],
  ['memory, bucket spelling', async () => ({ store: memoryStore(), root: 's3://bucket/t' })],
  ['local', async () => ({ store: localStore({ env }), root: await temporaryFolder() })],
  [
    'local under a root, as file: URI',
    async () => {
      const root = await temporaryFolder()
      return { store: localStore({ env, roots: [root] }), root: `file://${root}` }
    },
  ],
  [
    'local without sync',
    async () => ({ store: localStore({ env, unsafeNoSync: true }), root: await temporaryFolder() }),
  ],
  [
    'confined, observed, faulty without faults',
    async () => {
      const faulty = faultyStore(memoryStore(), { env, plan: () => undefined })
      const store = confine(observe(faulty), { readRoots: [], writeRoots: ['memory:/t'] })
      return { store, root: 'memory:/t' }
    },
  ],
  [
    'relocate, outside its mapping',
    async () => ({
      store: relocate(memoryStore(), { '/elsewhere': 'memory:/real' }),
      root: 'memory:/t',
    }),
  ],
]

describe.each(stores)('%s store', (_name, make) => {
  test.each(storeConformance().map((item) => [item.name, item] as const))(
    '%s',
    async (_n, item) => {
      await expect(item.run(await make())).resolves.toBeUndefined()
    },
  )
})

describe('the conformance suite notices a store that', () => {
  const failing = async (change: (store: Store) => Partial<Store>): Promise<string[]> => {
    const failed: string[] = []
    for (const item of storeConformance()) {
      const store = memoryStore()
      const proxy = new Proxy(store, {
        get: (target, key) => {
          const own = change(target)[key as keyof Store]
          if (own !== undefined) return own
          const value: unknown = Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      await item.run({ store: proxy, root: 'memory:/t' }).catch(() => failed.push(item.name))
    }
    return failed
  }

  test('overwrites instead of creating', async () => {
    const failed = await failing((store) => ({
      create: async (path, bytes) => {
        await store.put(path, bytes)
        return { outcome: 'created' }
      },
    }))
    expect(failed).toContain('S3 the first create wins, the second says exists')
    expect(failed).toContain('S3 of many racing creates one wins, and its bytes are stored')
  })

  test('checks and then writes', async () => {
    const failed = await failing((store) => ({
      create: async (path, bytes) => {
        if ((await store.head(path)) !== undefined) return { outcome: 'exists' }
        await store.put(path, bytes)
        return { outcome: 'created' }
      },
    }))
    expect(failed).toEqual(['S3 of many racing creates one wins, and its bytes are stored'])
  })

  test('gives short answers for ranges beyond the end', async () => {
    const failed = await failing((store) => ({
      read: async (path, range, options) => {
        const whole = await store.read(path, undefined, options)
        return range === undefined ? whole : whole.slice(range.start, range.end)
      },
    }))
    expect(failed).toContain('S6 ranges are exact and never short')
  })
})
