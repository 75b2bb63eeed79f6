/** Namespaces as folders under the warehouse, and which folders are tables. */

import type { TableIdentifier } from '../commit/contract.js'
import { loadHead } from '../commit/slot-table.js'
import { findHead, type SlotFolder } from '../commit/slots.js'
import type { Env } from '../env/env.js'
import { AlreadyExists, InvalidArgument, NotFound, StoreUnavailable } from '../errors.js'
import { baseName, joinLocation } from '../store/location.js'
import type { Store } from '../store/store.js'
import { encodeUtf8 } from '../util/utf8.js'
import { identifierText, namespaceText } from './identifier.js'

/** Makes an empty namespace visible on stores that have no folders of their own. */
const MARKER_NAME = '.namespace'
/** Creating or deleting a marker again is harmless, so a lost answer is simply asked for again. */
const MARKER_TRIES = 3

/** How far down to look for a table in folders that are not marked as namespaces. */
const UNMARKED_DEPTH_MAX = 3

/** A folder under the warehouse, as the catalog sees it. */
type FolderKind = 'table' | 'dropped' | 'namespace' | 'none'

export class Folders {
  readonly #store: Store
  readonly #env: Env
  readonly #warehouse: string

  constructor(store: Store, env: Env, warehouse: string) {
    this.#store = store
    this.#env = env
    this.#warehouse = warehouse
  }

  locationOf(levels: readonly string[]): string {
    return levels.length === 0 ? this.#warehouse : joinLocation(this.#warehouse, ...levels)
  }

  slots(levels: readonly string[]): SlotFolder {
    return { store: this.#store, env: this.#env, location: this.locationOf(levels) }
  }

  async namespaceExists(namespace: readonly string[]): Promise<boolean> {
    return namespace.length === 0 || (await this.#kindOf(namespace)) === 'namespace'
  }

  async requireNamespace(namespace: readonly string[]): Promise<void> {
    if (await this.namespaceExists(namespace)) return
    throw new NotFound('namespace', `there is no namespace ${namespaceText(namespace)}`, {
      details: { namespace: namespaceText(namespace) },
    })
  }

  async createNamespace(namespace: readonly string[]): Promise<void> {
    const text = namespaceText(namespace)
    if (await this.namespaceExists(namespace)) {
      throw new AlreadyExists(`the namespace ${text} exists already`, {
        details: { namespace: text },
      })
    }
    await this.ensureNamespace(namespace)
  }

  /** Marks the namespace and those above it. A table among them is `InvalidArgument`. */
  async ensureNamespace(namespace: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= namespace.length; depth++) {
      const levels = namespace.slice(0, depth)
      if (await this.#isTableFolder(levels)) {
        throw new InvalidArgument(
          `${namespaceText(levels)} is or was a table, so it cannot be a namespace`,
          { details: { namespace: namespaceText(levels) } },
        )
      }
      await this.#mark(joinLocation(this.locationOf(levels), MARKER_NAME))
    }
  }

  /** Created, not put: a namespace must outlive a power cut like a table. */
  async #mark(marker: string): Promise<void> {
    if ((await this.#store.head(marker)) !== undefined) return
    let last: unknown
    for (let tries = 0; tries < MARKER_TRIES; tries++) {
      const result = await this.#store.create(marker, encodeUtf8('{}'))
      if (result.outcome !== 'unknown') return
      last = result.cause
    }
    throw new StoreUnavailable(`no answer on creating ${marker}; try again`, { cause: last })
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    const text = namespaceText(namespace)
    if (namespace.length === 0) throw new InvalidArgument('the root namespace cannot be dropped')
    await this.requireNamespace(namespace)
    const tables = await this.listTables(namespace)
    const children = await this.listNamespaces(namespace)
    if (tables.length + children.length > 0) {
      throw new InvalidArgument(
        `the namespace ${text} holds ${tables.length} tables and ${children.length} namespaces; ` +
          'drop them first',
        { details: { namespace: text } },
      )
    }
    await this.#unmark(joinLocation(this.locationOf(namespace), MARKER_NAME))
  }

  /** Until it is seen to be gone: deleting again is harmless, and an answer may be wrong or lost. */
  async #unmark(marker: string): Promise<void> {
    let last: unknown
    for (let tries = 0; tries < MARKER_TRIES; tries++) {
      try {
        await this.#store.delete(marker)
        if ((await this.#store.head(marker)) === undefined) return
      } catch (error) {
        last = error
      }
    }
    throw new StoreUnavailable(`no answer on deleting ${marker}; try again`, { cause: last })
  }

  async listNamespaces(parent: readonly string[], signal?: AbortSignal): Promise<string[][]> {
    const found: string[][] = []
    for (const levels of await this.#children(parent, signal)) {
      if ((await this.#kindOf(levels, signal)) === 'namespace') found.push(levels)
    }
    return found
  }

  async listTables(namespace: readonly string[], signal?: AbortSignal): Promise<TableIdentifier[]> {
    const found: TableIdentifier[] = []
    for (const levels of await this.#children(namespace, signal)) {
      if ((await this.#kindOf(levels, signal)) !== 'table') continue
      found.push({ namespace: [...namespace], name: levels.at(-1) as string })
    }
    return found
  }

  /** Refuses a table inside a table, and a table where a namespace is. */
  async checkFreeForTable(table: TableIdentifier): Promise<void> {
    const levels = [...table.namespace, table.name]
    if ((await this.#kindOf(levels)) !== 'namespace') return
    throw new AlreadyExists(`${identifierText(table)} is a namespace already`, {
      details: { table: identifierText(table) },
    })
  }

  /** Folders directly below, sorted by name. */
  async #children(parent: readonly string[], signal?: AbortSignal): Promise<string[][]> {
    const names: string[] = []
    const options = { recursive: false, signal }
    for await (const info of this.#store.list(this.locationOf(parent), options)) {
      const name = baseName(info.path)
      if (info.isFolder === true && !name.startsWith('.')) names.push(name)
    }
    return names.sort().map((name) => [...parent, name])
  }

  async #kindOf(levels: readonly string[], signal?: AbortSignal, depth = 0): Promise<FolderKind> {
    const folder = this.slots(levels)
    const head = await loadHead(folder, undefined, signal)
    if (head !== undefined) return head.content.kind === 'metadata' ? 'table' : 'dropped'
    const marker = joinLocation(folder.location, MARKER_NAME)
    if ((await this.#store.head(marker, { signal })) !== undefined) return 'namespace'
    // Made by another writer, without a marker: a namespace if anything lives in it. Only some levels
    // down: the warehouse may lie among folders that have nothing to do with tables.
    if (depth >= UNMARKED_DEPTH_MAX) return 'none'
    for (const child of await this.#children(levels, signal)) {
      const kind = await this.#kindOf(child, signal, depth + 1)
      if (kind === 'table' || kind === 'namespace') return 'namespace'
    }
    return 'none'
  }

  async #isTableFolder(levels: readonly string[]): Promise<boolean> {
    return (await findHead(this.slots(levels))) !== undefined
  }
}
