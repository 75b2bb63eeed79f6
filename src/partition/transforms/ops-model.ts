import { InvalidArgument } from '../../errors.js'
import type { Datum } from '../../types/datum.js'
import type { Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'

/** A transform bound to the type of its source column. */
export interface TransformOps {
  /** Whether the transform takes values of the source type (spec: "Partition Transforms"). */
  readonly accepts: boolean
  readonly resultType: Type
  /** Whether `a <= b` gives `apply(a) <= apply(b)`. */
  readonly preservesOrder: boolean
  /**
   * The partition value of a source value; null stays null outside. Throws `InvalidArgument` when
   * the transform does not take the type.
   */
  readonly apply: (datum: Datum) => Datum | null
  /** A partition value as the reference shows it in paths; null is `null`. */
  readonly human: (datum: Datum | null) => string
  /**
   * {@link apply} on the two halves of a 64-bit integer, for columns read as 32-bit words, where
   * the result is a 32-bit integer. Undefined where it does not apply.
   */
  readonly fromWords?: (low: number, high: number) => number
  /** {@link apply} for 32-bit integers with a 32-bit result. Undefined where it does not apply. */
  readonly fromInt?: (value: number) => number
}

export const INT: Type = { kind: 'int' }
export const DATE: Type = { kind: 'date' }

/** The `apply` of a transform that does not take a type. */
export function refuse(transform: string, source: Type): (datum: Datum) => never {
  return () => {
    throw new InvalidArgument(`transform ${transform} does not take type ${formatType(source)}`)
  }
}
