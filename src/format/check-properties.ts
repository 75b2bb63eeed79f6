/** Values of table properties, checked when they are set: a bad one should not wait for a write. */
import type { Limits } from '../env/limits.js'
import { InvalidArgument, MoraineError } from '../errors.js'
import { NAME_MAPPING_PROPERTY, parseNameMapping } from '../types/name-mapping.js'
import { checkMetricsProperty } from './metrics-config.js'
import { RESERVED_PROPERTIES, type RowLevelOperation, TableProperties } from './properties.js'

const OPERATIONS: readonly RowLevelOperation[] = ['delete', 'update', 'merge']

/** The names of everything that {@link TableProperties} reads by itself. */
const GETTERS = Object.entries(Object.getOwnPropertyDescriptors(TableProperties.prototype)).flatMap(
  ([name, { get }]) => (get === undefined ? [] : [name as keyof TableProperties]),
)

/**
 * Throws `InvalidArgument` naming the first property whose value cannot be meant. Names that are not
 * known are kept as they are: other engines have their own.
 */
export function checkProperties(properties: ReadonlyMap<string, string>, limits: Limits): void {
  for (const name of properties.keys()) {
    if (!RESERVED_PROPERTIES.has(name)) continue
    const hint =
      name === 'format-version'
        ? '; it is an option of createTable, and upgradeFormat raises it'
        : ''
    throw new InvalidArgument(`'${name}' describes the table and is no property to set${hint}`, {
      details: { property: name },
    })
  }
  const known = new TableProperties(properties)
  for (const name of GETTERS) known[name]
  for (const operation of OPERATIONS) {
    known.mode(operation)
    known.isolationLevel(operation)
  }
  for (const [name, value] of properties) checkMetricsProperty(name, value)
  const mapping = properties.get(NAME_MAPPING_PROPERTY)
  if (mapping === undefined) return
  try {
    parseNameMapping(mapping, limits)
  } catch (cause) {
    if (!(cause instanceof MoraineError)) throw cause
    throw new InvalidArgument(`${NAME_MAPPING_PROPERTY} is no name mapping: ${cause.message}`, {
      cause,
      details: { property: NAME_MAPPING_PROPERTY },
    })
  }
}
