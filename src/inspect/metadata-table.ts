import type { Table as ArrowTable } from 'apache-arrow'
import type { Env } from '../env/env.js'
import type { TableMetadata } from '../format/model.js'
import type { Store } from '../store/store.js'
import type { Field, Schema, Type } from '../types/type.js'

/** What metadata tables are made from: pinned when one is asked for. */
export interface InspectSource {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  readonly signal?: AbortSignal | undefined
}

/** A row of a metadata table: an object keyed by column, values as in rows of data. */
export type InspectRow = Readonly<Record<string, unknown>>

const ARROW_ROWS = 8192

/** A table about the table: its snapshots, files, manifests … Reads again at each call. */
export class MetadataTable<Row extends InspectRow = InspectRow> implements AsyncIterable<Row> {
  readonly name: string
  /** Columns and types, as a schema of their own. */
  readonly schema: Schema
  readonly #rows: () => AsyncIterable<Row>

  constructor(name: string, schema: Schema, rows: () => AsyncIterable<Row>) {
    this.name = name
    this.schema = schema
    this.#rows = rows
  }

  async *rows(): AsyncIterableIterator<Row> {
    yield* this.#rows()
  }

  async toArray(): Promise<Row[]> {
    const all: Row[] = []
    for await (const row of this.#rows()) all.push(row)
    return all
  }

  async toArrow(): Promise<ArrowTable> {
    const { Table } = await import('apache-arrow')
    const { RowBatchBuilder } = await import('../arrow/row-builder.js')
    const { arrowSchemaOf } = await import('../arrow/schema.js')
    const batches = []
    let builder = new RowBatchBuilder(this.schema)
    for await (const row of this.#rows()) {
      builder.append([row])
      if (builder.rows < ARROW_ROWS) continue
      batches.push(builder.finish())
      builder = new RowBatchBuilder(this.schema)
    }
    if (builder.rows > 0) batches.push(builder.finish())
    return new Table(arrowSchemaOf(this.schema), batches)
  }

  [Symbol.asyncIterator](): AsyncIterator<Row> {
    return this.rows()
  }
}

/** Columns of a metadata table, by name; a name that ends in `!` is required. Ids are given in order. */
export function inspectSchema(columns: readonly (readonly [string, Type])[]): Schema {
  let lastId = 0
  const numbered = (type: Type): Type => {
    switch (type.kind) {
      case 'struct':
        return { kind: 'struct', fields: type.fields.map((item) => field(item.name, item.type)) }
      case 'list':
        return { ...type, elementId: ++lastId, element: numbered(type.element) }
      case 'map':
        return {
          ...type,
          keyId: ++lastId,
          valueId: ++lastId,
          key: numbered(type.key),
          value: numbered(type.value),
        }
      default:
        return type
    }
  }
  const field = (name: string, type: Type): Field => ({
    id: ++lastId,
    name: name.replace(/!$/, ''),
    required: name.endsWith('!'),
    type: numbered(type),
  })
  return {
    schemaId: 0,
    fields: columns.map(([name, type]) => field(name, type)),
    identifierFieldIds: [],
  }
}

/** A struct type whose ids `inspectSchema` fills in. */
export function structOf(fields: readonly (readonly [string, Type])[]): Type {
  return {
    kind: 'struct',
    fields: fields.map(([name, type]) => ({ id: 0, name, required: false, type })),
  }
}

export function listOf(element: Type): Type {
  return { kind: 'list', elementId: 0, elementRequired: false, element }
}

export function mapOf(key: Type, value: Type): Type {
  return { kind: 'map', keyId: 0, key, valueId: 0, valueRequired: false, value }
}

export const BOOLEAN: Type = { kind: 'boolean' }
export const INT: Type = { kind: 'int' }
export const LONG: Type = { kind: 'long' }
export const STRING: Type = { kind: 'string' }
export const BINARY: Type = { kind: 'binary' }
export const TIMESTAMPTZ: Type = { kind: 'timestamptz' }
