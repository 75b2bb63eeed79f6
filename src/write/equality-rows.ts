/** Upserts and deletes by key without a look at the table: equality deletes and new rows. */
import type { RecordBatch } from 'apache-arrow'
import { batchBytes } from '../arrow/size.js'
import { takeBatch } from '../arrow/take.js'
import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { LimitExceeded, Unsupported, ValidationError } from '../errors.js'
import { currentSchema } from '../format/lookup.js'
import type { DataFile, Snapshot, TableMetadata } from '../format/model.js'
import type { RowGroupEncoder } from '../parquet/write-encode.js'
import { KeySet } from '../scan/deletes/key-set.js'
import type { Store } from '../store/store.js'
import type { Schema } from '../types/type.js'
import { type EqualityKey, equalityKey, keyReader, pruneBatch } from './equality-keys.js'
import { type EqualityScope, equalityScope } from './equality-scope.js'
import { EqualityDeleteWriter } from './equality-writer.js'
import { inputBatches, type WriteInput } from './input.js'
import { type WriteProgress, type WrittenFiles, writeDataFiles } from './write-data-files.js'
import { MEMORY_LIMIT_BYTES } from './write-memory.js'

export interface EqualityContext {
  readonly metadata: TableMetadata
  /** Head of the branch that is changed; undefined while it is empty. */
  readonly snapshot: Snapshot | undefined
  readonly store: Store
  readonly env: Env
  readonly encoder: () => RowGroupEncoder | Promise<RowGroupEncoder>
  readonly memoryLimit?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined
  /** The columns to match by. */
  readonly on: readonly string[]
  readonly caseSensitive: boolean
}

/** Files that nobody knows yet, and where their deletes apply. */
export interface EqualityChange {
  readonly addedFiles: readonly DataFile[]
  readonly addedDeletes: readonly DataFile[]
  readonly scope: EqualityScope
  /** Deletes the files. Only for when they are surely not committed. Never rejects. */
  discard(): Promise<void>
}

/** What becomes of rows of one upsert that have the same key. */
export type Duplicates = 'refuse' | 'last'

/**
 * Writes the rows, and deletes of every older row with one of their keys; null equals null. With
 * `last` the rows are held in memory, else only their keys.
 *
 * @throws ValidationError for two rows with one key, unless the last of them wins
 * @throws LimitExceeded when rows or keys need more than half of the memory limit
 */
export async function upsertByDeletes(
  rows: WriteInput,
  duplicates: Duplicates,
  context: EqualityContext,
): Promise<EqualityChange> {
  const schema = currentSchema(context.metadata)
  const { key, scope, job } = await beginJob(context, 'upsert')
  const { signal, env, metadata, store, onProgress } = context
  const held = context.memoryLimit ?? MEMORY_LIMIT_BYTES
  const keys = new BatchKeys(key, env, held / 2)
  const input = inputBatches(schema, rows, signal, env.limits)
  const unique = duplicates === 'last' ? lastOfEach(input, keys, schema, held / 2) : undefined
  async function* written(): AsyncGenerator<RecordBatch, void, void> {
    for await (const batch of unique ?? input) {
      const own = pruneBatch(batch, schema, key.schema)
      if (unique === undefined) keys.addNew(own)
      await job.writer.write(own)
      yield batch
    }
  }
  let data: WrittenFiles | undefined
  try {
    data = await writeDataFiles(written(), {
      metadata,
      store,
      env,
      encoder: context.encoder,
      // A quarter each for the rows and for their deletes; the keys have the other half.
      memoryBytes: held / 4,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    })
    const addedDeletes = await job.writer.finish()
    throwIfAborted(signal)
    const { files: addedFiles, discard } = data
    return {
      addedFiles,
      addedDeletes,
      scope,
      discard: async () => {
        await discard()
        await job.discard()
      },
    }
  } catch (error) {
    await job.writer.abort()
    await data?.discard()
    await job.discard()
    throw error
  }
}

/** Writes deletes of every older row with one of the keys; null equals null. */
export async function deleteByKeys(
  rows: WriteInput,
  context: EqualityContext,
): Promise<EqualityChange> {
  const { key, scope, job } = await beginJob(context, 'deleteKeys')
  const { signal, env } = context
  let count = 0n
  try {
    for await (const batch of inputBatches(key.schema, rows, signal, env.limits)) {
      await job.writer.write(batch)
      count += BigInt(batch.numRows)
      context.onProgress?.({ rows: count, files: job.files() })
    }
    const addedDeletes = await job.writer.finish()
    throwIfAborted(signal)
    return { addedFiles: [], addedDeletes, scope, discard: job.discard }
  } catch (error) {
    await job.writer.abort()
    await job.discard()
    throw error
  }
}

