import type { Type } from '../../types/type.js'
import { humanDay } from './human.js'
import type { TransformOps } from './ops-model.js'
import { dayBasedOps } from './temporal.js'

/** The date: days from 1970-01-01. */
export function dayOps(source: Type): TransformOps {
  return dayBasedOps('day', source, (days) => days, humanDay)
}
