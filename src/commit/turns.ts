/**
 * The commits of one process to one table, one after another: against each other they would only lose
 * tries. Against other processes the slots decide, as ever; nothing here is needed for safety.
 */
import { throwIfAborted } from '../env/system-env.js'
import type { LoadedTable } from './contract.js'

export class Turns {
  #tail: Promise<void> | undefined
  #latest: LoadedTable | undefined

  /** The newest version that a commit of this process has seen or made. */
  get latest(): LoadedTable | undefined {
    return this.#latest
  }

  /** Remembers a version, unless a newer one of the same table is known. */
  saw(table: LoadedTable): void {
    this.#latest = this.#latest === undefined ? table : newerOf(table, this.#latest)
  }

  /** Runs `job` when those that came before are done. Rejects with `Aborted` while it waits. */
  async run<T>(signal: AbortSignal | undefined, job: () => Promise<T>): Promise<T> {
    const before = this.#tail
    let release = (): void => undefined
    const mine = new Promise<void>((resolve) => {
      release = resolve
    })
    const tail = before === undefined ? mine : before.then(() => mine)
    this.#tail = tail
    try {
      if (before !== undefined) await untilAborted(before, signal)
      throwIfAborted(signal)
      return await job()
    } finally {
      release()
      if (this.#tail === tail) this.#tail = undefined
    }
  }
}

/** `a`, or `b` when that is a later version of the same table. */
export function newerOf(a: LoadedTable, b: LoadedTable): LoadedTable {
  const isSame = a.metadata.tableUuid === b.metadata.tableUuid
  return isSame && b.metadata.lastUpdatedMs > a.metadata.lastUpdatedMs ? b : a
}

/** Resolves when the promise does, or at once when the signal fires. */
function untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', done, { once: true })
    void promise.then(done)
  })
}
