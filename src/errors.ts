/**
 * Every error that moraine throws. One hierarchy under {@link MoraineError}; the `code` strings are
 * stable API, the messages are not. See `spec/decisions/0002-errors.md`.
 */

/** The stable, machine-readable name of an error class. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'VALIDATION'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'COMMIT_CONFLICT'
  | 'COMMIT_STATE_UNKNOWN'
  | 'CORRUPT_DATA'
  | 'LIMIT_EXCEEDED'
  | 'LOCATION_DENIED'
  | 'UNSUPPORTED'
  | 'STORE_UNAVAILABLE'
  | 'ABORTED'
  | 'INTERNAL_BUG'

/** Whether the change that failed may be visible to others. Reads are always `'no'`. */
export type Committed = 'no' | 'yes' | 'maybe'

/** What a caller can do next: never retry, retry the same call, reload first, or retry later. */
export type Retry = 'never' | 'same' | 'rebase' | 'later'

/** Facts about an error that are safe to log: no secrets, no row values beyond what is named. */
export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean | undefined>>

export interface MoraineErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
}

/** The base of every error thrown by moraine. */
export abstract class MoraineError extends Error {
  abstract readonly code: ErrorCode
  readonly committed: Committed = 'no'
  readonly retry: Retry = 'never'
  readonly details: ErrorDetails

  constructor(message: string, options: MoraineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.details = Object.freeze({ ...options.details })
  }
}

/** The call itself is wrong: an unknown option, a bad value, a name that does not parse. */
export class InvalidArgument extends MoraineError {
  readonly code = 'INVALID_ARGUMENT'
}

/** A row does not fit the schema. `details` names `row` (0-based), `column` (path) and `value`. */
export class ValidationError extends MoraineError {
  readonly code = 'VALIDATION'
}

export type NotFoundKind =
  | 'table'
  | 'namespace'
  | 'snapshot'
  | 'ref'
  | 'column'
  | 'file'
  | 'catalog'
  | 'view'

/** Something that was named does not exist. */
export class NotFound extends MoraineError {
  readonly code = 'NOT_FOUND'
  readonly kind: NotFoundKind
  constructor(kind: NotFoundKind, message: string, options?: MoraineErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** Something that should be created exists already. */
export class AlreadyExists extends MoraineError {
  readonly code = 'ALREADY_EXISTS'
}

/**
 * What another writer did that a change cannot be reconciled with (spec/protocol/isolation.md).
 * `outpaced`: nothing stands against the change, but others were always first.
 */
export type ConflictKind =
  | 'files-removed'
  | 'rows-added'
  | 'deletes-added'
  | 'history-rewritten'
  | 'schema-changed'
  | 'spec-changed'
  | 'sort-order-changed'
  | 'head-moved'
  | 'table-replaced'
  | 'outpaced'

export interface CommitConflictOptions extends MoraineErrorOptions {
  readonly conflict?: ConflictKind
}

/** Surely not committed: another writer changed what this commit depends on. */
export class CommitConflict extends MoraineError {
  readonly code = 'COMMIT_CONFLICT'
  override readonly retry: Retry = 'rebase'
  /** What stands in the way; undefined where only a message came (from a remote catalog). */
  readonly conflict: ConflictKind | undefined
  constructor(message: string, options: CommitConflictOptions = {}) {
    super(message, options)
    this.conflict = options.conflict
  }
}

/**
 * The commit may or may not have happened: the store could not be reached to find out. Nothing was
 * deleted. Keep `token` (a plain string) and settle it later with `catalog.resolveCommit(token)`.
 */
export class CommitStateUnknown extends MoraineError {
  readonly code = 'COMMIT_STATE_UNKNOWN'
  override readonly committed: Committed = 'maybe'
  override readonly retry: Retry = 'later'
  readonly token: string
  constructor(message: string, token: string, options?: MoraineErrorOptions) {
    super(message, options)
    this.token = token
  }
}

/** Bytes that break their format. `details` names `path` and `offset` or `pointer` when known. */
export class CorruptData extends MoraineError {
  readonly code = 'CORRUPT_DATA'
}

/** A bound of `env/limits` was passed; `details` has `limit` (its name), `max` and `actual`. */
export class LimitExceeded extends MoraineError {
  readonly code = 'LIMIT_EXCEEDED'
}

/** A path lies outside the places this table may read or write. */
export class LocationDenied extends MoraineError {
  readonly code = 'LOCATION_DENIED'
}

/** Valid, but not supported here; `feature` names what. */
export class Unsupported extends MoraineError {
  readonly code = 'UNSUPPORTED'
  readonly feature: string
  constructor(feature: string, message: string, options?: MoraineErrorOptions) {
    super(message, options)
    this.feature = feature
  }
}

/** The store refused or could not be reached. Nothing was published. */
export class StoreUnavailable extends MoraineError {
  readonly code = 'STORE_UNAVAILABLE'
  override readonly retry: Retry = 'later'
}

/** The caller's `AbortSignal` fired before anything was published. */
export class Aborted extends MoraineError {
  readonly code = 'ABORTED'
}

/** An assertion inside moraine failed. Please report it. */
export class InternalBug extends MoraineError {
  readonly code = 'INTERNAL_BUG'
}
