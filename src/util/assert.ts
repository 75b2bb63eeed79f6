import { InternalBug } from '../errors.js'

/**
 * Throws `InternalBug` when a condition that only a fault inside moraine can break does not hold.
 * Never use it on outside input: that is `CorruptData` or `InvalidArgument`.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalBug(`assertion failed: ${message}`)
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InternalBug(`unreachable case ${String(value)}`)
}
