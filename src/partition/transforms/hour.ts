import type { Type } from '../../types/type.js'
import { humanHour, humanOrdinal } from './human.js'
import { INT, refuse, type TransformOps } from './ops-model.js'
import { hoursOf, hoursOfWords, unitOf } from './temporal.js'

/** Hours from 1970-01-01T00:00, of timestamps only. */
export function hourOps(source: Type): TransformOps {
  const unit = unitOf(source)
  const shared = { resultType: INT, preservesOrder: true, human: humanOrdinal(humanHour) }
  if (unit === undefined || unit === 'date') {
    return { ...shared, accepts: false, apply: refuse('hour', source) }
  }
  return {
    ...shared,
    accepts: true,
    apply: hoursOf(unit),
    ...(unit === 'us' ? { fromWords: hoursOfWords } : {}),
  }
}
