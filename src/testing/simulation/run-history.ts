/** Runs one simulated history: several processes on one table, over a store that fails in many ways. */
import { fileCatalog } from '../../catalog/file.js'
import { appendFiles } from '../../commit/actions/append-files.js'
import { commitActions } from '../../commit/committer.js'
import type { LoadedTable } from '../../commit/contract.js'
import { type SeededEnv, seededEnv } from '../../env/seeded-env.js'
import { MoraineError, NotFound } from '../../errors.js'
import { memoryStore, sharingMemoryStore } from '../../store/memory.js'
import type { Store } from '../../store/store.js'
import { encodeUtf8 } from '../../util/utf8.js'
import { FAULT_KINDS, type FaultKind, type FaultPoint, randomFaults } from '../faults.js'
import { type FaultyStore, faultyStore } from '../faulty-store.js'
import { Actor, type Stage } from './actor.js'
import { type Aim, drawAim } from './aims.js'
import { checkHistory } from './check-history.js'
import { FaultCoverage, stepOf } from './coverage.js'
import { type GroupHistory, runGroups } from './group-history.js'
import type { Operation, Sighting } from './operation.js'
import { type RowHistory, runRows } from './row-history.js'
import { Script } from './script.js'
import { describeFile, newSimTable } from './sim-table.js'
import { withLatency, withOutages } from './surroundings.js'
import { Tape } from './tape.js'

export interface HistoryOptions {
  /** The store under test; it must be empty, and answer as soon as the event loop turns. Default: in memory. */
  readonly store?: (env: SeededEnv) => Store
  /** Where the table is kept in that store. Default `memory:/wh`. */
  readonly warehouse?: string
  /** Writers at most. Default 3. */
  readonly writersMax?: number
  /** Writers begin no further change when so many calls to the store were made. Default 100. */
  readonly callsMin?: number
  /** Highest chance of each kind of fault per write. Default 0.08. */
  readonly rate?: number
  /** Default all. */
  readonly faults?: readonly FaultKind[]
  /** Kinds of operations that are left out. */
  readonly without?: readonly string[]
  /** The operations of writers that are done, by their ids: `w0-3`. Default: until `callsMin` is reached. */
  readonly only?: ReadonlySet<string>
  /** Disturbances that are left out: `outages`, `drops`, `reader`, `vandal`. */
  readonly calm?: readonly string[]
  /** Whether the history changes rows in real files. Default: one seed in 200 does. */
  readonly rows?: boolean
  /** Whether the history is one of grouped appends. Default: one seed in 200 is. */
  readonly groups?: boolean
  /** Whether names are found by prefix, as in object stores. Default: in half of the histories. */
  readonly finds?: boolean
  /** Keep the trace, not only its hash. */
  readonly keepTrace?: boolean
}

export interface HistoryReport {
  readonly seed: number
  /** Invariants that did not hold, in words; empty when all did. */
  readonly bad: readonly string[]
  /** Calls to the store by processes that faults happen to, those too that never got there. */
  readonly calls: number
  readonly operations: readonly Operation[]
  /** `operation × fault × step` → how often. */
  readonly coverage: ReadonlyMap<string, number>
  /** The same for every run of one seed with the same options. */
  readonly traceHash: string
  readonly trace: readonly string[]
}

/** Of one writer. */
const CHANGES_MAX = 200

const ROWS_EVERY = 200
const GROUPS_AT = 100

/** About what they take. */
const CALLS_OF = { change: 26, look: 13, drop: 44 } as const

const TABLE = { namespace: ['ns'], name: 't' }

/** Runs and checks the history of a seed. Never rejects for what goes wrong in it. */
export async function runHistory(
  seed: number,
  options: HistoryOptions = {},
): Promise<HistoryReport> {
  const history = new History(seed, options)
  try {
    if (isOfRows(seed, options)) await history.runRows()
    else if (options.groups ?? seed % ROWS_EVERY === GROUPS_AT) await history.runGroups()
    else await history.run()
  } catch (error) {
    history.stage.bad.push(`I20 the history itself failed: ${String(error)}`)
  }
  return history.report()
}

