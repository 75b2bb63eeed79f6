/** Partition tuples as map keys. */

import type { Datum } from '../types/datum.js'
import { toHex } from '../util/bytes.js'
import type { PartitionTuple } from './model.js'

const floats = new DataView(new ArrayBuffer(8))

/**
 * A text that is equal for two tuples of one spec exactly when the tuples are: floats by their bits
 * with all NaN alike and -0.0 apart from 0.0, as `Double.doubleToLongBits` compares (spec: "Scan
 * Planning").
 */
export function partitionKey(specId: number, tuple: PartitionTuple): string {
  let key = `${specId}`
  for (const value of tuple) key += `|${valueKey(value)}`
  return key
}

function valueKey(value: Datum | null): string {
  if (value === null) return 'n'
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
      if (Number.isInteger(value) && !Object.is(value, -0)) return `${value}`
      if (Number.isNaN(value)) return 'fnan'
      floats.setFloat64(0, value)
      return `f${floats.getBigUint64(0).toString(16)}`
    case 'bigint':
      return `${value}`
    case 'boolean':
      return value ? 't' : 'f'
    default:
      return `x${toHex(value)}`
  }
}
