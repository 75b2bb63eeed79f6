/**
 * Columns of equality deletes and of the rows they are compared with, in one layout whatever Arrow
 * made of them: 32-bit words or bytes, and a flag for null. Values are equal when their bits are:
 * floats by `doubleToLongBits` (all NaN alike, -0.0 apart from 0.0), as the reference compares.
 */
import { type Data, Type } from 'apache-arrow'
import { dictionaryValues } from '../../arrow/concat.js'
import { offsets32, validAt, valueBytes } from '../../arrow/layout.js'
import { InternalBug } from '../../errors.js'
import { assert } from '../../util/assert.js'
import { clearNulls, fullMask, type Mask } from '../filter/mask.js'

/** Values of `width` words each. */
export interface WordKeys {
  readonly kind: 'words'
  readonly words: Int32Array
  readonly width: 1 | 2 | 4
  /** 1 where there is a value; undefined when there always is. */
  readonly valid: Mask | undefined
}

/** Values of any number of bytes, each row pointing at its value. */
export interface ByteKeys {
  readonly kind: 'bytes'
  readonly bytes: Uint8Array
  /** One more than there are values. */
  readonly offsets: Int32Array
  /** Which value each row has; undefined when row `i` has value `i`. */
  readonly codes: Int32Array | undefined
  readonly valid: Mask | undefined
}

export type KeyColumn = WordKeys | ByteKeys

/** The innermost column of a chain of structs; null where any of them is. */
export function keyColumn(chain: readonly Data[], rows: number): KeyColumn {
  const data = chain.at(-1)
  assert(data !== undefined, 'an equality delete has no column')
  const valid = validRows(chain, rows)
  switch (data.typeId) {
    case Type.Null:
      return { kind: 'words', words: new Int32Array(rows), width: 1, valid: new Uint8Array(rows) }
    case Type.Bool:
      return { kind: 'words', words: booleanWords(data), width: 1, valid }
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return {
        kind: 'bytes',
        bytes: valueBytes(data),
        offsets: offsets32(data),
        codes: undefined,
        valid,
      }
    case Type.FixedSizeBinary: {
      const offsets = Int32Array.from({ length: rows + 1 }, (_, at) => at * data.stride)
      return { kind: 'bytes', bytes: valueBytes(data), offsets, codes: undefined, valid }
    }
    case Type.Dictionary:
      return dictionaryKeys(data, rows, valid)
    default:
      return wordKeys(data, rows, valid)
  }
}

function validRows(chain: readonly Data[], rows: number): Mask | undefined {
  if (chain.every((data) => data.typeId !== Type.Null && data.nullCount === 0)) return undefined
  const valid = fullMask(rows)
  for (const data of chain) clearNulls(data, valid)
  return valid
}

function booleanWords(data: Data): Int32Array {
  const bits = data.values as unknown as Uint8Array
  const words = new Int32Array(data.length)
  for (let i = 0; i < words.length; i += 1) {
    const bit = data.offset + i
    words[i] = (bits[bit >> 3]! >> (bit & 7)) & 1
  }
  return words
}

function dictionaryKeys(data: Data, rows: number, valid: Mask | undefined): ByteKeys {
  const values = dictionaryValues(data.dictionary!)
  const codes = (data.values as unknown as Int32Array).subarray(0, rows)
  // A null among the dictionary's values makes the rows that point at it null.
  let present = valid
  if (values.nullCount > 0) {
    const has = validAt(values)
    present = valid === undefined ? fullMask(rows) : valid.slice()
    for (let i = 0; i < rows; i += 1) if (present[i] === 1 && !has(codes[i]!)) present[i] = 0
  }
  return {
    kind: 'bytes',
    bytes: valueBytes(values),
    offsets: offsets32(values),
    codes,
    valid: present,
  }
}

function wordKeys(data: Data, rows: number, valid: Mask | undefined): WordKeys {
  const values = data.values as unknown as ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }
  const bytes = data.typeId === Type.Decimal ? 16 : values.BYTES_PER_ELEMENT
  if (bytes !== 4 && bytes !== 8 && bytes !== 16) {
    throw new InternalBug(`no equality keys for an Arrow column of type ${data.type}`)
  }
  const width = (bytes / 4) as 1 | 2 | 4
  const words = new Int32Array(values.buffer, values.byteOffset, rows * width)
  const plain = data.typeId === Type.Float ? canonicalNaN(values, words, rows) : words
  return { kind: 'words', words: plain, width, valid }
}

/** The bits of floats with every NaN made the same; a copy only when there is one. */
function canonicalNaN(values: ArrayBufferView, words: Int32Array, rows: number): Int32Array {
  const floats = values as Float32Array | Float64Array
  const width = words.length / Math.max(1, rows)
  let out: Int32Array | undefined
  for (let i = 0; i < rows; i += 1) {
    if (!Number.isNaN(floats[i])) continue
    out ??= words.slice()
    if (width === 1) out[i] = 0x7fc00000
    else {
      out[2 * i] = 0
      out[2 * i + 1] = 0x7ff80000
    }
  }
  return out ?? words
}

const NULL_HASH = 0x2c1b3c6d

/** Mixes the hashes of a column's rows into those of the columns before it. */
export function mixHashes(column: KeyColumn, hashes: Int32Array, seed: number): void {
  const { valid } = column
  if (column.kind === 'words') {
    const { words, width } = column
    for (let i = 0; i < hashes.length; i += 1) {
      let h = hashes[i]!
      if (valid !== undefined && valid[i] === 0) h = mix(h, NULL_HASH)
      else for (let at = i * width, end = at + width; at < end; at += 1) h = mix(h, words[at]!)
      hashes[i] = h
    }
    return
  }
  const { codes } = column
  const own = codes === undefined ? undefined : byteHashes(column, seed)
  for (let i = 0; i < hashes.length; i += 1) {
    if (valid !== undefined && valid[i] === 0) hashes[i] = mix(hashes[i]!, NULL_HASH)
    else
      hashes[i] = mix(hashes[i]!, own === undefined ? hashBytes(column, i, seed) : own[codes![i]!]!)
  }
}

/** Each distinct value of a dictionary is hashed once. */
function byteHashes(column: ByteKeys, seed: number): Int32Array {
  const hashes = new Int32Array(column.offsets.length - 1)
  for (let i = 0; i < hashes.length; i += 1) hashes[i] = hashBytes(column, i, seed)
  return hashes
}

function hashBytes(column: ByteKeys, value: number, seed: number): number {
  const { bytes, offsets } = column
  let h = 0x811c9dc5 ^ seed
  for (let i = offsets[value]!, end = offsets[value + 1]!; i < end; i += 1) {
    h = Math.imul(h ^ bytes[i]!, 0x01000193)
  }
  return h
}

/** One step of MurmurHash3. */
export function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** The last step of MurmurHash3, which spreads every bit over all. */
export function finishHash(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
