/** The source of a merge: its rows in memory, found by key. */
import type { Data, RecordBatch } from 'apache-arrow'
import { castData } from '../../arrow/cast.js'
import { concatBatches } from '../../arrow/concat.js'
import { datumReader } from '../../arrow/datum-reader.js'
import { arrowSchemaOf, arrowTypeOf } from '../../arrow/schema.js'
import { batchBytes } from '../../arrow/size.js'
import { InvalidArgument, LimitExceeded, ValidationError } from '../../errors.js'
import type { BoundPredicate, BoundTerm } from '../../expr/predicate.js'
import { boundAnd } from '../../expr/simplify.js'
import { KEY_FORM } from '../../scan/deletes/equality-group.js'
import { type KeyColumn, keyColumn } from '../../scan/deletes/key-columns.js'
import { KeySet } from '../../scan/deletes/key-set.js'
import { datumComparator } from '../../types/compare.js'
import type { Datum } from '../../types/datum.js'
import type { Field } from '../../types/type.js'
import { inputBatches, writeForm } from '../input.js'
import type { WriteInput } from '../write-data-files.js'
import type { ChangeContext } from './change-context.js'

const MEMORY_BYTES = 512 * 1024 * 1024
/** The rows are held twice while they are joined, and found by an index of about this size. */
const COPIES = 2
const INDEX_BYTES_PER_ROW = 64
/** Up to this many distinct values of a column are looked for one by one. */
const IN_MAX = 200

/** Types whose values are compared as keys. Floats have no reliable equality. */
const KEY_KINDS = new Set([
  'boolean',
  'int',
  'long',
  'decimal',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'timestamp_ns',
  'timestamptz_ns',
  'string',
  'uuid',
  'fixed',
  'binary',
])

export class SourceRows {
  /** All rows, in the table's columns. */
  readonly batch: RecordBatch
  /** The row that each key stands for; -1 once a second row has the same key. */
  readonly #rowOfKey: Int32Array
  readonly #keyOfRow: Int32Array
  /** By key: 1 once a row of the table has matched it. */
  readonly #hit: Uint8Array
  readonly #keys: KeySet
  readonly #on: readonly Field[]
  /** A row whose key another row has too. */
  readonly duplicate: number | undefined
  /** A row without a value in a key column. */
  readonly nullKey: number | undefined

