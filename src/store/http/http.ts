/** Files behind plain HTTP, read by ranges (spec/protocol/storage.md, docs/object-stores.md). */
import type { Env } from '../../env/env.js'
import { systemEnv } from '../../env/system-env.js'
import { LimitExceeded, StoreUnavailable, Unsupported } from '../../errors.js'
import { shownLocation } from '../../util/secret.js'
import { checkedRange, missingFile } from '../read-options.js'
import type { CreateOutcome, ObjectInfo, ObjectWriter, ReadOptions, Store } from '../store.js'
import type { HttpAnswer } from '../transport.js'
import { HttpClient, type HttpRead, httpError } from './client.js'
import { type HttpOptions, resolveConfig } from './config.js'
import { listFolder } from './listing.js'
import { Pins } from './pins.js'
import { isHttpLocation } from './url.js'
import { WholeFiles } from './whole-files.js'

type Bound = ReadOptions & { readonly maxBytes?: number; readonly limitName?: string }

/**
 * A store of `http://` and `https://` locations that can only be read. Writing is
 * `Unsupported('read-only-store')`. A location is a literal name: `my table`, not `my%20table`.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function httpStore(options: HttpOptions = {}, env: Env = systemEnv()): Store {
  return new HttpFiles(new HttpClient(resolveConfig(options), env))
}

class HttpFiles implements Store {
  readonly #client: HttpClient
  readonly #pins = new Pins()
  readonly #whole: WholeFiles

  constructor(client: HttpClient) {
    this.#client = client
    this.#whole = new WholeFiles(client.config.wholeMaxBytes)
  }

  async head(path: string, options: ReadOptions = {}): Promise<ObjectInfo | undefined> {
    const first = { method: 'GET', path, range: [0, 0], maxBytes: 1, ...options } as const
    const answer = await this.#client.send(first).catch((error: unknown) => {
      // A server without ranges began to send the file.
      if (error instanceof LimitExceeded) return undefined
      throw error
    })
    if (answer !== undefined && this.#isMissing(answer)) return undefined
    const size = answer && sizeOf(answer)
    if (answer !== undefined && size !== undefined) return this.#info(path, answer, size)
    const looked = await this.#client.send({ method: 'HEAD', path, maxBytes: 0, ...options })
    if (this.#isMissing(looked)) return undefined
    const length = looked.headers.get('content-length')
    if (looked.status !== 200) throw httpError(looked, path)
    if (length === null || isEncoded(looked)) throw sizeless(path)
    return this.#info(path, looked, Number(length))
  }

  async read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options: Bound = {},
  ): Promise<Uint8Array> {
    if (range === undefined) return this.#readWhole(path, options)
    const { start, end } = checkedRange(path, Number.MAX_SAFE_INTEGER, range, options)
    const kept = this.#whole.get(path)
    if (kept !== undefined) {
      checkedRange(path, kept.length, range)
      return kept.slice(start, end)
    }
    if (start === end) {
      // No request can ask for nothing.
      const info = await this.head(path, options)
      if (info === undefined) throw missingFile(path)
      checkedRange(path, info.sizeBytes, range)
      return new Uint8Array(0)
    }
    return this.#readRange(path, { start, end }, options)
  }

  async #readRange(
    path: string,
    range: { readonly start: number; readonly end: number },
    { signal }: ReadOptions,
  ): Promise<Uint8Array> {
    const { start, end } = range
    const { wholeMaxBytes } = this.#client.config
    const maxBytes = Math.max(end - start, wholeMaxBytes)
    const request: HttpRead = { method: 'GET', path, range: [start, end - 1], maxBytes, signal }
    const answer = await this.#client.send(request).catch((error: unknown) => {
      if (error instanceof LimitExceeded) throw rangeless(path, wholeMaxBytes, error)
      throw error
    })
    if (this.#isMissing(answer)) throw missingFile(path)
    if (answer.status === 200) {
      this.#pins.check(path, answer.headers, isEncoded(answer) ? undefined : answer.body.length)
      checkedRange(path, answer.body.length, range)
      this.#whole.keep(path, answer.body)
      return answer.body.slice(start, end)
    }
    if (answer.status === 416) {
      const size = sizeOf(answer) ?? (await this.head(path, { signal }))?.sizeBytes
      if (size === undefined) throw missingFile(path)
      checkedRange(path, size, range)
    }
    if (answer.status !== 206) throw httpError(answer, path)
    if (isEncoded(answer)) throw encoded(path)
    const stated = contentRange(answer)
    if (stated?.sizeBytes !== undefined) checkedRange(path, stated.sizeBytes, range)
    if ((stated?.start ?? start) !== start || answer.body.length !== end - start) {
      throw otherBytes(path, start)
    }
    this.#pins.check(path, answer.headers, stated?.sizeBytes)
    return answer.body
  }

  async #readWhole(path: string, options: Bound): Promise<Uint8Array> {
    const { signal, limitName } = options
    const maxBytes = options.maxBytes ?? Number.MAX_SAFE_INTEGER
    // With a range a browser asks for the bytes as they are; without one, for packed ones.
    const plain: HttpRead = { method: 'GET', path, maxBytes, limitName, signal }
    let answer = await this.#client.send({ ...plain, range: [0, undefined] })
    const stated = contentRange(answer)
    const isPartOfUnknown = answer.status === 206 && stated?.sizeBytes === undefined
    // An empty file has no first byte; and without its size a part may pass for the whole.
    if (answer.status === 416 || isPartOfUnknown) answer = await this.#client.send(plain)
    if (this.#isMissing(answer)) throw missingFile(path)
    if (answer.status === 206) {
      if (isEncoded(answer)) throw encoded(path)
      if (stated?.start !== 0 || stated.sizeBytes !== answer.body.length) throw otherBytes(path, 0)
    } else if (answer.status !== 200) throw httpError(answer, path)
    checkedRange(path, answer.body.length, undefined, options)
    // Read at one go it is consistent in itself, and the hint may change.
    this.#pins.forget(path)
    return answer.body
  }

  list(
    folder: string,
    options: ReadOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<ObjectInfo> {
    return listFolder(this.#client, (path) => this.head(path, options), folder, options)
  }

  async create(path: string): Promise<CreateOutcome> {
    throw readOnly(path)
  }

  async put(path: string): Promise<void> {
    throw readOnly(path)
  }

  async writer(path: string): Promise<ObjectWriter> {
    throw readOnly(path)
  }

  async delete(path: string): Promise<void> {
    throw readOnly(path)
  }

  /** A page is what many servers send in place of a file that is not there. */
  #isMissing({ status, headers }: HttpAnswer): boolean {
    if (status === 404 || status === 410) return true
    if (status === 403) return this.#client.config.forbiddenIsMissing
    const isAnswer = status === 200 || status === 206
    return isAnswer && /^text\/html\b/i.test(headers.get('content-type') ?? '')
  }

  #info(path: string, answer: HttpAnswer, sizeBytes: number): ObjectInfo {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw sizeless(path)
    const modified = Date.parse(answer.headers.get('last-modified') ?? '')
    this.#pins.check(path, answer.headers, sizeBytes)
    return { path, sizeBytes, modifiedMs: Number.isNaN(modified) ? undefined : modified }
  }
}