function isOfRows(seed: number, options: HistoryOptions): boolean {
  return options.rows ?? seed % ROWS_EVERY === 0
}

class History {
  readonly stage: Stage
  readonly #seed: number
  readonly #env: SeededEnv
  readonly #options: HistoryOptions
  readonly #script: Script
  readonly #store: Store
  readonly #tape = new Tape()
  readonly #finds: boolean
  readonly #actors: Actor[] = []
  readonly #late: (() => Promise<unknown>)[] = []
  readonly #coverage = new FaultCoverage()
  readonly #trace: string[] = []
  #aim: Aim | undefined
  #hash = 0x811c9dc5
  readonly #stores: FaultyStore[] = []
  #ticks = 0
  /** Calls that whatever is under way, or sure to come, will make about. */
  #callsAhead = 0

  constructor(seed: number, options: HistoryOptions) {
    this.#seed = seed
    this.#options = options
    this.#script = new Script(options.only, options.callsMin ?? 100)
    this.#env = seededEnv(seed)
    this.#finds = options.finds ?? this.#env.fork('finds').chance(0.5)
    this.#aim = drawAim(this.#env.fork('aim'), this.#finds)
    const memory = isOfRows(seed, options) ? memoryStore : sharingMemoryStore
    this.#store = options.store?.(this.#env) ?? memory({ env: this.#env })
    const warehouse = options.warehouse ?? 'memory:/wh'
    const env = this.#env.fork('table')
    this.stage = {
      warehouse,
      table: TABLE,
      location: `${warehouse}/ns/t`,
      properties: {
        'commit.retry.num-retries': '8',
        'commit.status-check.num-retries': `${env.int(4)}`,
        'write.metadata.previous-versions-max': '3',
        'write.metadata.delete-after-commit.enabled': `${env.chance(0.5)}`,
        // Compression is no part of the protocol, and takes half the time.
        'write.manifest.compression-codec': env.chance(0.05) ? 'gzip' : 'uncompressed',
        'commit.manifest.min-count-to-merge': env.chance(0.5) ? '2' : '100',
      },
      partitioned: env.chance(0.5),
      formatVersion: ([1, 2, 2, 3, 3] as const)[env.int(5)] ?? 2,
      operations: [],
      sightings: [] as Sighting[],
      bad: [],
      without: new Set(options.without),
      tick: () => this.#ticks++,
    }
  }

