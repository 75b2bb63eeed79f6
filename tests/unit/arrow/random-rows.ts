/** Random Iceberg schemas and rows that fit them, for property tests. */
import fc from 'fast-check'
import { formatDecimal } from '../../../src/types/decimal-text.js'
import {
  formatDate,
  formatTime,
  formatTimestampMicros,
  formatTimestampNanos,
} from '../../../src/types/time-text.js'
import type { Field, PrimitiveType, Schema, Type } from '../../../src/types/type.js'
import { formatUuid } from '../../../src/types/uuid-text.js'

const simpleKinds = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'binary',
] as const

export const primitiveType: fc.Arbitrary<PrimitiveType> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...simpleKinds).map((kind) => ({ kind })) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38)).map(([precision, scale]) => ({
      kind: 'decimal' as const,
      precision,
      scale: Math.min(precision, scale),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 20 })
      .map((length) => ({ kind: 'fixed' as const, length })),
  },
)

/** A type with field ids still to be given: structure first, numbers after. */
type Shape =
  | { readonly kind: 'primitive'; readonly type: PrimitiveType }
  | { readonly kind: 'struct'; readonly members: readonly { required: boolean; shape: Shape }[] }
  | { readonly kind: 'list'; readonly required: boolean; readonly element: Shape }
  | {
      readonly kind: 'map'
      readonly required: boolean
      readonly key: PrimitiveType
      readonly value: Shape
    }

const mapKey: fc.Arbitrary<PrimitiveType> = fc.constantFrom(
  { kind: 'string' },
  { kind: 'int' },
  { kind: 'long' },
  { kind: 'date' },
)

function shape(depth: number): fc.Arbitrary<Shape> {
  const leaf = primitiveType.map((type): Shape => ({ kind: 'primitive', type }))
  if (depth === 0) return leaf
  const inner = shape(depth - 1)
  const member = fc.record({ required: fc.boolean(), shape: inner })
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .array(member, { minLength: 1, maxLength: 3 })
        .map((members): Shape => ({ kind: 'struct', members })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.boolean(), inner)
        .map(([required, element]): Shape => ({ kind: 'list', required, element })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.boolean(), mapKey, inner)
        .map(([required, key, value]): Shape => ({ kind: 'map', required, key, value })),
    },
  )
}

const names = ['a', 'b', 'c', 'd', 'e', 'f']

/** Schemas of up to `columns` columns, nested up to `depth`. */
export function randomSchema(columns: number, depth: number): fc.Arbitrary<Schema> {
  const column = fc.record({ required: fc.boolean(), shape: shape(depth) })
  return fc.array(column, { minLength: 1, maxLength: columns }).map((members) => {
    let id = 0
    const next = (): number => ++id
    const typeOf = (of: Shape): Type => {
      switch (of.kind) {
        case 'primitive':
          return of.type
        case 'struct':
          return { kind: 'struct', fields: fieldsOf(of.members) }
        case 'list':
          return {
            kind: 'list',
            elementId: next(),
            elementRequired: of.required,
            element: typeOf(of.element),
          }
        case 'map':
          return {
            kind: 'map',
            keyId: next(),
            key: of.key,
            valueId: next(),
            valueRequired: of.required,
            value: typeOf(of.value),
          }
      }
    }
    const fieldsOf = (of: readonly { required: boolean; shape: Shape }[]): Field[] =>
      of.map((member, index) => ({
        id: next(),
        name: names[index] as string,
        required: member.required,
        type: typeOf(member.shape),
      }))
    return { schemaId: 0, identifierFieldIds: [], fields: fieldsOf(members) }
  })
}

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n
/** Years 1 to 9999, in microseconds. */
const microsMin = -62135596800000000n
const microsMax = 253402300799999999n

/** Values as reads give them. */
export function validValue(type: Type): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0))
    case 'long':
      return fc.oneof(fc.bigInt({ min: longMin, max: longMax }), fc.bigInt({ min: -9n, max: 9n }))
    case 'float':
      return fc.float()
    case 'double':
      return fc.double()
    case 'date':
      return fc.integer({ min: -719162, max: 2932896 }).map(formatDate)
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999n }).map(formatTime)
    case 'timestamp':
      return fc
        .bigInt({ min: microsMin, max: microsMax })
        .map((v) => formatTimestampMicros(v, false))
    case 'timestamptz':
      return fc
        .bigInt({ min: microsMin, max: microsMax })
        .map((v) => formatTimestampMicros(v, true))
    case 'timestamp_ns':
      return fc.bigInt({ min: longMin, max: longMax }).map((v) => formatTimestampNanos(v, false))
    case 'timestamptz_ns':
      return fc.bigInt({ min: longMin, max: longMax }).map((v) => formatTimestampNanos(v, true))
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 30 })
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatUuid)
    case 'fixed':
      return fc.uint8Array({ minLength: type.length, maxLength: type.length })
    case 'binary':
      return fc.uint8Array({ maxLength: 20 })
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return fc.bigInt({ min: -limit, max: limit }).map((v) => formatDecimal(v, type.scale))
    }
    case 'struct':
      return rowOf(type.fields)
    case 'list':
      return fc.array(nullable(type.element, type.elementRequired), { maxLength: 4 })
    case 'map':
      return fc
        .array(fc.tuple(validValue(type.key), nullable(type.value, type.valueRequired)), {
          maxLength: 3,
        })
        .map((entries) => new Map(entries))
    default:
      return fc.constant(null)
  }
}

function nullable(type: Type, required: boolean): fc.Arbitrary<unknown> {
  return required ? validValue(type) : fc.option(validValue(type), { freq: 3 })
}

export function rowOf(fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(fields.map((field) => [field.name, nullable(field.type, field.required)])),
    { noNullPrototype: true },
  )
}

/** A schema with rows that fit it. */
export function schemaAndRows(
  columns: number,
  depth: number,
  maxRows: number,
): fc.Arbitrary<{ schema: Schema; rows: Record<string, unknown>[] }> {
  return randomSchema(columns, depth).chain((schema) =>
    fc.array(rowOf(schema.fields), { maxLength: maxRows }).map((rows) => ({ schema, rows })),
  )
}

/** A schema of columns, numbered from 1, for tests by example. */
export function schemaOf(
  columns: readonly (readonly [name: string, type: Type, required?: boolean])[],
): Schema {
  return {
    schemaId: 0,
    identifierFieldIds: [],
    fields: columns.map(([name, type, required], index) => ({
      id: index + 1,
      name,
      type,
      required: required ?? false,
    })),
  }
}