interface StatedRange {
  readonly start: number | undefined
  readonly sizeBytes: number | undefined
}

/** `bytes 0-9/100`, or for nothing at all `bytes * /100`. */
function contentRange({ headers }: HttpAnswer): StatedRange | undefined {
  const text = headers.get('content-range')
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(text ?? '')
  if (match === null) return undefined
  const [, start, size] = match
  return {
    start: start === undefined ? undefined : Number(start),
    sizeBytes: size === undefined || size === '*' ? undefined : Number(size),
  }
}

/** The size of the file that the answer to a range speaks of. */
function sizeOf(answer: HttpAnswer): number | undefined {
  if (answer.status === 206 || answer.status === 416) return contentRange(answer)?.sizeBytes
  return answer.status === 200 ? answer.body.length : undefined
}

function isEncoded({ headers }: HttpAnswer): boolean {
  return (headers.get('content-encoding') ?? 'identity') !== 'identity'
}

function encoded(path: string): Unsupported {
  return new Unsupported(
    'http-content-encoding',
    `the server encodes ${shownLocation(path)} on its way (Content-Encoding), so that its bytes have other places; switch that off for files of tables`,
    { details: { path: shownLocation(path) } },
  )
}

function rangeless(path: string, max: number, cause: unknown): Unsupported {
  return new Unsupported(
    'http-ranges',
    `the server gives no byte ranges of ${shownLocation(path)}, and the file is larger than ${max} bytes; use a server with ranges, or raise \`http: { wholeMaxBytes }\``,
    { cause, details: { path: shownLocation(path) } },
  )
}

function otherBytes(path: string, offset: number): StoreUnavailable {
  return new StoreUnavailable(
    `cannot read ${shownLocation(path)}: the server gave other bytes than were asked for`,
    { details: { path: shownLocation(path), offset } },
  )
}

function sizeless(path: string): StoreUnavailable {
  return new StoreUnavailable(
    `cannot look at ${shownLocation(path)}: the server does not tell its size (for pages of other origins: \`Access-Control-Expose-Headers: Content-Range\`)`,
    { details: { path: shownLocation(path) } },
  )
}

function readOnly(path: string): Unsupported {
  const what = isHttpLocation(path) ? shownLocation(path) : 'this location'
  return new Unsupported(
    'read-only-store',
    `cannot write ${what}: what is reached by HTTP is only read; write through the store that is behind it`,
    { details: { path: shownLocation(path) } },
  )
}
