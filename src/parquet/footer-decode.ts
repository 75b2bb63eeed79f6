import { CompactReader } from '../codec/thrift/compact-reader.js'
import type { Limits } from '../env/limits.js'
import {
  type RawColumnChunk,
  type RawRowGroup,
  readRawRowGroup,
  refuseEncrypted,
} from './footer-row-group.js'
import { readSchemaElement } from './footer-schema.js'
import type { ColumnChunk, ParquetFooter, RowGroup, SchemaNode } from './model.js'
import { buildSchemaTree, type SchemaElement } from './schema-tree.js'
import { usableStatistics } from './statistics.js'
import { FieldReader } from './thrift-fields.js'

export interface ParseFooterOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path: string
  /** Size of the whole file: every offset in the footer is checked against it. */
  readonly fileSizeBytes: number
}

interface RawFooter {
  version: number
  rows: number
  createdBy: string | undefined
  elements: SchemaElement[] | undefined
  rowGroups: RawRowGroup[]
  keyValue: Map<string, string>
  /** One for each leaf: whether its order is the type-defined one. Undefined when not recorded. */
  ordersKnown: boolean[] | undefined
}

/**
 * Parses the thrift footer (FileMetaData of parquet.thrift) and checks it as a whole: the schema is
 * a tree, each row group has one chunk for each leaf, chunks lie inside the file, counts add up.
 *
 * @throws CorruptData, LimitExceeded or Unsupported (encryption, external columns)
 */
export function parseFooter(bytes: Uint8Array, options: ParseFooterOptions): ParquetFooter {
  const { limits, path, fileSizeBytes } = options
  const reader = new FieldReader(new CompactReader(bytes, { limits, path }), path)
  const raw = readFileMetaData(reader)
  if (raw.elements === undefined) return reader.fail('it has no schema')
  if (raw.rows < 0) return reader.fail('it has no row count')
  const { root, leaves } = buildSchemaTree(raw.elements, { limits, path })
  const dataEnd = fileSizeBytes - bytes.length - 8
  const rowGroups: RowGroup[] = []
  let firstRow = 0
  for (const group of raw.rowGroups) {
    rowGroups.push(checkRowGroup(reader, group, rowGroups.length, firstRow, leaves, raw, dataEnd))
    firstRow += group.rows
  }
  if (firstRow !== raw.rows) {
    return reader.fail(`its row groups have ${firstRow} rows, not ${raw.rows}`)
  }
  return {
    path,
    fileSizeBytes,
    footerBytes: bytes.length,
    version: raw.version,
    rows: raw.rows,
    createdBy: raw.createdBy,
    keyValue: raw.keyValue,
    root,
    leaves,
    rowGroups,
  }
}

function readFileMetaData(reader: FieldReader): RawFooter {
  const raw: RawFooter = {
    version: 0,
    rows: -1,
    createdBy: undefined,
    elements: undefined,
    rowGroups: [],
    keyValue: new Map(),
    ordersKnown: undefined,
  }
  reader.struct((id) => {
    if (id === 1) raw.version = reader.i32()
    else if (id === 2) raw.elements = reader.structs(() => readSchemaElement(reader))
    else if (id === 3) raw.rows = reader.size()
    else if (id === 4) raw.rowGroups = reader.structs(() => readRawRowGroup(reader))
    else if (id === 5) reader.structs(() => readKeyValue(reader, raw.keyValue))
    else if (id === 6) raw.createdBy = reader.string()
    else if (id === 7) raw.ordersKnown = reader.structs(() => readColumnOrder(reader))
    else if (id === 8) refuseEncrypted(reader.path)
    else return false
    return true
  })
  return raw
}

function readKeyValue(reader: FieldReader, into: Map<string, string>): void {
  let key: string | undefined
  let value = ''
  reader.struct((id) => {
    if (id === 1) key = reader.string()
    else if (id === 2) value = reader.string()
    else return false
    return true
  })
  if (key !== undefined) into.set(key, value)
}

