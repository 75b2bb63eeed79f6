/** What a metadata file says there is to read, taken from its JSON alone: no reader is trusted. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { FieldJson } from './scenario.js'

interface MetadataJson {
  readonly location: string
  readonly 'format-version': number
  readonly 'current-schema-id'?: number
  readonly 'current-snapshot-id'?: string | number
  readonly schema?: SchemaJson
  readonly schemas?: readonly SchemaJson[]
  readonly snapshots?: readonly { readonly 'snapshot-id': number; readonly 'schema-id'?: number }[]
  readonly refs?: Readonly<Record<string, { readonly type: string }>>
}
interface SchemaJson {
  readonly 'schema-id'?: number
  readonly fields: readonly FieldJson[]
}

/** One state of a table: what to ask a reader for, and the columns that its rows have. */
export interface TableState {
  readonly label: string
  readonly at: { readonly snapshot?: string; readonly ref?: string }
  readonly fields: readonly FieldJson[]
  /** The same for states that are the same snapshot read with the same schema. */
  readonly content: string
}

export interface TableStates {
  readonly location: string
  readonly current: TableState
  /** Branches and tags but `main`, and every snapshot. */
  readonly others: readonly TableState[]
}

export function localPath(location: string): string {
  if (location.startsWith('file://')) return fileURLToPath(location)
  return location.replace(/^file:/, '')
}

export function metadataText(location: string): string {
  const bytes = readFileSync(localPath(location))
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** Snapshot ids have more digits than a JavaScript number. */
function parse(text: string): MetadataJson {
  return JSON.parse(
    text.replace(/("(?:current-)?snapshot-id"\s*:\s*)(-?\d+)/g, '$1"$2"'),
  ) as MetadataJson
}

export function tableStates(metadata: string): TableStates {
  const json = parse(metadataText(metadata))
  const schemas = json.schemas ?? (json.schema === undefined ? [] : [json.schema])
  const schemaOf = (id: number | undefined) =>
    (schemas.find((one) => one['schema-id'] === id) ?? schemas.at(-1))?.fields ?? []
  const current = schemaOf(json['current-schema-id'])
  const snapshots = (json.snapshots ?? []).map((one) => ({
    id: String(one['snapshot-id']),
    fields: one['schema-id'] === undefined ? current : schemaOf(one['schema-id']),
  }))
  const content = (id: unknown, fields: readonly FieldJson[]) => `${id} ${JSON.stringify(fields)}`
  const refs = Object.entries(json.refs ?? {}).filter(([name]) => name !== 'main')
  return {
    location: json.location,
    current: {
      label: 'current',
      at: {},
      fields: current,
      content: content(json['current-snapshot-id'], current),
    },
    others: [
      ...refs.map(([name, ref]) => {
        const { 'snapshot-id': id } = ref as unknown as { readonly 'snapshot-id': string }
        const own = snapshots.find((one) => one.id === String(id))?.fields ?? current
        // A branch is read with the table's schema, a tag with that of its snapshot.
        const fields = ref.type === 'branch' ? current : own
        return {
          label: `${ref.type} ${name}`,
          at: { ref: name },
          fields,
          content: content(id, fields),
        }
      }),
      ...snapshots.map(({ id, fields }, index) => ({
        label: `snapshot ${index + 1}`,
        at: { snapshot: id },
        fields,
        content: content(id, fields),
      })),
    ],
  }
}
