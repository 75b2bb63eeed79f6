/** Amazon S3 and what speaks its protocol, over `fetch` (spec/protocol/storage.md, docs/object-stores.md). */
import type { Env } from '../../env/env.js'
import { systemEnv, throwIfAborted } from '../../env/system-env.js'
import { InvalidArgument } from '../../errors.js'
import { parseLocation } from '../location.js'
import { PartedWriter } from '../parted-writer.js'
import { WriteProof } from '../prove-writes.js'
import { objectInfo, type Readable, type ReadBound, readObject } from '../read-object.js'
import type {
  CreateOutcome,
  DeleteFailure,
  ObjectInfo,
  ObjectWriter,
  ReadOptions,
  ReplaceOutcome,
  Store,
} from '../store.js'
import { isNoAnswer } from '../transport.js'
import { isMissing, placeOf, S3Client, s3Error, verifyChecksum } from './client.js'
import { resolveConfig, type S3Options } from './config.js'
import { createObject, type Place, putRequest, replaceObject } from './create.js'
import { CredentialHolder } from './credentials.js'
import { deleteObject, deleteObjects } from './delete.js'
import { findObjects, listObjects } from './list.js'
import { S3Upload } from './writer.js'

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
  readonly #readable: Readable
  readonly #proof: WriteProof

  constructor(client: S3Client, env: Env) {
    this.#client = client
    this.#readable = readableOf(client, (path, options) => this.head(path, options))
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
    if (isNoAnswer(answer) || answer.status !== 200) throw s3Error(answer, 'look at', path)
    return objectInfo(path, answer.headers)
  }

  read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options: ReadBound = {},
  ): Promise<Uint8Array> {
    return readObject(this.#readable, path, range, options)
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
    return new PartedWriter(new S3Upload(this.#client, place, options.signal), options.signal)
  }

  async delete(path: string): Promise<void> {
    return deleteObject(this.#client, placeIn(path))
  }

  async deleteMany(
    paths: readonly string[],
    options: ReadOptions = {},
  ): Promise<readonly DeleteFailure[]> {
    return deleteObjects(this.#client, paths, placeIn, options)
  }
}

function readableOf(client: S3Client, head: Readable['head']): Readable {
  return {
    head,
    get: (path, { range, ...bounds }) => {
      const { bucket, key } = placeIn(path)
      const header = range === undefined ? ['x-amz-checksum-mode', 'ENABLED'] : ['range', range]
      const headers = new Map([header as [string, string]])
      return client.again({ method: 'GET', bucket, key, headers, ...bounds })
    },
    isMissing,
    failure: (answer, path) => s3Error(answer, 'read', path),
    verify: verifyChecksum,
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
