/** One simulated history: several writers on one table, over a store that fails in many ways. */

import type { CatalogBackend } from '../../src/catalog/catalog.js'
import { fileCatalog } from '../../src/catalog/file.js'
import { commitActions } from '../../src/commit/committer.js'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { CommitStateUnknown, MoraineError, StoreUnavailable } from '../../src/errors.js'
import { type MemoryStore, memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { type FaultKind, randomFaults } from '../../src/testing/faults.js'
import { type FaultyStore, faultyStore } from '../../src/testing/faulty-store.js'
import { appendOf, newTable } from '../support/tables.js'
import { type Chain, type Claim, checkChain, checkClaims, liveNames, slotsOf } from './checker.js'

export interface HistoryOptions {
  /** Highest chance of a fault per call. */
  readonly rate?: number
  readonly kinds?: readonly FaultKind[]
  readonly writersMax?: number
  readonly commitsMax?: number
  /** A planted bug: the store as one actor's library sees it. */
  readonly mutate?: (store: Store) => Store
}

export interface HistoryReport {
  readonly bad: readonly string[]
  readonly calls: number
  readonly claims: readonly Claim[]
  readonly fired: ReadonlyMap<string, number>
  /** Two runs of one seed have the same. */
  readonly trace: string
}

const warehouse = 'memory:/wh'
const table = { namespace: ['ns'], name: 't' }
const location = `${warehouse}/ns/t`

interface Actor {
  readonly name: string
  readonly env: SeededEnv
  readonly store: FaultyStore
  readonly catalog: CatalogBackend
}

export async function runHistory(
  seed: number,
  options: HistoryOptions = {},
): Promise<HistoryReport> {
  const env = seededEnv(seed)
  const shared = memoryStore({ env })
  const history = new History(env, shared, options)
  await history.run()
  return history.report()
}

class History {
  readonly #env: SeededEnv
  readonly #shared: MemoryStore
  readonly #options: HistoryOptions
  readonly #claims: Claim[] = []
  readonly #tokens: { readonly token: string; readonly name: string; readonly actor: string }[] = []
  readonly #actors: Actor[] = []
  readonly #bad: string[] = []
  #trace = ''

  constructor(env: SeededEnv, shared: MemoryStore, options: HistoryOptions) {
    this.#env = env
    this.#shared = shared
    this.#options = options
  }

  async run(): Promise<void> {
    const calm = fileCatalog({ warehouse, store: this.#shared, env: this.#env })
    const properties = {
      'commit.retry.num-retries': '8',
      'commit.status-check.num-retries': `${this.#env.int(4)}`,
      'write.metadata.previous-versions-max': '3',
      'write.metadata.delete-after-commit.enabled': `${this.#env.chance(0.5)}`,
    }
    await calm.createTable(table, newTable(this.#env, location, properties))
    const writers = 2 + this.#env.int(this.#options.writersMax ?? 3)
    const jobs: Promise<void>[] = []
    for (let i = 0; i < writers; i++) jobs.push(this.#writer(`w${i}`))
    if (this.#env.chance(0.3)) jobs.push(this.#dropper('d', properties))
    jobs.push(this.#reader('r'))
    await Promise.all(jobs)
    for (const actor of this.#actors) await actor.store.settle()
    await this.#resolveAll(calm)
    await this.#check()
    await this.#checkLiveness(properties)
  }

  report(): HistoryReport {
    const fired = new Map<string, number>()
    let calls = 0
    for (const { store } of this.#actors) {
      calls += store.calls
      for (const [key, count] of store.fired()) fired.set(key, (fired.get(key) ?? 0) + count)
    }
    return { bad: this.#bad, calls, claims: this.#claims, fired, trace: this.#trace }
  }

  #actor(name: string, faults = true): Actor {
    const env = this.#env.fork(name)
    env.setSkew(this.#env.chance(0.3) ? this.#env.int(7_200_000) - 3_600_000 : 0)
    const { rate, kinds } = this.#options
    const plan = faults
      ? randomFaults(env, { ...(rate !== undefined && { rate }), ...(kinds && { kinds }) })
      : () => undefined
    const slow = latency(this.#shared, env, (text) => {
      this.#trace += `${name} ${text}\n`
    })
    const dark = faults && this.#env.chance(0.3) ? outages(slow, env) : slow
    const faulty = faultyStore(dark, { env, plan })
    const store = this.#options.mutate?.(faulty) ?? faulty
    const actor = { name, env, store: faulty, catalog: fileCatalog({ warehouse, store, env }) }
    this.#actors.push(actor)
    return actor
  }

  async #writer(name: string): Promise<void> {
    let actor = this.#actor(name)
    const commits = 1 + this.#env.int(this.#options.commitsMax ?? 4)
    for (let i = 0; i < commits; i++) {
      await this.#append(actor, `${name}-${i}`)
      // A process that died comes back as a new one.
      if (actor.store.crashed) actor = this.#actor(`${actor.name}+`)
    }
  }

  async #append(actor: Actor, file: string): Promise<void> {
    const store = actor.catalog.storeFor(table)
    const path = `${location}/data/${file}.parquet`
    const claim = (told: Claim['told']): void => {
      this.#claims.push({
        name: file,
        told: actor.store.crashed ? 'died' : told,
        actor: actor.name,
      })
    }
    try {
      const writer = await store.writer(path)
      await writer.write(new Uint8Array(1))
      await writer.close()
      await commitActions(actor.catalog.target(table), [appendOf(location, file)], {
        env: actor.env,
        store,
        onUncommitted: () => store.delete(path).catch(() => undefined),
      })
      claim('committed')
    } catch (error) {
      if (error instanceof CommitStateUnknown) {
        this.#tokens.push({ token: error.token, name: file, actor: actor.name })
        claim('unknown')
      } else {
        if (!(error instanceof MoraineError) || error.code === 'INTERNAL_BUG') {
          this.#bad.push(`${actor.name}: ${String(error)}`)
        }
        claim('not-committed')
      }
    }
  }

  async #dropper(name: string, properties: Readonly<Record<string, string>>): Promise<void> {
    const actor = this.#actor(name)
    await actor.env.sleep(actor.env.int(300))
    try {
      await actor.catalog.dropTable(table, { purge: false })
      await actor.catalog.createTable(table, newTable(actor.env, location, properties))
    } catch (error) {
      this.#expected(error, name)
    }
  }

  /** I14: one reader never sees the versions go back. */
  async #reader(name: string): Promise<void> {
    const actor = this.#actor(name)
    let last = 0
    for (let i = 0; i < 5; i++) {
      await actor.env.sleep(actor.env.int(100))
      try {
        const { version = 0 } = await actor.catalog.loadTable(table)
        if (version < last) this.#bad.push(`I14 a reader saw version ${version} after ${last}`)
        last = version
      } catch (error) {
        this.#expected(error, name)
      }
    }
  }

  #expected(error: unknown, actor: string): void {
    if (error instanceof MoraineError && error.code !== 'INTERNAL_BUG') return
    this.#bad.push(`${actor}: ${String(error)}`)
  }

  /** I3: once the store can be reached, every token is answered, and the answer is true. */
  async #resolveAll(calm: CatalogBackend): Promise<void> {
    for (const { token, name, actor } of this.#tokens) {
      const { outcome } = await calm.resolveCommit(token)
      this.#claims.push({ name, told: outcome, actor: `${actor} (resolved)` })
    }
  }

  async #check(): Promise<void> {
    const chain = slotsOf(this.#shared, location, this.#env, this.#bad)
    checkChain(chain, this.#bad)
    const present = new Map<string, number>()
    for (const head of lastOfEach(chain)) {
      for (const name of await liveNames(this.#shared, this.#env, head, this.#bad)) {
        present.set(name, (present.get(name) ?? 0) + 1)
      }
    }
    checkClaims(this.#claims, present, this.#bad)
    this.#trace += `${chain.length} ${[...present.keys()].join()}`
  }

  /** I18: from whatever state, a fresh writer commits at the first attempt. */
  async #checkLiveness(properties: Readonly<Record<string, string>>): Promise<void> {
    const catalog = fileCatalog({ warehouse, store: this.#shared, env: this.#env })
    try {
      if (!(await catalog.tableExists(table))) {
        await catalog.createTable(table, newTable(this.#env, location, properties))
      }
      const report = await commitActions(catalog.target(table), [appendOf(location, 'last')], {
        env: this.#env,
        store: catalog.storeFor(table),
      })
      if (report.attempts > 1) this.#bad.push(`I18 took ${report.attempts} attempts`)
    } catch (error) {
      this.#bad.push(`I18 a fresh writer cannot commit: ${String(error)}`)
    }
  }
}

/** The last metadata of each incarnation of the table. */
function lastOfEach(chain: readonly Chain[]): import('../../src/format/model.js').TableMetadata[] {
  const last = new Map<string, import('../../src/format/model.js').TableMetadata>()
  for (const { content } of chain) {
    if (content.kind === 'metadata') last.set(content.metadata.tableUuid, content.metadata)
  }
  return [...last.values()]
}

/** Now and then the answer to a slot's creation is lost, and then nothing answers for a while. */
function outages(store: Store, env: SeededEnv): Store {
  let backAtMs = 0
  const answered = async <T>(run: () => Promise<T>): Promise<T> => {
    if (env.monotonicMs() < backAtMs) throw new StoreUnavailable('simulated outage')
    return run()
  }
  return {
    head: (path, options) => answered(() => store.head(path, options)),
    read: (path, range, options) => answered(() => store.read(path, range, options)),
    list: (folder, options) => store.list(folder, options),
    put: (path, bytes) => answered(() => store.put(path, bytes)),
    writer: (path, options) => answered(() => store.writer(path, options)),
    delete: (path) => answered(() => store.delete(path)),
    create: async (path, bytes) => {
      const slot = /\/v[0-9]+\.metadata\.json$/.test(path)
      if (!slot || !env.chance(0.2)) return answered(() => store.create(path, bytes))
      if (env.chance(0.5)) await store.create(path, bytes)
      backAtMs = env.monotonicMs() + env.int(20_000)
      return { outcome: 'unknown', cause: 'simulated outage' }
    },
  }
}

/** Every call takes some virtual time before it is applied: this is what interleaves the actors. */
function latency(store: Store, env: SeededEnv, saw: (text: string) => void): Store {
  const wait = async (text: string, path: string): Promise<void> => {
    await env.sleep(env.int(20))
    saw(`${text} ${path.slice(path.lastIndexOf('/') + 1)}`)
  }
  return {
    head: async (path, options) => {
      await wait('head', path)
      return store.head(path, options)
    },
    read: async (path, range, options) => {
      await wait('read', path)
      return store.read(path, range, options)
    },
    list: async function* (folder, options) {
      await wait('list', folder)
      yield* store.list(folder, options)
    },
    create: async (path, bytes) => {
      await wait('create', path)
      return store.create(path, bytes)
    },
    put: async (path, bytes) => {
      await wait('put', path)
      return store.put(path, bytes)
    },
    delete: async (path) => {
      await wait('delete', path)
      return store.delete(path)
    },
    writer: async (path, options) => {
      await wait('writer', path)
      return store.writer(path, options)
    },
  }
}
