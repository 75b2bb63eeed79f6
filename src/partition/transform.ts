import { CorruptData, InvalidArgument } from '../errors.js'
import type { Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import type { Transform } from './model.js'
import { transformOps } from './ops.js'

const WITH_WIDTH = /^(bucket|truncate)\s*\[\s*([0-9]{1,10})\s*\]$/i
const TEXT_MAX = 1024

/**
 * Parses the text form of a transform (spec: Appendix C, "Partition Specs"). A transform that is
 * not known is kept as it is: readers must ignore it, not fail.
 *
 * @throws CorruptData for a width that is not positive.
 */
export function parseTransform(text: string): Transform {
  if (text.length > TEXT_MAX) {
    throw new CorruptData(`transform text of ${text.length} characters is too long`)
  }
  const trimmed = text.trim()
  const match = WITH_WIDTH.exec(trimmed)
  if (match !== null) {
    const width = Number(match[2])
    if (width < 1 || width > 0x7fff_ffff) {
      throw new CorruptData(`width of transform ${trimmed} is out of range`)
    }
    return match[1]?.toLowerCase() === 'bucket'
      ? { kind: 'bucket', buckets: width }
      : { kind: 'truncate', width }
  }
  const lower = trimmed.toLowerCase()
  switch (lower) {
    case 'identity':
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'void':
      return { kind: lower }
    default:
      return { kind: 'unknown', text }
  }
}

/** The text form of a transform. */
export function formatTransform(transform: Transform): string {
  switch (transform.kind) {
    case 'bucket':
      return `bucket[${transform.buckets}]`
    case 'truncate':
      return `truncate[${transform.width}]`
    case 'unknown':
      return transform.text
    default:
      return transform.kind
  }
}

/** Whether two transforms are the same, parameters included. */
export function transformsEqual(a: Transform, b: Transform): boolean {
  return a.kind === b.kind && formatTransform(a) === formatTransform(b)
}

/**
 * Checks that a column of a type can be transformed.
 *
 * @throws InvalidArgument when it cannot, or the transform is not known.
 */
export function checkTransform(transform: Transform, sourceType: Type, column: string): void {
  if (transform.kind === 'unknown') {
    throw new InvalidArgument(`unknown transform '${transform.text.slice(0, 80)}'`, {
      details: { column },
    })
  }
  if (!transformOps(transform, sourceType).accepts) {
    throw new InvalidArgument(
      `transform ${formatTransform(transform)} does not take column '${column}' of type ${formatType(sourceType)}${taken(transform)}`,
      { details: { column } },
    )
  }
}

/** The types that a transform takes (spec: "Partition Transforms"), for messages. */
function taken(transform: Transform): string {
  switch (transform.kind) {
    case 'year':
    case 'month':
    case 'day':
      return ', only dates and timestamps'
    case 'hour':
      return ', only timestamps'
    case 'truncate':
      return ', only int, long, decimal, string and binary'
    case 'bucket':
      return ', only what has a hash: no floating point, boolean or nested values'
    default:
      return ''
  }
}
