import type { CatalogBackend, DroppedTable } from '../catalog/catalog.js'
import {
  identifierText,
  parseIdentifier,
  parseNamespace,
  type TableName,
} from '../catalog/identifier.js'
import type { TableIdentifier } from '../commit/contract.js'
import { randomUuid } from '../env/ids.js'
import { InvalidArgument, NotFound, Unsupported } from '../errors.js'
import type { FormatVersion } from '../format/model.js'
import { newTableMetadata } from '../format/new-table.js'
import { buildPartitionSpec, buildSortOrder } from '../partition/spec-builder.js'
import type { PartitionTermOf, SortTermOf } from '../partition/terms.js'
import { buildSchema, type SchemaInput } from '../types/build-schema.js'
import type { SchemaShape, UnknownSchema } from '../types/infer.js'
import type { IdentifierPathOf } from '../types/infer-path.js'
import { checkNewSchema } from '../types/new-schema.js'
import type { Schema } from '../types/type.js'
import { checkChoice, checkOptions, nearest } from '../util/check-options.js'
import type { TableContext } from './context.js'
import { checkExpectedSchema } from './expected-schema.js'
import { propertyMap } from './shape.js'
import { Table } from './table.js'

/** The row schema of a table created with `S`; a ready-made Iceberg schema leaves rows untyped. */
export type CreatedSchema<S extends SchemaInput> = S extends Schema ? UnknownSchema : S

export interface CreateTableOptions<S extends SchemaInput> {
  /** Columns: an object, `[name, type][]` to fix the order beyond doubt, or a ready-made schema. */
  readonly schema: S
  /** Partition terms: `day('at')`, `bucket(16, 'id')`, or a column name for identity. */
  readonly partitionBy?: readonly PartitionTermOf<NoInfer<CreatedSchema<S>>>[]
  /** Sort terms: a column name (ascending, nulls first), `desc('x')`, or a transform. */
  readonly sortBy?: readonly SortTermOf<NoInfer<CreatedSchema<S>>>[]
  /** Columns whose values identify a row. Required columns only. */
  readonly identifier?: readonly IdentifierPathOf<NoInfer<CreatedSchema<S>>>[]
  /** Default 2. */
  readonly formatVersion?: FormatVersion
  readonly properties?: Readonly<Record<string, string>>
}

const CREATE_OPTIONS = [
  'schema',
  'partitionBy',
  'sortBy',
  'identifier',
  'formatVersion',
  'properties',
] as const

/** How a commit of unknown outcome turned out. */
export type ResolvedCommit =
  | { readonly outcome: 'committed'; readonly version: number | undefined }
  | { readonly outcome: 'not-committed' }

/** A connection to a catalog. Close it, or bind it with `await using`. */
export class Catalog {
  readonly #backend: CatalogBackend
  readonly #context: TableContext

  /** @internal Use `connect`. */
  constructor(backend: CatalogBackend, context: TableContext) {
    this.#backend = backend
    this.#context = context
  }

