import type { Schema } from 'apache-arrow'
import type { ParquetFooter } from './model.js'
import { type PlanOptions, planRead } from './read-plan.js'

/** The Arrow schema that reading these columns gives, for files without rows too. */
export function arrowSchemaOf(footer: ParquetFooter, options: PlanOptions = {}): Schema {
  return planRead(footer, options).schema
}
