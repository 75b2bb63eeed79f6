/** What simulated actors ask for, in words that the checker understands without the library. */

/** A file of a simulated table: every row of it has the same key. */
export interface SimFile {
  /** Unique in the history; the last segment of its path, without the extension. */
  readonly name: string
  readonly key: number
  readonly rows: number
}

/** Deletes in one file: positions, or the vector of a table of version 3. */
export interface SimDeletes {
  readonly name: string
  readonly of: string
  readonly vector: boolean
  /** The vector that this one takes the place of. */
  readonly replaces?: string
}

/** One part of a change. A change of several parts is a transaction. */
export type Part =
  | { readonly type: 'append'; readonly branch: string; readonly files: readonly SimFile[] }
  /** Rows with this key go, others come. `planned`: the files that held the key when it was read. */
  | {
      readonly type: 'overwrite'
      readonly branch: string
      readonly key: number
      readonly files: readonly SimFile[]
      readonly isolation: 'serializable' | 'snapshot' | 'none'
      readonly planned: ReadonlySet<string>
    }
  | {
      readonly type: 'replace'
      readonly branch: string
      readonly remove: readonly string[]
      readonly files: readonly SimFile[]
    }
  /** The partitions of the files are replaced; `whole`: the partition is the table. */
  | {
      readonly type: 'partitions'
      readonly branch: string
      readonly whole: boolean
      readonly files: readonly SimFile[]
    }
  /** Deletes for some files, and others rewritten, in the rows of `key`. */
  | {
      readonly type: 'delta'
      readonly branch: string
      readonly key: number
      readonly remove: readonly string[]
      readonly files: readonly SimFile[]
      readonly deletes: readonly SimDeletes[]
      readonly isolation: 'serializable' | 'snapshot'
      readonly planned: ReadonlySet<string>
      /** The deletes that there were for files of `remove` and `deletes`. */
      readonly plannedDeletes: ReadonlySet<string>
    }
  | {
      readonly type: 'ref'
      readonly name: string
      readonly kind: 'branch' | 'tag'
      readonly to: bigint
    }
  | { readonly type: 'drop-ref'; readonly name: string }
  | { readonly type: 'forward'; readonly branch: string; readonly to: string }
  /** `from`: the head that it has seen. */
  | { readonly type: 'rollback'; readonly from: bigint; readonly to: bigint }
  | { readonly type: 'property'; readonly name: string; readonly value: string }
  | { readonly type: 'column'; readonly name: string }
  | { readonly type: 'drop-column'; readonly name: string }
  | { readonly type: 'rename-column'; readonly name: string; readonly to: string }
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'upgrade'; readonly to: 2 | 3 }

/** How a change ended for whoever asked for it. */
export type Told =
  | 'committed'
  /** Resolved, with nothing published: there was nothing to do, or a job had been done already. */
  | 'nothing'
  | 'not-committed'
  | 'unknown'
  /** The process died before it was told anything. */
  | 'died'

/** One change that an actor asked for. */
export interface Operation {
  readonly id: string
  readonly actor: string
  /** For the coverage: `append`, `transaction`, `drop` … */
  readonly kind: string
  readonly parts: readonly Part[]
  /** The head of main must be this; `null`: none. */
  readonly ifSnapshot?: bigint | null
  /** Jobs with one key are done once in a history of snapshots. */
  readonly key?: string
  /** UUID of a table that the operation creates. */
  readonly creates?: string
  readonly drops?: boolean
  /** Order of events in the history. */
  readonly beganAt: number
  endedAt?: number
  /** The table that it was planned on: no other may get it. */
  tableUuid?: string
  told?: Told
  token?: string
  /** What it was refused with. */
  error?: string
  /** What `resolveCommit` said later. */
  resolved?: 'committed' | 'not-committed'
}

/** What an actor saw when it read the table. */
export interface Sighting {
  readonly actor: string
  readonly beganAt: number
  readonly version: number
  readonly tableUuid: string
  readonly snapshotId: bigint | undefined
  readonly files: readonly string[]
}

/** The property, and the member of summaries, that say which operation made a version. */
export const OPERATION_MARK = 'simulated.operation'

/** Where operation parts change the files of a branch. */
export function makesSnapshot(part: Part): boolean {
  return ['append', 'overwrite', 'replace', 'partitions', 'delta'].includes(part.type)
}