  constructor(context: ChangeContext, batch: RecordBatch, on: readonly Field[]) {
    this.batch = batch
    this.#on = on
    this.#keys = new KeySet(new DataView(context.env.randomBytes(4).buffer).getInt32(0))
    const rows = batch.numRows
    const rowOfKey = new Int32Array(rows)
    const keyOfRow = new Int32Array(rows)
    let duplicate: number | undefined
    if (rows > 0) {
      const columns = this.#columns(columnsOf(context, batch, on), rows)
      this.nullKey = firstNull(columns, rows)
      this.#keys.add(columns, rows, 0, (row, key) => {
        keyOfRow[row] = key
        const isNew = key === 0 ? row === 0 : rowOfKey[key] === 0
        if (isNew) rowOfKey[key] = row + 1
        else if (!hasNull(columns, row)) {
          rowOfKey[key] = -1
          duplicate ??= row
        }
      })
    }
    this.#rowOfKey = rowOfKey
    this.#keyOfRow = keyOfRow
    this.#hit = new Uint8Array(rows)
    this.duplicate = duplicate
  }

  get rows(): number {
    return this.batch.numRows
  }

  /** Rows that no row given to `match` has matched. */
  unmatched(): Int32Array {
    const rows = new Int32Array(this.rows)
    const hit = this.#hit
    const keyOfRow = this.#keyOfRow
    let count = 0
    for (let row = 0; row < rows.length; row += 1) {
      rows[count] = row
      if (hit[keyOfRow[row]!] === 0) count += 1
    }
    return rows.subarray(0, count)
  }

  /** The source row of each row by its key columns: -1 for none, -2 where there are several. */
  match(columns: readonly Data[], rows: number): Int32Array {
    const keys = this.#columns(columns, rows)
    const found = this.#keys.find(keys, rows)
    const hit = this.#hit
    const rowOfKey = this.#rowOfKey
    const mayBeNull = keys.some(({ valid }) => valid !== undefined)
    for (let row = 0; row < rows; row += 1) {
      const key = found[row]!
      if (key < 0) continue
      // Null equals nothing, as in SQL.
      if (mayBeNull && hasNull(keys, row)) {
        found[row] = -1
        continue
      }
      hit[key] = 1
      const from = rowOfKey[key]!
      found[row] = from < 0 ? -2 : from - 1
    }
    return found
  }

  #columns(columns: readonly Data[], rows: number): readonly KeyColumn[] {
    return columns.map((data, at) => {
      const type = arrowTypeOf(this.#on[at]!.type, KEY_FORM)
      return keyColumn([castData(data, type, { path: this.#on[at]!.name })], rows)
    })
  }
}

/** Reads the source whole, in the table's columns. Throws `LimitExceeded` beyond the memory limit. */
export async function readSource(
  context: ChangeContext,
  input: WriteInput,
  on: readonly Field[],
): Promise<SourceRows> {
  const { schema, signal } = context
  const max = context.memoryLimit ?? MEMORY_BYTES
  const batches: RecordBatch[] = []
  let bytes = 0
  for await (const batch of inputBatches(schema, input, signal)) {
    batches.push(batch)
    bytes += batchBytes(batch) * COPIES + batch.numRows * INDEX_BYTES_PER_ROW
    if (bytes <= max) continue
    throw new LimitExceeded(
      'the source rows need more memory than memoryLimit allows; give them in several calls, or raise it',
      { details: { limit: 'memoryLimit', max, actual: bytes } },
    )
  }
  return new SourceRows(context, concatBatches(arrowSchemaOf(schema, writeForm), batches), on)
}

/** The columns to match by. @throws InvalidArgument */
export function keyFields(
  context: ChangeContext,
  names: readonly string[],
  where: string,
  caseSensitive: boolean,
): readonly Field[] {
  const { fields } = context.schema
  if (names.length === 0) {
    throw new InvalidArgument(`${where}: there is no column to match by; name them with \`on\``)
  }
  return names.map((name, at) => {
    const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase())
    const field = fields.find((one) => fold(one.name) === fold(name))
    if (field === undefined) throw new InvalidArgument(`${where}: there is no column \`${name}\``)
    if (names.indexOf(name) !== at) {
      throw new InvalidArgument(`${where}: column \`${name}\` is named twice`)
    }
    if (KEY_KINDS.has(field.type.kind)) return field
    throw new InvalidArgument(
      `${where}: rows cannot be matched by \`${name}\`, a column of type ${field.type.kind}`,
    )
  })
}

function columnsOf(
  { schema }: ChangeContext,
  batch: RecordBatch,
  on: readonly Field[],
): readonly Data[] {
  return on.map((field) => batch.data.children[schema.fields.indexOf(field)]!)
}

function hasNull(columns: readonly KeyColumn[], row: number): boolean {
  return columns.some(({ valid }) => valid !== undefined && valid[row] === 0)
}

function firstNull(columns: readonly KeyColumn[], rows: number): number | undefined {
  if (columns.every(({ valid }) => valid === undefined)) return undefined
  for (let row = 0; row < rows; row += 1) if (hasNull(columns, row)) return row
  return undefined
}

/** Throws for source rows that an upsert cannot place. */
export function checkUpsertKeys(source: SourceRows, on: readonly Field[]): void {
  const names = on.map(({ name }) => name).join(', ')
  if (source.nullKey !== undefined) {
    throw new ValidationError(`row ${source.nullKey}: the key (${names}) is null`, {
      details: { row: source.nullKey },
    })
  }
  if (source.duplicate !== undefined) throw duplicateError(source.duplicate, names)
}

export function duplicateError(row: number, names: string): ValidationError {
  return new ValidationError(`row ${row}: another row has the same key (${names})`, {
    details: { row },
  })
}

/** What rows with one of the source's keys must be like: narrows what is read of the table. */
export function keyPredicate(
  context: ChangeContext,
  source: SourceRows,
  on: readonly Field[],
): BoundPredicate {
  if (source.rows === 0) return { op: 'false' }
  const columns = columnsOf(context, source.batch, on)
  return boundAnd(on.map((field, at) => columnPredicate(field, columns[at]!, source.rows)))
}

function columnPredicate(field: Field, data: Data, rows: number): BoundPredicate {
  const term: BoundTerm = {
    fieldId: field.id,
    path: [field.name],
    sourceType: field.type,
    type: field.type,
    required: field.required,
  }
  const at = datumReader(field.type, data)
  const compare = datumComparator(field.type)
  const distinct = new Map<string, Datum>()
  let low: Datum | undefined
  let high: Datum | undefined
  for (let row = 0; row < rows; row += 1) {
    const value = at(row)
    if (value === null) continue
    if (distinct.size <= IN_MAX) distinct.set(String(value), value)
    if (low === undefined || compare(value, low) < 0) low = value
    if (high === undefined || compare(value, high) > 0) high = value
  }
  if (low === undefined || high === undefined) return { op: 'false' }
  if (distinct.size <= IN_MAX) return { op: 'in', term, values: [...distinct.values()] }
  return boundAnd([
    { op: 'gte', term, value: low },
    { op: 'lte', term, value: high },
  ])
}
