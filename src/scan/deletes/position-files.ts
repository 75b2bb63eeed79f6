/** Position delete files and deletion vectors as sets of positions by data file. */
import type { RecordBatch } from 'apache-arrow'
import { decodeDeletionVector } from '../../codec/puffin/deletion-vector.js'
import type { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import { PositionBuilder } from '../../codec/roaring/position-builder.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../errors.js'
import type { ManifestEntry } from '../../format/model.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Field } from '../../types/type.js'
import { decodeUtf8 } from '../../util/utf8.js'
import { keyColumn } from './key-columns.js'
import type { BlobOptions, PuffinBlocks } from './puffin-blocks.js'

/** What is read of a position delete file. Nulls come through, to be refused here. */
export const POSITION_FIELDS: readonly Field[] = [
  { ...METADATA_COLUMNS.deleteFilePath, required: false },
  { ...METADATA_COLUMNS.deletePos, required: false },
]

/** About what a data file named in a position delete file costs besides its positions. */
const FILE_OVERHEAD_BYTES = 1024

/** The deleted positions of one position delete file, by the path of the data file. */
export interface PositionFile {
  readonly byPath: ReadonlyMap<string, PositionBitmap>
  readonly bytes: number
}

/**
 * Reads the rows of a position delete file.
 *
 * @throws CorruptData for a row without path or with an impossible position; LimitExceeded once more
 *   than `maxBytes` are held
 */
export async function readPositionFile(
  path: string,
  batches: AsyncIterable<RecordBatch>,
  maxBytes: number,
): Promise<PositionFile> {
  const builders = new Map<string, PositionBuilder>()
  const held = (): number => {
    let bytes = 0
    for (const builder of builders.values()) bytes += FILE_OVERHEAD_BYTES + builder.bytes
    return bytes
  }
  for await (const batch of batches) {
    addBatch(path, batch, builders)
    checkHeld(path, held(), maxBytes)
  }
  const bytes = held()
  const byPath = new Map<string, PositionBitmap>()
  for (const [file, builder] of builders) byPath.set(file, builder.finish())
  return { byPath, bytes }
}

function addBatch(path: string, batch: RecordBatch, builders: Map<string, PositionBuilder>): void {
  const rows = batch.numRows
  const [paths, positions] = batch.data.children
  const names = keyColumn([paths!], rows)
  const numbers = keyColumn([positions!], rows)
  if (names.kind !== 'bytes' || numbers.kind !== 'words') corrupt(path, 'of a wrong type')
  if (names.valid !== undefined || numbers.valid !== undefined) {
    corrupt(path, 'without its data file or its position')
  }
  const byValue = new Map<number, PositionBuilder>()
  const builderOf = (value: number): PositionBuilder => {
    const name = decodeUtf8(names.bytes, names.offsets[value], names.offsets[value + 1])
    if (name === undefined) corrupt(path, 'whose data file is not UTF-8')
    let builder = builders.get(name)
    if (builder === undefined) {
      builder = new PositionBuilder()
      builders.set(name, builder)
    }
    return builder
  }
  const { words } = numbers
  let last = -1
  let current: PositionBuilder | undefined
  for (let row = 0; row < rows; row += 1) {
    const value = names.codes === undefined ? row : names.codes[row]!
    if (value !== last || current === undefined) {
      current = byValue.get(value) ?? builderOf(value)
      byValue.set(value, current)
      last = value
    }
    const high = words[2 * row + 1]!
    if (high < 0 || high > 0x1fffff) corrupt(path, 'with an impossible position')
    current.add(high * 4294967296 + (words[2 * row]! >>> 0))
  }
}

/** Throws `LimitExceeded` when the deletes of a file need more memory than there is for them. */
export function checkHeld(path: string, bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return
  throw new LimitExceeded(
    `the deletes of ${path} need more memory than a scan has for them; raise memoryLimit or compact the table`,
    { details: { limit: 'memoryLimit', max: maxBytes, actual: bytes, path } },
  )
}

function corrupt(path: string, what: string): never {
  throw new CorruptData(`position delete file ${path} has a row ${what}`, { details: { path } })
}

/**
 * Reads a deletion vector and checks it against its manifest entry.
 *
 * @throws CorruptData, LimitExceeded, Unsupported for an encrypted one
 */
export async function readVector(
  entry: ManifestEntry,
  dataPath: string,
  puffin: PuffinBlocks,
  options: BlobOptions,
): Promise<PositionBitmap> {
  const { file } = entry
  const fail = (what: string): never => {
    throw new CorruptData(`the deletion vector of ${dataPath} in ${file.path} ${what}`, {
      details: { path: file.path },
    })
  }
  if (file.keyMetadata !== undefined) {
    throw new Unsupported('encryption', `delete file ${file.path} is encrypted`)
  }
  const { contentOffset: offset, contentSizeBytes: size } = file
  if (offset === undefined || size === undefined) return fail('has no offset or no size')
  if (offset < 0n || size < 0n || offset + size > BigInt(Number.MAX_SAFE_INTEGER)) {
    return fail(`lies at ${offset} with ${size} bytes`)
  }
  if (file.referencedDataFile !== dataPath) fail(`belongs to ${file.referencedDataFile}`)
  const range = { start: Number(offset), end: Number(offset + size) }
  const bytes = await puffin.read(file, range, options)
  const positions = decodeDeletionVector(bytes, file.path)
  const { cardinality } = positions
  if (BigInt(cardinality) !== file.recordCount) {
    fail(`has ${cardinality} positions, its manifest entry says ${file.recordCount}`)
  }
  return positions
}
