import { firstCodePoints } from '../../types/bounds.js'
import type { Datum } from '../../types/datum.js'
import type { Type } from '../../types/type.js'
import { humanValue } from './human.js'
import { refuse, type TransformOps } from './ops-model.js'

/**
 * Numbers down to a multiple of the width, of a decimal in units of its last place; strings to
 * their first code points, binary to its first bytes (spec: "Truncate Transform Details").
 */
export function truncateOps(width: number, source: Type): TransformOps {
  const apply = truncation(width, source)
  return {
    accepts: apply !== undefined,
    resultType: source,
    preservesOrder: true,
    apply: apply ?? refuse(`truncate[${width}]`, source),
    human: humanValue(source),
    ...(source.kind === 'int' ? { fromInt: (value: number) => truncateInt(value, width) } : {}),
  }
}

function truncation(width: number, source: Type): ((datum: Datum) => Datum) | undefined {
  switch (source.kind) {
    case 'int':
      return (datum) => truncateInt(datum as number, width)
    case 'long':
      return (datum) => BigInt.asIntN(64, truncateBigint(datum as bigint, BigInt(width)))
    case 'decimal':
      return (datum) => truncateBigint(datum as bigint, BigInt(width))
    case 'string':
      return (datum) => firstCodePoints(datum as string, width)
    case 'binary':
      return (datum) => {
        const bytes = datum as Uint8Array
        return bytes.length <= width ? bytes : bytes.slice(0, width)
      }
    default:
      return undefined
  }
}

/** Wraps at 32 bits where the result would leave the type, as the reference does. */
function truncateInt(value: number, width: number): number {
  const remainder = value % width
  return (value - (remainder < 0 ? remainder + width : remainder)) | 0
}

function truncateBigint(value: bigint, width: bigint): bigint {
  const remainder = value % width
  return value - (remainder < 0n ? remainder + width : remainder)
}
