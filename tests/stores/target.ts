/** What a protocol gives the suites of this folder: a running server, and stores and catalogs on it. */
import type { Env } from '../../src/env/env.js'
import type { ConnectOptions } from '../../src/index.js'
import type { Store } from '../../src/store/store.js'

/** Options of `connect` that can be given to another process as JSON. */
export type PlainOptions = Pick<ConnectOptions, 's3' | 'gcs' | 'azure'> &
  Readonly<Record<string, unknown>>

export interface StoreTarget {
  /** `s3`, `gcs`, `azure`. */
  readonly name: string
  /** Of the server, without a closing slash: `http://127.0.0.1:7070`. */
  readonly origin: string
  /** A folder that nobody has used: `s3://bucket/f-1`. */
  freshRoot(): string
  /**
   * How `connect` reaches the server, or what stands at `origin` before it (the fault proxy), with
   * time-outs of `timeoutMs`.
   */
  options(origin?: string, timeoutMs?: number): PlainOptions
  /** A store of its own, as if of another process. */
  store(env?: Env, origin?: string): Store
  /** Uploads that were begun and neither completed nor aborted; undefined where nobody can say. */
  openUploads?(root: string): Promise<number>
  /** The environment in which the command line finds the server, and PyIceberg's file IO properties. */
  readonly reader: {
    readonly env: Readonly<Record<string, string>>
    readonly fileIo: Readonly<Record<string, string>>
  }
  stop(): Promise<void>
}

/** Starts the server of a protocol. */
export type StartTarget = () => Promise<StoreTarget>
