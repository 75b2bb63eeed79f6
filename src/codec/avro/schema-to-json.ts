import { InvalidArgument } from '../../errors.js'
import { type JsonNumber, type JsonValue, jsonInt, jsonObject } from '../json/value.js'
import type { AvroEnum, AvroFixed, AvroLogical, AvroRecord, AvroSchema } from './schema.js'

/**
 * The JSON form of a schema. A named type is written out once and by name after that; two different
 * types of one name are `InvalidArgument`.
 */
export function avroSchemaJson(schema: AvroSchema): JsonValue {
  return toJson(schema, new Map())
}

type Written = Map<string, AvroRecord | AvroFixed | AvroEnum>

function toJson(schema: AvroSchema, written: Written): JsonValue {
  switch (schema.kind) {
    case 'union':
      return schema.branches.map((branch) => toJson(branch, written))
    case 'array':
      return jsonObject([
        ['type', 'array'],
        ['items', toJson(schema.items, written)],
        ['element-id', optInt(schema.elementId)],
        ['logicalType', schema.logicalType],
      ])
    case 'map':
      return jsonObject([
        ['type', 'map'],
        ['values', toJson(schema.values, written)],
        ['key-id', optInt(schema.keyId)],
        ['value-id', optInt(schema.valueId)],
      ])
    case 'record':
    case 'fixed':
    case 'enum': {
      const before = written.get(schema.name)
      if (before === undefined) {
        written.set(schema.name, schema)
        return namedJson(schema, written)
      }
      if (before !== schema && !sameFixed(before, schema)) {
        throw new InvalidArgument(`two different avro types are named '${schema.name}'`)
      }
      return schema.name
    }
    default: {
      const logical = logicalEntries(schema)
      return logical.length === 0 ? schema.kind : jsonObject([['type', schema.kind], ...logical])
    }
  }
}

function sameFixed(a: AvroSchema, b: AvroSchema): boolean {
  if (a.kind !== 'fixed' || b.kind !== 'fixed' || a.size !== b.size) return false
  return a.logicalType === b.logicalType && a.precision === b.precision && a.scale === b.scale
}

function namedJson(schema: AvroRecord | AvroFixed | AvroEnum, written: Written): JsonValue {
  const head = [
    ['type', schema.kind],
    ['name', schema.name],
  ] as const
  if (schema.kind === 'fixed') {
    return jsonObject([...head, ['size', jsonInt(schema.size)], ...logicalEntries(schema)])
  }
  if (schema.kind === 'enum') return jsonObject([...head, ['symbols', schema.symbols]])
  const fields = schema.fields.map((field) =>
    jsonObject([
      ['name', field.name],
      ['type', toJson(field.type, written)],
      ['doc', field.doc],
      ['default', field.default],
      ['field-id', optInt(field.fieldId)],
      ['iceberg-field-name', field.icebergName],
    ]),
  )
  return jsonObject([...head, ['fields', fields]])
}

function logicalEntries(logical: AvroLogical): [string, JsonValue][] {
  const entries: [string, JsonValue | undefined][] = [
    ['logicalType', logical.logicalType],
    ['adjust-to-utc', logical.adjustToUtc],
    ['precision', optInt(logical.precision)],
    ['scale', optInt(logical.scale)],
  ]
  return entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
}

function optInt(value: number | undefined): JsonNumber | undefined {
  return value === undefined ? undefined : jsonInt(value)
}
