/** Table properties that name columns, kept in step with the schema. */
import type { Limits } from '../env/limits.js'
import {
  NAME_MAPPING_PROPERTY,
  nameMappingText,
  parseNameMapping,
  updateNameMapping,
} from '../types/name-mapping.js'
import type { SchemaChange } from '../types/schema-change.js'
import type { Schema } from '../types/type.js'
import { valueOr } from '../util/value-or.js'

/** Properties whose name ends with a column's path. */
const COLUMN_PREFIXES: readonly string[] = [
  'write.metadata.metrics.column.',
  'write.parquet.bloom-filter-enabled.column.',
  'write.parquet.bloom-filter-fpp.column.',
  'write.parquet.bloom-filter-ndv.column.',
  'write.parquet.stats-enabled.column.',
  'write.parquet.dict-encoding-enabled.column.',
]

export interface PropertyChanges {
  readonly set: ReadonlyMap<string, string>
  readonly remove: readonly string[]
}

/**
 * What a schema change does to properties: those of renamed columns move, those of dropped columns
 * go, the name mapping gains the new names. A mapping that does not parse stays as it is: it is no
 * reason to refuse the change.
 */
export function columnPropertyChanges(
  properties: ReadonlyMap<string, string>,
  before: Schema,
  change: Pick<SchemaChange, 'schema' | 'renamed' | 'dropped'>,
  limits: Limits,
): PropertyChanges {
  const set = new Map<string, string>()
  const remove: string[] = []
  const dropped = new Set(change.dropped)
  for (const [name, value] of properties) {
    const prefix = COLUMN_PREFIXES.find((item) => name.startsWith(item))
    if (prefix === undefined) continue
    const column = name.slice(prefix.length)
    const renamed = change.renamed.get(column)
    if (renamed === undefined && !dropped.has(column)) continue
    remove.push(name)
    if (renamed !== undefined) set.set(`${prefix}${renamed}`, value)
  }
  const mapping = mappingAfter(properties.get(NAME_MAPPING_PROPERTY), before, change.schema, limits)
  if (mapping !== undefined) set.set(NAME_MAPPING_PROPERTY, mapping)
  // A name that one column leaves and another takes is set, not removed.
  return { set, remove: remove.filter((name) => !set.has(name)) }
}

function mappingAfter(
  text: string | undefined,
  before: Schema,
  after: Schema,
  limits: Limits,
): string | undefined {
  if (text === undefined) return undefined
  return valueOr(
    () =>
      nameMappingText(
        updateNameMapping(parseNameMapping(text, limits), before.fields, after.fields),
      ),
    () => undefined,
  )
}
