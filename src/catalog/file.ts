/**
 * The file catalog: tables are folders under a warehouse, their versions are slots, and a commit is
 * the exclusive creation of the next one (spec/protocol/commit.md).
 */

import { Pauses } from '../commit/backoff.js'
import { lostRacesBudget } from '../commit/budgets.js'
import type { CommitTarget } from '../commit/commit-target.js'
import { parseCommitToken } from '../commit/commit-token.js'
import type { CommitOutcome, LoadedTable, TableIdentifier } from '../commit/contract.js'
import { resolveCommit } from '../commit/resolve-outcome.js'
import type { Tombstone } from '../commit/slot-content.js'
import {
  type Head,
  hasSuccessor,
  loadHead,
  loadVersion,
  publishMetadata,
  publishNewTable,
  publishTombstone,
  repairHint,
  tableOf,
} from '../commit/slot-table.js'
import type { SlotFolder } from '../commit/slots.js'
import type { Env } from '../env/env.js'
import {
  AlreadyExists,
  CommitConflict,
  CommitStateUnknown,
  NotFound,
  Unsupported,
} from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { confine } from '../store/confine.js'
import { isUnder, parseLocation, sameLocation } from '../store/location.js'
import type { Store } from '../store/store.js'
import type {
  CatalogBackend,
  CatalogCallOptions,
  DroppedTable,
  ResolvedOutcome,
} from './catalog.js'
import { Folders } from './folders.js'
import { identifierText, parseNamespace } from './identifier.js'
import { foreignMetadata } from './open.js'
import { filesToPurge, purgeFiles } from './purge.js'

export interface FileCatalogOptions {
  /** The folder that holds the namespaces, as it shall stand in metadata: `/data/wh`, `memory:/wh`. */
  readonly warehouse: string
  readonly store: Store
  readonly env: Env
  /** Further folders that tables may read. */
  readonly readRoots?: readonly string[]
  /** Further folders that tables may read, write to and delete from. */
  readonly writeRoots?: readonly string[]
}

/** A catalog over a folder of any store; over a memory store it is the memory catalog. */
export function fileCatalog(options: FileCatalogOptions): CatalogBackend {
  return new FileCatalog(options)
}

/** Rounds of a creation that others overtake by making and dropping the table. */
const CREATE_TRIES = 20

class FileCatalog implements CatalogBackend {
  readonly kind = 'file'
  readonly #options: FileCatalogOptions
  /** The warehouse, and nothing else. */
  readonly #store: Store
  readonly #folders: Folders
  /** Highest slot seen of each table folder: where the next search begins (C6). */
  readonly #known = new Map<string, number>()

  constructor(options: FileCatalogOptions) {
    const warehouse = options.warehouse.replace(/(?<=[^/:])\/+$/, '')
    parseLocation(warehouse, options.env.limits)
    this.#options = { ...options, warehouse }
    const { limits } = options.env
    this.#store = confine(options.store, { readRoots: [], writeRoots: [warehouse], limits })
    this.#folders = new Folders(this.#store, options.env, warehouse)
  }

  tableLocation(table: TableIdentifier): string {
    return this.#slots(table).location
  }

  async listNamespaces(
    parent: readonly string[] = [],
    options: CatalogCallOptions = {},
  ): Promise<string[][]> {
    const namespace = parseNamespace(parent)
    await this.#folders.requireNamespace(namespace)
    return this.#folders.listNamespaces(namespace, options.signal)
  }

  async namespaceExists(namespace: readonly string[]): Promise<boolean> {
    return this.#folders.namespaceExists(parseNamespace(namespace))
  }

  async createNamespace(namespace: readonly string[]): Promise<void> {
    await this.#folders.createNamespace(parseNamespace(namespace))
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    await this.#folders.dropNamespace(parseNamespace(namespace))
  }

  async listTables(
    namespace: readonly string[],
    options: CatalogCallOptions = {},
  ): Promise<TableIdentifier[]> {
    const levels = parseNamespace(namespace)
    await this.#folders.requireNamespace(levels)
    return this.#folders.listTables(levels, options.signal)
  }

