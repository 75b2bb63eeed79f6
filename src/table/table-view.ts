import { identifierText } from '../catalog/identifier.js'
import { currentSchema, defaultSortOrder, defaultSpec } from '../format/lookup.js'
import type { FormatVersion, TableMetadata } from '../format/model.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import type { Schema } from '../types/type.js'
import { currentHead, type TableState } from './state.js'

/** What a table is, as a handle last saw it. Nothing here reads a file. */
export abstract class TableView {
  readonly #state: TableState

  /** @internal */
  constructor(state: TableState) {
    this.#state = state
  }

  /** @internal */
  protected get state(): TableState {
    return this.#state
  }

  /** `namespace.name`. */
  get name(): string {
    return identifierText(this.state.identifier)
  }

  get location(): string {
    return this.metadata.location
  }

  get uuid(): string {
    return this.metadata.tableUuid
  }

  get formatVersion(): FormatVersion {
    return this.metadata.formatVersion
  }

  /** The current schema. */
  get schema(): Schema {
    return currentSchema(this.metadata)
  }

  /** The partition spec that writes use. */
  get spec(): PartitionSpec {
    return defaultSpec(this.metadata)
  }

  get sortOrder(): SortOrder {
    return defaultSortOrder(this.metadata)
  }

  get properties(): ReadonlyMap<string, string> {
    return this.metadata.properties
  }

  /** Everything the format knows of the table, as this handle last saw it. */
  get metadata(): TableMetadata {
    return this.state.loaded.metadata
  }

  /** Where the metadata file is that this handle last saw. */
  get metadataLocation(): string {
    return this.state.loaded.metadataLocation
  }

  /** Metadata version, where the catalog numbers them. */
  get version(): number | undefined {
    return this.state.loaded.version
  }

  /** Undefined for a table without a snapshot. */
  get currentSnapshotId(): bigint | undefined {
    return currentHead(this.state)?.snapshotId
  }
}
