/** What statistics of Parquet cannot tell of the values: NaN counts, and bounds at full length. */
import type { Data, RecordBatch } from 'apache-arrow'
import { offsets32, validAt } from '../arrow/layout.js'
import type { Datum } from '../types/datum.js'
import type { Field, PrimitiveType, Schema, Type } from '../types/type.js'
import { compareBytes } from '../util/bytes.js'
import { decodeUtf8 } from '../util/utf8.js'

interface Leaf {
  readonly id: number
  readonly type: PrimitiveType
}

type Valid = (index: number) => boolean

interface ByteBounds {
  readonly type: PrimitiveType
  lower: Uint8Array | undefined
  upper: Uint8Array | undefined
}

/** Accumulates over the batches of one file. */
export class ValueMetrics {
  readonly #schema: Schema
  readonly #wholeBounds: (leaf: Leaf) => boolean
  readonly #nans = new Map<number, bigint>()
  readonly #bounds = new Map<number, ByteBounds>()
  readonly #watched: ReadonlySet<Field>

  /** `wholeBounds`: whether a column of bytes needs bounds from its values. */
  constructor(schema: Schema, wholeBounds: (leaf: Leaf) => boolean) {
    this.#schema = schema
    this.#wholeBounds = wholeBounds
    this.#watched = new Set(schema.fields.filter((field) => this.#watches(field.id, field.type)))
  }

  #watches(id: number, type: Type): boolean {
    switch (type.kind) {
      case 'struct':
        return type.fields.map((field) => this.#watches(field.id, field.type)).includes(true)
      case 'list':
      case 'map':
      case 'variant':
        // Members of lists and maps have no metrics of their own.
        return false
      case 'float':
      case 'double':
        this.#nans.set(id, 0n)
        return true
      default:
        if (!this.#wholeBounds({ id, type })) return false
        this.#bounds.set(id, { type, lower: undefined, upper: undefined })
        return true
    }
  }

  nanCount(fieldId: number): bigint | undefined {
    return this.#nans.get(fieldId)
  }

  /** Bounds at full length; undefined for columns not watched. */
  bounds(fieldId: number): { lower: Datum | undefined; upper: Datum | undefined } | undefined {
    const found = this.#bounds.get(fieldId)
    if (found === undefined) return undefined
    return { lower: byteDatum(found.type, found.lower), upper: byteDatum(found.type, found.upper) }
  }

  /** Columns of the batch in schema order. */
  add(batch: RecordBatch): void {
    this.#schema.fields.forEach((field, index) => {
      const column = batch.data.children[index]
      if (column !== undefined && this.#watched.has(field)) {
        this.#visit(field.id, field.type, column, column.length, undefined)
      }
    })
  }

  /** `above` tells whether the struct around a value is there. */
  #visit(id: number, type: Type, data: Data, length: number, above: Valid | undefined): void {
    const own = data.nullCount > 0 ? validAt(data) : undefined
    const valid = both(above, own)
    switch (type.kind) {
      case 'struct':
        type.fields.forEach((field, index) => {
          const child = data.children[index]
          if (child !== undefined) this.#visit(field.id, field.type, child, length, valid)
        })
        return
      case 'list':
      case 'map':
        return
      case 'float':
      case 'double':
        this.#nans.set(id, (this.#nans.get(id) ?? 0n) + BigInt(countNans(data, length, valid)))
        return
      default: {
        const bounds = this.#bounds.get(id)
        if (bounds !== undefined) widenBounds(bounds, data, length, valid)
      }
    }
  }
}

function both(above: Valid | undefined, own: Valid | undefined): Valid | undefined {
  if (above === undefined || own === undefined) return above ?? own
  return (index) => above(index) && own(index)
}

function countNans(data: Data, length: number, valid: Valid | undefined): number {
  const values = data.values as Float32Array | Float64Array
  let count = 0
  for (let i = 0; i < length; i++) {
    const value = values[i]
    // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN
    if (value !== value && (valid === undefined || valid(i))) count++
  }
  return count
}

function widenBounds(
  bounds: ByteBounds,
  data: Data,
  length: number,
  valid: Valid | undefined,
): void {
  const bytes = data.values as Uint8Array
  const offsets = data.valueOffsets === undefined ? undefined : offsets32(data)
  const { stride } = data
  let { lower, upper } = bounds
  // No value seen yet: a run that nothing equals.
  let runStart = -1
  let runEnd = -1
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && !valid(i)) continue
    const start = offsets === undefined ? i * stride : (offsets[i] ?? 0)
    const end = offsets === undefined ? start + stride : (offsets[i + 1] ?? 0)
    // Runs are common (a path in each row of a delete file, sorted rows), and cheaper than views.
    if (runStart >= 0 && sameBytes(bytes, runStart, runEnd, start, end)) continue
    runStart = start
    runEnd = end
    const value = bytes.subarray(start, end)
    if (lower === undefined || compareBytes(value, lower) < 0) lower = value
    if (upper === undefined || compareBytes(value, upper) > 0) upper = value
  }
  // Copies, so that the batch is not kept alive.
  bounds.lower = lower === bounds.lower ? lower : lower?.slice()
  bounds.upper = upper === bounds.upper ? upper : upper?.slice()
}

function sameBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  const size = end - start
  if (otherEnd - otherStart !== size) return false
  // From the end: values that differ often begin alike.
  for (let at = size - 1; at >= 0; at--) {
    if (bytes[start + at] !== bytes[otherStart + at]) return false
  }
  return true
}

function byteDatum(type: PrimitiveType, bytes: Uint8Array | undefined): Datum | undefined {
  if (bytes === undefined) return undefined
  return type.kind === 'string' ? (decodeUtf8(bytes) ?? '') : bytes
}
