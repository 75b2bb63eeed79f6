import type { Type } from '../../types/type.js'
import { isPrimitive } from '../../types/type-text.js'
import { humanValue } from './human.js'
import type { TransformOps } from './ops-model.js'

/** The value itself, of any primitive type but geometry and geography. */
export function identityOps(source: Type): TransformOps {
  const accepts = isPrimitive(source) && source.kind !== 'geometry' && source.kind !== 'geography'
  return {
    accepts,
    resultType: source,
    preservesOrder: true,
    apply: (datum) => datum,
    human: humanValue(source),
    ...(source.kind === 'int' || source.kind === 'date'
      ? { fromInt: (value: number) => value }
      : {}),
  }
}
