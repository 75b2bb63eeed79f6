import type { Env } from '../env/env.js'

/** How often and how long to try: `commit.retry.*` or `commit.status-check.*`. */
export interface RetryBudget {
  readonly numRetries: number
  readonly minWaitMs: number
  readonly maxWaitMs: number
  readonly totalTimeoutMs: number
}

/**
 * Growing pauses between tries: the n-th lasts between half and all of `minWaitMs · 2ⁿ`, at most
 * `maxWaitMs`, with the jitter drawn anew so that writers that collided drift apart.
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
   * Rejects with `Aborted`.
   */
  async next(signal?: AbortSignal, now = false): Promise<boolean> {
    const { numRetries, minWaitMs, maxWaitMs, totalTimeoutMs } = this.#budget
    const elapsedMs = this.#env.monotonicMs() - this.#startMs
    if (this.#taken >= numRetries || elapsedMs >= totalTimeoutMs) return false
    const capMs = Math.min(maxWaitMs, minWaitMs * 2 ** Math.min(this.#taken, 30))
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
