/**
 * Opens the deletes of tasks. Delete files are shared: each is read once by a scan, however many
 * data files it applies to, and kept while memory allows.
 */
import type { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import type { Env } from '../../env/env.js'
import { CorruptData } from '../../errors.js'
import type { ManifestEntry, TableMetadata } from '../../format/model.js'
import type { Store } from '../../store/store.js'
import type { Schema } from '../../types/type.js'
import { Permits } from '../concurrency.js'
import type { ScanTask } from '../contract.js'
import { deleteKind, deleteScope } from '../plan/delete-index.js'
import { EqualityGroup } from './equality-group.js'
import {
  POSITION_FIELDS,
  type PositionFile,
  readPositionFile,
  readVector,
} from './position-files.js'
import { PuffinBlocks } from './puffin-blocks.js'
import type { ReadDeleteFile } from './read-delete-file.js'
import { SharedLoads } from './shared-loads.js'
import type { EqualityDeletes, TaskDeletes } from './task-deletes.js'

export interface DeleteContext {
  readonly metadata: TableMetadata
  readonly schema: Schema
  readonly store: Store
  readonly env: Env
  /** Bytes that deletes may take in memory. */
  readonly maxBytes: number
  readonly readFile: ReadDeleteFile
}

/** Delete files read at a time. */
const FILES_AT_ONCE = 3

export class DeleteLoader {
  readonly #context: DeleteContext
  readonly #files: SharedLoads<PositionFile>
  readonly #groups: SharedLoads<EqualityGroup>
  readonly #puffin: PuffinBlocks
  readonly #seed: number
  readonly #permits = new Permits(FILES_AT_ONCE)

  constructor(context: DeleteContext) {
    this.#context = context
    // Half for positions, half for keys.
    this.#files = new SharedLoads(context.maxBytes / 2)
    this.#groups = new SharedLoads(context.maxBytes / 2)
    this.#puffin = new PuffinBlocks(context.store, context.maxBytes / 32)
    this.#seed = new DataView(context.env.randomBytes(4).buffer).getInt32(0)
  }

  /**
   * The deletes of a task; `undefined` when it has none.
   *
   * @throws CorruptData, LimitExceeded, Unsupported, or what reading a delete file throws
   */
  async open(task: ScanTask, signal?: AbortSignal): Promise<TaskDeletes | undefined> {
    if (task.deletes.length === 0) return undefined
    const byPosition: Promise<PositionBitmap | undefined>[] = []
    const byValue: ManifestEntry[] = []
    for (const entry of task.deletes) {
      const kind = deleteKind(entry)
      if (kind === 'equality-deletes') byValue.push(entry)
      else byPosition.push(this.#positions(entry, task.file.path, signal))
    }
    const [sets, equality] = await Promise.all([
      Promise.all(byPosition),
      this.#equality(byValue, task, signal),
    ])
    const positions = sets.filter((set) => set !== undefined && !set.isEmpty)
    return { positions: positions as readonly PositionBitmap[], equality }
  }

  async #positions(
    entry: ManifestEntry,
    dataPath: string,
    signal: AbortSignal | undefined,
  ): Promise<PositionBitmap | undefined> {
    const { maxBytes, readFile } = this.#context
    if (deleteKind(entry) === 'deletion-vector') {
      return readVector(entry, dataPath, this.#puffin, { maxBytes, signal })
    }
    const { path } = entry.file
    const file = await this.#files.get(path, signal, () =>
      this.#permits.run(() =>
        readPositionFile(
          path,
          readFile(entry, POSITION_FIELDS, { strings: 'dictionary' }, signal),
          maxBytes / 2,
        ),
      ),
    )
    return file.byPath.get(dataPath)
  }

  /** One set of keys for each combination of columns and partition. */
  async #equality(
    entries: readonly ManifestEntry[],
    task: ScanTask,
    signal: AbortSignal | undefined,
  ): Promise<readonly EqualityDeletes[]> {
    const groups = new Map<string, ManifestEntry[]>()
    for (const entry of entries) {
      const key = `${equalityIds(entry).join()}/${deleteScope(entry, this.#context.metadata)}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [entry])
      else group.push(entry)
    }
    const sequence = Number(task.sequenceNumber)
    return Promise.all(
      Array.from(groups, async ([key, members]) => {
        const group = await this.#groups.get(key, signal, async () => this.#newGroup(members[0]!))
        for (const entry of members) {
          await group.load(entry, signal, this.#permits)
          this.#groups.resized(key)
        }
        return { columns: group.columns, keys: group.keys, sequence }
      }),
    )
  }

  #newGroup(entry: ManifestEntry): EqualityGroup {
    const { metadata, schema, maxBytes, readFile } = this.#context
    return new EqualityGroup({
      ids: equalityIds(entry),
      metadata,
      schema,
      readFile,
      seed: this.#seed,
      maxBytes: maxBytes / 2,
    })
  }
}

function equalityIds(entry: ManifestEntry): readonly number[] {
  const ids = [...new Set(entry.file.equalityIds ?? [])].sort((a, b) => a - b)
  if (ids.length > 0) return ids
  throw new CorruptData(`equality delete file ${entry.file.path} names no column`, {
    details: { path: entry.file.path },
  })
}
