/**
 * Several Parquet images of one row group each, made one file: pages are copied as they are, and
 * only offsets, page indexes and the footer are rewritten. Memory holds one image and the indexes.
 */
import { CompactReader } from '../codec/thrift/compact-reader.js'
import { readThrift, type ThriftStruct, writeThrift } from '../codec/thrift/generic.js'
import type { Limits } from '../env/limits.js'
import { InternalBug } from '../errors.js'
import { assert } from '../util/assert.js'
import { concatBytes } from '../util/bytes.js'
import { encodeUtf8 } from '../util/utf8.js'
import {
  binaryField,
  binaryList,
  getI64,
  getStruct,
  getStructs,
  i16Field,
  i32Field,
  i64Field,
  optI64,
  optNumber,
  optStruct,
  struct,
  structField,
  structList,
} from './thrift-build.js'
import type { WrittenSchema } from './write-schema.js'

const magic = encodeUtf8('PAR1')
/** Field numbers of parquet.thrift that are used here. */
const fileMeta = { schema: 2, rowGroups: 4 } as const
const group = { columns: 1, rows: 3, fileOffset: 5, ordinal: 7 } as const
const chunk = {
  fileOffset: 2,
  metaData: 3,
  offsetIndex: 4,
  offsetIndexLength: 5,
  columnIndex: 6,
  columnIndexLength: 7,
} as const
const columnMeta = {
  path: 3,
  compressed: 7,
  dataPage: 9,
  indexPage: 10,
  dictionaryPage: 11,
  statistics: 12,
} as const
/** Bounds in Statistics, and what says whether they are exact: those of an order a type has not. */
const unorderedStatistics = [1, 2, 5, 6, 7, 8]
const pageLocations = 1
const pageOffset = 1

interface PageIndexes {
  readonly column: ThriftStruct
  readonly columnIndex: Uint8Array | undefined
  readonly offsetIndex: ThriftStruct | undefined
}

/** Takes images one after the other; the caller writes what it gives, in order. */
export class Stitcher {
  readonly #schema: WrittenSchema
  readonly #limits: Limits
  readonly #rowGroups: ThriftStruct[] = []
  readonly #indexes: PageIndexes[] = []
  readonly #paths: readonly ReturnType<typeof binaryList>[]
  #offset = 0
  #rows = 0n

  constructor(schema: WrittenSchema, limits: Limits) {
    this.#schema = schema
    this.#limits = limits
    this.#paths = schema.leaves.map((leaf) => binaryList(leaf.path.map((name) => encodeUtf8(name))))
  }

