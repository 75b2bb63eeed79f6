/** Credentials that end: asked for when they are needed, and again before they end, once at a time. */
import type { Env } from '../env/env.js'
import { MoraineError, StoreUnavailable } from '../errors.js'

/** What was given, and until when it holds: milliseconds since the epoch, `Infinity` for always. */
export interface Lasting<T> {
  readonly value: T
  readonly endsMs: number
}

const REFRESH_BEFORE_MS = 5 * 60_000

export class Refreshed<T> {
  readonly #ask: () => Promise<Lasting<T>>
  readonly #env: Pick<Env, 'nowMs'>
  readonly #what: string
  #held: Lasting<T> | undefined
  #asking: Promise<Lasting<T>> | undefined

  /** `what` names the credentials in errors: `s3 credentials`. */
  constructor(what: string, ask: () => Promise<Lasting<T>>, env: Pick<Env, 'nowMs'>) {
    this.#what = what
    this.#ask = ask
    this.#env = env
  }

  /** Those to use now. Many callers wait for one question; while the old ones hold, its failure is none. */
  async current(): Promise<T> {
    const held = this.#held
    if (held !== undefined && held.endsMs - REFRESH_BEFORE_MS > this.#env.nowMs()) return held.value
    this.#asking ??= this.#refresh().finally(() => {
      this.#asking = undefined
    })
    try {
      return (await this.#asking).value
    } catch (error) {
      if (held !== undefined && held.endsMs > this.#env.nowMs()) return held.value
      throw error
    }
  }

  /**
   * Others than `refused`, which the server does not take (they ended early, or were exchanged);
   * undefined when there are none to be had. Asks unless somebody has asked since.
   */
  async insteadOf(refused: T, isSame: (a: T, b: T) => boolean): Promise<T | undefined> {
    if (this.#held?.value === refused) this.#held = undefined
    const next = await this.current()
    return isSame(next, refused) ? undefined : next
  }

  async #refresh(): Promise<Lasting<T>> {
    try {
      this.#held = await this.#ask()
      return this.#held
    } catch (cause) {
      if (cause instanceof MoraineError) throw cause
      // The cause of a failed login may hold what was sent: only its name is shown.
      const name = cause instanceof Error ? cause.name : typeof cause
      throw new StoreUnavailable(
        `there are no ${this.#what} to be had (${name}); log in, or give them by option or environment`,
        { details: { reason: name } },
      )
    }
  }
}

/** The variables of the environment, where there is one (browsers have none). Empty ones count as unset. */
export function environment(name: string): string | undefined {
  const holder = globalThis as {
    readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
  }
  const value = holder.process?.env?.[name]
  return value === '' ? undefined : value
}
