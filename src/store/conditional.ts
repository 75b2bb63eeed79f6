/** What the answer to a conditional write means (rules S3 and S4). */
import { type StoreUnavailable, Unsupported } from '../errors.js'
import { type HttpAnswer, isNoAnswer, type NoAnswer } from './transport.js'

/** Refused before anything was done: a redirect, or an error of the request itself. */
export function surelyNotApplied(answer: HttpAnswer | NoAnswer): boolean {
  if (isNoAnswer(answer)) return !answer.sent
  if (answer.status === 408 || answer.status === 409) return false
  return answer.status >= 300 && answer.status < 500
}

/**
 * The outcome of a write that neither succeeded nor lost. `alone`: no request before this one may
 * have been applied.
 *
 * @throws `cause` when surely nothing was applied, Unsupported when the server has no such writes.
 */
export function unknownOrRefused(
  answer: HttpAnswer | NoAnswer,
  cause: StoreUnavailable,
  write: {
    readonly alone: boolean
    readonly feature: 'conditional-create' | 'conditional-replace'
    readonly path: string
  },
): { readonly outcome: 'unknown'; readonly cause: unknown } {
  const { alone, feature, path } = write
  if (answer.status === 501) {
    throw new Unsupported(
      feature,
      `tables cannot be kept in the store of ${path}: it answers 501 to a conditional write; use a ` +
        'server with conditional writes, or a catalog that keeps its pointer elsewhere',
      { details: { path } },
    )
  }
  if (alone && surelyNotApplied(answer)) throw cause
  return { outcome: 'unknown', cause }
}
