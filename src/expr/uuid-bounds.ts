import type { Datum } from '../types/datum.js'
import type { Type } from '../types/type.js'
import { compareBytes } from '../util/bytes.js'

const HALF = 8

interface Bounds {
  readonly lower: Datum | undefined
  readonly upper: Datum | undefined
}

/**
 * Bounds of uuids that hold in either order. The specification gives uuids none: the reference
 * compares them as two signed 64-bit integers, others by their bytes. Bounds are made to hold in
 * both by leaving out their second half; and a lower bound above the upper one has negative first
 * halves below positive ones, which says nothing of bytes. Bounds of other types are given back.
 */
export function uuidBounds(type: Type | undefined, bounds: Bounds): Bounds {
  if (type?.kind !== 'uuid') return bounds
  const [lower, upper] = [widened(bounds.lower, 0x00), widened(bounds.upper, 0xff)]
  // Alone, a bound does not tell its order.
  if (lower === undefined || upper === undefined || compareBytes(lower, upper) > 0) {
    return { lower: undefined, upper: undefined }
  }
  return { lower, upper }
}

function widened(bound: Datum | undefined, fill: number): Uint8Array | undefined {
  return bound instanceof Uint8Array ? bound.slice().fill(fill, HALF) : undefined
}