  async run(): Promise<void> {
    const { stage } = this
    const env = this.#env.fork('cast')
    const calm = this.#calm('calm')
    await calm.create('first')
    await calm.furnish('base')
    const writers = 2 + env.int((this.#options.writersMax ?? 3) - 1)
    const jobs: Promise<void>[] = []
    for (let i = 0; i < writers; i++) jobs.push(this.#write(`w${i}`))
    if (env.chance(0.25) && this.#allows('drops'))
      jobs.push(this.#dropAndCreate('d', env.fork('d')))
    if (this.#allows('reader')) jobs.push(this.#read('r'))
    if (this.#allows('vandal')) {
      // Folders are listed when the hint is of no use.
      if (this.#aim?.operation === 'list') jobs.push(this.#spoilHints(env.fork('v'), 40))
      else if (env.chance(0.3)) jobs.push(this.#spoilHints(env.fork('v'), 3))
    }
    await Promise.all(jobs)
    // Where others died before they made the calls that were expected of them.
    await this.#write(`w${writers}`)
    // An answer must hold whether the late requests come before it or after.
    const early = env.chance(0.7)
    if (early) await this.#resolveAll(calm)
    for (const actor of this.#actors) await actor.store.settle()
    for (const apply of this.#late) await apply()
    await this.#resolveAll(calm)
    stage.bad.push(...(await this.#check()))
    await this.#goOn()
  }

  async runRows(): Promise<void> {
    await runRows(this.#parts())
  }

  async runGroups(): Promise<void> {
    await runGroups(this.#parts())
  }

  #parts(): RowHistory & GroupHistory {
    const { warehouse, operations, bad } = this.stage
    return {
      env: this.#env,
      store: this.#store,
      warehouse,
      coverage: this.#coverage,
      operations,
      bad,
      stores: this.#stores,
      script: this.#script,
      faults: this.#options.faults ?? FAULT_KINDS,
      saw: (text) => this.#saw(text),
    }
  }

  report(): HistoryReport {
    return {
      seed: this.#seed,
      bad: this.stage.bad,
      calls: this.#calls(),
      operations: this.stage.operations,
      coverage: this.#coverage.counts,
      traceHash: this.#hash.toString(16).padStart(8, '0'),
      trace: this.#trace,
    }
  }

  #calls(): number {
    return this.#stores.reduce((sum, store) => sum + store.calls, 0)
  }

  #allows(what: string): boolean {
    return this.#options.calm?.includes(what) !== true
  }

  /** A process that nothing happens to. */
  #calm(name: string): Actor {
    const env = this.#env.fork(name)
    const recorded = this.#tape.record(this.#store, name, this.#finds)
    const store = faultyStore(recorded, { env, plan: () => undefined })
    return new Actor(name, env, store, this.stage)
  }

  #actor(name: string, kinds: readonly FaultKind[]): Actor {
    const env = this.#env.fork(name)
    env.setSkew(env.chance(0.3) ? env.int(7_200_000) - 3_600_000 : 0)
    const { rate, faults } = this.#options
    const allowed = faults === undefined ? kinds : kinds.filter((kind) => faults.includes(kind))
    const rates = { ...(rate !== undefined && { rate }), crashShare: 0.1, kinds: allowed }
    const random = randomFaults(env, rates)
    // S1: a store gives whole bytes; only what carries a checksum of ours survives one that does not.
    const plan = this.#coverage.watch((point: FaultPoint) => {
      const fault = this.#aimed(point, allowed) ?? random(point)
      return fault === 'corrupted' && stepOf(point.path) !== 'slot' ? undefined : fault
    })
    const recorded = this.#tape.record(this.#store, name, this.#finds)
    const slow = withLatency(recorded, env, (operation, path) => {
      this.#saw(`${name} ${operation} ${path.slice(path.lastIndexOf('/') + 1)}`)
    })
    const dark = this.#allows('outages') && env.chance(0.25)
    const shaky = dark
      ? withOutages(
          slow,
          env,
          () => this.#coverage.add('create', 'outage', 'slot'),
          (apply) => this.#late.push(apply),
        )
      : slow
    const actor = new Actor(name, env, faultyStore(shaky, { env, plan }), this.stage)
    this.#actors.push(actor)
    this.#stores.push(actor.store)
    return actor
  }

  /** Most histories have one fault at a place of their own, so that the rare ones happen too. */
  #aimed({ operation, path }: FaultPoint, allowed: readonly FaultKind[]): FaultKind | undefined {
    const aim = this.#aim
    if (aim === undefined || operation !== aim.operation || stepOf(path) !== aim.step)
      return undefined
    if (!allowed.includes(aim.kind) || !this.#env.chance(0.5)) return undefined
    this.#aim = undefined
    return aim.kind
  }

  async #write(name: string): Promise<void> {
    let actor = this.#actor(name, FAULT_KINDS)
    let again: string | undefined
    const end = Math.min(CHANGES_MAX, this.#script.endOf(name))
    for (let i = 0; i < end; i++) {
      // Whoever ends last sees to it that the calls are enough.
      const expected = this.#calls() + this.#callsAhead
      if (expected >= this.#script.callsMin) return
      const id = `${name}-${i}`
      if (!this.#script.has(id)) continue
      const operation = await this.#expecting(CALLS_OF.change, actor.change(id, again))
      // A job is run again whether it was done or not: schedulers do.
      again =
        operation?.key !== undefined && this.#env.fork(id).chance(0.7) ? operation.key : undefined
      // A process that died comes back as a new one.
      if (actor.store.crashed) actor = this.#actor(`${actor.name}+`, FAULT_KINDS)
    }
  }

  async #dropAndCreate(name: string, env: SeededEnv): Promise<void> {
    const actor = this.#actor(name, FAULT_KINDS)
    const work = async (): Promise<void> => {
      await actor.env.sleep(env.int(600))
      await actor.drop(`${name}-0`, env.chance(0.4))
      await actor.create(`${name}-1`)
    }
    await this.#expecting(CALLS_OF.drop, work())
  }

  async #expecting<T>(calls: number, work: Promise<T>): Promise<T> {
    this.#callsAhead += calls
    return work.finally(() => {
      this.#callsAhead -= calls
    })
  }

  async #read(name: string): Promise<void> {
    const kinds = FAULT_KINDS.filter((kind) => kind !== 'stale' && kind !== 'corrupted')
    const actor = this.#actor(name, kinds)
    const look = async (): Promise<void> => {
      await actor.env.sleep(actor.env.int(400))
      await actor.look()
    }
    const looks = 1 + actor.env.int(3)
    for (let i = 0; i < looks; i++) {
      await this.#expecting(CALLS_OF.look * (looks - i), look())
    }
  }

  /** Others write the hint too, and anything into it. */
  async #spoilHints(env: SeededEnv, times: number): Promise<void> {
    const store = this.#tape.record(this.#store, 'world')
    for (let i = 0; i < times; i++) {
      await env.sleep(env.int(900 / times))
      const text = ['', 'v2', '1', '99', '2147483648', '../../etc', '{}'][env.int(7)] ?? ''
      await store.put(`${this.stage.location}/metadata/version-hint.text`, encodeUtf8(text))
    }
  }

  /** I3: once the store can be reached, every token is answered, and the answer is final. */
  async #resolveAll(calm: Actor): Promise<void> {
    for (const operation of this.stage.operations) {
      if (operation.token === undefined) continue
      const { outcome } = await calm.catalog.resolveCommit(operation.token)
      operation.resolved ??= outcome
      if (operation.resolved !== outcome) this.stage.bad.push(`I3 ${operation.id} has two answers`)
    }
  }

  async #check(): Promise<readonly string[]> {
    const { location, operations, sightings } = this.stage
    const recorded = { env: this.#env, tape: this.#tape, location, operations, sightings }
    const bad = await checkHistory(recorded)
    for (const { id, told, resolved } of operations) this.#saw(`${id} ${told} ${resolved ?? ''}`)
    this.#saw(`${this.#tape.events.length} events`)
    return bad
  }

  /** I18: from whatever state, a fresh process commits at its first attempt. */
  async #goOn(): Promise<void> {
    const { warehouse, location, properties, partitioned, formatVersion, bad } = this.stage
    const env = this.#env.fork('last')
    try {
      const catalog = fileCatalog({ warehouse, store: this.#store, env })
      const create = async (): Promise<LoadedTable> => {
        const metadata = newSimTable(env, location, { properties, partitioned, formatVersion })
        return catalog.createTable(TABLE, metadata)
      }
      const base = await catalog.loadTable(TABLE).catch((error: unknown) => {
        if (error instanceof NotFound) return create()
        throw error
      })
      const files = [describeFile(base.metadata, { name: 'last', key: 0, rows: 1 })]
      const store = catalog.storeFor(TABLE)
      const report = await commitActions(catalog.target(TABLE), [appendFiles({ files })], {
        env,
        store,
      })
      if (report.attempts > 1) bad.push(`I18 a fresh writer took ${report.attempts} attempts`)
    } catch (error) {
      if (!(error instanceof MoraineError)) throw error
      bad.push(`I18 a fresh writer cannot commit: ${String(error)}`)
    }
  }

  #saw(text: string): void {
    for (let i = 0; i < text.length; i++) {
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    }
    if (this.#options.keepTrace === true) this.#trace.push(text)
  }
}
