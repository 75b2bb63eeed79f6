import { schemaOfSnapshot } from '../format/lookup.js'
import type { Snapshot as SnapshotModel, TableMetadata } from '../format/model.js'
import type { SelectPathOf } from '../types/infer.js'
import type { Schema } from '../types/type.js'
import { summaryRecord } from './commit-result.js'
import type { TableContextFor } from './context.js'
import { Scan, type ScanOptions, type Selected } from './scan.js'

/** Facts of one snapshot, as `table.snapshots()` lists them. */
export interface SnapshotInfo {
  readonly snapshotId: bigint
  readonly parentId: bigint | undefined
  readonly sequenceNumber: bigint
  /** Milliseconds since the epoch. */
  readonly timestampMs: number
  readonly operation: string | undefined
  readonly schemaId: number | undefined
  readonly summary: Readonly<Record<string, string>>
}

/** The public view of a snapshot's metadata. */
export function snapshotInfo(snapshot: SnapshotModel): SnapshotInfo {
  return Object.freeze({
    snapshotId: snapshot.snapshotId,
    parentId: snapshot.parentSnapshotId,
    sequenceNumber: snapshot.sequenceNumber,
    timestampMs: snapshot.timestampMs,
    operation: snapshot.summary?.get('operation'),
    schemaId: snapshot.schemaId,
    summary: summaryRecord(snapshot),
  })
}

/** An immutable view of a table at one snapshot. It only reads, and always the same rows. */
export class Snapshot<S> {
  readonly #metadata: TableMetadata
  readonly #snapshot: SnapshotModel | undefined
  readonly #context: TableContextFor
  /** The schema that reads use. */
  readonly schema: Schema

  /** @internal Use `table.asOf` or `table.current`. */
  constructor(
    metadata: TableMetadata,
    snapshot: SnapshotModel | undefined,
    schema: Schema,
    context: TableContextFor,
  ) {
    this.#metadata = metadata
    this.#snapshot = snapshot
    this.schema = schema
    this.#context = context
  }

  /** Undefined for a table that has no snapshot yet. */
  get snapshotId(): bigint | undefined {
    return this.#snapshot?.snapshotId
  }

  /** Milliseconds since the epoch; undefined when there is no snapshot. */
  get timestampMs(): number | undefined {
    return this.#snapshot?.timestampMs
  }

  get info(): SnapshotInfo | undefined {
    return this.#snapshot && snapshotInfo(this.#snapshot)
  }

  /** The schema that was current when the snapshot was made. */
  get ownSchema(): Schema {
    return this.#snapshot === undefined
      ? this.schema
      : schemaOfSnapshot(this.#metadata, this.#snapshot)
  }

  /** A read of this snapshot. */
  scan<const P extends SelectPathOf<S> = never>(options?: ScanOptions<S, P>): Scan<Selected<S, P>> {
    return new Scan(
      {
        metadata: this.#metadata,
        snapshot: this.#snapshot,
        schema: this.schema,
        context: this.#context,
      },
      options,
    )
  }
}