interface DeleteJob {
  readonly writer: EqualityDeleteWriter
  readonly files: () => number
  readonly discard: () => Promise<void>
}

async function beginJob(
  context: EqualityContext,
  where: string,
): Promise<{
  readonly key: EqualityKey
  readonly scope: EqualityScope
  readonly job: DeleteJob
}> {
  const { metadata, store, env, signal, memoryLimit } = context
  if (metadata.formatVersion < 2) {
    throw new Unsupported(
      'equality-deletes-v1',
      'a table of format version 1 has no delete files: upgradeFormat(2) first',
    )
  }
  const key = equalityKey(currentSchema(metadata), context.on, where, context.caseSensitive)
  const scope = await equalityScope(context, key.ids)
  const created: string[] = []
  const { newSpec } = scope
  // Paths and partitions are worked out for the table as the commit will make it.
  const known =
    newSpec === undefined
      ? metadata
      : { ...metadata, partitionSpecs: [...metadata.partitionSpecs, newSpec] }
  const deletes = {
    metadata: known,
    store,
    env,
    signal,
    onCreate: (path: string) => created.push(path),
  }
  const writer = new EqualityDeleteWriter(
    key,
    scope.specs,
    deletes,
    (memoryLimit ?? MEMORY_LIMIT_BYTES) / 4,
  )
  const discard = async (): Promise<void> => {
    for (const path of created) await store.delete(path).catch(() => {})
  }
  return { key, scope, job: { writer, files: () => created.length, discard } }
}

/** The keys of rows that were seen so far. */
class BatchKeys {
  readonly #keys: KeySet
  readonly #read: ReturnType<typeof keyReader>
  /** The key's columns. */
  readonly schema: Schema
  readonly #names: string
  readonly #maxBytes: number
  #rows = 0

  constructor(key: EqualityKey, env: Env, maxBytes: number) {
    this.#keys = new KeySet(new DataView(env.randomBytes(4).buffer).getInt32(0))
    this.#read = keyReader(key)
    this.schema = key.schema
    this.#names = key.names
    this.#maxBytes = maxBytes
  }

  /** Tells the number of each row's key: the same for the same key. */
  add(batch: RecordBatch, onKey: (row: number, key: number) => void): void {
    this.#keys.add(this.#read(batch), batch.numRows, 0, onKey)
    this.#rows += batch.numRows
    checkMemory('keys', this.bytes, this.#maxBytes)
  }

  get bytes(): number {
    return this.#keys.bytes
  }

  /** Throws `ValidationError` for a key that was there before. */
  addNew(batch: RecordBatch): void {
    const first = this.#rows
    let next = this.#keys.size
    this.add(batch, (row, key) => {
      if (key === next) {
        next += 1
        return
      }
      throw new ValidationError(
        `row ${first + row}: another row has the same key (${this.#names}); with { duplicates: 'last' } the last of them wins`,
        { details: { row: first + row } },
      )
    })
  }
}

function checkMemory(what: string, actual: number, max: number): void {
  if (actual <= max) return
  throw new LimitExceeded(
    `the ${what} of an upsert need more memory than memoryLimit allows; give the rows in several calls`,
    { details: { limit: 'memoryLimit', max, actual } },
  )
}

/** Of the lists that tell the last row of each key. */
const LAST_BYTES_PER_ROW = 16

/** The rows that no later row has the key of, in order. */
async function* lastOfEach(
  batches: AsyncIterable<RecordBatch>,
  keys: BatchKeys,
  schema: Schema,
  maxBytes: number,
): AsyncGenerator<RecordBatch, void, void> {
  const all: RecordBatch[] = []
  const lastRow: number[] = []
  const keyOfRow: number[] = []
  let bytes = 0
  for await (const batch of batches) {
    keys.add(pruneBatch(batch, schema, keys.schema), (_, key) => {
      lastRow[key] = keyOfRow.length
      keyOfRow.push(key)
    })
    all.push(batch)
    bytes += batchBytes(batch)
    checkMemory('rows', bytes + keys.bytes + keyOfRow.length * LAST_BYTES_PER_ROW, maxBytes)
  }
  let first = 0
  for (const batch of all) {
    const kept: number[] = []
    for (let row = 0; row < batch.numRows; row += 1) {
      if (lastRow[keyOfRow[first + row]!] === first + row) kept.push(row)
    }
    first += batch.numRows
    if (kept.length === batch.numRows) yield batch
    else if (kept.length > 0) yield takeBatch(batch, Int32Array.from(kept))
  }
}
