/** What a row gets for a column that it omits. */
import { fromNestedDatum } from '../../types/nested-value.js'
import { writeDefault } from '../../types/project-columns.js'
import type { Field } from '../../types/type.js'

/**
 * The write default of a column as a value that rows may hold; undefined when it has none (spec:
 * "Default values": writers use it only where the value is not supplied, so not for an explicit null).
 */
export function defaultValue(field: Field): unknown {
  if (field.writeDefault === undefined) return undefined
  return fromNestedDatum(field.type, writeDefault(field))
}
