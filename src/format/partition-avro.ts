/** Partition tuples in manifests: their Avro record, and datums ↔ Avro values. */
import {
  AVRO,
  type AvroRecord,
  type AvroSchema,
  type AvroValue,
  avroField,
  avroOptional,
  avroRecord,
  optionalBranch,
} from '../codec/avro/schema.js'
import { CorruptData, Unsupported } from '../errors.js'
import type { PartitionSpec } from '../partition/model.js'
import { partitionFieldType } from '../partition/partition-type.js'
import type { Datum } from '../types/datum.js'
import { schemaIndex } from '../types/schema-index.js'
import { fromTwosComplement, twosComplement } from '../types/single-value.js'
import type { Schema, Type } from '../types/type.js'
import { currentSchema } from './lookup.js'
import type { TableMetadata } from './model.js'

/**
 * Types of a spec's partition values. A source column that was dropped is looked up in the newest
 * schema that has it; `unknown` when none has.
 */
export function partitionTypes(
  metadata: Pick<TableMetadata, 'schemas' | 'currentSchemaId'>,
  spec: PartitionSpec,
): readonly Type[] {
  const current = currentSchema(metadata as TableMetadata)
  return spec.fields.map((field) => {
    const has = (schema: Schema): boolean =>
      field.sourceIds.every((id) => schemaIndex(schema).byId.has(id))
    const schema = has(current) ? current : metadata.schemas.findLast(has)
    return partitionFieldType(field, schema ?? current)
  })
}

/** The record `r102` of a spec: every field optional, names fit for Avro. */
export function partitionRecord(spec: PartitionSpec, types: readonly Type[]): AvroRecord {
  const taken = new Set<string>()
  const fields = spec.fields.map((field, index) => {
    const type = types[index] as Type
    const avro = avroTypeOf(type)
    let name = avroName(field.name)
    if (taken.has(name)) name = `${name}_${field.fieldId}`
    taken.add(name)
    const made = avroField(
      field.fieldId,
      name,
      avro.kind === 'null' ? AVRO.null : avroOptional(avro),
    )
    return name === field.name ? made : { ...made, icebergName: field.name }
  })
  return avroRecord('r102', fields)
}

/**
 * A name as Avro allows it: other characters become `_x` and their UTF-16 code in hex, as in the
 * reference; letters outside ASCII too, because strict Avro readers refuse them.
 */
export function avroName(name: string): string {
  let out = ''
  for (let i = 0; i < name.length; i++) {
    const char = name.charAt(i)
    if (/[A-Za-z_]/.test(char) || (i > 0 && /[0-9]/.test(char))) out += char
    else if (/[0-9]/.test(char)) out += `_${char}`
    else out += `_x${char.charCodeAt(0).toString(16).toUpperCase()}`
  }
  return out === '' ? '_' : out
}

/** The Avro form of a primitive type (spec: appendix A, "Avro"). */
function avroTypeOf(type: Type): AvroSchema {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'string':
      return AVRO[type.kind]
    case 'date':
      return { kind: 'int', logicalType: 'date' }
    case 'time':
      return { kind: 'long', logicalType: 'time-micros' }
    case 'timestamp':
    case 'timestamptz':
      return {
        kind: 'long',
        logicalType: 'timestamp-micros',
        adjustToUtc: type.kind === 'timestamptz',
      }
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return {
        kind: 'long',
        logicalType: 'timestamp-nanos',
        adjustToUtc: type.kind === 'timestamptz_ns',
      }
    case 'uuid':
      return { kind: 'fixed', name: 'uuid_fixed', size: 16, logicalType: 'uuid' }
    case 'fixed':
      return { kind: 'fixed', name: `fixed_${type.length}`, size: type.length }
    case 'decimal': {
      const { precision, scale } = type
      const size = decimalBytes(precision)
      const name = `decimal_${precision}_${scale}`
      return { kind: 'fixed', name, size, logicalType: 'decimal', precision, scale }
    }
    case 'binary':
      return AVRO.bytes
    case 'unknown':
      return AVRO.null
    default:
      throw new Unsupported(`partition-type-${type.kind}`, `cannot partition by a ${type.kind}`)
  }
}

/** Bytes of the fixed that holds every decimal of a precision. */
export function decimalBytes(precision: number): number {
  let size = 1
  for (const limit = 10n ** BigInt(precision); 2n ** BigInt(8 * size - 1) < limit; size++);
  return size
}

/** Turns a datum into what the Avro writer takes, for one partition field. */
export function partitionEncoder(type: Type): (datum: Datum | null) => AvroValue {
  if (type.kind === 'decimal') {
    const size = decimalBytes(type.precision)
    return (datum) => (datum === null ? null : twosComplement(datum as bigint, size))
  }
  // A dropped column's type may be lost, and with it the values.
  if (type.kind === 'unknown') return () => null
  return (datum) => datum
}

type Decoder = (value: AvroValue) => Datum | null

/**
 * Turns what the Avro reader gives into a datum of the wanted type, for one partition field as the
 * writer declared it. Older manifests may hold a narrower type, or days as plain ints. Without a
 * wanted type (unknown transforms) the value is taken as it is.
 */
export function partitionDecoder(
  written: AvroSchema,
  wanted: Type | undefined,
  where: { readonly name: string; readonly path: string | undefined },
): Decoder {
  const type = optionalBranch(written)?.type ?? written
  return (
    decoderOf(type, wanted) ??
    // Only a value is wrong: a void field may be declared as anything.
    ((value) => {
      if (value === null) return null
      const file = where.path === undefined ? '' : ` in ${where.path}`
      throw new CorruptData(
        `partition field '${where.name}' is avro ${type.kind}, not ${wanted?.kind ?? 'a primitive'}${file}`,
        { details: { path: where.path, field: where.name } },
      )
    })
  )
}

const NESTED: ReadonlySet<string> = new Set(['record', 'array', 'map', 'union'])

function decoderOf(type: AvroSchema, wanted: Type | undefined): Decoder | undefined {
  const { kind } = type
  const bytes = kind === 'bytes' || kind === 'fixed'
  switch (wanted?.kind) {
    case undefined:
    case 'unknown':
      return NESTED.has(kind) ? undefined : plain
    case 'decimal':
      if (!bytes) return undefined
      return (value) => (value === null ? null : fromTwosComplement(value as Uint8Array))
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return longDecoder(type, wanted as Type)
    case 'int':
    case 'date':
      return kind === 'int' ? plain : undefined
    case 'float':
    case 'double':
      return kind === 'float' || kind === 'double' ? plain : undefined
    case 'boolean':
    case 'string':
      return kind === wanted?.kind ? plain : undefined
    default:
      return bytes ? plain : undefined
  }
}

function longDecoder(type: AvroSchema, wanted: Type): Decoder | undefined {
  if (type.kind === 'long') return plain
  if (type.kind !== 'int') return undefined
  if (type.logicalType === 'date' && wanted.kind.startsWith('timestamp')) {
    const perDay = wanted.kind.endsWith('_ns') ? 86_400_000_000_000n : 86_400_000_000n
    return (value) => (value === null ? null : BigInt(value as number) * perDay)
  }
  return (value) => (value === null ? null : BigInt(value as number))
}

/** Null stays null; `undefined`, a field that the writer did not have, becomes null. */
function plain(value: AvroValue): Datum | null {
  return (value ?? null) as Datum | null
}
