import { civilFromDays } from '../../types/calendar.js'
import type { Type } from '../../types/type.js'
import { humanYear } from './human.js'
import type { TransformOps } from './ops-model.js'
import { dayBasedOps } from './temporal.js'

/** Years from 1970. */
export function yearOps(source: Type): TransformOps {
  return dayBasedOps('year', source, (days) => civilFromDays(days).year - 1970, humanYear)
}
