/** Which metrics each column gets (`write.metadata.metrics.*`), by the reference's rules. */
import { InvalidArgument } from '../errors.js'
import type { SortOrder } from '../partition/model.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Field, Schema, Type } from '../types/type.js'

/** `counts` has no bounds; `truncate` cuts those of strings and binary to `length`. */
export type MetricsMode =
  | { readonly kind: 'none' | 'counts' | 'full' }
  | { readonly kind: 'truncate'; readonly length: number }

const NONE: MetricsMode = { kind: 'none' }
const DEFAULT: MetricsMode = { kind: 'truncate', length: 16 }
const DEFAULT_KEY = 'write.metadata.metrics.default'
const COLUMN_PREFIX = 'write.metadata.metrics.column.'
const INFERRED_MAX_KEY = 'write.metadata.metrics.max-inferred-column-defaults'

/** Modes by leaf field id. */
export type MetricsConfig = (fieldId: number) => MetricsMode

/**
 * The metrics mode of every column. Without a configured default, tables of more than
 * `max-inferred-column-defaults` (100) fields keep metrics for the first ones only. Columns that
 * the table is sorted by keep bounds unless they are named themselves.
 *
 * @throws InvalidArgument naming a property that does not parse.
 */
export function metricsConfig(
  properties: ReadonlyMap<string, string>,
  schema: Schema,
  sortOrder?: SortOrder,
): MetricsConfig {
  const modes = new Map<number, MetricsMode>()
  const configured = properties.get(DEFAULT_KEY)
  let otherwise = DEFAULT
  if (configured !== undefined) otherwise = parseMetricsMode(configured, DEFAULT_KEY)
  else {
    const max = inferredMax(properties)
    if (schemaIndex(schema).byId.size > max) {
      otherwise = NONE
      for (const id of firstLeaves(schema.fields, max)) modes.set(id, DEFAULT)
    }
  }
  if (sortOrder !== undefined) {
    const promoted = otherwise.kind === 'none' || otherwise.kind === 'counts' ? DEFAULT : otherwise
    for (const id of orderPreservingColumns(sortOrder)) modes.set(id, promoted)
  }
  const index = schemaIndex(schema)
  for (const [key, text] of properties) {
    if (!key.startsWith(COLUMN_PREFIX)) continue
    // A column that was dropped or renamed leaves its property behind.
    const column = index.find(key.slice(COLUMN_PREFIX.length))
    if (column !== undefined) modes.set(column.id, parseMetricsMode(text, key))
  }
  return (fieldId) => modes.get(fieldId) ?? otherwise
}

/** Parses `none`, `counts`, `full` or `truncate(N)`. */
export function parseMetricsMode(text: string, property: string): MetricsMode {
  const mode = text.trim().toLowerCase()
  if (mode === 'none' || mode === 'counts' || mode === 'full') return { kind: mode }
  const length = Number(/^truncate\(\s*([0-9]{1,9})\s*\)$/.exec(mode)?.[1])
  if (length > 0) return { kind: 'truncate', length }
  throw new InvalidArgument(
    `table property '${property}' is not none, counts, full or truncate(length)`,
    { details: { property } },
  )
}

/** Throws `InvalidArgument` for a `write.metadata.metrics.*` property that does not parse. */
export function checkMetricsProperty(name: string, value: string): void {
  if (name === INFERRED_MAX_KEY) inferredMax(new Map([[name, value]]))
  else if (name === DEFAULT_KEY || name.startsWith(COLUMN_PREFIX)) parseMetricsMode(value, name)
}

function inferredMax(properties: ReadonlyMap<string, string>): number {
  const text = properties.get(INFERRED_MAX_KEY)?.trim() ?? '100'
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgument(`table property '${INFERRED_MAX_KEY}' is not a whole number`, {
    details: { property: INFERRED_MAX_KEY },
  })
}

/** The first leaves, those of a struct itself before those of structs inside it. */
function firstLeaves(fields: readonly Field[], max: number): readonly number[] {
  const leaves: number[] = []
  let level: readonly { readonly id: number; readonly type: Type }[] = fields
  while (level.length > 0 && leaves.length < max) {
    const next: { readonly id: number; readonly type: Type }[] = []
    for (const { id, type } of level) {
      if (type.kind === 'struct') next.push(...type.fields)
      else if (type.kind === 'list') next.push({ id: type.elementId, type: type.element })
      else if (type.kind === 'map') {
        next.push({ id: type.keyId, type: type.key }, { id: type.valueId, type: type.value })
      } else if (leaves.length < max) leaves.push(id)
    }
    level = next
  }
  return leaves
}

const ORDER_PRESERVING = new Set(['identity', 'truncate', 'year', 'month', 'day', 'hour'])

function* orderPreservingColumns(order: SortOrder): Generator<number> {
  for (const field of order.fields) {
    if (ORDER_PRESERVING.has(field.transform.kind)) yield* field.sourceIds
  }
}
