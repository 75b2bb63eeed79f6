/** Whatever a caller hands in as rows, as validated batches of the table's schema. */
import type { RecordBatch, Table } from 'apache-arrow'
import { sliceBatch } from '../arrow/compact.js'
import { conformBatch } from '../arrow/conform.js'
import { batchesFromIpc } from '../arrow/ipc.js'
import { RowBatchBuilder } from '../arrow/row-builder.js'
import type { ArrowForm } from '../arrow/schema.js'
import { defaultLimits, type Limits } from '../env/limits.js'
import { throwIfAborted } from '../env/system-env.js'
import { InvalidArgument } from '../errors.js'
import type { Schema } from '../types/type.js'
import { describeValue } from '../types/value-error.js'

/** One element of an input that comes in pieces: a row, or some Arrow data. */
export type WriteElement = object | RecordBatch | Table | Uint8Array

/**
 * Rows: an array or (async) iterable of objects; an Arrow table, batch or IPC bytes (stream or file
 * form); an array or (async) iterable of those. The first element decides which.
 */
export type WriteInput =
  | Table
  | RecordBatch
  | Uint8Array
  | Iterable<WriteElement>
  | AsyncIterable<WriteElement>

/** How the writers of this folder hold their rows. */
export const writeForm: ArrowForm = { decimals: 'physical' }

/** Rows of one batch at most: partitions of a batch should hold more than a handful. */
const batchRows = 65_536
const batchBytes = 32 * 1024 * 1024
/** Rows gathered from an iterable before they are converted. */
const gatherRows = 1024

/**
 * The input as batches in `writeForm`, at most a batch in memory at a time.
 *
 * @throws ValidationError naming row, column and value for what does not fit the schema
 * @throws InvalidArgument for an input that is no rows, or rows and Arrow data mixed
 */
export async function* inputBatches(
  schema: Schema,
  input: WriteInput,
  signal: AbortSignal | undefined,
  limits: Limits = defaultLimits,
): AsyncGenerator<RecordBatch> {
  throwIfAborted(signal)
  if (isArrow(input)) return yield* conformAll(schema, [input], signal, limits)
  if (Array.isArray(input)) {
    const elements: readonly WriteElement[] = input
    const [first] = elements
    if (first === undefined) return
    if (isArrow(first)) return yield* conformAll(schema, elements, signal, limits)
    return yield* rowsFromArray(schema, elements, signal, limits)
  }
  if (!isIterable(input)) {
    throw new InvalidArgument(
      `rows must be an array, an iterable, or Arrow data, not ${describeValue(input)}`,
    )
  }
  yield* fromIterable(schema, input, signal, limits)
}

