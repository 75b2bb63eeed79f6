import {
  Aborted,
  CommitConflict,
  CommitStateUnknown,
  InvalidArgument,
  MoraineError,
  NotFound,
} from '../errors.js'

export const EXIT_FAILED = 1
export const EXIT_USAGE = 2
export const EXIT_CONFLICT = 3
export const EXIT_UNKNOWN = 4
/** 128 + SIGINT, as shells report an interrupted command. */
export const EXIT_INTERRUPTED = 130

/** The command line is wrong: an unknown option, a missing operand, a value that does not parse. */
export class UsageError extends InvalidArgument {}

/** The exit code that tells a script what came of an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InvalidArgument) return EXIT_USAGE
  // Columns are named on the command line alone; a table or snapshot may be gone since it was typed.
  if (error instanceof NotFound && error.kind === 'column') return EXIT_USAGE
  if (error instanceof CommitConflict) return EXIT_CONFLICT
  if (error instanceof CommitStateUnknown) return EXIT_UNKNOWN
  if (error instanceof Aborted) return EXIT_INTERRUPTED
  return EXIT_FAILED
}

/** An error as lines for a person: what happened, and what to do about an unknown outcome. */
export function explainError(error: unknown): string {
  if (error instanceof CommitStateUnknown) {
    return `${error.message}\nnothing was deleted; settle it later with this token: ${error.token}`
  }
  if (error instanceof MoraineError) return error.message
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
