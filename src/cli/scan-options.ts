import type { OptionSpecs } from './command.js'
import type { Invocation } from './invocation.js'

/** Options of the commands that scan. */
export const SCAN_OPTIONS = {
  select: {
    type: 'string',
    value: 'a,b',
    help: 'columns in output order, nested ones by path',
    multiple: true,
  },
  where: {
    type: 'string',
    value: 'EXPR',
    help: 'rows to keep, as SQL: "fare > 10 and city in (\'Oslo\')"',
  },
  limit: { type: 'string', value: 'N', help: 'at most N rows' },
} as const satisfies OptionSpecs

/** What the options ask of a scan. */
export interface AskedScan {
  readonly select?: readonly string[]
  readonly where?: string
  readonly limit?: number
  readonly signal: AbortSignal
}

export function askedScan(invocation: Invocation, signal: AbortSignal): AskedScan {
  const select = invocation.names('select')
  const where = invocation.text('where')
  const limit = invocation.count('limit')
  return {
    signal,
    ...(select !== undefined && { select }),
    ...(where !== undefined && { where }),
    ...(limit !== undefined && { limit }),
  }
}
