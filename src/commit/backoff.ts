import type { Env } from '../env/env.js'

/** How often and how long to try: `commit.retry.*` or `commit.status-check.*`. */
export interface RetryBudget {
  readonly numRetries: number
  readonly minWaitMs: number
  readonly maxWaitMs: number
  readonly totalTimeoutMs: number
}

/** Tries of others that a pause makes room for, at most. */
const TURNS_MAX = 16

/**
 * Growing pauses between tries: the n-th lasts between half and all of `minWaitMs · 2ⁿ`, at most
 * `maxWaitMs`, with the jitter drawn anew so that writers that collided drift apart. Nor much longer than
 * it takes so many others to try once: one that has lost often must not fall asleep while the rest
 * go on winning.
 */
export class Pauses {
  readonly #env: Env
  readonly #budget: RetryBudget
  readonly #startMs: number
  #taken = 0

  constructor(env: Env, budget: RetryBudget) {
    this.#env = env
    this.#budget = budget
    this.#startMs = env.monotonicMs()
  }

  /** Pauses taken so far. */
  get taken(): number {
    return this.#taken
  }

  /**
   * Waits before the next try, or with `now` only counts it; false when the budget is used up.
   * `tryMs` is how long the last try took, where tries are lost to others. Rejects with `Aborted`.
   */
  async next(
    signal?: AbortSignal,
    now = false,
    tryMs = Number.POSITIVE_INFINITY,
  ): Promise<boolean> {
    const { numRetries, minWaitMs, maxWaitMs, totalTimeoutMs } = this.#budget
    const elapsedMs = this.#env.monotonicMs() - this.#startMs
    if (this.#taken >= numRetries || elapsedMs >= totalTimeoutMs) return false
    const enoughMs = Math.max(minWaitMs, TURNS_MAX * tryMs)
    const capMs = Math.min(maxWaitMs, enoughMs, minWaitMs * 2 ** Math.min(this.#taken, 30))
    this.#taken++
    if (now) return true
    await this.#env.sleep(Math.min(capMs * this.#jitter(), totalTimeoutMs - elapsedMs), signal)
    return true
  }

  /** A number in [0.5, 1). */
  #jitter(): number {
    const bytes = this.#env.randomBytes(2)
    return 0.5 + ((bytes[0] as number) * 256 + (bytes[1] as number)) / 2 ** 17
  }
}
