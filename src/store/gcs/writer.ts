/** Objects in chunks, one after the other: the last one makes the object, if the name is still free. */
import { crc32c } from '../../codec/crc32.js'
import { AlreadyExists, StoreUnavailable } from '../../errors.js'
import { concatBytes } from '../../util/bytes.js'
import type { Published, Upload } from '../parted-writer.js'
import { type HttpAnswer, isNoAnswer } from '../transport.js'
import {
  type GcsAnswer,
  type GcsClient,
  gcsError,
  isMissing,
  objectOf,
  shownCrc32c,
} from './client.js'
import { insertQuery, putNew } from './create.js'
import { resourceOf } from './delete.js'
import type { Place } from './place.js'

/** Every chunk but the last is a multiple of it. */
const UNIT = 256 * 1024
/** Done so far, and there is more to come. */
const INCOMPLETE = 308

export class GcsUpload implements Upload {
  readonly path: string
  /** One is filled while the one before is on its way. */
  readonly partsInFlight = 2
  readonly maxAttempts: number
  readonly #client: GcsClient
  readonly #place: Place
  readonly #signal: AbortSignal | undefined
  #session: URL | undefined
  /** Chunks follow one another. */
  #before: Promise<void> = Promise.resolve()
  /** What was not sent yet: never nothing, once there was something, since the last chunk ends the upload. */
  #rest = new Uint8Array(0)
  /** Bytes that Google has. */
  #sent = 0
  #tries = 0
  #sizeBytes = 0
  #crc = 0

  constructor(client: GcsClient, place: Place, signal: AbortSignal | undefined) {
    this.path = place.path
    this.maxAttempts = client.config.maxAttempts
    this.#client = client
    this.#place = place
    this.#signal = signal
  }

  partBytes(): number {
    return this.#client.config.partBytes
  }

  sendWhole(bytes: Uint8Array): Promise<GcsAnswer> {
    this.#sizeBytes = bytes.length
    this.#crc = crc32c(bytes)
    return putNew(this.#client, this.#place, bytes)
  }

  sendPart(_index: number, bytes: Uint8Array): Promise<void> {
    this.#sizeBytes += bytes.length
    this.#crc = crc32c(bytes, this.#crc)
    const sent = this.#before.then(() => this.#append(bytes))
    this.#before = sent
    return sent
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const all = concatBytes([this.#rest, bytes])
    const count = Math.floor((all.length - 1) / UNIT) * UNIT
    this.#session ??= await this.#begin()
    await this.#sendChunk(this.#session, all.subarray(0, count))
    this.#rest = all.slice(count)
  }

  /** The condition is looked at twice: now, so that nothing is sent in vain, and at the end. */
  async #begin(): Promise<URL> {
    const answer = await this.#client.again({
      method: 'POST',
      resource: { service: 'upload', bucket: this.#place.bucket, name: '' },
      query: insertQuery(this.#client, this.#place, 'resumable', '0'),
      headers: new Map([['content-type', 'application/json; charset=UTF-8']]),
      body: Uint8Array.of(0x7b, 0x7d),
      signal: this.#signal,
    })
    if (answer.status === 412) {
      throw new AlreadyExists(`${this.path} exists already`, { details: { path: this.path } })
    }
    const location =
      isNoAnswer(answer) || answer.status !== 200 ? null : answer.headers.get('location')
    if (location === null || !URL.canParse(location, this.#client.config.endpoint)) {
      throw this.failure(answer)
    }
    // Whatever host it names: what was allowed here goes nowhere else.
    const { pathname, search } = new URL(location, this.#client.config.endpoint)
    const session = new URL(this.#client.config.endpoint)
    session.pathname = pathname
    session.search = search
    return session
  }

  /**
   * Sent until Google has all of it; after a failure it says how much it has. It keeps multiples of
   * 256 KiB: rounds that bring less count as failures, so that a server of bytes ends too.
   */
  async #sendChunk(session: URL, chunk: Uint8Array): Promise<void> {
    const base = this.#sent
    const end = base + chunk.length
    let kept = base
    for (let failed = 0; this.#sent < end; ) {
      const from = this.#sent
      const answer = await this.#put(
        session,
        chunk.subarray(from - base),
        `bytes ${from}-${end - 1}/*`,
      )
      if (answer.status === INCOMPLETE) this.#sent = this.#received(answer, base, end)
      else if (!isPassing(answer) || failed + 1 >= this.maxAttempts) throw this.failure(answer)
      else await this.#askHowFar(session, base, end)
      if (this.#sent === end) return
      failed += 1
      if (this.#sent - kept >= UNIT) {
        failed = 0
        kept = this.#sent
      }
      if (failed >= this.maxAttempts) throw this.failure(answer)
      await this.pause(failed)
    }
  }

  async #askHowFar(session: URL, base: number, end: number): Promise<void> {
    const answer = await this.#client.again({
      method: 'PUT',
      resource: session,
      headers: new Map([['content-range', 'bytes */*']]),
      signal: this.#signal,
    })
    if (answer.status !== INCOMPLETE) throw this.failure(answer)
    this.#sent = this.#received(answer, base, end)
  }

  /** How many bytes a 308 says that Google has: at least those that it said before. */
  #received(answer: GcsAnswer, base: number, end: number): number {
    const range = isNoAnswer(answer) ? null : answer.headers.get('range')
    const last = /^bytes=0-(\d{1,15})$/.exec(range ?? '')?.[1]
    const count = last === undefined ? 0 : Number(last) + 1
    if (count < base || count > end) {
      throw new StoreUnavailable(
        `cannot write ${this.path}: the server has other bytes than were sent`,
        {
          details: { path: this.path, offset: count },
        },
      )
    }
    return count
  }

