/** Amazon S3 and what speaks its protocol, over `fetch` (spec/protocol/storage.md, docs/object-stores.md). */
import type { Env } from '../../env/env.js'
import { systemEnv, throwIfAborted } from '../../env/system-env.js'
import { InvalidArgument, StoreUnavailable } from '../../errors.js'
import { parseLocation } from '../location.js'
import { WriteProof } from '../prove-writes.js'
import { checkedRange, missingFile } from '../read-options.js'
import type {
  CreateOutcome,
  DeleteFailure,
  ObjectInfo,
  ObjectWriter,
  ReadOptions,
  ReplaceOutcome,
  Store,
} from '../store.js'
import { codeOf, placeOf, S3Client, s3Error, verifyChecksum } from './client.js'
import { resolveConfig, type S3Options } from './config.js'
import { createObject, type Place, putRequest, replaceObject } from './create.js'
import { CredentialHolder } from './credentials.js'
import { deleteObject, deleteObjects } from './delete.js'
import { findObjects, listObjects } from './list.js'
import { S3Writer } from './writer.js'

/**
 * A store of `s3://bucket/key` locations. No request is made before it is used; before the first
 * write to a bucket six small ones prove that the server creates and replaces conditionally, else
 * `Unsupported('conditional-create')` or `('conditional-replace')`.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function s3Store(options: S3Options = {}, env: Env = systemEnv()): Store {
  const config = resolveConfig(options)
  return new S3Objects(
    new S3Client(config, new CredentialHolder(options.credentials, env), env),
    env,
  )
}

class S3Objects implements Store {
  readonly #client: S3Client
  readonly #proof: WriteProof

  constructor(client: S3Client, env: Env) {
    this.#client = client
    this.#proof = new WriteProof(
      {
        head: (path) => this.head(path),
        create: (path, bytes) => createObject(client, placeIn(path), bytes),
        replace: (path, bytes, version) => replaceObject(client, placeIn(path), bytes, version),
        delete: (path) => this.delete(path),
      },
      env,
    )
  }

  async head(path: string, { signal }: ReadOptions = {}): Promise<ObjectInfo | undefined> {
    const { bucket, key } = placeIn(path)
    const answer = await this.#client.again({ method: 'HEAD', bucket, key, signal })
    if (answer.status === 404) return undefined
    if (answer.status !== 200) throw s3Error(answer, 'look at', path)
    const length = answer.headers.get('content-length')
    if (length === null) {
      throw new StoreUnavailable(`cannot look at ${path}: the server does not tell its size`, {
        details: { path },
      })
    }
    const modified = Date.parse(answer.headers.get('last-modified') ?? '')
    const version = answer.headers.get('etag')
    return {
      path,
      sizeBytes: Number(length),
      modifiedMs: Number.isNaN(modified) ? undefined : modified,
      ...(version !== null && { version }),
    }
  }

  async read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options: ReadOptions & { readonly maxBytes?: number; readonly limitName?: string } = {},
  ): Promise<Uint8Array> {
    if (range === undefined) return this.#readWhole(path, options)
    const { start, end } = range
    checkedRange(path, Number.MAX_SAFE_INTEGER, range, options)
    if (start === end) {
      // No request can ask for nothing.
      const info = await this.head(path, options)
      if (info === undefined) throw missingFile(path)
      checkedRange(path, info.sizeBytes, range)
      return new Uint8Array(0)
    }
    const { bucket, key } = placeIn(path)
    const headers = new Map([['range', `bytes=${start}-${end - 1}`]])
    const { signal } = options
    const request = { method: 'GET', bucket, key, headers, signal, maxBytes: end - start } as const
    const answer = await this.#client.again(request)
    if (answer.status === 404 && codeOf(answer) !== 'NoSuchBucket') throw missingFile(path)
    if (answer.status === 416) {
      const size = (await this.head(path, options))?.sizeBytes
      if (size === undefined) throw missingFile(path)
      checkedRange(path, size, range)
    }
    if (answer.status !== 206) throw s3Error(answer, 'read', path)
    const stated = answer.headers.get('content-range') ?? ''
    const total = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(stated)
    if (total !== null) checkedRange(path, Number(total[3]), range)
    if (Number(total?.[1]) !== start || answer.body.length !== end - start) {
      throw new StoreUnavailable(
        `cannot read ${path}: the server gave other bytes than were asked for`,
        {
          details: { path, offset: start },
        },
      )
    }
    return answer.body
  }

  async #readWhole(
    path: string,
    options: ReadOptions & { readonly maxBytes?: number; readonly limitName?: string },
  ): Promise<Uint8Array> {
    const { bucket, key } = placeIn(path)
    const answer = await this.#client.again({
      method: 'GET',
      bucket,
      key,
      headers: new Map([['x-amz-checksum-mode', 'ENABLED']]),
      signal: options.signal,
      maxBytes: options.maxBytes ?? Number.MAX_SAFE_INTEGER,
      limitName: options.limitName,
    })
    if (answer.status === 404 && codeOf(answer) !== 'NoSuchBucket') throw missingFile(path)
    if (answer.status !== 200) throw s3Error(answer, 'read', path)
    checkedRange(path, answer.body.length, undefined, options)
    verifyChecksum(answer, path)
    return answer.body
  }

  list(
    folder: string,
    options: ReadOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<ObjectInfo> {
    return listObjects(this.#client, folder, bucketOf(folder), options)
  }

  async findByPrefix(prefix: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return findObjects(this.#client, prefix, bucketOf(prefix), options)
  }

  async create(path: string, bytes: Uint8Array): Promise<CreateOutcome> {
    const place = placeIn(path)
    await this.#proof.of(place.bucket, path)
    return createObject(this.#client, place, bytes)
  }

  async replace(path: string, bytes: Uint8Array, version: string): Promise<ReplaceOutcome> {
    const place = placeIn(path)
    await this.#proof.of(place.bucket, path)
    return replaceObject(this.#client, place, bytes, version)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const place = placeIn(path)
    const answer = await this.#client.again(putRequest(this.#client, place, bytes))
    if (answer.status !== 200 && answer.status !== 201) throw s3Error(answer, 'write', path)
  }

  async writer(path: string, options: ReadOptions = {}): Promise<ObjectWriter> {
    throwIfAborted(options.signal)
    const place = placeIn(path)
    await this.#proof.of(place.bucket, path)
    return new S3Writer(this.#client, place, options.signal)
  }

  async delete(path: string): Promise<void> {
    return deleteObject(this.#client, placeIn(path))
  }

  async deleteMany(
    paths: readonly string[],
    options: ReadOptions = {},
  ): Promise<readonly DeleteFailure[]> {
    return deleteObjects(this.#client, paths.map(placeIn), options)
  }
}

function bucketOf(path: string) {
  const location = parseLocation(path)
  if (location.scheme === 's3') return location
  throw new InvalidArgument(`${path} is no s3:// location`, { details: { path } })
}

function placeIn(path: string): Place {
  const location = bucketOf(path)
  if (location.segments.length === 0) {
    throw new InvalidArgument(`${path} names a bucket, not an object`, { details: { path } })
  }
  return { ...placeOf(location), path }
}
