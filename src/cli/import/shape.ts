import { longOf } from '../../codec/json/value.js'
import { parseDate, parseTimestamp } from '../../types/time-text.js'
import type { Type } from '../../types/type.js'

/** What a column looks like so far: the narrowest form that every value seen fits. */
export type Shape =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'list'; readonly element: Shape }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Shape> }

export type ScalarKind =
  | 'unknown'
  | 'boolean'
  | 'long'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'string'

export const UNKNOWN: Shape = Object.freeze({ kind: 'unknown' })
export const STRING: Shape = Object.freeze({ kind: 'string' })

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const BOOLEAN = /^(?:true|false)$/i
/** Longer texts are neither numbers nor times. */
const LENGTH_MAX = 40

/**
 * The kind of a text in a file without types. Numbers with leading zeros or a plus sign (postal
 * codes, telephone numbers) stay text, and so does a whole number beyond 64 bits: nothing that
 * could not be written back as it was is turned into a number.
 */
export function kindOfText(text: string): ScalarKind {
  if (text.length > LENGTH_MAX) return 'string'
  const first = text.charCodeAt(0)
  const digit = (first >= 0x30 && first <= 0x39) || first === 0x2d
  if (!digit) return BOOLEAN.test(text) ? 'boolean' : 'string'
  if (NUMBER.test(text)) return kindOfNumber(text)
  return kindOfTime(text)
}

/**
 * The kind of a number's text: whole numbers within 64 bits are exact, the rest are doubles. Text with
 * more digits than a double keeps stays text: nothing is rounded.
 */
export function kindOfNumber(text: string): ScalarKind {
  if (longOf(text) !== undefined) return 'long'
  if (/^-?\d+$/.test(text) && text !== '-0') return 'string'
  return Number.isFinite(Number(text)) && isExactDouble(text) ? 'double' : 'string'
}

/** `date`, `timestamp` or `timestamptz` for ISO texts, else `string`. */
export function kindOfTime(text: string): ScalarKind {
  if (text.length < 10 || text.length > LENGTH_MAX) return 'string'
  if (parseDate(text) !== undefined) return 'date'
  if (parseTimestamp(text, 'us', 'refused') !== undefined) return 'timestamp'
  if (parseTimestamp(text, 'us', 'required') !== undefined) return 'timestamptz'
  return 'string'
}

/** The narrowest shape that holds the values of both. */
export function joinShapes(a: Shape, b: Shape): Shape {
  if (a === b || b.kind === 'unknown') return a
  if (a.kind === 'unknown') return b
  if (a.kind === 'list' && b.kind === 'list') {
    return { kind: 'list', element: joinShapes(a.element, b.element) }
  }
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields)
    for (const [name, shape] of b.fields) {
      fields.set(name, joinShapes(fields.get(name) ?? UNKNOWN, shape))
    }
    return { kind: 'struct', fields }
  }
  return { kind: joinKinds(a.kind, b.kind) }
}

function joinKinds(a: Shape['kind'], b: Shape['kind']): ScalarKind {
  if (a === b && a !== 'list' && a !== 'struct') return a
  const pair = [a, b].sort().join(' ')
  if (pair === 'double long') return 'double'
  if (pair === 'date timestamp') return 'timestamp'
  return 'string'
}

/** Numbers the parts of a type; ids are provisional, the table gives its own. */
export type NextId = () => number

/** The Iceberg type of a shape. What was never seen, and a struct without members, become text. */
export function typeOfShape(shape: Shape, nextId: NextId): Type {
  switch (shape.kind) {
    case 'unknown':
      return { kind: 'string' }
    case 'list':
      return {
        kind: 'list',
        elementId: nextId(),
        elementRequired: false,
        element: typeOfShape(shape.element, nextId),
      }
    case 'struct':
      if (shape.fields.size === 0) return { kind: 'string' }
      return {
        kind: 'struct',
        fields: [...shape.fields].map(([name, member]) => ({
          id: nextId(),
          name,
          required: false,
          type: typeOfShape(member, nextId),
        })),
      }
    default:
      return { kind: shape.kind }
  }
}

/** Whether a double gives back the number as it was written, up to zeros at either end. */
function isExactDouble(text: string): boolean {
  return sameDecimal(text) === sameDecimal(String(Number(text)))
}

/** Digits and exponent of a number, without sign and needless zeros. */
function sameDecimal(text: string): string {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + (digits.length - kept.length)
  return kept === '' ? '0' : `${kept}e${power}`
}
