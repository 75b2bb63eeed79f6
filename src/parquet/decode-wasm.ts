import type * as ParquetWasm from 'parquet-wasm'
import { CorruptData, type MoraineError, StoreUnavailable, Unsupported } from '../errors.js'
import {
  type Conversion,
  convertValues,
  fixedTarget,
  inputWidth,
  outputWidth,
  putBigEndian,
} from './convert.js'
import { FfiArray } from './ffi.js'
import type { FileBytes } from './leaf-decoder.js'
import { miniImage } from './mini.js'
import { badPage } from './page-errors.js'
import type { RawColumn } from './raw-column.js'
import type { ChunkTask, DecodeTask, LeafOutput, ReadNode } from './read-node.js'

/**
 * Decodes all columns of a task with parquet-wasm: its synchronous reader over a mini image, its
 * result read in place and copied out. Whole row groups only: the caller selects rows.
 *
 * @throws CorruptData for what parquet-wasm refuses, StoreUnavailable (with the trap as its cause)
 *   when its memory ran out
 */
export function decodeWithWasm(
  wasm: typeof ParquetWasm,
  task: DecodeTask,
  chunks: readonly FileBytes[],
): RawColumn[] {
  const image = miniImage(task.mini ?? new Uint8Array(0), chunks)
  let stream: ParquetWasm.FFIStream
  try {
    stream = wasm.readParquet(image, { batchSize: Math.max(1, task.rows) }).intoFFI()
  } catch (cause) {
    throw refusal(task.path, cause)
  }
  try {
    if (stream.numArrays() > 1) badPage('parquet-wasm gave several batches')
    if (stream.numArrays() === 0) return task.nodes.map((node) => emptyColumn(node, task))
    const memory = new DataView(wasm.wasmMemory().buffer)
    const batch = new FfiArray(memory, stream.arrayAddr(0))
    return task.nodes.map((node, index) => readColumn(batch.child(index), node, task))
  } finally {
    stream.drop()
  }
}

function refusal(path: string, cause: unknown): MoraineError {
  if (cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError) {
    const message = `parquet-wasm failed on ${path}: ${cause.message}`
    return new StoreUnavailable(message, { cause, details: { path } })
  }
  return new CorruptData(`parquet-wasm refused ${path}: ${String(cause)}`, {
    cause,
    details: { path },
  })
}

function readColumn(array: FfiArray, node: ReadNode, task: DecodeTask): RawColumn {
  if (node.kind === 'leaf') return readLeaf(array, task.chunks[node.chunk] as ChunkTask)
  const isList = node.kind === 'list'
  const children = isList
    ? [readColumn(array.child(0), node.element, task)]
    : node.children.map((child, index) => readColumn(array.child(index), child, task))
  return {
    length: array.length,
    nullCount: array.nullCount,
    validity: array.validity(),
    values: undefined,
    offsets: isList ? array.offsets() : undefined,
    children,
    dictionary: undefined,
  }
}

function emptyColumn(node: ReadNode, task: DecodeTask): RawColumn {
  const children =
    node.kind === 'leaf' ? [] : node.kind === 'list' ? [node.element] : [...node.children]
  const dictionary = node.kind === 'leaf' && task.chunks[node.chunk]?.output.kind === 'dictionary'
  const none = { length: 0, nullCount: 0, validity: undefined, values: new Uint8Array(0) }
  const bare = { ...none, offsets: new Int32Array(1), children: [], dictionary: undefined }
  return {
    ...bare,
    children: children.map((child) => emptyColumn(child, task)),
    dictionary: dictionary ? bare : undefined,
  }
}

function readLeaf(array: FfiArray, chunk: ChunkTask): RawColumn {
  const { length, nullCount } = array
  const nulls = chunk.output.kind === 'null' ? length : nullCount
  return {
    length,
    nullCount: nulls,
    validity: array.validity(),
    children: [],
    ...leafValues(array, chunk.output),
  }
}

type LeafValues = Pick<RawColumn, 'values' | 'offsets' | 'dictionary'>

function leafValues(array: FfiArray, output: LeafOutput): LeafValues {
  const { length } = array
  const plain = { offsets: undefined, dictionary: undefined }
  switch (output.kind) {
    case 'null':
      return { ...plain, values: undefined }
    case 'bits':
      return { ...plain, values: array.copy(1, (length + 7) >> 3) }
    case 'fixed':
      return { ...plain, values: fixedValues(array, output.conversion) }
    case 'byte-decimals':
      return { ...plain, values: byteDecimals(array, output.width) }
    case 'bytes': {
      const offsets = array.offsets()
      return { values: array.copy(2, offsets[length] as number), offsets, dictionary: undefined }
    }
    case 'dictionary':
      return identityDictionary(array)
  }
}

function fixedValues(array: FfiArray, conversion: Conversion): Uint8Array {
  if (conversion.kind === 'int96') {
    throw new Unsupported('parquet-wasm-int96', 'parquet-wasm cannot give every INT96 time stamp')
  }
  const { length } = array
  const stored = array.copy(1, length * inputWidth(conversion))
  if (conversion.kind === 'copy') return stored
  const width = outputWidth(conversion)
  const target = fixedTarget(new ArrayBuffer((length * width + 7) & ~7))
  convertValues(conversion, new DataView(stored.buffer), 0, target, 0, length)
  return target.bytes.subarray(0, length * width)
}

function byteDecimals(array: FfiArray, width: 8 | 16): Uint8Array {
  const { length } = array
  const offsets = array.offsets()
  const view = new DataView(array.copy(2, offsets[length] as number).buffer)
  const words = new Int32Array((length * width) / 4)
  for (let i = 0; i < length; i++) {
    const start = offsets[i] as number
    putBigEndian(view, start, (offsets[i + 1] as number) - start, words, i, width)
  }
  return new Uint8Array(words.buffer)
}

/** Strings as a dictionary in which each value has its own entry. */
function identityDictionary(array: FfiArray): LeafValues {
  const { length } = array
  const offsets = array.offsets()
  const indices = Int32Array.from({ length }, (_, i) => i)
  return {
    values: new Uint8Array(indices.buffer),
    offsets: undefined,
    dictionary: {
      length,
      nullCount: 0,
      validity: undefined,
      values: array.copy(2, offsets[length] as number),
      offsets,
      children: [],
      dictionary: undefined,
    },
  }
}
