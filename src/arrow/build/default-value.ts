/** What a row gets for a column that it omits. */

import type { Datum } from '../../types/datum.js'
import { fromDatum } from '../../types/from-datum.js'
import { type NestedDatum, parseSingleValueJson } from '../../types/single-value-json.js'
import type { Field, Type } from '../../types/type.js'

/**
 * The write default of a column as a value that rows may hold; undefined when it has none (spec:
 * "Default values": writers use it only where the value is not supplied, so not for an explicit null).
 */
export function defaultValue(field: Field): unknown {
  if (field.writeDefault === undefined) return undefined
  return publicValue(field.type, parseSingleValueJson(field.type, field.writeDefault))
}

function publicValue(type: Type, value: NestedDatum): unknown {
  if (value === null) return null
  if (type.kind === 'list') {
    return (value as readonly NestedDatum[]).map((element) => publicValue(type.element, element))
  }
  if (type.kind === 'map') {
    const { entries } = value as { entries: readonly (readonly [NestedDatum, NestedDatum])[] }
    return entries.map(([k, v]) => [publicValue(type.key, k), publicValue(type.value, v)])
  }
  if (type.kind === 'struct')
    return structValue(type.fields, value as ReadonlyMap<number, NestedDatum>)
  return fromDatum(type, value as Datum)
}

/** Members that the default leaves out take their own defaults when the row is built. */
function structValue(fields: readonly Field[], value: ReadonlyMap<number, NestedDatum>): object {
  const members = fields.flatMap((field) => {
    const part = value.get(field.id)
    return part === undefined ? [] : [[field.name, publicValue(field.type, part)] as const]
  })
  return Object.fromEntries(members)
}
