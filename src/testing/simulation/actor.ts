/** One process of a simulated history: it asks for changes, dies, and comes back. */
import type { CatalogBackend } from '../../catalog/catalog.js'
import { fileCatalog } from '../../catalog/file.js'
import { commitActions } from '../../commit/committer.js'
import type { LoadedTable, TableIdentifier } from '../../commit/contract.js'
import { randomUuid } from '../../env/ids.js'
import type { SeededEnv } from '../../env/seeded-env.js'
import { AlreadyExists, CommitStateUnknown, MoraineError, StoreUnavailable } from '../../errors.js'
import { currentSnapshot } from '../../format/lookup.js'
import type { FormatVersion, TableMetadata } from '../../format/model.js'
import type { FaultyStore } from '../faulty-store.js'
import {
  type Drawn,
  drawKind,
  drawOperation,
  operationOf,
  readsFiles,
  replayKeyed,
} from './draw-operation.js'
import type { Operation, Part, Sighting, Told } from './operation.js'
import { dataPath, deletesPath, KEYS, liveFiles, NO_FILES, newSimTable } from './sim-table.js'

/** What a process shares with the others: the table's name, and the record of the history. */
export interface Stage {
  readonly warehouse: string
  readonly table: TableIdentifier
  readonly location: string
  readonly properties: Readonly<Record<string, string>>
  readonly partitioned: boolean
  readonly formatVersion: FormatVersion
  readonly operations: Operation[]
  readonly sightings: Sighting[]
  readonly bad: string[]
  /** Kinds of operations that are left out. */
  readonly without: ReadonlySet<string>
  /** A number for the next event. */
  tick(): number
}

export class Actor {
  readonly name: string
  readonly env: SeededEnv
  readonly store: FaultyStore
  readonly catalog: CatalogBackend
  readonly #stage: Stage

  constructor(name: string, env: SeededEnv, store: FaultyStore, stage: Stage) {
    this.name = name
    this.env = env
    this.store = store
    this.catalog = fileCatalog({ warehouse: stage.warehouse, store, env })
    this.#stage = stage
  }

  /** One change drawn from the seed. `again`: the key of a job that may have been done. */
  async change(id: string, again?: string): Promise<Operation | undefined> {
    const draw = this.env.fork(id)
    const kind = drawKind(draw, this.#stage.without)
    if (draw.chance(0.1)) this.env.setSkew(draw.int(7_200_000) - 3_600_000)
    let base: LoadedTable
    let drawn: Drawn | undefined
    try {
      base = await this.catalog.loadTable(this.#stage.table)
      const { metadata } = base
      const live = readsFiles(kind)
        ? await liveFiles(metadata, currentSnapshot(metadata), this.#confined, this.env)
        : NO_FILES
      // Files lie where the process writes them, even when the location it has read was damaged on the way.
      const named = { ...metadata, location: this.#stage.location }
      const scene = { env: draw, id, metadata: named, live }
      drawn =
        again !== undefined
          ? replayKeyed(again, scene)
          : (drawOperation(kind, scene) ?? drawOperation('append', scene))
    } catch (error) {
      this.#expected(error)
      return undefined
    }
    if (drawn === undefined) return undefined
    const { parts, ifSnapshot, key } = drawn
    const operation: Operation = {
      id,
      actor: this.name,
      kind: drawn.kind,
      parts,
      ...(ifSnapshot !== undefined && { ifSnapshot }),
      ...(key !== undefined && { key }),
      beganAt: this.#stage.tick(),
    }
    await this.#perform(operation, () => this.#commit(drawn, operation, base, draw))
    return operation
  }

  /** A table of a few files to begin with, two of each key; often more. */
  async furnish(id: string): Promise<void> {
    const files = Array.from({ length: 2 * KEYS }, (_, i) => ({
      name: `${id}-${i}`,
      key: i % KEYS,
      rows: 1 + (i % 3),
    }))
    await this.#calmly(id, 'append', () => [{ type: 'append', branch: 'main', files }])
    const [hasBranch, hasColumn] = [this.env.chance(0.5), this.env.chance(0.3)]
    if (hasBranch || hasColumn) {
      await this.#calmly(`${id}_b`, 'transaction', ({ currentSnapshotId: to }) => [
        ...(hasBranch && to !== undefined ? branchAhead(`${id}_b`, to) : []),
        ...(hasColumn ? [{ type: 'column', name: `c_${id}` } as const] : []),
      ])
    }
    if (!hasColumn) return
    await this.#calmly(`${id}_c`, 'drop-column', () => [{ type: 'drop-column', name: `c_${id}` }])
  }

  async #calmly(
    id: string,
    kind: string,
    partsOf: (metadata: TableMetadata) => readonly Part[],
  ): Promise<void> {
    const base = await this.catalog.loadTable(this.#stage.table)
    const { metadata } = base
    const parts = partsOf(metadata)
    const drawn = operationOf(kind, parts, { env: this.env, id, metadata, live: NO_FILES })
    const beganAt = this.#stage.tick()
    const operation: Operation = { id, actor: this.name, kind, parts, beganAt }
    await this.#perform(operation, () => this.#commit(drawn, operation, base, this.env))
  }

  async #commit(
    drawn: Drawn,
    operation: Operation,
    base: LoadedTable,
    draw: SeededEnv,
  ): Promise<Told> {
    const paths = await this.#writeFiles(operation)
    const store = this.#confined
    const abort = draw.chance(0.12) ? new AbortController() : undefined
    if (abort !== undefined) {
      // Whether it comes in time or not, nobody may be told the wrong thing.
      void this.env
        .fork('abort')
        .sleep(draw.int(500))
        .then(() => abort.abort())
    }
    const { ifSnapshot } = drawn
    // Some plan on what they have loaded, others on whatever is there: not those who have read files
    // or written any, which belong to one table and one state of it.
    const seen = readsFiles(drawn.kind) || drawn.kind === 'rollback' || ifSnapshot !== undefined
    const bound = paths.length > 0 || seen
    const planned = draw.chance(0.7) || bound
    const { tableUuid } = base.metadata
    // Version 1 may have none: then nobody can tell one table from the next.
    if (planned && tableUuid !== '') operation.tableUuid = tableUuid
    const report = await commitActions(this.catalog.target(this.#stage.table), drawn.actions, {
      env: this.env,
      store,
      ...(planned && { base }),
      ...(ifSnapshot !== undefined && { ifSnapshot: { snapshotId: ifSnapshot ?? undefined } }),
      ...(abort !== undefined && { signal: abort.signal }),
      onUncommitted: async () => {
        for (const path of paths) await store.delete(path).catch(() => undefined)
      },
    })
    return report.published ? 'committed' : 'nothing'
  }

  /** The bytes of new files: what matters is that they are there. */
  async #writeFiles(operation: Operation): Promise<readonly string[]> {
    const paths: string[] = []
    for (const part of operation.parts) {
      const { location } = this.#stage
      const made = 'files' in part ? part.files.map((file) => dataPath(location, file.name)) : []
      if (part.type === 'delta')
        made.push(...part.deletes.map((file) => deletesPath(location, file)))
      for (const path of made) {
        await this.#writeFile(path)
        paths.push(path)
      }
    }
    return paths
  }

