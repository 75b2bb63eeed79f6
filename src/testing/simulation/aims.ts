/** The one fault that most histories have at a place of their own, so that the rare places are reached too. */
import type { SeededEnv } from '../../env/seeded-env.js'
import type { FaultKind } from '../faults.js'
import { faultsOfCall, PROTOCOL_CALLS } from './coverage.js'

export interface Aim {
  readonly operation: string
  readonly step: string
  readonly kind: FaultKind
}

/** A cell of the coverage; those that are reached rarely stand in this list more often. */
export function drawAim(env: SeededEnv, finds: boolean): Aim | undefined {
  if (env.chance(0.1)) return undefined
  const aims = finds ? AIMS : AIMS.filter(({ operation }) => operation !== 'findByPrefix')
  return aims[env.int(aims.length)]
}

/** How much rarer than others a call is reached in a history. */
function rarity(operation: string, step: string): number {
  if (step === 'folder') return 5
  if (operation === 'put') return 4
  return operation === 'findByPrefix' ? 3 : operation === 'delete' ? 2 : 1
}

const AIMS: readonly Aim[] = PROTOCOL_CALLS.flatMap(([operation, step]) =>
  faultsOfCall(operation, step).flatMap((kind) => {
    const times = (kind.startsWith('crash') ? 3 : 1) * rarity(operation, step)
    return Array.from({ length: times }, () => ({ operation, step, kind }))
  }),
)
