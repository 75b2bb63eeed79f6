/**
 * What a metadata file says of a table's shape now, as text to compare: the current schema with its
 * ids and defaults, the default spec and sort order, the highest ids given, and the properties that
 * name columns. Schema, spec and order ids count changes, which engines bundle as they like.
 */
import { metadataText } from './table-states.js'

interface MetadataJson {
  readonly 'current-schema-id': number
  readonly schemas: readonly SchemaJson[]
  readonly 'default-spec-id': number
  readonly 'partition-specs': readonly { readonly 'spec-id': number; readonly fields: unknown }[]
  readonly 'default-sort-order-id': number
  readonly 'sort-orders': readonly { readonly 'order-id': number; readonly fields: unknown }[]
  readonly 'last-column-id': number
  readonly 'last-partition-id': number
  readonly 'format-version': number
  readonly properties?: Readonly<Record<string, string>>
}

interface SchemaJson {
  readonly 'schema-id': number
  readonly 'identifier-field-ids'?: readonly number[]
  readonly fields: unknown
}

interface MappedJson {
  readonly 'field-id'?: number
  readonly names: readonly string[]
  readonly fields?: readonly MappedJson[]
}

const NAME_MAPPING = 'schema.name-mapping.default'
const NAMES_COLUMN = /^write\.(metadata\.metrics|parquet\.[\w-]+)\.column\./

/** Whether the shape of a table was changed after it was made, or its files go by names. */
export function hasChangedShape(metadata: string): boolean {
  const json = JSON.parse(metadataText(metadata)) as MetadataJson
  const isChanged = json.schemas.length > 1 || json['partition-specs'].length > 1
  return isChanged || json.properties?.[NAME_MAPPING] !== undefined
}

/** One line for each part of the definition. */
export function tableDefinition(metadata: string): readonly string[] {
  const json = JSON.parse(metadataText(metadata)) as MetadataJson
  const schema = json.schemas.find((one) => one['schema-id'] === json['current-schema-id'])
  const spec = json['partition-specs'].find((one) => one['spec-id'] === json['default-spec-id'])
  const order = json['sort-orders'].find((one) => one['order-id'] === json['default-sort-order-id'])
  return [
    `format ${json['format-version']}`,
    `schema ${text(schema?.fields)}`,
    `identifier ${text([...(schema?.['identifier-field-ids'] ?? [])].sort())}`,
    `spec ${text(spec?.fields)}`,
    `order ${text(order?.fields)}`,
    `last column ${json['last-column-id']}, last partition field ${json['last-partition-id']}`,
    ...columnProperties(json.properties ?? {}),
  ]
}

function columnProperties(properties: Readonly<Record<string, string>>): readonly string[] {
  const named = Object.entries(properties).filter(([name]) => NAMES_COLUMN.test(name))
  const mapping = properties[NAME_MAPPING]
  return [
    ...named.map(([name, value]) => `${name} = ${value}`).sort(),
    ...(mapping === undefined
      ? []
      : [`name mapping ${text(mapped(JSON.parse(mapping) as readonly MappedJson[]))}`]),
  ]
}

/** Neither the order of fields nor that of names means anything. */
function mapped(fields: readonly MappedJson[]): unknown {
  return [...fields]
    .sort((a, b) => (a['field-id'] ?? 0) - (b['field-id'] ?? 0))
    .map((field) => ({
      id: field['field-id'],
      names: [...field.names].sort(),
      fields: mapped(field.fields ?? []),
    }))
}

/** JSON with the members of objects in order of their names, and types without spaces. */
function text(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (key === 'type' && typeof item === 'string') return item.replaceAll(' ', '')
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
