/** Rows of any engine as sorted texts that are equal exactly when the rows are. */
import type { FieldJson, Json, Row, TypeJson } from './scenario.js'

export function normalRows(fields: readonly FieldJson[], rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(normalRow(fields, row))).sort()
}

function normalRow(fields: readonly FieldJson[], row: Row): Json {
  const known = new Set(fields.map((field) => field.name))
  const extra = Object.entries(row).filter(([name]) => !known.has(name))
  return [
    ...fields.map((field) => [field.name, normal(field.type, row[field.name])]),
    // Columns that the schema does not have: lineage, or a fault.
    ...extra.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, value ?? null]),
  ]
}

function normal(kind: TypeJson, value: Json | undefined): Json {
  if (value === undefined || value === null) return null
  if (typeof kind === 'string') return kind === 'variant' ? variant(value) : value
  if (kind.type === 'struct') return normalRow(kind.fields, value as Row)
  const items = value as readonly Json[]
  if (kind.type === 'list') return items.map((item) => normal(kind.element, item))
  const pairs = (items as readonly (readonly [Json, Json])[]).map(
    ([key, item]) => [normal(kind.key, key), normal(kind.value, item)] as const,
  )
  return pairs.sort(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** The bytes of a shredded variant are put together by the reader: the value is what counts. */
function variant(value: Json): Json {
  const { json } = value as { readonly json: string }
  return sortedKeys(JSON.parse(json) as Json)
}

function sortedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value as Row).map(([key, item]) => [key, sortedKeys(item ?? null)])
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

/** The first rows that one side has and the other has not, for a message. */
export function difference(found: readonly string[], wanted: readonly string[]): string {
  const rest = [...wanted]
  const more: string[] = []
  for (const row of found) {
    const at = rest.indexOf(row)
    if (at < 0) more.push(row)
    else rest.splice(at, 1)
  }
  const show = (rows: readonly string[]) => rows.slice(0, 2).join(' ').slice(0, 400)
  return [
    more.length > 0 ? `${more.length} rows too many: ${show(more)}` : '',
    rest.length > 0 ? `${rest.length} rows missing: ${show(rest)}` : '',
  ]
    .filter(Boolean)
    .join('; ')
}
