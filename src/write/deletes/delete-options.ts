/** How delete files are written, as table properties ask for it. */
import { Unsupported } from '../../errors.js'
import { tableProperties } from '../../format/properties.js'
import { type ParquetWriteOptions, parquetWriteOptions } from '../../parquet/write-options.js'

const DELETE_PREFIX = 'write.delete.parquet.'
const DATA_PREFIX = 'write.parquet.'

export interface DeleteFileOptions {
  readonly parquet: ParquetWriteOptions
  /** `write.delete.target-file-size-bytes`. */
  readonly targetFileBytes: number
}

/**
 * The options of delete files: `write.delete.parquet.*`, and what these leave out from
 * `write.parquet.*`.
 *
 * @throws InvalidArgument naming a property that does not parse; Unsupported for a
 *   `write.delete.format.default` other than Parquet
 */
export function deleteFileOptions(properties: ReadonlyMap<string, string>): DeleteFileOptions {
  const known = tableProperties(properties)
  if (known.deleteFormat !== 'parquet') {
    throw new Unsupported(
      `write-${known.deleteFormat}-deletes`,
      `table property write.delete.format.default is ${known.deleteFormat}; only parquet is written`,
    )
  }
  const joined = new Map(properties)
  for (const [name, value] of properties) {
    if (name.startsWith(DELETE_PREFIX)) {
      joined.set(DATA_PREFIX + name.slice(DELETE_PREFIX.length), value)
    }
  }
  const targetFileBytes = known.deleteTargetFileSizeBytes
  const parquet = parquetWriteOptions(joined)
  // A row group larger than the file wanted would make the file miss its size.
  const rowGroupBytes = Math.min(parquet.rowGroupBytes, targetFileBytes)
  return { parquet: { ...parquet, rowGroupBytes }, targetFileBytes }
}
