import { civilFromDays } from '../../types/calendar.js'
import type { Type } from '../../types/type.js'
import { humanMonth } from './human.js'
import type { TransformOps } from './ops-model.js'
import { dayBasedOps } from './temporal.js'

/** Months from 1970-01. */
export function monthOps(source: Type): TransformOps {
  return dayBasedOps('month', source, monthsFromDays, humanMonth)
}

function monthsFromDays(days: number): number {
  const { year, month } = civilFromDays(days)
  return (year - 1970) * 12 + month - 1
}
