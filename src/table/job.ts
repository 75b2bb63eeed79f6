/** What an idempotency key stands for, so that it cannot be taken for other work by mistake. */
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

function valueText(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'function') return 'function'
  return typeof value === 'object' && value !== null ? 'object' : `${typeof value} ${String(value)}`
}