  /** ColumnMetaData of every chunk, by row group, in leaf order. */
  get chunks(): readonly (readonly ThriftStruct[])[] {
    return this.#rowGroups.map((rowGroup) =>
      getStructs(rowGroup, group.columns).map((column) => getStruct(column, chunk.metaData)),
    )
  }

  /** Where each row group starts. */
  get splitOffsets(): readonly bigint[] {
    return this.#rowGroups.map((rowGroup) => getI64(rowGroup, group.fileOffset))
  }

  get rows(): bigint {
    return this.#rows
  }

  /** The bytes that open the file. */
  start(): Uint8Array {
    this.#offset = magic.length
    return magic
  }

  /** The pages of an image's row group, to be written next. */
  add(image: Uint8Array): Uint8Array {
    const footer = this.#readFooter(image)
    this.#checkSchema(getStructs(footer, fileMeta.schema))
    const rowGroups = getStructs(footer, fileMeta.rowGroups)
    const rowGroup = rowGroups[0]
    if (rowGroup === undefined || rowGroups.length !== 1) {
      throw new InternalBug(`a row group image holds ${rowGroups.length} row groups`)
    }
    const columns = getStructs(rowGroup, group.columns)
    const shift = BigInt(this.#offset - magic.length)
    let end = magic.length
    let start = image.length
    columns.forEach((column, index) => {
      const meta = getStruct(column, chunk.metaData)
      const first = Number(
        optI64(meta, columnMeta.dictionaryPage) ?? getI64(meta, columnMeta.dataPage),
      )
      start = Math.min(start, first)
      end = Math.max(end, first + Number(getI64(meta, columnMeta.compressed)))
      if (this.#isUnordered(index)) dropBounds(column, meta)
      this.#indexes.push(this.#takeIndexes(image, column, shift))
      this.#moveChunk(column, meta, index, shift)
    })
    this.#rowGroups.push(
      new Map([
        ...rowGroup,
        [group.fileOffset, i64Field(BigInt(start) + shift)],
        [group.ordinal, i16Field(this.#rowGroups.length)],
      ]),
    )
    this.#rows += getI64(rowGroup, group.rows)
    const body = image.subarray(magic.length, end)
    this.#offset += body.length
    return body
  }

  /** Page indexes, footer and magic: the end of the file. */
  finish(keyValues: ReadonlyMap<string, string>, createdBy: string): Uint8Array {
    const parts: Uint8Array[] = []
    const put = (bytes: Uint8Array): bigint => {
      const at = this.#offset
      parts.push(bytes)
      this.#offset += bytes.length
      return BigInt(at)
    }
    for (const { column, columnIndex } of this.#indexes) {
      if (columnIndex === undefined) continue
      column.set(chunk.columnIndex, i64Field(put(columnIndex)))
      column.set(chunk.columnIndexLength, i32Field(columnIndex.length))
    }
    for (const { column, offsetIndex } of this.#indexes) {
      if (offsetIndex === undefined) continue
      const bytes = writeThrift(offsetIndex)
      column.set(chunk.offsetIndex, i64Field(put(bytes)))
      column.set(chunk.offsetIndexLength, i32Field(bytes.length))
    }
    const footer = writeThrift(this.#footer(keyValues, createdBy))
    put(footer)
    const tail = new Uint8Array(4 + magic.length)
    new DataView(tail.buffer).setUint32(0, footer.length, true)
    tail.set(magic, 4)
    parts.push(tail)
    return concatBytes(parts)
  }

  #footer(keyValues: ReadonlyMap<string, string>, createdBy: string): ThriftStruct {
    const pairs = [...keyValues].map(([key, value]) =>
      struct([
        [1, binaryField(encodeUtf8(key))],
        [2, binaryField(encodeUtf8(value))],
      ]),
    )
    const typeOrder = struct([[1, structField(struct([]))]])
    return struct([
      [1, i32Field(1)],
      [fileMeta.schema, structList(this.#schema.elements)],
      [3, i64Field(this.#rows)],
      [fileMeta.rowGroups, structList(this.#rowGroups)],
      [5, structList(pairs)],
      [6, binaryField(encodeUtf8(createdBy))],
      [7, structList(this.#schema.leaves.map(() => typeOrder))],
    ])
  }

  #readFooter(image: Uint8Array): ThriftStruct {
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
    const length = view.getUint32(image.length - 8, true)
    return this.#parse(image, image.length - 8 - length, image.length - 8)
  }

  /** Parses a copy: trees keep views of their bytes, which must not keep the image in memory. */
  #parse(image: Uint8Array, start: number, end: number): ThriftStruct {
    const bytes = image.slice(start, end)
    return readThrift(new CompactReader(bytes, { limits: this.#limits }))
  }

  /** Our schema replaces the image's, so both must describe the same pages. */
  #checkSchema(found: readonly ThriftStruct[]): void {
    const shape = (element: ThriftStruct): string =>
      [1, 2, 3, 5].map((id) => optNumber(element, id) ?? '').join(':')
    const ours = this.#schema.elements.map(shape)
    const theirs = found.map((element, index) => (index === 0 ? ours[0] : shape(element)))
    if (ours.length !== theirs.length || ours.some((text, index) => text !== theirs[index])) {
      throw new InternalBug(
        `the encoder wrote another schema than asked for: ${theirs.join(' ')}, not ${ours.join(' ')}`,
      )
    }
  }

  /** Geometries and geographies have no order of bytes (parquet.thrift, ColumnOrder). */
  #isUnordered(index: number): boolean {
    const kind = this.#schema.leaves[index]?.type.kind
    return kind === 'geometry' || kind === 'geography'
  }

  #takeIndexes(image: Uint8Array, column: ThriftStruct, shift: bigint): PageIndexes {
    const columnAt = optI64(column, chunk.columnIndex)
    const columnLength = optNumber(column, chunk.columnIndexLength)
    let columnIndex: Uint8Array | undefined
    if (columnAt !== undefined && columnLength !== undefined) {
      columnIndex = image.slice(Number(columnAt), Number(columnAt) + columnLength)
    }
    const offsetAt = optI64(column, chunk.offsetIndex)
    if (offsetAt === undefined) return { column, columnIndex, offsetIndex: undefined }
    const offset = Number(offsetAt)
    const length = optNumber(column, chunk.offsetIndexLength) ?? 0
    const offsetIndex = this.#parse(image, offset, offset + length)
    for (const location of getStructs(offsetIndex, pageLocations)) {
      location.set(pageOffset, i64Field(getI64(location, pageOffset) + shift))
    }
    return { column, columnIndex, offsetIndex }
  }

  #moveChunk(column: ThriftStruct, meta: ThriftStruct, index: number, shift: bigint): void {
    for (const id of [columnMeta.dataPage, columnMeta.indexPage, columnMeta.dictionaryPage]) {
      const offset = optI64(meta, id)
      if (offset !== undefined) meta.set(id, i64Field(offset + shift))
    }
    const path = this.#paths[index]
    assert(path !== undefined, 'a row group image has too many columns')
    meta.set(columnMeta.path, path)
    // Deprecated and meaningless here: parquet.thrift asks for 0.
    column.set(chunk.fileOffset, i64Field(0n))
  }
}

/** Takes the bounds from a chunk and its pages, which were made as if bytes had an order. */
function dropBounds(column: ThriftStruct, meta: ThriftStruct): void {
  const statistics = optStruct(meta, columnMeta.statistics)
  for (const id of unorderedStatistics) statistics?.delete(id)
  column.delete(chunk.columnIndex)
  column.delete(chunk.columnIndexLength)
}
