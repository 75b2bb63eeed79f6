import { Aborted } from '../errors.js'
import { defaultLimits, type Env, type Limits, withLimits } from './env.js'

export interface SeededEnvOptions {
  /** Where the virtual clock starts, milliseconds since the epoch. Default 2026-01-01. */
  readonly startMs?: number
  readonly limits?: Partial<Limits>
}

/** An environment that is a function of its seed. */
export interface SeededEnv extends Env {
  readonly seed: number
  /** A number in [0, 1). */
  random(): number
  /** An integer in [0, n). */
  int(n: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** Moves the virtual clock; sleepers whose time has come wake up. */
  advance(ms: number): void
  /** What the wall clock is wrong by from now on; the monotonic clock is never wrong. */
  setSkew(ms: number): void
  /** An independent stream of random numbers with the same clock: one for each actor. */
  fork(label: string): SeededEnv
}

/**
 * Clock, randomness and sleep from one seed. `sleep` waits on virtual time, which jumps to the next
 * sleeper as soon as nothing else can run: an hour of back-off takes no time, and one seed gives
 * one order of events.
 */
export function seededEnv(seed: number, options: SeededEnvOptions = {}): SeededEnv {
  const clock = new VirtualClock(options.startMs ?? Date.UTC(2026, 0, 1))
  return forked(seed, `${seed}`, clock, withLimits(defaultLimits, options.limits))
}

function forked(seed: number, stream: string, clock: VirtualClock, limits: Limits): SeededEnv {
  const next = randomNumbers(stream)
  const random = (): number => next() / 2 ** 32
  let skewMs = 0
  return {
    seed,
    limits,
    random,
    int: (n) => Math.floor(random() * n),
    chance: (probability) => random() < probability,
    advance: (ms) => clock.advance(ms),
    setSkew: (ms) => {
      skewMs = ms
    },
    fork: (label) => forked(seed, `${stream}/${label}`, clock, limits),
    nowMs: () => Math.floor(clock.startMs + clock.elapsedMs) + skewMs,
    monotonicMs: () => clock.elapsedMs,
    randomBytes: (length) => {
      const bytes = new Uint8Array(length)
      for (let i = 0; i < length; i++) bytes[i] = next() & 0xff
      return bytes
    },
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
}

interface Sleeper {
  readonly atMs: number
  readonly order: number
  readonly wake: () => void
}

class VirtualClock {
  readonly startMs: number
  elapsedMs = 0
  readonly #sleepers: Sleeper[] = []
  #order = 0
  #pumping = false

  constructor(startMs: number) {
    this.startMs = startMs
  }

  advance(ms: number): void {
    this.elapsedMs += ms
    if (this.#sleepers.length > 0) this.#pump()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        reject(new Aborted('the operation was aborted by its signal', { cause: signal?.reason }))
      }
      if (signal?.aborted === true) return aborted()
      const onAbort = (): void => {
        const at = this.#sleepers.indexOf(sleeper)
        if (at >= 0) this.#sleepers.splice(at, 1)
        aborted()
      }
      const sleeper: Sleeper = {
        atMs: this.elapsedMs + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#sleepers.push(sleeper)
      this.#pump()
    })
  }

  /** Wakes one sleeper a turn of the event loop: all that it sets off in memory runs before the next. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(() => {
      this.#pumping = false
      const next = this.#takeFirst()
      if (next === undefined) return
      this.elapsedMs = Math.max(this.elapsedMs, next.atMs)
      next.wake()
      if (this.#sleepers.length > 0) this.#pump()
    })
  }

  #takeFirst(): Sleeper | undefined {
    let best = 0
    for (let i = 1; i < this.#sleepers.length; i++) {
      if (earlier(this.#sleepers[i] as Sleeper, this.#sleepers[best] as Sleeper)) best = i
    }
    return this.#sleepers.splice(best, 1)[0]
  }
}

function earlier(a: Sleeper, b: Sleeper): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** Unsigned 32-bit numbers: sfc32, seeded by an FNV-1a hash of the stream's name. */
function randomNumbers(stream: string): () => number {
  let a = 0x811c9dc5
  for (let i = 0; i < stream.length; i++) a = Math.imul(a ^ stream.charCodeAt(i), 0x01000193)
  let b = Math.imul(a, 0x9e3779b1) ^ 0x243f6a88
  let c = Math.imul(b, 0x85ebca6b) ^ 0xb7e15162
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** Resolves after everything that can run without waiting for the outside has run. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
