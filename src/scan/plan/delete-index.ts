/**
 * Which delete files apply to which data file (spec: "Scan Planning", scope rules): by path, by
 * partition and by data sequence number.
 */
import { Unsupported } from '../../errors.js'
import type { ManifestEntry, TableMetadata } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import { bytesEqual } from '../../util/bytes.js'
import { decodeUtf8 } from '../../util/utf8.js'

/** Reserved field id of `file_path` in position delete files. */
const DELETE_FILE_PATH_ID = 2147483546

/** The row-level delete kinds of the specification. */
export type DeleteKind = 'deletion-vector' | 'position-deletes' | 'equality-deletes'

export function deleteKind(entry: ManifestEntry): DeleteKind {
  if (entry.file.content === 'equality-deletes') return 'equality-deletes'
  return entry.file.format === 'puffin' ? 'deletion-vector' : 'position-deletes'
}

/** Live delete files of a snapshot, looked up by data file. */
export class DeleteIndex {
  readonly #vectors = new Map<string, ManifestEntry>()
  readonly #positionsByPath = new Map<string, ManifestEntry[]>()
  readonly #positionsByPartition = new Map<string, ManifestEntry[]>()
  readonly #equalityByPartition = new Map<string, ManifestEntry[]>()
  readonly #globalEquality: ManifestEntry[] = []
  readonly #unpartitioned: ReadonlySet<number>
  #size = 0

  constructor(metadata: TableMetadata) {
    this.#unpartitioned = new Set(
      metadata.partitionSpecs
        .filter((spec) => spec.fields.every((field) => field.transform.kind === 'void'))
        .map((spec) => spec.specId),
    )
  }

  get size(): number {
    return this.#size
  }

  add(entry: ManifestEntry): void {
    this.#size += 1
    const { file } = entry
    switch (deleteKind(entry)) {
      case 'deletion-vector': {
        const path = file.referencedDataFile
        if (path === undefined) {
          throw new Unsupported(
            'row-level-deletes',
            `a deletion vector names no data file: ${file.path}`,
          )
        }
        const known = this.#vectors.get(path)
        if (known === undefined || known.sequenceNumber < entry.sequenceNumber) {
          this.#vectors.set(path, entry)
        }
        return
      }
      case 'position-deletes': {
        const path = referencedPath(entry)
        if (path !== undefined) append(this.#positionsByPath, path, entry)
        else append(this.#positionsByPartition, keyOf(entry), entry)
        return
      }
      case 'equality-deletes':
        if (this.#unpartitioned.has(file.specId)) this.#globalEquality.push(entry)
        else append(this.#equalityByPartition, keyOf(entry), entry)
    }
  }

  /** The delete files that must be applied to a data file. */
  match(data: ManifestEntry): readonly ManifestEntry[] {
    if (this.#size === 0) return []
    const key = keyOf(data)
    const deletes: ManifestEntry[] = []
    const vector = this.#vectors.get(data.file.path)
    if (
      vector !== undefined &&
      data.sequenceNumber <= vector.sequenceNumber &&
      keyOf(vector) === key
    ) {
      // A vector holds all older position deletes of its data file.
      deletes.push(vector)
    } else {
      for (const entry of this.#positionsByPath.get(data.file.path) ?? []) {
        if (data.sequenceNumber <= entry.sequenceNumber && keyOf(entry) === key) deletes.push(entry)
      }
      for (const entry of this.#positionsByPartition.get(key) ?? []) {
        if (data.sequenceNumber <= entry.sequenceNumber) deletes.push(entry)
      }
    }
    for (const entry of this.#equalityByPartition.get(key) ?? []) {
      if (data.sequenceNumber < entry.sequenceNumber) deletes.push(entry)
    }
    for (const entry of this.#globalEquality) {
      if (data.sequenceNumber < entry.sequenceNumber) deletes.push(entry)
    }
    return deletes
  }
}

function keyOf(entry: ManifestEntry): string {
  return partitionKey(entry.file.specId, entry.file.partition)
}

function append(map: Map<string, ManifestEntry[]>, key: string, entry: ManifestEntry): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [entry])
  else list.push(entry)
}

/** The one data file that a position delete file is about: named, or told by equal path bounds. */
function referencedPath(entry: ManifestEntry): string | undefined {
  const { file } = entry
  if (file.referencedDataFile !== undefined) return file.referencedDataFile
  const lower = file.lowerBounds?.get(DELETE_FILE_PATH_ID)
  const upper = file.upperBounds?.get(DELETE_FILE_PATH_ID)
  if (lower === undefined || upper === undefined || !bytesEqual(lower, upper)) return undefined
  return decodeUtf8(lower)
}
