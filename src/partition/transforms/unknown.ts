import { Unsupported } from '../../errors.js'
import type { TransformOps } from './ops-model.js'

/** A transform that this version does not know: read past, never used to skip, never written. */
export function unknownOps(): TransformOps {
  return {
    accepts: false,
    resultType: { kind: 'string' },
    preservesOrder: false,
    apply: () => {
      throw new Unsupported('transform', 'an unknown partition transform cannot be applied')
    },
    human: (datum) => (datum === null ? 'null' : String(datum)),
  }
}
