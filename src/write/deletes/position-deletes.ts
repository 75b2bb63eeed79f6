/** Position delete files (v2): rows of data file and position, sorted by both. */
import { RecordBatch, Struct } from 'apache-arrow'
import { constantData } from '../../arrow/constant.js'
import { makeColumn } from '../../arrow/layout.js'
import { arrowSchemaOf, arrowTypeOf } from '../../arrow/schema.js'
import { specById } from '../../format/lookup.js'
import type { DataFile } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import { ParquetWriter } from '../../parquet/writer.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Schema } from '../../types/type.js'
import { compareUtf8 } from '../../util/utf8.js'
import { storeSink } from '../store-sink.js'
import { type DeleteContext, deleteFilePaths } from './delete-context.js'
import { type DeleteFileOptions, deleteFileOptions } from './delete-options.js'
import type { FileDeletes } from './file-deletes.js'

const SCHEMA: Schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [METADATA_COLUMNS.deleteFilePath, METADATA_COLUMNS.deletePos],
}
const ARROW_SCHEMA = arrowSchemaOf(SCHEMA)
const LONG = arrowTypeOf({ kind: 'long' })
/** Rows of one batch: each repeats the path of its data file. */
const BATCH_ROWS = 16_384

/** `file`: one delete file for each data file. `partition`: one for all of a partition. */
export type DeleteGranularity = 'file' | 'partition'

/**
 * Writes position delete files, in the partitions of their data files, each of at most about
 * `write.delete.target-file-size-bytes`.
 */
export async function writePositionDeletes(
  deletes: readonly FileDeletes[],
  granularity: DeleteGranularity,
  context: DeleteContext,
): Promise<readonly DataFile[]> {
  const groups = new Map<string, FileDeletes[]>()
  for (const one of deletes) {
    const { path, specId, partition } = one.file
    const key = granularity === 'file' ? path : partitionKey(specId, partition)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  const options = deleteFileOptions(context.metadata.properties)
  const nextPath = new Map<number, ReturnType<typeof deleteFilePaths>>()
  const files: DataFile[] = []
  for (const group of groups.values()) {
    const { specId, partition } = group[0]!.file
    let next = nextPath.get(specId)
    if (next === undefined) {
      next = deleteFilePaths(context, specById(context.metadata, specId), 'parquet')
      nextPath.set(specId, next)
    }
    const path = next
    const writer = new GroupWriter(() => path(partition), options, context)
    files.push(...(await writer.write(group)))
  }
  return files
}

interface OpenFile {
  readonly path: string
  readonly writer: ParquetWriter
  /** The data files that it names so far. */
  readonly named: Set<string>
}

/** The delete files of one group: a new one once the last has its size. */
class GroupWriter {
  readonly #newPath: () => string
  readonly #options: DeleteFileOptions
  readonly #context: DeleteContext
  readonly #files: DataFile[] = []
  #open: OpenFile | undefined

  constructor(newPath: () => string, options: DeleteFileOptions, context: DeleteContext) {
    this.#newPath = newPath
    this.#options = options
    this.#context = context
  }

  async write(group: readonly FileDeletes[]): Promise<readonly DataFile[]> {
    const sorted = [...group].sort((a, b) => compareUtf8(a.file.path, b.file.path))
    const target = sorted[0]!.file
    try {
      for (const { file, positions } of sorted) {
        const all = positions.toArray()
        for (let at = 0; at < all.length; at += BATCH_ROWS) {
          await this.#add(file.path, all.slice(at, at + BATCH_ROWS), target)
        }
      }
      await this.#close(target)
      return this.#files
    } catch (error) {
      await this.#open?.writer.abort()
      throw error
    }
  }

  async #add(path: string, positions: readonly number[], target: DataFile): Promise<void> {
    let rest: RecordBatch | undefined = batchOf(path, positions)
    while (rest !== undefined) {
      this.#open ??= this.#openFile()
      this.#open.named.add(path)
      rest = await this.#open.writer.fill(rest)
      if (this.#open.writer.estimatedBytes >= this.#options.targetFileBytes) {
        await this.#close(target)
      }
    }
  }

  #openFile(): OpenFile {
    const { env, signal, store, onCreate } = this.#context
    const path = this.#newPath()
    const writer = new ParquetWriter({
      schema: SCHEMA,
      sink: storeSink(store, path, signal, onCreate),
      options: this.#options.parquet,
      // Whole paths as bounds: readers find out from them which data files are meant.
      metrics: () => ({ kind: 'full' }),
      limits: env.limits,
      signal,
    })
    return { path, writer, named: new Set() }
  }

  async #close({ specId, partition }: DataFile): Promise<void> {
    if (this.#open === undefined) return
    const { path, writer, named } = this.#open
    const written = await writer.close()
    this.#open = undefined
    const [only] = named
    this.#files.push({
      content: 'position-deletes',
      path,
      format: 'parquet',
      specId,
      partition,
      recordCount: written.recordCount,
      sizeBytes: written.sizeBytes,
      splitOffsets: written.splitOffsets,
      ...(named.size === 1 && only !== undefined && { referencedDataFile: only }),
      ...written.metrics,
    })
  }
}

function batchOf(path: string, positions: readonly number[]): RecordBatch {
  const rows = positions.length
  const values = new BigInt64Array(rows)
  // Not `from`, which goes through an iterator and is some times slower.
  for (let row = 0; row < rows; row += 1) values[row] = BigInt(positions[row] ?? 0)
  const children = [
    constantData({ kind: 'string' }, path, rows),
    makeColumn(LONG, rows, 0, { values }),
  ]
  const data = makeColumn(new Struct(ARROW_SCHEMA.fields), rows, 0, { children })
  return new RecordBatch(ARROW_SCHEMA, data as RecordBatch['data'])
}