  /** The backend, while the connection is open. */
  get #open(): CatalogBackend {
    this.#context.assertOpen()
    return this.#backend
  }

  /**
   * Creates an empty table. Nothing is visible unless it resolves.
   *
   * @throws AlreadyExists when there is a table of that name, InvalidArgument for a schema,
   * partition or property that does not hold together, CommitStateUnknown when the store cannot be
   * reached to find out.
   */
  async createTable<const S extends SchemaInput>(
    name: TableName,
    options: CreateTableOptions<S>,
  ): Promise<Table<CreatedSchema<S>>> {
    const identifier = parseIdentifier(name)
    checkOptions(options, CREATE_OPTIONS, 'createTable')
    if (options?.schema === undefined) {
      throw new InvalidArgument('createTable takes { schema }: the columns of the table')
    }
    const metadata = this.#newMetadata(identifier, options)
    const loaded = await this.#open.createTable(identifier, metadata)
    return new Table(this.#tableState(identifier, loaded))
  }

  /** Opens a table. Throws `NotFound('table')` with the nearest name that exists. */
  loadTable(name: TableName): Promise<Table<UnknownSchema>>
  /**
   * Opens a table and types it by `schema`: every column of `schema` must be there under its name
   * with the same type; other columns of the table stay, untyped. Throws `InvalidArgument` naming
   * the first column that differs.
   */
  loadTable<const S extends SchemaShape>(
    name: TableName,
    options: { readonly schema: S; readonly signal?: AbortSignal },
  ): Promise<Table<S>>
  async loadTable(
    name: TableName,
    options?: { readonly schema?: SchemaShape; readonly signal?: AbortSignal },
  ): Promise<Table<SchemaShape> | Table<UnknownSchema>> {
    checkOptions(options, ['schema', 'signal'], 'loadTable')
    const identifier = parseIdentifier(name)
    const signal = options?.signal
    const loaded = await this.#load(identifier, signal)
    if (options?.schema !== undefined) checkExpectedSchema(loaded.metadata, options.schema)
    return new Table(this.#tableState(identifier, loaded))
  }

  /** Whether there is a table of that name. */
  async tableExists(name: TableName): Promise<boolean> {
    return this.#open.tableExists(parseIdentifier(name))
  }

  /** The tables of a namespace (of the root when left out), in name order. */
  async listTables(namespace?: string | readonly string[]): Promise<readonly TableIdentifier[]> {
    const tables = await this.#open.listTables(parseNamespace(namespace))
    return [...tables].sort((a, b) => (identifierText(a) < identifierText(b) ? -1 : 1))
  }

  /**
   * Drops a table. Its files stay unless `purge` is set; then everything under its location goes but
   * the metadata slots, whose names are never freed (spec/protocol/commit.md). Files that the store
   * did not delete are in `notDeleted`: the table is gone, and nothing else will delete them.
   *
   * @throws NotFound('table'); InvalidArgument for a purge with `gc.enabled=false`; CommitConflict;
   *   CommitStateUnknown, and then nothing is deleted
   */
  async dropTable(name: TableName, options?: { readonly purge?: boolean }): Promise<DroppedTable> {
    checkOptions(options, ['purge'], 'dropTable')
    checkChoice(options?.purge, 'purge', [true, false], 'dropTable')
    return this.#open.dropTable(parseIdentifier(name), { purge: options?.purge === true })
  }

  /** A file catalog ties a table to its folder: there is nothing to rename. */
  async renameTable(_from: TableName, _to: TableName): Promise<never> {
    throw new Unsupported(
      'rename-table',
      'tables of a file catalog cannot be renamed: the paths in their metadata are absolute',
    )
  }

  async createNamespace(namespace: string | readonly string[]): Promise<void> {
    await this.#open.createNamespace([...parseNamespace(namespace)])
  }

  /** The namespaces directly under `parent` (under the root when left out). */
  async listNamespaces(
    parent?: string | readonly string[],
  ): Promise<readonly (readonly string[])[]> {
    return this.#open.listNamespaces([...parseNamespace(parent)])
  }

  /** Drops an empty namespace. */
  async dropNamespace(namespace: string | readonly string[]): Promise<void> {
    await this.#open.dropNamespace([...parseNamespace(namespace)])
  }

  /**
   * Finds out what became of a commit that ended in `CommitStateUnknown`, in this process or
   * another. The answer is final: a commit that is "not-committed" can never land later.
   */
  async resolveCommit(token: string): Promise<ResolvedCommit> {
    const resolved = await this.#open.resolveCommit(token)
    return resolved.outcome === 'committed'
      ? { outcome: 'committed', version: resolved.table?.version }
      : { outcome: 'not-committed' }
  }

  /** A file catalog publishes one table at a time. */
  async transaction(_fn: (tx: never) => Promise<unknown>): Promise<never> {
    throw new Unsupported(
      'multi-table-transaction',
      'this catalog publishes each table by itself; use table.transaction for one table',
    )
  }

  /**
   * Releases the store and the worker pool that this connection owns. Calls under way finish; later
   * ones, on its tables too, are `InvalidArgument`. Closing again does nothing.
   */
  async close(): Promise<void> {
    await this.#context.close()
    await this.#backend.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #load(identifier: TableIdentifier, signal: AbortSignal | undefined) {
    try {
      return await this.#open.loadTable(identifier, { ...(signal && { signal }) })
    } catch (error) {
      if (!(error instanceof NotFound) || error.kind !== 'table') throw error
      const near = await this.#nearestTable(identifier)
      if (near === undefined) throw error
      throw new NotFound('table', `${error.message}; did you mean ${near}?`, {
        cause: error,
        details: error.details,
      })
    }
  }

  /** The table of the same namespace whose name is closest, for a message. */
  async #nearestTable(identifier: TableIdentifier): Promise<string | undefined> {
    try {
      const tables = await this.#open.listTables(identifier.namespace)
      const name = nearest(
        identifier.name,
        tables.map((table) => table.name),
      )
      return name === undefined ? undefined : identifierText({ ...identifier, name })
    } catch {
      return undefined
    }
  }

  #tableState(identifier: TableIdentifier, loaded: Parameters<typeof makeState>[2]) {
    return makeState(this.#backend, identifier, loaded, this.#context)
  }

  #newMetadata<S extends SchemaInput>(identifier: TableIdentifier, options: CreateTableOptions<S>) {
    const formatVersion = options.formatVersion ?? 2
    if (![1, 2, 3].includes(formatVersion)) {
      throw new InvalidArgument('createTable: option `formatVersion` must be 1, 2 or 3', {
        details: { where: 'createTable', option: 'formatVersion' },
      })
    }
    for (const option of ['partitionBy', 'sortBy', 'identifier'] as const) {
      if (options[option] === undefined || Array.isArray(options[option])) continue
      throw new InvalidArgument(`createTable: option \`${option}\` must be an array`, {
        details: { where: 'createTable', option },
      })
    }
    const { schema } = buildSchema(options.schema, {
      ...(options.identifier && { identifier: options.identifier }),
    })
    checkNewSchema(schema)
    const { spec } = buildPartitionSpec(schema, options.partitionBy ?? [], { formatVersion })
    const sortOrder = buildSortOrder(schema, options.sortBy ?? [])
    return newTableMetadata({
      schema,
      spec,
      sortOrder,
      location: this.#open.tableLocation(identifier),
      properties: propertyMap(options.properties, this.#context.env.limits),
      formatVersion,
      uuid: randomUuid(this.#context.env),
      nowMs: this.#context.env.nowMs(),
    })
  }
}

function makeState(
  backend: CatalogBackend,
  identifier: TableIdentifier,
  loaded: Awaited<ReturnType<CatalogBackend['loadTable']>>,
  context: TableContext,
) {
  return {
    identifier,
    loaded,
    target: backend.target(identifier),
    loadVersion: (version: number) => backend.loadVersion(identifier, version),
    readOnlyReason: undefined,
    context: { ...context, store: backend.storeFor(identifier) },
  }
}
