import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { Aborted, type MoraineError } from '../errors.js'
import { localError } from '../store/local-errors.js'
import { colorsFor, type Style } from './output/style.js'

/** What a command may touch of the outside world. Tests supply their own. */
export interface TerminalStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Monotonic milliseconds, for timings and for how often progress is shown. */
  readonly nowMs: () => number
}

/** Standard output and error with back-pressure, colour only where it is wanted, and progress. */
export class Terminal {
  readonly isTTY: boolean
  /** Columns to fit tables into; undefined when output is not a terminal. */
  readonly width: number | undefined
  readonly style: Style
  readonly signal: AbortSignal
  readonly nowMs: () => number
  readonly #streams: TerminalStreams
  #closed = false
  #failure: MoraineError | undefined
  #progressShown = false
  #progressAtMs = Number.NEGATIVE_INFINITY

  constructor(streams: TerminalStreams) {
    this.#streams = streams
    this.isTTY = streams.stdout.isTTY === true
    this.width = this.isTTY ? (streams.stdout.columns ?? 80) : undefined
    this.style = colorsFor(this.isTTY, streams.env)
    this.signal = streams.signal
    this.nowMs = streams.nowMs
    streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') this.#closed = true
      else this.#failure ??= localError(error, 'write', 'the output')
    })
    streams.stderr.on('error', () => undefined)
  }

  /** True once the reader of our output has gone away, as `head` does. */
  get closed(): boolean {
    return this.#closed
  }

  /** Writes to standard output; resolves when there is room for more. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.#check()
    this.#clearProgress()
    if (this.#streams.stdout.write(chunk)) return
    // An error (EPIPE) ends the wait too; `closed` is then seen by the next write.
    await once(this.#streams.stdout, 'drain').catch(() => undefined)
  }

  /**
   * Resolves when all output has got through, or its reader is gone; rejects when some was lost, as
   * on a full disk.
   */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => this.#streams.stdout.write('', () => resolve()))
    // Streams tell of errors a moment after they have called back.
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (!this.#closed) this.#check()
  }

  #check(): void {
    if (this.#closed) throw new Aborted('the reader of the output has gone away')
    if (this.#failure !== undefined) throw this.#failure
  }

  async line(text = ''): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** A line for people, on standard error. */
  note(text: string): void {
    this.#clearProgress()
    this.#streams.stderr.write(`${text}\n`)
  }

  /**
   * Shows how far a long job has come, on standard error: a line that is overwritten on a terminal,
   * else a line every ten seconds, so that logs stay short.
   */
  progress(text: string): void {
    const { stderr } = this.#streams
    const now = this.nowMs()
    if (now - this.#progressAtMs < (stderr.isTTY === true ? 100 : 10_000)) return
    // The first call only starts the clock where there is no terminal: short jobs stay silent.
    const first = this.#progressAtMs === Number.NEGATIVE_INFINITY
    this.#progressAtMs = now
    if (stderr.isTTY === true) {
      stderr.write(`\r\u001b[K${text}`)
      this.#progressShown = true
    } else if (!first) {
      stderr.write(`${text}\n`)
    }
  }

  #clearProgress(): void {
    if (!this.#progressShown) return
    this.#streams.stderr.write('\r\u001b[K')
    this.#progressShown = false
  }
}
