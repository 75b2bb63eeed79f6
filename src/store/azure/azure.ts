/** Azure Blob Storage and Data Lake Storage Gen2, over `fetch` (spec/protocol/storage.md, docs/object-stores.md). */
import type { Env } from '../../env/env.js'
import { systemEnv, throwIfAborted } from '../../env/system-env.js'
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
import { AzureClient, azureError, isMissing, verifyMd5 } from './client.js'
import { type AzureOptions, accountOf, resolveConfig } from './config.js'
import { createBlob, putRequest, replaceBlob } from './create.js'
import { CredentialHolder } from './credentials.js'
import { deleteBlob, deleteBlobs } from './delete.js'
import { findBlobs, listBlobs } from './list.js'
import { blobPlace, type Place } from './place.js'
import { AzureUpload } from './writer.js'

/**
 * A store of `abfss://container@account.dfs.core.windows.net/path` locations, and of `wasbs://` and
 * `az://`. No request is made before it is used; before the first write to a container six small
 * ones prove that the server creates and replaces conditionally, else
 * `Unsupported('conditional-create')` or `('conditional-replace')`.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function azureStore(options: AzureOptions = {}, env: Env = systemEnv()): Store {
  const config = resolveConfig(options)
  const credentials = new CredentialHolder(options.credentials, config.connection, env)
  return new AzureBlobs(new AzureClient(config, credentials, env), env)
}

class AzureBlobs implements Store {
  readonly #client: AzureClient
  readonly #env: Env
  readonly #readable: Readable
  readonly #proof: WriteProof

  constructor(client: AzureClient, env: Env) {
    this.#client = client
    this.#env = env
    this.#readable = {
      get: (path, { range, ...bounds }) => {
        const headers = new Map(range === undefined ? [] : [['range', range] as const])
        return client.again({ method: 'GET', place: blobPlace(path), headers, ...bounds })
      },
      head: (path, options) => this.head(path, options),
      isMissing,
      failure: (answer, path) => azureError(answer, 'read', path),
      verify: verifyMd5,
    }
    this.#proof = new WriteProof(
      {
        head: (path) => this.head(path),
        create: (path, bytes) => createBlob(client, blobPlace(path), bytes),
        replace: (path, bytes, version) => replaceBlob(client, blobPlace(path), bytes, version),
        delete: (path) => this.delete(path),
      },
      env,
    )
  }

  async head(path: string, { signal }: ReadOptions = {}): Promise<ObjectInfo | undefined> {
    const answer = await this.#client.again({ method: 'HEAD', place: blobPlace(path), signal })
    if (isMissing(answer)) return undefined
    if (isNoAnswer(answer) || answer.status !== 200) throw azureError(answer, 'look at', path)
    // A folder of an account with a hierarchical namespace is no object.
    if (answer.headers.get('x-ms-meta-hdi_isfolder') === 'true') return undefined
    return objectInfo(path, answer.headers)
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
    return listBlobs(this.#client, folder, options)
  }

  async findByPrefix(prefix: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return findBlobs(this.#client, prefix, options)
  }

  async create(path: string, bytes: Uint8Array): Promise<CreateOutcome> {
    return createBlob(this.#client, await this.#proven(path), bytes)
  }

  async replace(path: string, bytes: Uint8Array, version: string): Promise<ReplaceOutcome> {
    return replaceBlob(this.#client, await this.#proven(path), bytes, version)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const answer = await this.#client.again(putRequest(this.#client, blobPlace(path), bytes))
    if (answer.status !== 201) throw azureError(answer, 'write', path)
  }

  async writer(path: string, { signal }: ReadOptions = {}): Promise<ObjectWriter> {
    throwIfAborted(signal)
    const place = await this.#proven(path)
    const random = this.#env.randomBytes(8)
    return new PartedWriter(new AzureUpload(this.#client, { place, random, signal }), signal)
  }

  async delete(path: string): Promise<void> {
    return deleteBlob(this.#client, blobPlace(path))
  }

  async deleteMany(
    paths: readonly string[],
    options: ReadOptions = {},
  ): Promise<readonly DeleteFailure[]> {
    return deleteBlobs(this.#client, paths, options)
  }

  async #proven(path: string): Promise<Place> {
    const place = blobPlace(path)
    const account = accountOf(this.#client.config, place)
    await this.#proof.of(`${account}/${place.container}`, path)
    return place
  }
}
