import { T } from '../codec/thrift/compact-reader.js'
import type { ThriftStruct } from '../codec/thrift/generic.js'
import { writeThrift } from '../codec/thrift/generic.js'
import { encodeUtf8 } from '../util/utf8.js'
import { codecNumber } from './footer-row-group.js'
import { physicalTypes } from './footer-schema.js'
import type { FileBytes } from './leaf-decoder.js'
import type { ColumnChunk, RowGroup, SchemaNode } from './model.js'
import type { PlannedLeaf } from './read-plan.js'
import {
  binaryField,
  binaryList,
  i32Field,
  i64Field,
  struct,
  structField,
  structList,
} from './thrift-build.js'

/**
 * A mini image: the wanted column chunks of one row group between a leading magic and a footer of
 * our own, which makes a whole Parquet file of them. It is what parquet-wasm is given, so that it
 * never sees more of a file than is needed. Annotations of leaves are left out but for strings: it
 * then hands over the stored values, and ours are the conversions that follow.
 */
const magic = Uint8Array.of(0x50, 0x41, 0x52, 0x31)

const repetitions = ['required', 'optional', 'repeated'] as const
/** ConvertedType (parquet.thrift). */
const convertedUtf8 = 0
const convertedMap = 1
const convertedList = 3

/** The footer of the image of some leaves, whose chunks follow each other in their order. */
export function miniFooter(
  root: SchemaNode,
  leaves: readonly PlannedLeaf[],
  group: RowGroup,
): Uint8Array {
  const wanted = new Map(leaves.map((planned) => [planned.leaf.leafIndex, planned]))
  const elements: ThriftStruct[] = []
  const top = root.children.filter((child) => hasWanted(child, wanted))
  elements.push(
    struct([
      [4, binaryField(encodeUtf8('root'))],
      [5, i32Field(top.length)],
    ]),
  )
  for (const child of top) writeElements(child, wanted, elements)
  let offset = magic.length
  const columns = [...wanted.values()].map(({ leaf }) => {
    const chunk = group.columns[leaf.leafIndex] as ColumnChunk
    const column = columnOf(leaf, chunk, offset - chunk.start)
    offset += chunk.end - chunk.start
    return column
  })
  const rowGroup = struct([
    [1, structList(columns)],
    [2, i64Field(BigInt(group.totalBytes))],
    [3, i64Field(BigInt(group.rows))],
  ])
  return writeThrift(
    struct([
      [1, i32Field(2)],
      [2, structList(elements)],
      [3, i64Field(BigInt(group.rows))],
      [4, structList([rowGroup])],
    ]),
  )
}

type Wanted = ReadonlyMap<number, PlannedLeaf>

function hasWanted(node: SchemaNode, wanted: Wanted): boolean {
  for (let i = 0; i < node.leafCount; i++) if (wanted.has(node.leafIndex + i)) return true
  return false
}

function writeElements(node: SchemaNode, wanted: Wanted, into: ThriftStruct[]): void {
  const children = node.children.filter((child) => hasWanted(child, wanted))
  const physical = node.physical === undefined ? -1 : physicalTypes.indexOf(node.physical)
  const converted = convertedOf(node, wanted)
  into.push(
    struct([
      [1, physical < 0 ? undefined : i32Field(physical)],
      [2, node.typeLength === undefined ? undefined : i32Field(node.typeLength)],
      [3, i32Field(repetitions.indexOf(node.repetition))],
      [4, binaryField(encodeUtf8(node.name))],
      [5, physical < 0 ? i32Field(children.length) : undefined],
      [6, converted === undefined ? undefined : i32Field(converted)],
    ]),
  )
  for (const child of children) writeElements(child, wanted, into)
}

function convertedOf(node: SchemaNode, wanted: Wanted): number | undefined {
  if (node.physical === undefined) {
    if (node.logical?.kind === 'list') return convertedList
    return node.logical?.kind === 'map' ? convertedMap : undefined
  }
  const output = wanted.get(node.leafIndex)?.output
  const text = output?.kind === 'dictionary' || (output?.kind === 'bytes' && output.utf8)
  return text ? convertedUtf8 : undefined
}

/** ColumnChunk with its metadata, moved by `shift` bytes. */
function columnOf(leaf: SchemaNode, chunk: ColumnChunk, shift: number): ThriftStruct {
  const dictionary = chunk.dictionaryPageOffset
  const metadata = struct([
    [1, i32Field(physicalTypes.indexOf(chunk.physical))],
    [2, { type: T.LIST, value: { elementType: T.I32, items: [0] } }],
    [3, binaryList(leaf.path.map(encodeUtf8))],
    [4, i32Field(codecNumber(chunk.codec))],
    [5, i64Field(BigInt(chunk.values))],
    [6, i64Field(BigInt(chunk.uncompressedBytes))],
    [7, i64Field(BigInt(chunk.end - chunk.start))],
    [9, i64Field(BigInt(chunk.dataPageOffset + shift))],
    [11, dictionary === undefined ? undefined : i64Field(BigInt(dictionary + shift))],
  ])
  return struct([
    [2, i64Field(0n)],
    [3, structField(metadata)],
  ])
}

/** The image: magic, chunks, footer, its length, magic. */
export function miniImage(footer: Uint8Array, chunks: readonly FileBytes[]): Uint8Array {
  const data = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
  const image = new Uint8Array(data + footer.length + 12)
  image.set(magic, 0)
  let at = magic.length
  for (const { bytes } of chunks) {
    image.set(bytes, at)
    at += bytes.length
  }
  image.set(footer, at)
  at += footer.length
  new DataView(image.buffer).setUint32(at, footer.length, true)
  image.set(magic, at + 4)
  return image
}
