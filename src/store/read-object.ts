/** Reading an object, or a range of one, over HTTP: the same with every object store. */
import { CorruptData, StoreUnavailable } from '../errors.js'
import { checkedRange, missingFile } from './read-options.js'
import type { ObjectInfo, ReadOptions } from './store.js'
import { type HttpAnswer, isNoAnswer, type NoAnswer } from './transport.js'

export interface GetRequest {
  readonly signal: AbortSignal | undefined
  /** `bytes=0-99`, for a `Range` header; undefined for the whole object. */
  readonly range: string | undefined
  readonly maxBytes: number
  readonly limitName: string | undefined
}

/** What a protocol gives to be read from. */
export interface Readable {
  /** Repeated while it may succeed. */
  get(path: string, request: GetRequest): Promise<HttpAnswer | NoAnswer>
  head(path: string, options: ReadOptions): Promise<ObjectInfo | undefined>
  /** Whether the answer says that there is no such object (and not: no such bucket). */
  isMissing(answer: HttpAnswer): boolean
  failure(answer: HttpAnswer | NoAnswer, path: string): StoreUnavailable
  /** Throws `CorruptData` when the server's checksum of the whole object is not that of its bytes. */
  verify(answer: HttpAnswer, path: string): void
}

export interface ReadBound extends ReadOptions {
  readonly maxBytes?: number
  readonly limitName?: string
}

/** All the bytes that were asked for, or an error (spec/protocol/storage.md). */
export async function readObject(
  objects: Readable,
  path: string,
  range: { readonly start: number; readonly end: number } | undefined,
  options: ReadBound,
): Promise<Uint8Array> {
  if (range === undefined) return readWhole(objects, path, options)
  const { start, end } = range
  checkedRange(path, Number.MAX_SAFE_INTEGER, range, options)
  const checkAgainstSize = async (): Promise<void> => {
    const size = (await objects.head(path, options))?.sizeBytes
    if (size === undefined) throw missingFile(path)
    checkedRange(path, size, range)
  }
  if (start === end) {
    // No request can ask for nothing.
    await checkAgainstSize()
    return new Uint8Array(0)
  }
  const { signal } = options
  const bound = { maxBytes: end - start, limitName: undefined }
  const answer = await objects.get(path, { signal, range: `bytes=${start}-${end - 1}`, ...bound })
  if (isNoAnswer(answer)) throw objects.failure(answer, path)
  if (objects.isMissing(answer)) throw missingFile(path)
  if (answer.status === 416) await checkAgainstSize()
  if (answer.status !== 206) throw objects.failure(answer, path)
  const stated = /^bytes (\d{1,16})-\d{1,16}\/(\d{1,16})$/.exec(
    answer.headers.get('content-range') ?? '',
  )
  if (stated !== null) checkedRange(path, Number(stated[2]), range)
  if (Number(stated?.[1]) !== start || answer.body.length !== end - start) {
    // Some servers answer 206 for a range of an empty object.
    await checkAgainstSize()
    throw new StoreUnavailable(
      `cannot read ${path}: the server gave other bytes than were asked for`,
      { details: { path, offset: start } },
    )
  }
  return answer.body
}

async function readWhole(objects: Readable, path: string, options: ReadBound): Promise<Uint8Array> {
  const { signal, maxBytes = Number.MAX_SAFE_INTEGER, limitName } = options
  const answer = await objects.get(path, { signal, range: undefined, maxBytes, limitName })
  if (isNoAnswer(answer)) throw objects.failure(answer, path)
  if (objects.isMissing(answer)) throw missingFile(path)
  if (answer.status !== 200) throw objects.failure(answer, path)
  checkedRange(path, answer.body.length, undefined, options)
  objects.verify(answer, path)
  return answer.body
}

/** For `verify`: the bytes are others than were written. */
export function otherBytes(path: string, checksum: string): CorruptData {
  return new CorruptData(
    `${path} was read with other bytes than were written (${checksum} differs)`,
    {
      details: { path },
    },
  )
}

/** For `head`: the facts that every protocol tells in the same headers. */
export function objectInfo(path: string, headers: Headers): ObjectInfo {
  const length = headers.get('content-length')
  if (length === null) {
    throw new StoreUnavailable(`cannot look at ${path}: the server does not tell its size`, {
      details: { path },
    })
  }
  const modified = Date.parse(headers.get('last-modified') ?? '')
  const version = headers.get('etag')
  return {
    path,
    sizeBytes: Number(length),
    modifiedMs: Number.isNaN(modified) ? undefined : modified,
    ...(version !== null && { version }),
  }
}
