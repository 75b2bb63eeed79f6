/** What an idempotency key stands for, so that it cannot be taken for other work by mistake. */
import { stringifyJson } from '../codec/json/stringify.js'
import { toHex } from '../util/bytes.js'
import { sha256Hex } from '../util/sha256.js'

const JOB = Symbol('job')

interface Keyed {
  readonly idempotencyKey?: string
  readonly [JOB]?: string
}

/**
 * Options that say what they are for: the call, and what it was told beside rows, as text. The text is kept
 * as a hash. Options without a key stay as they are.
 */
export function forJob<O extends object | undefined>(
  options: O,
  call: string,
  what: () => string,
): O {
  if ((options as Keyed | undefined)?.idempotencyKey === undefined) return options
  const hash = sha256Hex(new TextEncoder().encode(what())).slice(0, 16)
  return { ...options, [JOB]: `${call} ${hash}` } as O
}

/** What options are for; undefined where nobody said. */
export function jobOf(options: object | undefined): string | undefined {
  return (options as Keyed | undefined)?.[JOB]
}

/** New values by column as text: functions only by being there. */
export function valuesText(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${valueText(value)}`)
    .sort()
    .join(', ')
}

/** Deeper than any type of a table; a value that holds itself ends there. */
const DEPTH_MAX = 64

function valueText(value: unknown, depth = 0): string {
  if (typeof value === 'string') return stringifyJson(value)
  if (typeof value === 'function') return 'function'
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`
  if (value instanceof Date) return `date ${value.getTime()}`
  if (value instanceof Uint8Array) return `bytes ${toHex(value)}`
  if (depth === DEPTH_MAX) return '…'
  const of = (one: unknown): string => valueText(one, depth + 1)
  if (Array.isArray(value)) return `[${value.map(of).join(', ')}]`
  if (value instanceof Map) {
    return `map {${[...value].map(([key, held]) => `${of(key)}: ${of(held)}`).join(', ')}}`
  }
  // Structs, and trees of expressions and predicates.
  const members = Object.entries(value).map(([name, held]) => `${of(name)}: ${of(held)}`)
  return `{${members.sort().join(', ')}}`
}
