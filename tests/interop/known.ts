/** What other engines are known to get wrong, and what moraine says it cannot do yet. */
import type { Engine } from './scenario.js'

export interface KnownFault {
  readonly engine: Exclude<Engine, 'moraine'>
  readonly scenario: RegExp
  /** Whose table; anybody's unless given. */
  readonly writer?: Engine
  /** What the finding says. */
  readonly says: RegExp
  readonly because: string
}

export const PEER_FAULTS: readonly KnownFault[] = []

/** A refusal of ours, and the text of its row on the conformance page. */
export interface Refusal {
  readonly says: RegExp
  readonly row: string
}

export const REFUSALS: readonly Refusal[] = []