/** ColumnOrder is a union: member 1 is TypeDefinedOrder, the only one understood. */
function readColumnOrder(reader: FieldReader): boolean {
  let known = false
  reader.struct((id) => {
    known = id === 1
    return false
  })
  return known
}

function checkRowGroup(
  reader: FieldReader,
  raw: RawRowGroup,
  index: number,
  firstRow: number,
  leaves: readonly SchemaNode[],
  footer: RawFooter,
  dataEnd: number,
): RowGroup {
  if (raw.columns.length !== leaves.length) {
    return reader.fail(
      `row group ${index} has ${raw.columns.length} columns, the schema ${leaves.length}`,
    )
  }
  let compressedBytes = 0
  const columns = raw.columns.map((column, leafIndex) => {
    const leaf = leaves[leafIndex] as SchemaNode
    checkChunk(reader, column, leaf, raw.rows, index, dataEnd)
    compressedBytes += column.compressedBytes
    return finishChunk(column, leaf, footer.ordersKnown?.[leafIndex] ?? true, dataEnd)
  })
  for (const sorting of raw.sortingColumns) {
    if (leaves[sorting.leafIndex] === undefined) reader.fail('it is sorted by no known column')
  }
  const { rows, totalBytes, sortingColumns } = raw
  return { index, rows, firstRow, totalBytes, compressedBytes, columns, sortingColumns }
}

function checkChunk(
  reader: FieldReader,
  column: RawColumnChunk,
  leaf: SchemaNode,
  rows: number,
  rowGroup: number,
  dataEnd: number,
): void {
  const where = `column \`${leaf.path.join('.')}\` of row group ${rowGroup}`
  const { pathInSchema } = column
  const samePath =
    pathInSchema.length === leaf.path.length &&
    pathInSchema.every((name, depth) => name === leaf.path[depth])
  if (!samePath) reader.fail(`${where} is called \`${pathInSchema.join('.')}\` there`)
  if (column.physical !== leaf.physical) {
    reader.fail(`${where} is ${column.physical} there and ${leaf.physical} in the schema`)
  }
  if (leaf.maxRepetition === 0 && column.values !== rows) {
    reader.fail(`${where} has ${column.values} values for ${rows} rows`)
  }
  const { start, end } = chunkSpan(column)
  // A chunk without values may have no pages, and then any offset.
  if (column.values > 0 && (start < 4 || end > dataEnd || end <= start)) {
    reader.fail(`${where} lies at bytes ${start} to ${end}, outside the data`)
  }
}

function chunkSpan(column: RawColumnChunk): { readonly start: number; readonly end: number } {
  const start = Math.min(
    column.dictionaryPageOffset ?? column.dataPageOffset,
    column.dataPageOffset,
  )
  return { start, end: start + column.compressedBytes }
}

function finishChunk(
  column: RawColumnChunk,
  leaf: SchemaNode,
  orderKnown: boolean,
  dataEnd: number,
): ColumnChunk {
  const { pathInSchema: _, statistics, columnIndex, offsetIndex, bloomFilter, ...rest } = column
  const inside = (end: number) => end <= dataEnd
  return {
    ...rest,
    ...chunkSpan(column),
    leafIndex: leaf.leafIndex,
    statistics:
      statistics === undefined ? undefined : usableStatistics(statistics, leaf, orderKnown),
    // An index without a defined order of values may still be used to find pages, not to skip them.
    columnIndex:
      columnIndex !== undefined && orderKnown && inside(columnIndex.offset + columnIndex.length)
        ? columnIndex
        : undefined,
    offsetIndex:
      offsetIndex !== undefined && inside(offsetIndex.offset + offsetIndex.length)
        ? offsetIndex
        : undefined,
    bloomFilter:
      bloomFilter !== undefined && inside(bloomFilter.offset + (bloomFilter.length ?? 1))
        ? bloomFilter
        : undefined,
  }
}
