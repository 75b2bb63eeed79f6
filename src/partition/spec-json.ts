import type { ObjectReader } from '../codec/json/object-reader.js'
import { type JsonObject, type JsonValue, jsonInt, jsonObject } from '../codec/json/value.js'
import { CorruptData } from '../errors.js'
import type { PartitionField, PartitionSpec, Transform } from './model.js'
import { formatTransform, parseTransform } from './transform.js'

/** Partition field ids count from here (spec: "Partition Evolution"). */
export const PARTITION_FIELD_ID_START = 1000

/** Parses `{"spec-id": …, "fields": […]}` (spec: Appendix C, "Partition Specs"). */
export function parsePartitionSpec(reader: ObjectReader): PartitionSpec {
  const specId = reader.int('spec-id')
  const fields = parsePartitionFields(reader, 'fields')
  const extra = reader.rest()
  return { specId, fields, ...(extra.size > 0 ? { extra } : {}) }
}

/**
 * Parses a list of partition fields: of a spec, or v1's `partition-spec`. Field ids that are missing
 * count from 1000, as v1 writers assigned them.
 *
 * @throws CorruptData for duplicate names and field ids.
 */
export function parsePartitionFields(reader: ObjectReader, key: string): readonly PartitionField[] {
  const names = new Set<string>()
  const ids = new Set<number>()
  return reader.objects(key, (item, index) => {
    const field = parsePartitionField(item, PARTITION_FIELD_ID_START + index)
    if (names.has(field.name)) item.fail(`duplicate partition field name '${field.name}'`, 'name')
    if (ids.has(field.fieldId))
      item.fail(`duplicate partition field id ${field.fieldId}`, 'field-id')
    names.add(field.name)
    ids.add(field.fieldId)
    return field
  })
}

function parsePartitionField(reader: ObjectReader, implicitId: number): PartitionField {
  const sourceIds = parseSourceIds(reader)
  const fieldId = reader.optInt('field-id') ?? implicitId
  const name = reader.string('name')
  const transform = parseTransformAt(reader)
  const extra = reader.rest()
  return {
    sourceIds,
    fieldId,
    name,
    transform,
    ...(extra.size > 0 ? { extra } : {}),
  }
}

/** `source-ids` of a multi-argument transform, else `source-id`. */
export function parseSourceIds(reader: ObjectReader): readonly number[] {
  const many = reader.optInts('source-ids')
  const one = reader.optInt('source-id')
  if (many !== undefined && many.length > 0) return many
  return one === undefined ? [reader.int('source-id')] : [one]
}

/**
 * The transform of a field. One with several source columns is unknown whatever its name, since no
 * such transform is defined.
 */
export function parseTransformAt(reader: ObjectReader): Transform {
  const text = reader.string('transform')
  const many = reader.optInts('source-ids')
  if (many !== undefined && many.length > 1) return { kind: 'unknown', text }
  try {
    return parseTransform(text)
  } catch (error) {
    if (error instanceof CorruptData) return reader.fail(error.message, 'transform')
    throw error
  }
}

/** The JSON members that name source columns: one id, or a list for several. */
export function sourceIdEntries(
  ids: readonly number[],
): readonly [string, JsonValue | undefined][] {
  const [first] = ids
  return ids.length === 1 && first !== undefined
    ? [['source-id', jsonInt(first)]]
    : [['source-ids', ids.map(jsonInt)]]
}

/** The JSON form of a spec. */
export function partitionSpecJson(spec: PartitionSpec): JsonObject {
  return jsonObject([
    ['spec-id', jsonInt(spec.specId)],
    ['fields', partitionFieldsJson(spec.fields)],
    ...(spec.extra ?? []),
  ])
}

/** The JSON form of the fields alone: v1's `partition-spec` and the manifests' `partition-spec`. */
export function partitionFieldsJson(fields: readonly PartitionField[]): JsonValue {
  return fields.map((field) =>
    jsonObject([
      ['name', field.name],
      ['transform', formatTransform(field.transform)],
      ...sourceIdEntries(field.sourceIds),
      ['field-id', jsonInt(field.fieldId)],
      ...(field.extra ?? []),
    ]),
  )
}
