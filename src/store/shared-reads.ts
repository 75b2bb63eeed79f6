/** Reads that are on their way, joined by whoever asks for the same meanwhile. */

import { throwIfAborted } from '../env/system-env.js'
import { Aborted } from '../errors.js'

/** One caller's part in a read. */
export interface JoinedRead {
  /** Whether it is this caller who made the request. */
  readonly isFirst: boolean
  /** The bytes, which others get too. Rejects with `Aborted` when this caller's signal fires. */
  result(signal: AbortSignal | undefined): Promise<Uint8Array>
  /** False when the file was forgotten since the request began, or another has ended this read. */
  isCurrent(): boolean
  /** Nobody joins it any more. */
  end(): void
  /** Whether no other caller gets the same bytes, once it has ended. */
  isAlone(): boolean
}

interface Flight {
  readonly bytes: Promise<Uint8Array>
  readonly controller: AbortController
  /** Callers who still want it. */
  wanted: number
}

export class SharedReads {
  readonly #flights = new Map<string, Map<string, Flight>>()

  /** Joins the read of this part of the file, or begins it. */
  join(
    name: string,
    part: string,
    begin: (signal: AbortSignal) => Promise<Uint8Array>,
  ): JoinedRead {
    const known = this.#flights.get(name)?.get(part)
    const flight = known ?? this.#begin(name, part, begin)
    flight.wanted++
    const isCurrent = (): boolean => this.#flights.get(name)?.get(part) === flight
    const end = (): void => this.#end(name, part, flight)
    return {
      isFirst: known === undefined,
      isCurrent,
      end,
      isAlone: () => flight.wanted === 1,
      result: async (signal) => {
        try {
          return await untilAborted(flight.bytes, signal)
        } catch (error) {
          flight.wanted--
          // Nobody waits for it any more, or it failed: the next one asks anew.
          if (flight.wanted === 0) flight.controller.abort()
          if (flight.wanted === 0 || !isOwnAbort(error, signal)) end()
          throw error
        }
      },
    }
  }

  forget(name: string): void {
    this.#flights.delete(name)
  }

  clear(): void {
    this.#flights.clear()
  }

  #begin(name: string, part: string, begin: (signal: AbortSignal) => Promise<Uint8Array>): Flight {
    const controller = new AbortController()
    const flight: Flight = { bytes: begin(controller.signal), controller, wanted: 0 }
    const parts = this.#flights.get(name) ?? new Map<string, Flight>()
    parts.set(part, flight)
    this.#flights.set(name, parts)
    return flight
  }

  #end(name: string, part: string, flight: Flight): void {
    const parts = this.#flights.get(name)
    if (parts?.get(part) !== flight) return
    parts.delete(part)
    if (parts.size === 0) this.#flights.delete(name)
  }
}

function isOwnAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return error instanceof Aborted && signal?.aborted === true
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  throwIfAborted(signal)
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Aborted('the operation was aborted by its signal', { cause: signal.reason }))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const done = (): void => signal.removeEventListener('abort', onAbort)
    promise.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error)
      },
    )
  })
}
