/** What a pool and its workers say to each other. Everything is structured-cloneable. */
import {
  Aborted,
  CorruptData,
  type ErrorDetails,
  InternalBug,
  InvalidArgument,
  LimitExceeded,
  MoraineError,
  NotFound,
  StoreUnavailable,
  Unsupported,
} from '../errors.js'
import type { FileBytes } from './leaf-decoder.js'
import type { RawColumn } from './raw-column.js'
import type { DecodeTask } from './read-node.js'
import type { EncodeRequest } from './write-encode.js'

/** Where the worker gets the bytes of a file: it opens it itself, or they come along. */
export type TaskBytes =
  | { readonly localPath: string; readonly sizeBytes: number }
  /** The pieces of each chunk of the task. */
  | { readonly pieces: readonly (readonly FileBytes[])[] }

export type PoolRequest =
  | {
      readonly kind: 'decode'
      readonly id: number
      readonly task: DecodeTask
      readonly bytes: TaskBytes
      /** Buffers that nobody needs any more, for the results. */
      readonly recycled: readonly ArrayBuffer[]
    }
  | { readonly kind: 'encode'; readonly id: number; readonly request: EncodeRequest }

export type PoolResponse =
  | { readonly kind: 'ready' }
  | { readonly kind: 'decoded'; readonly id: number; readonly columns: readonly RawColumn[] }
  | { readonly kind: 'encoded'; readonly id: number; readonly image: Uint8Array }
  | {
      readonly kind: 'failed'
      readonly id: number
      readonly error: ErrorRecord
      /** The worker must not be used again: its wasm memory may be in any state. */
      readonly poisoned: boolean
    }

/** What a worker is started with. */
export interface WorkerStart {
  /** One word of shared memory: the id of the request that nobody waits for any more. */
  readonly cancelled: SharedArrayBuffer
}

/** An error as plain data: classes do not survive the way between threads. */
export interface ErrorRecord {
  readonly code: string
  readonly message: string
  readonly feature: string
  readonly details: ErrorDetails
}

export function recordError(error: unknown): ErrorRecord {
  if (error instanceof MoraineError) {
    const feature = error instanceof Unsupported ? error.feature : ''
    return { code: error.code, message: error.message, feature, details: { ...error.details } }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'INTERNAL_BUG', message, feature: '', details: {} }
}

/** The error that was recorded, thrown anew in this thread. */
export function reviveError(record: ErrorRecord): MoraineError {
  const { code, message, feature, details } = record
  const options = { details }
  switch (code) {
    case 'CORRUPT_DATA':
      return new CorruptData(message, options)
    case 'LIMIT_EXCEEDED':
      return new LimitExceeded(message, options)
    case 'UNSUPPORTED':
      return new Unsupported(feature, message, options)
    case 'INVALID_ARGUMENT':
      return new InvalidArgument(message, options)
    case 'STORE_UNAVAILABLE':
      return new StoreUnavailable(message, options)
    case 'NOT_FOUND':
      return new NotFound('file', message, options)
    case 'ABORTED':
      return new Aborted(message, options)
    default:
      return new InternalBug(message, options)
  }
}

/** Whether an error came from a trap in wasm, after which the instance is not to be trusted. */
export function isTrap(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof WebAssembly.RuntimeError) return true
  }
  return false
}
