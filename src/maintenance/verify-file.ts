import type { Limits } from '../env/limits.js'
import { MoraineError } from '../errors.js'
import type { DataFile } from '../format/model.js'
import type { ByteSource } from '../parquet/contract.js'
import { readFooter } from '../parquet/footer.js'
import type { ColumnChunk, ParquetFooter, SchemaNode } from '../parquet/model.js'
import { decodeStatistic } from '../parquet/statistics.js'
import { datumComparator } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import { schemaIndex } from '../types/schema-index.js'
import { tryDecodeSingleValue } from '../types/single-value.js'
import type { Schema, Type } from '../types/type.js'
import { decodeUtf8 } from '../util/utf8.js'
import type { Violations } from './violation.js'

/** Checks a Parquet file against what its manifest entry says of it, from its footer alone. */
export async function verifyParquetFile(
  file: DataFile,
  source: ByteSource,
  schema: Schema,
  context: { readonly limits: Limits; readonly signal?: AbortSignal; readonly found: Violations },
): Promise<void> {
  const { found, limits, signal } = context
  let footer: ParquetFooter
  try {
    footer = await readFooter(source, { limits, ...(signal && { signal }) })
  } catch (error) {
    if (!(error instanceof MoraineError) || error.code === 'ABORTED') throw error
    found.add({ code: 'file-corrupt', message: error.message, path: file.path })
    return
  }
  if (BigInt(footer.rows) !== file.recordCount) {
    found.add({
      code: 'record-count',
      message: `${file.path} holds ${footer.rows} rows, its manifest says ${file.recordCount}`,
      path: file.path,
    })
  }
  verifyColumns(file, footer, schema, found)
}

function verifyColumns(
  file: DataFile,
  footer: ParquetFooter,
  schema: Schema,
  found: Violations,
): void {
  const { byId } = schemaIndex(schema)
  footer.leaves.forEach((leaf, index) => {
    const id = leaf.fieldId
    const type = id === undefined ? undefined : byId.get(id)?.type
    if (id === undefined || type === undefined) return
    const chunks = footer.rowGroups.map((group) => group.columns[index])
    verifyNulls(file, id, leaf, chunks, found)
    verifyBounds(file, id, type, leaf, chunks, found)
  })
}

function verifyNulls(
  file: DataFile,
  id: number,
  leaf: SchemaNode,
  chunks: readonly (ColumnChunk | undefined)[],
  found: Violations,
): void {
  const claimed = file.nullValueCounts?.get(id)
  if (claimed === undefined || leaf.maxRepetition > 0) return
  let actual = 0n
  for (const chunk of chunks) {
    const nulls = chunk?.statistics?.nullCount
    if (nulls === undefined) return
    actual += BigInt(nulls)
  }
  if (actual === claimed) return
  found.add({
    code: 'column-counts',
    message: `column ${leaf.path.join('.')} of ${file.path} has ${actual} nulls, its manifest says ${claimed}`,
    path: file.path,
  })
}

/** The manifest's bounds must enclose the footer's: a narrower one would make pruning lose rows. */
function verifyBounds(
  file: DataFile,
  id: number,
  type: Type,
  leaf: SchemaNode,
  chunks: readonly (ColumnChunk | undefined)[],
  found: Violations,
): void {
  const lower = decodeBound(type, file.lowerBounds?.get(id))
  const upper = decodeBound(type, file.upperBounds?.get(id))
  const read = statisticReader(type, leaf)
  if (read === undefined || (lower === undefined && upper === undefined)) return
  const compare = datumComparator(type)
  const broken = chunks.some((chunk) => {
    const { min, max, minExact, maxExact } = chunk?.statistics ?? {}
    const low = min === undefined || minExact === false ? undefined : read(min)
    const high = max === undefined || maxExact === false ? undefined : read(max)
    return (
      (lower !== undefined && low !== undefined && compare(low, lower) < 0) ||
      (upper !== undefined && high !== undefined && compare(high, upper) > 0)
    )
  })
  if (!broken) return
  found.add({
    code: 'column-bounds',
    message: `column ${leaf.path.join('.')} of ${file.path} holds values outside the bounds in its manifest`,
    path: file.path,
  })
}

function decodeBound(type: Type, bytes: Uint8Array | undefined): Datum | undefined {
  const bound = bytes === undefined ? undefined : tryDecodeSingleValue(type, bytes)
  // Signed zeros: footers widen to −0…+0, manifests may not.
  return bound === 0 || Number.isNaN(bound) ? undefined : bound
}

/** Statistics in the column's own terms, where file and table agree on what the bytes mean. */
function statisticReader(
  type: Type,
  leaf: SchemaNode,
): ((bytes: Uint8Array) => Datum | undefined) | undefined {
  switch (type.kind) {
    case 'string':
      return (bytes) => decodeUtf8(bytes)
    case 'binary':
    case 'fixed':
    case 'uuid':
      return (bytes) => bytes
    case 'int':
    case 'date':
    case 'float':
    case 'double':
    case 'boolean':
      return (bytes) => decodeStatistic(bytes, leaf)
    case 'long':
      return (bytes) => asBigint(decodeStatistic(bytes, leaf))
    default:
      return undefined
  }
}

function asBigint(value: Datum | undefined): Datum | undefined {
  return typeof value === 'number' ? BigInt(value) : value
}
