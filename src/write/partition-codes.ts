/** Partition values of a batch, column by column: a small integer per row, and what it stands for. */
import type { Data, RecordBatch } from 'apache-arrow'
import { datumReader } from '../arrow/datum-reader.js'
import { validAt, validityOf } from '../arrow/layout.js'
import { Unsupported } from '../errors.js'
import type { PartitionField } from '../partition/model.js'
import { type TransformOps, transformOps } from '../partition/ops.js'
import { formatTransform } from '../partition/transform.js'
import type { Datum } from '../types/datum.js'
import type { Schema } from '../types/type.js'
import { toHex } from '../util/bytes.js'
import { type SourceColumn, sourceReader } from './source-column.js'

export interface Codes {
  /** Per row, an index into `values`. */
  readonly codes: Int32Array
  readonly values: readonly (Datum | null)[]
}

export type FieldCoder = (batch: RecordBatch) => Codes

/**
 * Computes one partition field.
 *
 * @throws Unsupported for transforms that this version does not know: a writer must not guess
 *   (spec: "Writing data files")
 */
export function fieldCoder(schema: Schema, field: PartitionField): FieldCoder {
  const { transform, sourceIds } = field
  const [sourceId] = sourceIds
  if (transform.kind === 'void') return (batch) => nothing(batch.numRows)
  if (transform.kind === 'unknown' || sourceId === undefined || sourceIds.length > 1) {
    throw new Unsupported(
      'unknown-transform',
      `partition field '${field.name}' has transform ${formatTransform(transform)}, which cannot be computed`,
    )
  }
  const source = sourceReader(schema, sourceId)
  const ops = transformOps(transform, source.type)
  return (batch) => {
    const column = source.of(batch)
    return codeInts(column, ops) ?? codeDatums(column, source.type, ops)
  }
}

function nothing(rows: number): Codes {
  return { codes: new Int32Array(rows), values: [null] }
}

/** Gives each distinct value a code, in order of appearance. */
class Coder {
  readonly values: (Datum | null)[] = []
  readonly #known = new Map<unknown, number>()
  #nullCode = -1

  code(value: Datum): number {
    const key = keyOf(value)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const code = this.values.length
    this.values.push(value instanceof Uint8Array ? value.slice() : value)
    this.#known.set(key, code)
    return code
  }

  null(): number {
    if (this.#nullCode < 0) {
      this.#nullCode = this.values.length
      this.values.push(null)
    }
    return this.#nullCode
  }
}

/** Equality of partition values: bytes by content, and the zeros apart, as by their bits. */
function keyOf(value: Datum): unknown {
  if (value instanceof Uint8Array) return `x${toHex(value)}`
  return Object.is(value, -0) ? '-0' : value
}

/** Transforms of integers that have a form without a BigInt per row. */
function codeInts({ data, reachable }: SourceColumn, ops: TransformOps): Codes | undefined {
  const apply = intTransform(data, ops)
  if (apply === undefined) return undefined
  const own = validityOf(data) === undefined ? undefined : validAt(data)
  const coder = new Coder()
  const codes = new Int32Array(data.length)
  let last: number | undefined
  let lastCode = 0
  for (let i = 0; i < data.length; i++) {
    if (own?.(i) === false || reachable?.(i) === false) {
      codes[i] = coder.null()
      continue
    }
    const value = apply(i)
    if (value !== last) {
      last = value
      lastCode = coder.code(value)
    }
    codes[i] = lastCode
  }
  return { codes, values: coder.values }
}

function intTransform(data: Data, ops: TransformOps): ((index: number) => number) | undefined {
  const { values } = data
  const { fromInt, fromWords } = ops
  if (values instanceof Int32Array && data.stride === 1 && fromInt !== undefined) {
    return (index) => fromInt(values[index]!)
  }
  if (!(values instanceof BigInt64Array) || fromWords === undefined) return undefined
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  return (index) => fromWords(words[2 * index]!, words[2 * index + 1]!)
}

function codeDatums(
  { data, reachable }: SourceColumn,
  type: Parameters<typeof datumReader>[0],
  ops: TransformOps,
): Codes {
  const read = datumReader(type, data)
  const coder = new Coder()
  const codes = new Int32Array(data.length)
  let last: Datum | undefined
  let lastCode = 0
  for (let i = 0; i < data.length; i++) {
    const datum = reachable?.(i) === false ? null : read(i)
    if (datum === null) {
      codes[i] = coder.null()
      continue
    }
    // The zeros are equal to ===, but not the same partition.
    if (datum !== last || datum === 0) {
      last = datum
      const value = ops.apply(datum)
      lastCode = value === null ? coder.null() : coder.code(value)
    }
    codes[i] = lastCode
  }
  return { codes, values: coder.values }
}