function isIterable(value: unknown): value is Iterable<WriteElement> | AsyncIterable<WriteElement> {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

type ArrowInput = RecordBatch | Table | Uint8Array

/** By shape, so that another copy of apache-arrow may have made it. */
function isArrow(value: unknown): value is ArrowInput {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Uint8Array || isBatch(value) || isTable(value)
}

function isBatch(value: object): value is RecordBatch {
  return 'schema' in value && 'data' in value && 'numRows' in value && !('batches' in value)
}

function isTable(value: object): value is Table {
  return 'schema' in value && 'batches' in value && 'numRows' in value
}

function batchesOf(input: ArrowInput): readonly RecordBatch[] {
  if (input instanceof Uint8Array) return batchesFromIpc(input)
  return isTable(input) ? input.batches : [input]
}

async function* conformAll(
  schema: Schema,
  elements: Iterable<WriteElement> | AsyncIterable<WriteElement>,
  signal: AbortSignal | undefined,
  limits: Limits,
): AsyncGenerator<RecordBatch> {
  let firstRow = 0
  for await (const element of elements) {
    throwIfAborted(signal)
    if (!isArrow(element)) throw mixed(firstRow)
    for (const batch of batchesOf(element)) {
      for (let at = 0; at < batch.numRows; at += batchRows) {
        throwIfAborted(signal)
        const part = sliceBatch(batch, at, Math.min(batch.numRows, at + batchRows))
        yield conformBatch(schema, part, { form: writeForm, firstRow: firstRow + at, limits })
      }
      firstRow += batch.numRows
    }
  }
}

function mixed(row: number): InvalidArgument {
  return new InvalidArgument(
    `the input mixes rows and Arrow data: after ${row} rows comes an element of the other kind`,
  )
}

function builderOf(schema: Schema, limits: Limits): RowBatchBuilder {
  return new RowBatchBuilder(schema, {
    form: writeForm,
    maxRows: batchRows,
    maxBytes: batchBytes,
    limits,
  })
}

async function* rowsFromArray(
  schema: Schema,
  rows: readonly WriteElement[],
  signal: AbortSignal | undefined,
  limits: Limits,
): AsyncGenerator<RecordBatch> {
  const builder = builderOf(schema, limits)
  for (let at = 0; at < rows.length; ) {
    throwIfAborted(signal)
    at = builder.append(rows, at)
    if (builder.rows > 0) yield builder.finish()
  }
}

async function* fromIterable(
  schema: Schema,
  input: Iterable<WriteElement> | AsyncIterable<WriteElement>,
  signal: AbortSignal | undefined,
  limits: Limits,
): AsyncGenerator<RecordBatch> {
  const elements = peekable(input)
  try {
    const first = await elements.peek()
    if (first === undefined) return
    if (isArrow(first)) yield* conformAll(schema, elements, signal, limits)
    else yield* rowsFromIterable(schema, elements, signal, limits)
  } finally {
    await elements.close()
  }
}

async function* rowsFromIterable(
  schema: Schema,
  elements: Peekable,
  signal: AbortSignal | undefined,
  limits: Limits,
): AsyncGenerator<RecordBatch> {
  const builder = builderOf(schema, limits)
  let gathered: WriteElement[] = []
  let taken = 0
  while (await elements.gather(gathered, gatherRows)) {
    throwIfAborted(signal)
    const arrow = gathered.findIndex((element) => isArrow(element))
    if (arrow >= 0) throw mixed(taken + arrow)
    for (let at = 0; at < gathered.length; ) {
      at = builder.append(gathered, at)
      if (builder.full) yield builder.finish()
    }
    taken += gathered.length
    gathered = []
  }
  if (builder.rows > 0) yield builder.finish()
}

interface Peekable extends AsyncIterable<WriteElement> {
  peek(): Promise<WriteElement | undefined>
  /** Moves up to `count` elements into `into`; false when there were none. */
  gather(into: WriteElement[], count: number): Promise<boolean>
  /** Tells the source that no more is wanted. */
  close(): Promise<void>
}

/** An iterable whose first element can be looked at. Synchronous ones are not awaited per element. */
function peekable(input: Iterable<WriteElement> | AsyncIterable<WriteElement>): Peekable {
  const iterator =
    Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]()
  let held: IteratorResult<WriteElement> | undefined
  let done = false
  const take = (): IteratorResult<WriteElement> | Promise<IteratorResult<WriteElement>> => {
    const result = held ?? iterator.next()
    held = undefined
    return result
  }
  return {
    async peek() {
      held = await iterator.next()
      done = held.done === true
      return done ? undefined : (held.value as WriteElement)
    },
    async gather(into, count) {
      while (into.length < count && !done) {
        const next = take()
        const result = next instanceof Promise ? await next : next
        if (result.done === true) done = true
        else into.push(result.value)
      }
      return into.length > 0
    },
    async close() {
      if (done) return
      done = true
      await iterator.return?.()
    },
    async *[Symbol.asyncIterator]() {
      while (!done) {
        const result = await take()
        if (result.done === true) done = true
        else yield result.value
      }
    },
  }
}
