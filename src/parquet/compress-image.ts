/**
 * Compresses the pages of a row group image that was encoded without compression: parquet-wasm's own
 * zstd takes three times as long as other compilations of the same library, and longer than encoding.
 */
import { CompactReader } from '../codec/thrift/compact-reader.js'
import { readThrift, type ThriftStruct, writeThrift } from '../codec/thrift/generic.js'
import { defaultLimits } from '../env/limits.js'
import { assert } from '../util/assert.js'
import { concatBytes } from '../util/bytes.js'
import {
  boolField,
  getI64,
  getStruct,
  getStructs,
  i32Field,
  i64Field,
  optI64,
  optNumber,
  optStruct,
} from './thrift-build.js'

/** Packs the bytes of one page; `undefined` when they are too many for it. */
export type PageCompressor = (bytes: Uint8Array) => Uint8Array | undefined

const magicBytes = 4
/** Length of the footer and magic. */
const tailBytes = 8
const zstdCodec = 6
const dictionaryPage = 2
/** Field numbers of parquet.thrift that are used here. */
const fileMeta = { rowGroups: 4 } as const
const group = { columns: 1, totalCompressed: 6 } as const
const chunk = { metaData: 3, offsetIndex: 4, offsetLength: 5, columnIndex: 6, columnLength: 7 }
const meta = { codec: 4, compressed: 7, dataPage: 9, dictionaryPage: 11 } as const
const page = { type: 1, compressed: 3, crc: 4, dataV2: 8 } as const
const v2 = { definitionBytes: 5, repetitionBytes: 6, isCompressed: 7 } as const
const offsetIndex = { locations: 1 } as const
const location = { offset: 1, bytes: 2 } as const

/** Unwinds from a page that cannot be packed. */
class TooLarge {}

/**
 * The image with every page packed by `compress`, which must give zstd frames; `undefined` when it
 * could not pack one of them.
 */
export function compressImage(image: Uint8Array, compress: PageCompressor): Uint8Array | undefined {
  const packed: PackPage = (bytes) => {
    const found = compress(bytes)
    if (found === undefined) throw new TooLarge()
    return found
  }
  try {
    return rewritten(image, packed)
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  }
}

type PackPage = (bytes: Uint8Array) => Uint8Array

function rewritten(image: Uint8Array, compress: PackPage): Uint8Array {
  const out = new Output(image.subarray(0, magicBytes))
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const footerEnd = image.length - tailBytes
  const footer = parse(image, footerEnd - view.getUint32(footerEnd, true)).struct
  const [rowGroup] = getStructs(footer, fileMeta.rowGroups)
  assert(rowGroup !== undefined, 'a row group image holds no row group')
  const columns = getStructs(rowGroup, group.columns)
  let total = 0n
  const indexes = columns.map((column) => {
    const index = indexOf(image, column)
    total += compressChunk(image, getStruct(column, chunk.metaData), index, compress, out)
    return index
  })
  rowGroup.set(group.totalCompressed, i64Field(total))
  columns.forEach((column, at) => {
    const start = optI64(column, chunk.columnIndex)
    if (start !== undefined) {
      const length = optNumber(column, chunk.columnLength) ?? 0
      const bytes = image.subarray(Number(start), Number(start) + length)
      column.set(chunk.columnIndex, i64Field(out.put(bytes)))
    }
    const index = indexes[at]
    if (index === undefined) return
    const bytes = writeThrift(index)
    column.set(chunk.offsetIndex, i64Field(out.put(bytes)))
    column.set(chunk.offsetLength, i32Field(bytes.length))
  })
  return out.finish(writeThrift(footer))
}

/** The bytes of the new image, in order. */
class Output {
  readonly #parts: Uint8Array[]
  readonly #magic: Uint8Array
  #offset: number

  constructor(magic: Uint8Array) {
    this.#magic = magic
    this.#parts = [magic]
    this.#offset = magic.length
  }

  /** Where the bytes begin. */
  put(bytes: Uint8Array): bigint {
    const at = this.#offset
    this.#parts.push(bytes)
    this.#offset += bytes.length
    return BigInt(at)
  }

  finish(footer: Uint8Array): Uint8Array {
    const length = new Uint8Array(tailBytes - magicBytes)
    new DataView(length.buffer).setUint32(0, footer.length, true)
    return concatBytes([...this.#parts, footer, length, this.#magic])
  }
}

function parse(image: Uint8Array, offset: number): { struct: ThriftStruct; end: number } {
  const reader = new CompactReader(image, { limits: defaultLimits, offset })
  return { struct: readThrift(reader), end: reader.pos }
}

function indexOf(image: Uint8Array, column: ThriftStruct): ThriftStruct | undefined {
  const at = optI64(column, chunk.offsetIndex)
  return at === undefined ? undefined : parse(image, Number(at)).struct
}

/** Packs the pages of one column and moves what points at them. Gives their bytes. */
function compressChunk(
  image: Uint8Array,
  metaData: ThriftStruct,
  index: ThriftStruct | undefined,
  compress: PackPage,
  out: Output,
): bigint {
  const first = optI64(metaData, meta.dictionaryPage) ?? getI64(metaData, meta.dataPage)
  const end = Number(first + getI64(metaData, meta.compressed))
  const locations = index === undefined ? [] : getStructs(index, offsetIndex.locations)
  let total = 0
  let pages = 0
  for (let at = Number(first); at < end; ) {
    const { struct: header, end: body } = parse(image, at)
    at = body + (optNumber(header, page.compressed) ?? 0)
    const packed = compressPage(header, image.subarray(body, at), compress)
    const headerBytes = writeThrift(header)
    const offset = i64Field(out.put(headerBytes))
    for (const part of packed) out.put(part)
    const bytes = headerBytes.length + (optNumber(header, page.compressed) ?? 0)
    total += bytes
    if (header.get(page.type)?.value === dictionaryPage) {
      metaData.set(meta.dictionaryPage, offset)
      continue
    }
    if (pages === 0) metaData.set(meta.dataPage, offset)
    locations[pages]?.set(location.offset, offset)
    locations[pages]?.set(location.bytes, i32Field(bytes))
    pages++
  }
  metaData.set(meta.codec, i32Field(zstdCodec))
  metaData.set(meta.compressed, i64Field(BigInt(total)))
  return BigInt(total)
}

/** The new body, in parts; its size is put into the header. */
function compressPage(
  header: ThriftStruct,
  body: Uint8Array,
  compress: PackPage,
): readonly Uint8Array[] {
  header.delete(page.crc)
  const data = optStruct(header, page.dataV2)
  if (data === undefined) {
    const packed = compress(body)
    header.set(page.compressed, i32Field(packed.length))
    return [packed]
  }
  // Levels lie before the values and stay as they are (parquet.thrift, DataPageHeaderV2).
  const levels =
    (optNumber(data, v2.definitionBytes) ?? 0) + (optNumber(data, v2.repetitionBytes) ?? 0)
  if (levels === body.length) {
    data.set(v2.isCompressed, boolField(false))
    return [body]
  }
  const packed = compress(body.subarray(levels))
  data.set(v2.isCompressed, boolField(true))
  header.set(page.compressed, i32Field(levels + packed.length))
  return [body.subarray(0, levels), packed]
}
