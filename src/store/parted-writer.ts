/**
 * A new object, streamed: one conditional request when it is small, parts that a last conditional
 * request makes visible when it is not. What differs between protocols is an {@link Upload}.
 */
import { throwIfAborted } from '../env/system-env.js'
import { AlreadyExists, InvalidArgument, type StoreUnavailable } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import type { ObjectInfo, ObjectWriter } from './store.js'
import type { HttpAnswer, NoAnswer } from './transport.js'

/**
 * What an answer to the request that makes an object visible says. `taken`: something is there
 * already, `gone`: the parts are no more; in both cases it may be the work of a request before.
 */
export type Published = 'done' | 'taken' | 'gone' | 'again' | 'failed'

/** One object on its way, by one protocol. */
export interface Upload {
  readonly path: string
  /** Bytes of the next part, after so many; of the whole object, when it is smaller. */
  partBytes(partsBefore: number): number
  /** Parts on their way at a time. */
  readonly partsInFlight: number
  /** The whole object in one conditional request, sent once. */
  sendWhole(bytes: Uint8Array): Promise<HttpAnswer | NoAnswer>
  /** The part at `index`, from 0; repeated while it may succeed. Rejects when it cannot be stored. */
  sendPart(index: number, bytes: Uint8Array): Promise<void>
  /** Makes the parts the object, under the condition; sent once. */
  complete(): Promise<HttpAnswer | NoAnswer>
  /** What the answer of `sendWhole` or `complete` says. */
  published(answer: HttpAnswer | NoAnswer): Published
  /** Whether what lies under the name is what was sent. */
  isOurs(): Promise<boolean>
  failure(answer: HttpAnswer | NoAnswer): StoreUnavailable
  /** Drops the parts. Never rejects. */
  drop(): Promise<void>
  readonly maxAttempts: number
  pause(before: number): Promise<void>
}

export class PartedWriter implements ObjectWriter {
  readonly path: string
  readonly #upload: Upload
  readonly #signal: AbortSignal | undefined
  #chunks: Uint8Array[] = []
  #buffered = 0
  #sizeBytes = 0
  #parts: Promise<void>[] = []
  #open = true

  constructor(upload: Upload, signal: AbortSignal | undefined) {
    this.path = upload.path
    this.#upload = upload
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      throwIfAborted(this.#signal)
      this.#checkOpen()
      // A copy: the caller may use the memory again before a part is full.
      this.#chunks.push(bytes.slice())
      this.#buffered += bytes.length
      this.#sizeBytes += bytes.length
      if (this.#buffered >= this.#upload.partBytes(this.#parts.length)) await this.#flush()
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async close(): Promise<ObjectInfo> {
    try {
      throwIfAborted(this.#signal)
      this.#checkOpen()
      if (this.#parts.length === 0) {
        const bytes = this.#take()
        await this.#publish(() => this.#upload.sendWhole(bytes))
      } else {
        if (this.#buffered > 0) await this.#flush()
        await Promise.all(this.#parts)
        await this.#publish(() => this.#upload.complete())
      }
      this.#open = false
      this.#parts = []
      return { path: this.path, sizeBytes: this.#sizeBytes, modifiedMs: undefined }
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async abort(): Promise<void> {
    this.#open = false
    this.#chunks = []
    // A part that arrives after the upload was dropped would stay, and cost.
    const begun = this.#parts
    this.#parts = []
    await Promise.allSettled(begun)
    if (begun.length > 0) await this.#upload.drop()
  }

  #take(): Uint8Array {
    const bytes = concatBytes(this.#chunks)
    this.#chunks = []
    this.#buffered = 0
    return bytes
  }

  async #flush(): Promise<void> {
    const part = this.#upload.sendPart(this.#parts.length, this.#take())
    // Its failure is met where it is waited for.
    part.catch(() => undefined)
    this.#parts.push(part)
    await this.#parts[this.#parts.length - this.#upload.partsInFlight]
  }

  /**
   * Makes the object visible. The name is ours alone, so a request without an answer is sent again;
   * if the name is taken then, what lies there says whether the first one came through.
   */
  async #publish(send: () => Promise<HttpAnswer | NoAnswer>): Promise<void> {
    const upload = this.#upload
    for (let tries = 1; ; tries++) {
      const answer = await send()
      const told = upload.published(answer)
      if (told === 'done') return
      // Also after a single request: something on the way may have delivered it twice.
      if ((told === 'taken' || told === 'gone') && (await upload.isOurs())) return
      if (told === 'taken') {
        throw new AlreadyExists(`${this.path} exists already`, { details: { path: this.path } })
      }
      if (told !== 'again' || tries >= upload.maxAttempts) throw upload.failure(answer)
      await upload.pause(tries)
    }
  }

  #checkOpen(): void {
    if (!this.#open) {
      throw new InvalidArgument(`${this.path} was closed; it takes no more bytes`)
    }
  }
}
