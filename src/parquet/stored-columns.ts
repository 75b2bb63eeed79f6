/** What of a schema goes into files: everything but members of type unknown. */
import { type Schema as ArrowSchema, type Data, RecordBatch, Struct } from 'apache-arrow'
import { makeColumn, retype } from '../arrow/layout.js'
import { arrowSchemaOf } from '../arrow/schema.js'
import type { Field, Schema, Type } from '../types/type.js'
import { assert } from '../util/assert.js'

export interface StoredColumns {
  /** The Iceberg schema without members of type unknown (spec: appendix A, "Parquet"). */
  readonly schema: Schema
  /** The same as Arrow, in `physical` form. */
  readonly arrow: ArrowSchema
  /** Cuts a batch of the full schema to what is stored. */
  readonly select: (batch: RecordBatch) => RecordBatch
}

/** How batches of a schema are cut to what is stored. */
export function storedColumns(schema: Schema): StoredColumns {
  const stored: Schema = { ...schema, fields: storedFields(schema.fields) }
  const arrow = arrowSchemaOf(stored, { decimals: 'physical' })
  const type = new Struct(arrow.fields)
  const select = (batch: RecordBatch): RecordBatch => {
    const children = storedMembers(schema.fields, stored.fields, batch.data.children, type)
    const data = makeColumn(type, batch.numRows, 0, { children })
    return new RecordBatch(arrow, data as RecordBatch['data'])
  }
  return { schema: stored, arrow, select }
}

function storedFields(fields: readonly Field[]): Field[] {
  return fields
    .filter((field) => field.type.kind !== 'unknown')
    .map((field) => {
      const type = storedType(field.type)
      return type === field.type ? field : { ...field, type }
    })
}

/** The same object when nothing had to be left out. */
function storedType(type: Type): Type {
  if (type.kind === 'struct') {
    const fields = storedFields(type.fields)
    const same =
      fields.length === type.fields.length && fields.every((field, i) => field === type.fields[i])
    return same ? type : { ...type, fields }
  }
  if (type.kind === 'list') {
    const element = storedType(type.element)
    return element === type.element ? type : { ...type, element }
  }
  if (type.kind === 'map') {
    const key = storedType(type.key)
    const value = storedType(type.value)
    return key === type.key && value === type.value ? type : { ...type, key, value }
  }
  return type
}

type ArrowType = Data['type']

function storedMembers(
  from: readonly Field[],
  to: readonly Field[],
  columns: readonly Data[],
  parent: ArrowType,
): Data[] {
  return to.map((field, index) => {
    const at = from.findIndex((candidate) => candidate.id === field.id)
    const column = columns[at]
    assert(column !== undefined, `a batch to write has no column '${field.name}'`)
    return storedData((from[at] as Field).type, field.type, column, childType(parent, index))
  })
}

function childType(parent: ArrowType, index: number): ArrowType {
  return (parent.children as readonly { readonly type: ArrowType }[])[index]!.type
}

function storedData(from: Type, to: Type, data: Data, arrowType: ArrowType): Data {
  if (from === to) return data
  if (from.kind === 'struct' && to.kind === 'struct') {
    return retype(data, arrowType, storedMembers(from.fields, to.fields, data.children, arrowType))
  }
  const child = data.children[0] as Data
  const entryType = childType(arrowType, 0)
  if (from.kind === 'list' && to.kind === 'list') {
    return retype(data, arrowType, [storedData(from.element, to.element, child, entryType)])
  }
  // What is neither struct nor list and differs is a map: see `storedType`.
  const entries = storedEntries(from as MapType, to as MapType, child, entryType)
  return retype(data, arrowType, [entries])
}

type MapType = Type & { readonly kind: 'map' }

function storedEntries(from: MapType, to: MapType, entries: Data, arrowType: ArrowType): Data {
  const [key, value] = entries.children as [Data, Data]
  return retype(entries, arrowType, [
    storedData(from.key, to.key, key, childType(arrowType, 0)),
    storedData(from.value, to.value, value, childType(arrowType, 1)),
  ])
}
