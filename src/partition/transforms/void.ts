import type { Type } from '../../types/type.js'
import type { TransformOps } from './ops-model.js'

/** Always null: what a dropped field of a v1 spec becomes. Takes any type. */
export function voidOps(source: Type): TransformOps {
  return {
    accepts: true,
    resultType: source,
    preservesOrder: true,
    apply: () => null,
    human: () => 'null',
  }
}
