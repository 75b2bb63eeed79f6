/**
 * Which delete files apply to which data file (spec: "Scan Planning", scope rules): by path, by
 * partition and by data sequence number; what their column bounds exclude is left out.
 */
import { CorruptData } from '../../errors.js'
import type { ManifestEntry, TableMetadata } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import type { Schema } from '../../types/type.js'
import { bytesEqual, compareBytes } from '../../util/bytes.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { equalityBounds, type MayDelete } from './equality-bounds.js'

/** Reserved field id of `file_path` in position delete files. */
const DELETE_FILE_PATH_ID = 2147483546
const GLOBAL = 'global'

/** The row-level delete kinds of the specification. */
export type DeleteKind = 'deletion-vector' | 'position-deletes' | 'equality-deletes'

export function deleteKind(entry: ManifestEntry): DeleteKind {
  if (entry.file.content === 'equality-deletes') return 'equality-deletes'
  return entry.file.format === 'puffin' ? 'deletion-vector' : 'position-deletes'
}

/**
 * Where an equality delete applies: one text for all deletes of the same partition of the same spec,
 * and one for those of a spec without partitions, which apply to the whole table.
 */
export function deleteScope(entry: ManifestEntry, metadata: TableMetadata): string {
  const spec = metadata.partitionSpecs.find(({ specId }) => specId === entry.file.specId)
  const isGlobal = spec?.fields.every((field) => field.transform.kind === 'void') ?? false
  return isGlobal ? GLOBAL : keyOf(entry)
}

/** Entries by key, each list ascending by sequence number once it is looked at. */
class ByKey {
  readonly #lists = new Map<string, ManifestEntry[]>()
  readonly #sorted = new Set<string>()

  add(key: string, entry: ManifestEntry): void {
    const list = this.#lists.get(key)
    if (list === undefined) this.#lists.set(key, [entry])
    else list.push(entry)
    this.#sorted.delete(key)
  }

  /** Calls `visit` with the entries of `sequence` or later, in order. */
  from(key: string, sequence: bigint, visit: (entry: ManifestEntry) => void): void {
    const list = this.#lists.get(key)
    if (list === undefined) return
    if (!this.#sorted.has(key)) {
      list.sort((a, b) => compareLongs(a.sequenceNumber, b.sequenceNumber))
      this.#sorted.add(key)
    }
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (list[middle]!.sequenceNumber < sequence) low = middle + 1
      else high = middle
    }
    for (let at = low; at < list.length; at += 1) visit(list[at]!)
  }
}

/** Live delete files of a snapshot, looked up by data file. */
export class DeleteIndex {
  readonly #metadata: TableMetadata
  readonly #schema: Schema | undefined
  readonly #vectors = new Map<string, ManifestEntry>()
  readonly #positionsByPath = new ByKey()
  readonly #positionsByPartition = new ByKey()
  readonly #equality = new ByKey()
  readonly #equalityIds = new Set<number>()
  readonly #mayDelete = new Map<ManifestEntry, MayDelete>()
  #size = 0

  /** With a schema, equality deletes are left out where column bounds exclude them. */
  constructor(metadata: TableMetadata, schema?: Schema) {
    this.#metadata = metadata
    this.#schema = schema
  }

  get size(): number {
    return this.#size
  }

  /** The columns that equality deletes compare: bounds of data files are of use for these. */
  get equalityIds(): ReadonlySet<number> {
    return this.#equalityIds
  }

  /** @throws CorruptData for a deletion vector of no data file, or a second one of the same. */
  add(entry: ManifestEntry): void {
    this.#size += 1
    switch (deleteKind(entry)) {
      case 'deletion-vector':
        this.#addVector(entry)
        return
      case 'position-deletes': {
        const path = referencedPath(entry)
        if (path !== undefined) this.#positionsByPath.add(path, entry)
        else this.#positionsByPartition.add(keyOf(entry), entry)
        return
      }
      case 'equality-deletes':
        for (const id of entry.file.equalityIds ?? []) this.#equalityIds.add(id)
        this.#equality.add(deleteScope(entry, this.#metadata), entry)
    }
  }

  #addVector(entry: ManifestEntry): void {
    const path = entry.file.referencedDataFile
    const known = path === undefined ? undefined : this.#vectors.get(path)
    if (path === undefined || known !== undefined) {
      throw new CorruptData(
        path === undefined
          ? `a deletion vector in ${entry.file.path} names no data file`
          : `data file ${path} has two deletion vectors: in ${known?.file.path} and ${entry.file.path}`,
        { details: { path: entry.file.path } },
      )
    }
    this.#vectors.set(path, entry)
  }

  /** The delete files that must be applied to a data file. */
  match(data: ManifestEntry): readonly ManifestEntry[] {
    if (this.#size === 0) return []
    const { sequenceNumber, file } = data
    const key = keyOf(data)
    const deletes: ManifestEntry[] = []
    const vector = this.#vectors.get(file.path)
    if (vector !== undefined && sequenceNumber <= vector.sequenceNumber && keyOf(vector) === key) {
      // A vector holds all older position deletes of its data file.
      deletes.push(vector)
    } else {
      this.#positionsByPath.from(file.path, sequenceNumber, (entry) => {
        if (keyOf(entry) === key) deletes.push(entry)
      })
      this.#positionsByPartition.from(key, sequenceNumber, (entry) => {
        if (mayName(entry, file.path)) deletes.push(entry)
      })
    }
    const visit = (entry: ManifestEntry): void => {
      if (this.#mayMatch(entry, data)) deletes.push(entry)
    }
    // Rows written with an equality delete, or after it, are not its rows.
    this.#equality.from(key, sequenceNumber + 1n, visit)
    this.#equality.from(GLOBAL, sequenceNumber + 1n, visit)
    return deletes
  }

  #mayMatch(entry: ManifestEntry, data: ManifestEntry): boolean {
    if (this.#schema === undefined) return true
    let test = this.#mayDelete.get(entry)
    if (test === undefined) {
      test = equalityBounds(entry.file, this.#schema)
      this.#mayDelete.set(entry, test)
    }
    return test(data.file)
  }
}

function compareLongs(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function keyOf(entry: ManifestEntry): string {
  return partitionKey(entry.file.specId, entry.file.partition)
}

/** The one data file that a position delete file is about: named, or told by equal path bounds. */
export function referencedPath(entry: ManifestEntry): string | undefined {
  const { file } = entry
  if (file.referencedDataFile !== undefined) return file.referencedDataFile
  const lower = file.lowerBounds?.get(DELETE_FILE_PATH_ID)
  const upper = file.upperBounds?.get(DELETE_FILE_PATH_ID)
  if (lower === undefined || upper === undefined || !bytesEqual(lower, upper)) return undefined
  return decodeUtf8(lower)
}

/** Whether the path lies within the bounds of the paths of a position delete file. */
function mayName(entry: ManifestEntry, path: string): boolean {
  const lower = entry.file.lowerBounds?.get(DELETE_FILE_PATH_ID)
  const upper = entry.file.upperBounds?.get(DELETE_FILE_PATH_ID)
  if (lower === undefined && upper === undefined) return true
  const bytes = encodeUtf8(path)
  return (
    (lower === undefined || compareBytes(bytes, lower) >= 0) &&
    (upper === undefined || compareBytes(bytes, upper) <= 0)
  )
}
