/** Bounded concurrency over async sequences: the one way that a scan does several things at once. */
import { throwIfAborted } from '../env/system-env.js'

export interface MapOptions<T> {
  /** How many items may be in work or finished but not yet taken. At least 1. */
  readonly width: number
  /** Results in the order of the source; otherwise as they finish. */
  readonly ordered: boolean
  /** Weight of an item, in the unit of `maxWeight`. One item may always be in work. */
  readonly weigh?: (item: T) => number
  readonly maxWeight?: number
  readonly signal?: AbortSignal | undefined
}

interface Slot<R> {
  readonly weight: number
  state: 'working' | 'done' | 'failed'
  value: R | undefined
  error: unknown
  settled: Promise<void>
}

/**
 * Applies `work` to every item, several at a time. Leaving the iteration, an error or the signal
 * aborts the signal given to `work`, closes the source and waits for what is still running.
 */
export async function* mapBounded<T, R>(
  source: AsyncIterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  options: MapOptions<T>,
): AsyncGenerator<R, void, void> {
  const abort = new AbortController()
  const onAbort = (): void => abort.abort(options.signal?.reason)
  throwIfAborted(options.signal)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const pump = new Pump(source[Symbol.asyncIterator](), work, options, abort.signal)
  try {
    for (;;) {
      const slot = await pump.next()
      throwIfAborted(options.signal)
      if (slot === undefined) return
      yield slot.value as R
      pump.release(slot)
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    abort.abort()
    await pump.close()
  }
}

class Pump<T, R> {
  readonly #source: AsyncIterator<T>
  readonly #work: (item: T, signal: AbortSignal) => Promise<R>
  readonly #options: MapOptions<T>
  readonly #signal: AbortSignal
  readonly #slots: Slot<R>[] = []
  #held = 0
  #weight = 0
  #exhausted = false
  #closed = false
  #failure: { readonly error: unknown } | undefined
  #wakeConsumer: (() => void) | undefined
  #wakeFeeder: (() => void) | undefined
  readonly #feeding: Promise<void>

  constructor(
    source: AsyncIterator<T>,
    work: (item: T, signal: AbortSignal) => Promise<R>,
    options: MapOptions<T>,
    signal: AbortSignal,
  ) {
    this.#source = source
    this.#work = work
    this.#options = options
    this.#signal = signal
    signal.addEventListener('abort', () => this.#notify(), { once: true })
    this.#feeding = this.#feed()
  }

  /** The next finished slot, or undefined at the end. */
  async next(): Promise<Slot<R> | undefined> {
    for (;;) {
      const slot = this.#take()
      if (slot !== undefined) {
        if (slot.state === 'failed') throw slot.error
        return slot
      }
      if (this.#slots.length === 0) {
        if (this.#failure !== undefined) throw this.#failure.error
        if (this.#exhausted) return undefined
      }
      throwIfAborted(this.#signal)
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve
      })
    }
  }

  /** Gives back the room of a slot whose value has been consumed. */
  release(slot: Slot<R>): void {
    this.#held -= 1
    this.#weight -= slot.weight
    this.#notify()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#notify()
    const running = this.#slots.map((slot) => slot.settled)
    await Promise.all([this.#feeding, ...running])
    await this.#source.return?.()
  }

  #take(): Slot<R> | undefined {
    const at = this.#options.ordered
      ? this.#slots[0]?.state === 'working'
        ? -1
        : 0
      : this.#slots.findIndex((slot) => slot.state !== 'working')
    return at < 0 ? undefined : this.#slots.splice(at, 1)[0]
  }

  async #feed(): Promise<void> {
    try {
      while (!this.#closed && !this.#signal.aborted) {
        const next = await this.#source.next()
        if (next.done === true) break
        const weight = this.#options.weigh?.(next.value) ?? 0
        while (!this.#hasRoom(weight)) {
          if (this.#closed || this.#signal.aborted) return
          await new Promise<void>((resolve) => {
            this.#wakeFeeder = resolve
          })
        }
        if (this.#closed || this.#signal.aborted) return
        this.#start(next.value, weight)
      }
    } catch (error) {
      this.#failure = { error }
    } finally {
      this.#exhausted = true
      this.#notify()
    }
  }

  #hasRoom(weight: number): boolean {
    if (this.#held === 0) return true
    if (this.#held >= this.#options.width) return false
    return this.#weight + weight <= (this.#options.maxWeight ?? Number.POSITIVE_INFINITY)
  }

  #start(item: T, weight: number): void {
    const slot: Slot<R> = {
      weight,
      state: 'working',
      value: undefined,
      error: undefined,
      settled: Promise.resolve(),
    }
    slot.settled = this.#run(item, slot)
    this.#slots.push(slot)
    this.#held += 1
    this.#weight += weight
  }

  async #run(item: T, slot: Slot<R>): Promise<void> {
    try {
      slot.value = await this.#work(item, this.#signal)
      slot.state = 'done'
    } catch (error) {
      slot.error = error
      slot.state = 'failed'
    }
    this.#notify()
  }

  #notify(): void {
    const consumer = this.#wakeConsumer
    const feeder = this.#wakeFeeder
    this.#wakeConsumer = undefined
    this.#wakeFeeder = undefined
    consumer?.()
    feeder?.()
  }
}

/** Lets so many things be in work at a time; the others wait for their turn. */
export class Permits {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

/** An array as an async sequence. */
export async function* fromArray<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items
}
