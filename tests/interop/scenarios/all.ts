import type { Scenario } from '../scenario.js'
import { EVOLUTION } from './evolution.js'
import { HISTORY } from './history.js'
import { EQUALITY, ROW_LEVEL } from './row-level.js'
import { TYPES } from './types.js'
import { UPKEEP } from './upkeep.js'
import { V3 } from './v3.js'

/** Every curated scenario; their names are the rows of the report. */
export const ALL: readonly Scenario[] = [
  ...TYPES,
  ...EVOLUTION,
  ...ROW_LEVEL,
  ...EQUALITY,
  ...HISTORY,
  ...UPKEEP,
  ...V3,
]
