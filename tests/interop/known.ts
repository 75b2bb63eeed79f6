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

export const PEER_FAULTS: readonly KnownFault[] = [
  {
    engine: 'duckdb',
    scenario: /^evolve-old-partition-source-dropped$/,
    says: /unordered_map::at/,
    because: 'a filter looks for the source column of every spec, dropped ones too',
  },
  {
    engine: 'duckdb',
    scenario: /^evolve-(format-1-2-3|void-in-turns)$/,
    says: /required field 'sequence_number' is NULL/,
    because: 'snapshots of version 1 have no sequence number, also after an upgrade',
  },
  {
    engine: 'duckdb',
    scenario: /^evolve-format-1-2-3$/,
    says: /Sequence number must be 0 in v1/,
    because: 'it writes sequence numbers into tables of version 1',
  },
]

/** A refusal of ours, and the text of its row on the conformance page. */
export interface Refusal {
  readonly says: RegExp
  readonly row: string
}

const notBuilt = (operation: string, row: string): Refusal => ({
  says: new RegExp(`^step \\d+, ${operation}: moraine cannot ${operation}$`),
  row,
})

export const REFUSALS: readonly Refusal[] = [
  notBuilt('equalityDelete', 'Writing equality deletes'),
  notBuilt('expire', 'Expiring snapshots'),
  notBuilt('compact', 'Compaction'),
  notBuilt('rewriteManifests', 'Rewriting manifests'),
  notBuilt('rewritePositionDeletes', 'Rewriting position delete files'),
  notBuilt('statistics', 'Computing table and partition statistics'),
  notBuilt('cherrypick', 'Cherry-picking a snapshot'),
  notBuilt('setCurrent', 'Making any snapshot the current one'),
]
