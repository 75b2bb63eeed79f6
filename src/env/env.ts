import { defaultLimits, type Limits } from './limits.js'

/**
 * Everything that is not a function of its inputs. Passed explicitly, so that a simulator can
 * supply all of it. Nothing outside `env/` and the store adapters reads a clock or draws a number.
 */
export interface Env {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
  readonly nowMs: () => number
  /** Monotonic clock for durations, milliseconds. */
  readonly monotonicMs: () => number
  /** Fills and returns `length` random bytes. */
  readonly randomBytes: (length: number) => Uint8Array
  /** Resolves after `ms`; rejects with `Aborted` when `signal` fires. Keeps no process alive. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly limits: Limits
}

export interface EnvOverrides {
  readonly nowMs?: Env['nowMs']
  readonly monotonicMs?: Env['monotonicMs']
  readonly randomBytes?: Env['randomBytes']
  readonly sleep?: Env['sleep']
  readonly limits?: Partial<Limits>
}

/** Limits with some of them replaced. */
export function withLimits(base: Limits, overrides: Partial<Limits> | undefined): Limits {
  return overrides === undefined ? base : Object.freeze({ ...base, ...overrides })
}

export { defaultLimits, type Limits }
