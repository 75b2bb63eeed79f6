/** Google Cloud Storage, over `fetch` (spec/protocol/storage.md, docs/object-stores.md). */
import type { Env } from '../../env/env.js'
import { systemEnv, throwIfAborted } from '../../env/system-env.js'
import { CorruptData } from '../../errors.js'
import { PartedWriter } from '../parted-writer.js'
import { WriteProof } from '../prove-writes.js'
import { type Readable, type ReadBound, readObject } from '../read-object.js'
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
import { GcsClient, gcsError, isMissing, objectOf, verifyCrc32c } from './client.js'
import { type GcsOptions, resolveConfig } from './config.js'
import { createObject, insertRequest, replaceObject } from './create.js'
import { CredentialHolder } from './credentials.js'
import { deleteObject, deleteObjects, resourceOf } from './delete.js'
import { findObjects, listObjects } from './list.js'
import { objectPlace, type Place } from './place.js'
import { GcsUpload } from './writer.js'

/**
 * A store of `gs://bucket/path` locations. No request is made before it is used; before the first
 * write to a bucket six small ones prove that the server creates and replaces conditionally, else
 * `Unsupported('conditional-create')` or `('conditional-replace')`.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function gcsStore(options: GcsOptions = {}, env: Env = systemEnv()): Store {
  const config = resolveConfig(options)
  const credentials = new CredentialHolder(options.credentials, config.isEmulator, env)
  return new GcsObjects(new GcsClient(config, credentials, env), env)
}

class GcsObjects implements Store {
  readonly #client: GcsClient
  readonly #readable: Readable
  readonly #proof: WriteProof

  constructor(client: GcsClient, env: Env) {
    this.#client = client
    this.#readable = {
      get: (path, { range, ...bounds }) => {
        const headers = new Map(range === undefined ? [] : [['range', range] as const])
        const query = [['alt', 'media']] as const
        const resource = resourceOf(objectPlace(path))
        return client.again({ method: 'GET', resource, query, headers, ...bounds })
      },
      head: (path, options) => this.head(path, options),
      isMissing,
      failure: (answer, path) => gcsError(answer, 'read', path),
      verify: verifyCrc32c,
    }
    this.#proof = new WriteProof(
      {
        head: (path) => this.head(path),
        create: (path, bytes) => createObject(client, objectPlace(path), bytes),
        replace: (path, bytes, version) => replaceObject(client, objectPlace(path), bytes, version),
        delete: (path) => this.delete(path),
      },
      env,
    )
  }

  async head(path: string, { signal }: ReadOptions = {}): Promise<ObjectInfo | undefined> {
    const answer = await this.#client.again({
      method: 'GET',
      resource: resourceOf(objectPlace(path)),
      query: [['fields', 'size,updated,generation']],
      signal,
    })
    if (isMissing(answer)) return undefined
    if (isNoAnswer(answer) || answer.status !== 200) throw gcsError(answer, 'look at', path)
    const object = objectOf(answer, path)
    const sizeBytes = Number(object.string('size'))
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new CorruptData(`the server tells a size of ${path} that is none`, {
        details: { path },
      })
    }
    const modifiedMs = Date.parse(object.optString('updated') ?? '')
    return {
      path,
      sizeBytes,
      modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
      version: object.string('generation'),
    }
  }

  async read(
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
    return listObjects(this.#client, folder, options)
  }

  async findByPrefix(prefix: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return findObjects(this.#client, prefix, options)
  }

  async create(path: string, bytes: Uint8Array): Promise<CreateOutcome> {
    return createObject(this.#client, await this.#proven(path), bytes)
  }

  async replace(path: string, bytes: Uint8Array, version: string): Promise<ReplaceOutcome> {
    return replaceObject(this.#client, await this.#proven(path), bytes, version)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const answer = await this.#client.again(insertRequest(this.#client, objectPlace(path), bytes))
    if (answer.status !== 200) throw gcsError(answer, 'write', path)
  }

  async writer(path: string, { signal }: ReadOptions = {}): Promise<ObjectWriter> {
    throwIfAborted(signal)
    const place = await this.#proven(path)
    return new PartedWriter(new GcsUpload(this.#client, place, signal), signal)
  }

  async delete(path: string): Promise<void> {
    return deleteObject(this.#client, objectPlace(path))
  }

  async deleteMany(
    paths: readonly string[],
    options: ReadOptions = {},
  ): Promise<readonly DeleteFailure[]> {
    return deleteObjects(this.#client, paths, options)
  }

  async #proven(path: string): Promise<Place> {
    const place = objectPlace(path)
    await this.#proof.of(place.bucket, path)
    return place
  }
}
