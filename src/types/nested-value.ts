import { ValidationError } from '../errors.js'
import type { Datum } from './datum.js'
import { mapEntries } from './encode-row.js'
import { type ConversionOptions, fromDatum } from './from-datum.js'
import { ownValue, setOwnValue } from './own-value.js'
import type { NestedDatum, NestedMap } from './single-value-json.js'
import { toDatum } from './to-datum.js'
import type { StructType, Type } from './type.js'
import { valueError } from './value-error.js'

/**
 * A public value of any type in internal form. A struct member that is not there stays unset.
 *
 * @throws ValidationError when a value does not fit.
 */
export function toNestedDatum(type: Type, value: unknown): NestedDatum {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'struct':
      return structToNested(type, value)
    case 'list':
      if (!Array.isArray(value)) throw valueError('list as an array', value)
      return value.map((item: unknown) => toNestedDatum(type.element, item))
    case 'map':
      return {
        entries: Array.from(
          mapEntries(value),
          ([key, item]) => [toNestedDatum(type.key, key), toNestedDatum(type.value, item)] as const,
        ),
      }
    default:
      return toDatum(type, value)
  }
}

function structToNested(type: StructType, value: unknown): NestedDatum {
  if (typeof value !== 'object' || value === null) throw valueError('struct as an object', value)
  const members = new Map<number, NestedDatum>()
  for (const field of type.fields) {
    const item = ownValue(value, field.name)
    if (item !== undefined) members.set(field.id, toNestedDatum(field.type, item))
  }
  return members
}

/** The public form of an internal value: what a row shows. */
export function fromNestedDatum(
  type: Type,
  value: NestedDatum,
  options: ConversionOptions = {},
): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'struct': {
      const row = {}
      for (const field of type.fields) {
        const item = (value as ReadonlyMap<number, NestedDatum>).get(field.id) ?? null
        setOwnValue(row, field.name, fromNestedDatum(field.type, item, options))
      }
      return row
    }
    case 'list':
      return (value as readonly NestedDatum[]).map((item) =>
        fromNestedDatum(type.element, item, options),
      )
    case 'map':
      return mapFromNested(
        (value as NestedMap).entries.map(([key, item]) => [
          fromNestedDatum(type.key, key, options),
          fromNestedDatum(type.value, item, options),
        ]),
        options,
      )
    default:
      return fromDatum(type, value as Datum, options)
  }
}

/** A map value in the form that the options ask for. */
export function mapFromNested(
  entries: readonly (readonly [unknown, unknown])[],
  options: ConversionOptions,
): unknown {
  if (options.maps !== 'object') return new Map(entries)
  const object = {}
  for (const [key, item] of entries) {
    if (typeof key !== 'string') {
      throw new ValidationError(`a map with keys that are not strings needs maps: 'map'`)
    }
    setOwnValue(object, key, item)
  }
  return object
}
