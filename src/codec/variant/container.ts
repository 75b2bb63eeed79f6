/** Where the members of arrays and objects stand, and how long values are. */

import { Unsupported } from '../../errors.js'
import { badVariant, basicType, primitiveBytes, readUint } from './layout.js'

/** The header of an array or an object. */
export interface Container {
  readonly count: number
  /** Where the ids of an object's names begin, and how wide each is. */
  readonly idsAt: number
  readonly idWidth: number
  readonly offsetsAt: number
  readonly offsetWidth: number
  /** Where the members begin and end. */
  readonly start: number
  readonly end: number
}

/** Reads the header at `at` of an array or object that must end at or before `end`. */
export function readContainer(bytes: Uint8Array, at: number, end: number): Container {
  const first = bytes[at] as number
  const isObject = (first & 3) === basicType.object
  const header = first >> 2
  const offsetWidth = (header & 3) + 1
  const idWidth = isObject ? ((header >> 2) & 3) + 1 : 0
  const isLarge = ((header >> (isObject ? 4 : 2)) & 1) === 1
  const countWidth = isLarge ? 4 : 1
  const count = readUint(bytes, at + 1, countWidth, end)
  const idsAt = at + 1 + countWidth
  const offsetsAt = idsAt + count * idWidth
  const start = offsetsAt + (count + 1) * offsetWidth
  if (start > end) badVariant('it ends early')
  const size = readUint(bytes, offsetsAt + count * offsetWidth, offsetWidth, start)
  if (start + size > end) badVariant('it ends early')
  return { count, idsAt, idWidth, offsetsAt, offsetWidth, start, end: start + size }
}

/** Where member `index` begins. */
export function memberAt(bytes: Uint8Array, container: Container, index: number): number {
  const { offsetsAt, offsetWidth, start } = container
  return start + readUint(bytes, offsetsAt + index * offsetWidth, offsetWidth, start)
}

/** The id of the name of member `index` of an object. */
export function memberId(bytes: Uint8Array, container: Container, index: number): number {
  const { idsAt, idWidth, start } = container
  return readUint(bytes, idsAt + index * idWidth, idWidth, start)
}

/** Where the value at `at` ends, which must be at or before `end`. */
export function variantEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) badVariant('it ends early')
  const first = bytes[at] as number
  const basic = first & 3
  let stop: number
  if (basic === basicType.shortString) stop = at + 1 + (first >> 2)
  else if (basic === basicType.primitive) {
    const size = primitiveSize(first >> 2)
    stop = at + 1 + (size >= 0 ? size : 4 + readUint(bytes, at + 1, 4, end))
  } else stop = readContainer(bytes, at, end).end
  if (stop > end) badVariant('it ends early')
  return stop
}

/** Bytes after the first one of a primitive; -1: as many as four bytes say. */
export function primitiveSize(typeId: number): number {
  const size = primitiveBytes[typeId]
  if (size !== undefined) return size
  throw new Unsupported(
    `variant-type-${typeId}`,
    `a variant holds a value of type ${typeId}, which version 1 of the encoding did not have`,
  )
}