  /** Whoever writes a file tries again; that it is there already is as good. */
  async #writeFile(path: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const writer = await this.#confined.writer(path)
        await writer.write(Uint8Array.of(1))
        await writer.close()
        return
      } catch (error) {
        if (error instanceof AlreadyExists) return
        if (!(error instanceof StoreUnavailable) || tries === 4 || this.store.crashed) throw error
      }
    }
  }

  async drop(id: string, purge: boolean): Promise<void> {
    const beganAt = this.#stage.tick()
    const kind = purge ? 'purge' : 'drop'
    const operation: Operation = { id, actor: this.name, kind, parts: [], drops: true, beganAt }
    await this.#perform(operation, async () => {
      await this.catalog.dropTable(this.#stage.table, { purge })
      return 'committed'
    })
  }

  async create(id: string): Promise<void> {
    const { location, properties, partitioned, formatVersion, table } = this.#stage
    const uuid = randomUuid(this.env)
    const beganAt = this.#stage.tick()
    const operation: Operation = {
      id,
      actor: this.name,
      kind: 'create',
      parts: [],
      creates: uuid,
      beganAt,
    }
    await this.#perform(operation, async () => {
      const metadata = newSimTable(this.env, location, {
        properties,
        partitioned,
        formatVersion,
        uuid,
      })
      await this.catalog.createTable(table, metadata)
      return 'committed'
    })
  }

  /** Reads the table, twice by one handle. */
  async look(): Promise<void> {
    const beganAt = this.#stage.tick()
    try {
      const { metadata, version = 0 } = await this.catalog.loadTable(this.#stage.table)
      const snapshot = currentSnapshot(metadata)
      const [first, second] = [
        await liveFiles(metadata, snapshot, this.#confined, this.env),
        await liveFiles(metadata, snapshot, this.#confined, this.env),
      ].map((live) => [...live.data.keys()].sort())
      if (first?.join() !== second?.join()) {
        this.#stage.bad.push(`I13 ${this.name}: two reads of one handle differ`)
      }
      this.#stage.sightings.push({
        actor: this.name,
        beganAt,
        version,
        tableUuid: metadata.tableUuid,
        snapshotId: snapshot?.snapshotId,
        files: first ?? [],
      })
    } catch (error) {
      this.#expected(error)
    }
  }

  get #confined() {
    return this.catalog.storeFor(this.#stage.table)
  }

  async #perform(operation: Operation, run: () => Promise<Told>): Promise<void> {
    this.#stage.operations.push(operation)
    const end = (told: Told): void => {
      operation.told = this.store.crashed ? 'died' : told
      operation.endedAt = this.#stage.tick()
    }
    try {
      end(await run())
    } catch (error) {
      if (error instanceof CommitStateUnknown) operation.token = error.token
      operation.error = error instanceof MoraineError ? error.message : String(error)
      this.#expected(error)
      end(error instanceof CommitStateUnknown ? 'unknown' : 'not-committed')
    }
  }

  /** Faults may end in any typed error, and never in a fault of ours. */
  #expected(error: unknown): void {
    if (error instanceof MoraineError && error.code !== 'INTERNAL_BUG') return
    this.#stage.bad.push(`I20 ${this.name}: ${String(error)}`)
  }
}

/** A branch that is one commit ahead of main. */
function branchAhead(id: string, to: bigint): readonly Part[] {
  const name = `b-${id}`
  return [
    { type: 'ref', name, kind: 'branch', to },
    { type: 'append', branch: name, files: [{ name: id, key: 0, rows: 1 }] },
  ]
}
