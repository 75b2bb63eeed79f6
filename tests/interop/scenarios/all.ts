import type { Scenario } from '../scenario.js'
import { EVOLUTION } from './evolution.js'
import { EVOLUTION_TURNS } from './evolution-turns.js'
import { HISTORY } from './history.js'
import { PARTITIONS } from './partitions.js'
import { EQUALITY, ROW_LEVEL } from './row-level.js'
import { TYPES } from './types.js'
import { UPKEEP } from './upkeep.js'
import { V3 } from './v3.js'
import { V3_VALUES } from './v3-values.js'
import { WRITING } from './writing.js'

/** Every curated scenario; their names are the rows of the report. */
export const ALL: readonly Scenario[] = [
  ...TYPES,
  ...PARTITIONS,
  ...WRITING,
  ...EVOLUTION,
  ...EVOLUTION_TURNS,
  ...ROW_LEVEL,
  ...EQUALITY,
  ...HISTORY,
  ...UPKEEP,
  ...V3,
  ...V3_VALUES,
]
