/** Where a column of a caller's Arrow data stands, and the complaint that it does not fit there. */
import { Type as ArrowType, type Data } from 'apache-arrow'
import type { VariantLimits } from '../codec/variant/layout.js'
import { ValidationError } from '../errors.js'
import type { Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import type { ArrowForm } from './schema.js'
import { typeName } from './type-name.js'

/** Where a column stands. */
export interface Place {
  readonly path: readonly string[]
  readonly form: ArrowForm
  readonly limits: VariantLimits
  /** Whether the struct around a row's value is there; undefined: always. */
  readonly valid: ((index: number) => boolean) | undefined
  readonly metadata?: ReadonlyMap<string, string> | undefined
}

/** Throws the `ValidationError` of a column whose Arrow type is none that its own may be filled from. */
export function mismatch(type: Type, data: Data, place: Place): never {
  const column = place.path.join('.')
  throw new ValidationError(
    `column '${column}' is of type ${formatType(type)}, which Arrow data of type ${typeName(data.type)} does not fit`,
    { details: { column } },
  )
}

/** Whether the type is one of bytes without a character set. */
export function isBinary(typeId: ArrowType): boolean {
  return (
    typeId === ArrowType.Binary ||
    typeId === ArrowType.LargeBinary ||
    typeId === ArrowType.FixedSizeBinary
  )
}