  async complete(): Promise<GcsAnswer> {
    await this.#before
    const session = this.#session as URL
    const total = this.#sizeBytes
    if (this.#tries++ > 0) {
      const state = await this.#put(session, new Uint8Array(0), `bytes */${total}`)
      if (state.status !== INCOMPLETE) return state
    }
    return this.#put(session, this.#rest, `bytes ${this.#sent}-${total - 1}/${total}`)
  }

  #put(resource: URL, body: Uint8Array, range: string): Promise<GcsAnswer> {
    const headers = new Map([['content-range', range]])
    return this.#client.once({ method: 'PUT', resource, headers, body, signal: this.#signal })
  }

  published(answer: GcsAnswer): Published {
    const { status } = answer
    if (status === 200 || status === 201) return 'done'
    if (status === 412) return 'taken'
    // The upload ended: by a request before, whose answer was lost, or for good.
    if (status === 404 || status === 410) return 'gone'
    if (status === INCOMPLETE) return 'again'
    return isPassing(answer) ? 'again' : 'failed'
  }

  async isOurs(): Promise<boolean> {
    const answer = await this.#client.again({
      method: 'GET',
      resource: resourceOf(this.#place),
      query: [['fields', 'size,crc32c']],
    })
    if (isMissing(answer)) return false
    if (isNoAnswer(answer) || answer.status !== 200) throw this.failure(answer)
    const object = objectOf(answer as HttpAnswer, this.path)
    const size = object.optString('size')
    return size === `${this.#sizeBytes}` && object.optString('crc32c') === shownCrc32c(this.#crc)
  }

  failure(answer: GcsAnswer): StoreUnavailable {
    return gcsError(answer, 'write', this.path)
  }

  pause(before: number): Promise<void> {
    return this.#client.pause(before)
  }

  async drop(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    // What is not dropped goes by itself after a week.
    await this.#client.once({ method: 'DELETE', resource: session }).catch(() => undefined)
  }
}

function isPassing({ status }: GcsAnswer): boolean {
  return status === 0 || status === 408 || status === 429 || (status >= 500 && status !== 501)
}