  async tableExists(table: TableIdentifier): Promise<boolean> {
    return (await this.#head(table))?.content.kind === 'metadata'
  }

  async loadTable(table: TableIdentifier, options: CatalogCallOptions = {}): Promise<LoadedTable> {
    const folder = this.#slots(table)
    const fresh = !this.#known.has(folder.location)
    const head = await this.#head(table, options.signal)
    if (head === undefined || head.content.kind !== 'metadata') return this.#missing(table, head)
    if (fresh) await repairHint(folder, head.version)
    return tableOf(head.version, head.content)
  }

  async loadVersion(table: TableIdentifier, version: number): Promise<LoadedTable> {
    const content = await loadVersion(this.#slots(table), version)
    if (content?.kind === 'metadata') return tableOf(version, content)
    const why = content === undefined ? 'does not exist' : `is ${explained(content.kind)}`
    throw new NotFound('file', `version ${version} of ${identifierText(table)} ${why}`, {
      details: { table: identifierText(table), version },
    })
  }

  async createTable(table: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable> {
    const folder = this.#slots(table)
    checkLocation(metadata, folder, table)
    await this.#folders.checkFreeForTable(table)
    await this.#folders.ensureNamespace(table.namespace)
    for (let tries = 0; tries < CREATE_TRIES; tries++) {
      const head = await this.#head(table)
      if (head?.content.kind === 'metadata') throw exists(table)
      if (head === undefined) await this.#refuseForeign(table)
      const version = (head?.version ?? 0) + 1
      const outcome = await publishNewTable(folder, version, metadata)
      if (outcome.outcome === 'committed') return this.#saw(folder, outcome.table)
      if (outcome.outcome === 'unknown') throw unknownOutcome('creation', table, outcome)
      // Another writer took the slot: what it put there decides.
      this.#taken(folder, outcome.taken)
    }
    throw new CommitConflict(`${identifierText(table)} was not created: others were always first`, {
      conflict: 'outpaced',
    })
  }

  async dropTable(
    table: TableIdentifier,
    options: { purge?: boolean } = {},
  ): Promise<DroppedTable> {
    const folder = this.#slots(table)
    let base = await this.loadTable(table)
    const pauses = new Pauses(this.#options.env, lostRacesBudget(base.metadata))
    for (;;) {
      // C18: listed before the tombstone, so nothing of a table made later can be among them.
      const files = options.purge === true ? await filesToPurge(folder, base.metadata) : undefined
      const outcome = await publishTombstone(folder, base)
      if (outcome.outcome === 'unknown') throw unknownOutcome('drop', table, outcome)
      if (outcome.outcome === 'dropped') {
        this.#taken(folder, (base.version ?? 0) + 1)
        const purged = files && (await purgeFiles(folder, files, outcome))
        return { notDeleted: purged ?? [] }
      }
      this.#taken(folder, outcome.taken)
      if (!(await pauses.next())) {
        throw new CommitConflict(`${identifierText(table)} was not dropped: ${outcome.reason}`, {
          conflict: 'outpaced',
        })
      }
      base = await this.loadTable(table)
    }
  }

  async renameTable(from: TableIdentifier): Promise<void> {
    throw new Unsupported(
      'rename-table',
      `a file catalog cannot rename ${identifierText(from)}: the paths in its metadata are ` +
        'absolute; use a catalog that keeps names apart from folders (SQL or REST)',
    )
  }

  async registerTable(table: TableIdentifier, metadataLocation: string): Promise<LoadedTable> {
    throw new Unsupported(
      'register-table',
      `a file catalog cannot register ${metadataLocation} as ${identifierText(table)}: its tables ` +
        'are the folders of the warehouse; read it with openTable, or register it in a SQL or REST catalog',
    )
  }

  target(table: TableIdentifier): CommitTarget {
    const folder = this.#slots(table)
    return {
      load: (signal) => this.loadTable(table, { signal }),
      hasMovedOn: (base, signal) => hasSuccessor(folder, base, signal),
      publish: async (base, request) => {
        const outcome = await publishMetadata(folder, base, request.metadata)
        if (outcome.outcome === 'committed') this.#saw(folder, outcome.table)
        if (outcome.outcome === 'conflict') this.#taken(folder, outcome.taken)
        return outcome
      },
    }
  }

  storeFor(table: TableIdentifier): Store {
    const { store, warehouse, readRoots = [], writeRoots = [] } = this.#options
    return confine(store, {
      readRoots: [warehouse, ...readRoots],
      writeRoots: [this.tableLocation(table), ...writeRoots],
      limits: this.#options.env.limits,
    })
  }

  async resolveCommit(text: string): Promise<ResolvedOutcome> {
    const { env, warehouse } = this.#options
    const token = parseCommitToken(text, env.limits)
    const location = parseLocation(token.location, env.limits)
    if (!isUnder(location, parseLocation(warehouse))) {
      throw new NotFound('catalog', `${token.location} is not in this catalog (${warehouse})`, {
        details: { path: token.location },
      })
    }
    return resolveCommit({ store: this.#store, env, location: token.location }, token)
  }

  async close(): Promise<void> {
    await this.#options.store.close?.()
  }

  #slots(table: TableIdentifier): SlotFolder {
    return this.#folders.slots([...table.namespace, table.name])
  }

  async #head(table: TableIdentifier, signal?: AbortSignal): Promise<Head | undefined> {
    const folder = this.#slots(table)
    const head = await loadHead(folder, this.#known.get(folder.location), signal)
    if (head !== undefined) this.#known.set(folder.location, head.version)
    return head
  }

  #saw(folder: SlotFolder, table: LoadedTable): LoadedTable {
    if (table.version !== undefined) this.#known.set(folder.location, table.version)
    return table
  }

  /** A slot that is known to be taken. Names that are found late (S2) must not lead to below it again. */
  #taken(folder: SlotFolder, taken: number | undefined): void {
    if (taken === undefined || folder.store.findByPrefix === undefined) return
    if (taken > (this.#known.get(folder.location) ?? 0)) this.#known.set(folder.location, taken)
  }

  async #missing(table: TableIdentifier, head: Head | undefined): Promise<never> {
    const text = identifierText(table)
    if (head === undefined) await this.#refuseForeign(table)
    const dropped = head?.content as Tombstone | undefined
    const why = dropped === undefined ? '' : ': it was dropped'
    throw new NotFound('table', `there is no table ${text} in ${this.#options.warehouse}${why}`, {
      details: { table: text },
    })
  }

  /** C24: the folder belongs to a catalog that keeps its pointer elsewhere. */
  async #refuseForeign(table: TableIdentifier): Promise<void> {
    const found = await foreignMetadata(this.#slots(table))
    if (found.length === 0) return
    throw new Unsupported(
      'foreign-table-layout',
      `${identifierText(table)} was written through another catalog, which alone knows its newest ` +
        `version; read it with openTable('${this.tableLocation(table)}')`,
      { details: { path: found[0] } },
    )
  }
}

function explained(kind: 'retired' | 'tombstone'): string {
  return kind === 'retired' ? 'gone: it has left the metadata log' : 'the drop of the table'
}

function exists(table: TableIdentifier): AlreadyExists {
  const text = identifierText(table)
  return new AlreadyExists(`the table ${text} exists already`, { details: { table: text } })
}

function checkLocation(metadata: TableMetadata, folder: SlotFolder, table: TableIdentifier): void {
  const recorded = parseLocation(metadata.location, folder.env.limits)
  if (sameLocation(recorded, parseLocation(folder.location))) return
  throw new Unsupported(
    'table-location',
    `a file catalog keeps ${identifierText(table)} in ${folder.location}, not in ` +
      `${metadata.location}; leave the location out`,
    { details: { path: metadata.location } },
  )
}

function unknownOutcome(
  what: string,
  table: TableIdentifier,
  outcome: Extract<CommitOutcome, { outcome: 'unknown' }>,
): CommitStateUnknown {
  const text = identifierText(table)
  return new CommitStateUnknown(
    `it is unknown whether the ${what} of ${text} happened: the store cannot be reached to find ` +
      'out; settle it with catalog.resolveCommit(error.token)',
    outcome.token,
    { cause: outcome.cause, details: { table: text } },
  )
}
