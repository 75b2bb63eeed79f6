/**
 * Iceberg's types and schemas as plain frozen data (spec: "Schemas and Data Types"). Parsing,
 * validation and evolution live beside this file; nothing here computes.
 */
import type { JsonObject, JsonValue } from '../codec/json/value.js'

/** Primitive types without parameters, by their name in the specification. */
export type SimplePrimitiveName =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'timestamp_ns'
  | 'timestamptz_ns'
  | 'string'
  | 'uuid'
  | 'binary'
  | 'unknown'

export type EdgeAlgorithm = 'spherical' | 'vincenty' | 'thomas' | 'andoyer' | 'karney'

export type PrimitiveType =
  | { readonly kind: SimplePrimitiveName }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: 'geometry'; readonly crs: string | undefined }
  | {
      readonly kind: 'geography'
      readonly crs: string | undefined
      readonly algorithm: EdgeAlgorithm | undefined
    }

/** v3 semi-structured type: neither primitive nor nested. */
export interface VariantType {
  readonly kind: 'variant'
}

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly Field[]
}

export interface ListType {
  readonly kind: 'list'
  readonly elementId: number
  readonly elementRequired: boolean
  readonly element: Type
}

export interface MapType {
  readonly kind: 'map'
  readonly keyId: number
  readonly key: Type
  readonly valueId: number
  readonly valueRequired: boolean
  readonly value: Type
}

export type NestedType = StructType | ListType | MapType
export type Type = PrimitiveType | VariantType | NestedType
export type TypeKind = Type['kind']

/** A named, numbered member of a struct. */
export interface Field {
  readonly id: number
  readonly name: string
  readonly required: boolean
  readonly type: Type
  readonly doc?: string
  /** v3: value of rows written before the field was added, in JSON single-value form. */
  readonly initialDefault?: JsonValue
  /** v3: value that writers use when a row omits the field, in JSON single-value form. */
  readonly writeDefault?: JsonValue
  /** Members of the JSON object that this version does not know; written back verbatim. */
  readonly extra?: JsonObject
}

/** One schema of a table. `schemaId` is unique within the table. */
export interface Schema {
  readonly schemaId: number
  readonly fields: readonly Field[]
  readonly identifierFieldIds: readonly number[]
  readonly extra?: JsonObject
}
