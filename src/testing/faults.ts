import type { SeededEnv } from '../env/seeded-env.js'
import type { StoreOperation } from '../store/observe.js'

/**
 * What can happen to one call to a store.
 *
 * | kind | writes (`create`, `put`, `close`, `delete`) | reads (`head`, `read`, `list`, `findByPrefix`) |
 * |---|---|---|
 * | `fail-before` | not applied, answer lost | error |
 * | `lost-ack` | applied, answer lost | error |
 * | `zombie` | answer lost now, applied some calls later | error |
 * | `duplicate` | applied twice; the second answer is given | done twice |
 * | `slow` | applied after a pause on the clock | answered after a pause |
 * | `throttle` | refused, surely not applied | refused |
 * | `crash-before`, `crash-after` | the process dies: no later call is applied | the same |
 * | `truncated`, `corrupted` | as `fail-before` | the bytes lose their end, or one of them changes |
 * | `stale` | as `lost-ack` | the newest object is not seen |
 *
 * Bytes that lost their end never pass for whole: an Avro file is not cut right behind a block.
 * A lost answer is `unknown` for `create`, and `StoreUnavailable` for the rest.
 */
export type FaultKind =
  | 'fail-before'
  | 'lost-ack'
  | 'zombie'
  | 'duplicate'
  | 'slow'
  | 'throttle'
  | 'crash-before'
  | 'crash-after'
  | 'truncated'
  | 'corrupted'
  | 'stale'

export const FAULT_KINDS: readonly FaultKind[] = Object.freeze([
  'fail-before',
  'lost-ack',
  'zombie',
  'duplicate',
  'slow',
  'throttle',
  'crash-before',
  'crash-after',
  'truncated',
  'corrupted',
  'stale',
] as const)

export interface FaultPoint {
  /** Number of the call to this store, from 0. */
  readonly index: number
  readonly operation: StoreOperation
  readonly path: string
}

/** Decides what happens to each call. */
export type FaultPlan = (point: FaultPoint) => FaultKind | undefined

/** One fault, at the n-th call. */
export function faultAt(index: number, kind: FaultKind): FaultPlan {
  return (point) => (point.index === index ? kind : undefined)
}

/** Several faults, by call number. */
export function faultsAt(faults: ReadonlyMap<number, FaultKind>): FaultPlan {
  return (point) => faults.get(point.index)
}

export interface RandomFaultOptions {
  /** Highest chance of each kind per write. Default 0.08. */
  readonly rate?: number
  /** How much rarer faults of reads are: there are many reads for each write. Default 0.1. */
  readonly readShare?: number
  /** How much rarer crashes are than other faults. Default 0.05. */
  readonly crashShare?: number
  /** Default all. */
  readonly kinds?: readonly FaultKind[]
}

/** Operations that change nothing. */
export const READS: ReadonlySet<StoreOperation> = new Set([
  'head',
  'read',
  'list',
  'findByPrefix',
] as const)

/**
 * Random faults. Each plan draws its own subset of kinds and its own rates, so that some runs see
 * many faults of one kind and others a few of all (swarm testing).
 */
export function randomFaults(env: SeededEnv, options: RandomFaultOptions = {}): FaultPlan {
  const random = env.fork('faults')
  const rate = options.rate ?? 0.08
  const readShare = options.readShare ?? 0.1
  const crashShare = options.crashShare ?? 0.05
  const rates = (options.kinds ?? FAULT_KINDS).flatMap((kind): [FaultKind, number][] => {
    if (!random.chance(0.5)) return []
    const rare = kind.startsWith('crash') ? crashShare : 1
    return [[kind, random.random() * rate * rare]]
  })
  return ({ operation }) => {
    const share = READS.has(operation) ? readShare : 1
    return rates.find(([, chance]) => random.chance(chance * share))?.[0]
  }
}
