/** Giving the value of an expression to a column. */
import { InvalidArgument } from '../errors.js'
import type { Datum } from '../types/datum.js'
import { formatDecimal } from '../types/decimal-text.js'
import { fromDatumFn } from '../types/from-datum.js'
import type { Type } from '../types/type.js'
import { typesEqual } from '../types/type-equal.js'
import { formatType } from '../types/type-text.js'
import type { Shape } from './value-shape.js'
import { shownShape } from './value-shape.js'

/**
 * Turns values of a shape into what rows of a column take; their range is checked where they are
 * written.
 *
 * @throws InvalidArgument when values of the shape are no values of the column
 */
export function assignment(shape: Shape, type: Type, column: string): (value: Datum) => unknown {
  const convert = conversionTo(shape, type)
  if (convert !== undefined) return convert
  throw new InvalidArgument(
    `column '${column}' of type ${formatType(type)} does not take ${shownShape(shape)}; use a function of the row`,
    { details: { column } },
  )
}

function conversionTo(shape: Shape, type: Type): ((value: Datum) => unknown) | undefined {
  switch (shape.kind) {
    case 'null':
    case 'text':
      return same
    case 'whole':
      return wholeTo(type)
    case 'decimal': {
      const { scale } = shape
      if (type.kind === 'decimal') return (value) => formatDecimal(value as bigint, scale)
      const isFloat = type.kind === 'float' || type.kind === 'double'
      return isFloat && shape.literal === true
        ? (value) => Number(formatDecimal(value as bigint, scale))
        : undefined
    }
    case 'float':
      return type.kind === 'float' || type.kind === 'double' ? same : undefined
    default: {
      const isBytes =
        shape.type.kind === 'binary' && (type.kind === 'fixed' || type.kind === 'uuid')
      if (!isBytes && !typesEqual(shape.type, type)) return undefined
      return shape.kind === 'opaque' ? undefined : fromDatumFn(shape.type)
    }
  }
}

function wholeTo({ kind }: Type): ((value: Datum) => unknown) | undefined {
  switch (kind) {
    case 'int':
    case 'long':
      return same
    case 'decimal':
      return String
    case 'float':
    case 'double':
      return Number
    default:
      return undefined
  }
}

function same(value: Datum): unknown {
  return value
}
