/** The source of a merge: its rows in memory, found by key. */
import type { Data, RecordBatch } from 'apache-arrow'
import { castData } from '../../arrow/cast.js'
import { concatBatches } from '../../arrow/concat.js'
import { arrowSchemaOf, arrowTypeOf } from '../../arrow/schema.js'
import { batchBytes } from '../../arrow/size.js'
import { InvalidArgument, LimitExceeded, ValidationError } from '../../errors.js'
import { KEY_FORM } from '../../scan/deletes/equality-group.js'
import { type KeyColumn, keyColumn } from '../../scan/deletes/key-columns.js'
import { KeySet } from '../../scan/deletes/key-set.js'
import { canPromote } from '../../types/promote.js'
import { type IndexedField, schemaIndex } from '../../types/schema-index.js'
import type { Schema, Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import { inputBatches, writeForm } from '../input.js'
import type { WriteInput } from '../write-data-files.js'
import type { ChangeContext } from './change-context.js'
import { changeMemory } from './change-memory.js'
import { chainTo } from './row-columns.js'

/** The rows are held twice while they are joined, and found by an index of about this size. */
const COPIES = 2
const INDEX_BYTES_PER_ROW = 64
/** Types whose values are not compared: nested ones, and those without an equality. */
const NO_KEYS = new Set<Type['kind']>([
  'struct',
  'list',
  'map',
  'variant',
  'geometry',
  'geography',
  'unknown',
])

/** A column to match by, in the table and in the source. */
export interface KeyField {
  readonly name: string
  readonly target: IndexedField
  readonly source: IndexedField
  /** The wider of their types, in which values are compared. */
  readonly type: Type
}

export class SourceRows {
  /** All rows, in the columns of the source's schema. */
  readonly batch: RecordBatch
  readonly schema: Schema
  /** The row that each key stands for; -1 once a second row has the same key. */
  readonly #rowOfKey: Int32Array
  readonly #keyOfRow: Int32Array
  /** By key: 1 once a row of the table has matched it. */
  readonly #hit: Uint8Array
  readonly #keys: KeySet
  readonly #on: readonly KeyField[]
  /** A row whose key another row has too. */
  readonly duplicate: number | undefined
  /** A row without a value in a key column. */
  readonly nullKey: number | undefined

  constructor(context: ChangeContext, batch: RecordBatch, schema: Schema, on: readonly KeyField[]) {
    this.batch = batch
    this.schema = schema
    this.#on = on
    this.#keys = new KeySet(new DataView(context.env.randomBytes(4).buffer).getInt32(0))
    const rows = batch.numRows
    const rowOfKey = new Int32Array(rows)
    const keyOfRow = new Int32Array(rows)
    let duplicate: number | undefined
    if (rows > 0) {
      const columns = this.#columns(sourceChains(schema, batch, on), rows)
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

  /** Bytes that the rows and their index take from here on. */
  get heldBytes(): number {
    return batchBytes(this.batch) + this.rows * INDEX_BYTES_PER_ROW
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

  /**
   * The source row of each row by its key columns, each with the structs around it from the top level
   * down: -1 for none, -2 where there are several.
   */
  match(chains: readonly (readonly Data[])[], rows: number): Int32Array {
    const keys = this.#columns(chains, rows)
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

  #columns(chains: readonly (readonly Data[])[], rows: number): readonly KeyColumn[] {
    return chains.map((chain, at) => {
      const { type, name } = this.#on[at]!
      const leaf = castData(chain.at(-1)!, arrowTypeOf(type, KEY_FORM), { path: name })
      return keyColumn([...chain.slice(0, -1), leaf], rows)
    })
  }
}

/** Reads the source whole, in the columns of its schema. Throws `LimitExceeded` beyond the memory limit. */
export async function readSource(
  context: ChangeContext,
  input: WriteInput,
  schema: Schema,
  on: readonly KeyField[],
): Promise<SourceRows> {
  const { signal } = context
  const max = changeMemory(context).sourceMaxBytes
  const batches: RecordBatch[] = []
  let bytes = 0
  for await (const batch of inputBatches(schema, input, signal)) {
    batches.push(batch)
    bytes += batchBytes(batch) * COPIES + batch.numRows * INDEX_BYTES_PER_ROW
    if (bytes <= max) continue
    throw new LimitExceeded(
      'the source rows need more than the three quarters of memoryLimit that they may take; give them in several calls, or raise it',
      { details: { limit: 'memoryLimit', max, actual: bytes } },
    )
  }
  const batch = concatBatches(arrowSchemaOf(schema, writeForm), batches)
  return new SourceRows(context, batch, schema, on)
}

/**
 * The columns to match by; a dotted path leads into structs.
 *
 * @throws NotFound('column'); InvalidArgument for what cannot be compared
 */
export function keyFields(
  schemas: { readonly target: Schema; readonly source: Schema },
  names: readonly string[],
  where: string,
  caseSensitive: boolean,
): readonly KeyField[] {
  if (names.length === 0) {
    throw new InvalidArgument(
      `${where}: the table has no identifier fields to match by; name columns with \`on\``,
    )
  }
  const fields = names.map((name) => keyField(schemas, name, where, caseSensitive))
  for (const [at, { name, target }] of fields.entries()) {
    if (fields.findIndex((other) => other.target.id === target.id) !== at) {
      throw new InvalidArgument(`${where}: column \`${name}\` is named twice`)
    }
  }
  return fields
}

function keyField(
  schemas: { readonly target: Schema; readonly source: Schema },
  name: string,
  where: string,
  caseSensitive: boolean,
): KeyField {
  const target = schemaIndex(schemas.target).require(name, { caseSensitive })
  const source = schemaIndex(schemas.source).require(name, { caseSensitive })
  for (const { type, inRepeated } of [target, source]) {
    if (!NO_KEYS.has(type.kind) && !inRepeated) continue
    const what = inRepeated ? 'which lies inside a list or map' : `a column of type ${type.kind}`
    throw new InvalidArgument(`${where}: rows cannot be matched by \`${name}\`, ${what}`, {
      details: { column: name },
    })
  }
  const isWider = canPromote(target.type, source.type, 2)
  if (isWider || canPromote(source.type, target.type, 2)) {
    return { name, target, source, type: isWider ? source.type : target.type }
  }
  throw new InvalidArgument(
    `${where}: \`${name}\` is ${formatType(target.type)} in the table and ${formatType(source.type)} in the source`,
    { details: { column: name } },
  )
}

function sourceChains(
  schema: Schema,
  batch: RecordBatch,
  on: readonly KeyField[],
): readonly (readonly Data[])[] {
  return on.map(({ source }) => chainTo(schema, batch.data.children, source.path))
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
export function checkUpsertKeys(source: SourceRows, on: readonly KeyField[]): void {
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
