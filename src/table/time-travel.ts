import type { LoadedTable } from '../commit/contract.js'
import { InvalidArgument } from '../errors.js'
import { MAIN_BRANCH } from '../format/constants.js'
import {
  branchHead,
  currentSchema,
  requireSnapshot,
  schemaOfSnapshot,
  snapshotAsOf,
  snapshotOfRef,
} from '../format/lookup.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import { toDatum } from '../types/to-datum.js'
import type { Schema } from '../types/type.js'
import { checkChoice, checkOptions } from '../util/check-options.js'
import type { TableState } from './state.js'

/**
 * A point in a table's past: a snapshot id; a time (what the snapshot log says was current then); a
 * branch or tag; or a metadata version.
 */
export type AsOf =
  | { readonly snapshot: bigint }
  | { readonly time: string | Date | number }
  | { readonly ref: string }
  | { readonly version: number }

export interface AsOfOptions {
  /**
   * Schema to read with. By default a branch reads with the table's current schema, everything else
   * with the schema of its snapshot, as the reference implementation does.
   */
  readonly schema?: 'snapshot' | 'current'
}

export interface Resolved {
  readonly metadata: TableMetadata
  readonly snapshot: Snapshot | undefined
  readonly schema: Schema
}

/**
 * The snapshot and schema of a point in a table's past.
 *
 * @throws InvalidArgument unless exactly one point is named, NotFound when the table does not hold it.
 */
export async function resolveAsOf(
  state: TableState,
  at: AsOf,
  options: AsOfOptions | undefined,
): Promise<Resolved> {
  state.context.assertOpen()
  checkOptions(at, ['snapshot', 'time', 'ref', 'version'], 'asOf')
  if (at === undefined || Object.keys(at).length !== 1) {
    throw new InvalidArgument('asOf takes exactly one of snapshot, time, ref, version')
  }
  checkOptions(options, ['schema'], 'asOf')
  checkChoice(options?.schema, 'schema', ['snapshot', 'current'], 'asOf')
  const now = state.loaded.metadata
  if ('version' in at) {
    const { metadata } = await loadVersion(state, at.version)
    const schema = currentSchema(options?.schema === 'current' ? now : metadata)
    return { metadata, snapshot: branchHead(metadata, MAIN_BRANCH), schema }
  }
  const snapshot = snapshotAt(now, at)
  const isBranch = 'ref' in at && isBranchName(now, at.ref)
  const wanted = options?.schema ?? (isBranch ? 'current' : 'snapshot')
  const schema = wanted === 'current' ? currentSchema(now) : schemaOfSnapshot(now, snapshot)
  return { metadata: now, snapshot, schema }
}

async function loadVersion(state: TableState, version: number): Promise<LoadedTable> {
  if (!Number.isSafeInteger(version) || version < 0) {
    throw new InvalidArgument('asOf: `version` must be a whole number')
  }
  return state.loadVersion(version)
}

function snapshotAt(
  metadata: TableMetadata,
  at: Exclude<AsOf, { readonly version: number }>,
): Snapshot {
  if ('snapshot' in at) return requireSnapshot(metadata, snapshotIdOf(at.snapshot))
  if ('time' in at) return snapshotAsOf(metadata, timeMs(at.time))
  if (typeof at.ref !== 'string') throw new InvalidArgument('asOf: `ref` must be a name')
  return snapshotOfRef(metadata, at.ref)
}

function isBranchName(metadata: TableMetadata, name: string): boolean {
  const ref = metadata.refs.get(name)
  return ref === undefined ? name === 'main' : ref.type === 'branch'
}

function snapshotIdOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value)
  throw new InvalidArgument(
    'asOf: `snapshot` must be a snapshot id as bigint (a number would be rounded)',
  )
}

/** Milliseconds since the epoch of a Date, a number of milliseconds, or ISO text with an offset. */
export function timeMs(value: string | Date | number): number {
  const ms = typeof value === 'string' ? isoMs(value) : Number(value)
  if (Number.isFinite(ms)) return ms
  throw new InvalidArgument(
    `time=\`${String(value)}\` is not a point in time; write '2026-01-31T00:00:00Z'`,
  )
}

/** A text without an offset means nothing in particular, so it is refused. */
function isoMs(text: string): number {
  try {
    const micros = toDatum({ kind: 'timestamptz' }, text) as bigint
    return Number(micros / 1000n)
  } catch (cause) {
    throw new InvalidArgument(
      `time=\`${text}\` is not a point in time; write it with an offset: '2026-01-31T00:00:00Z'`,
      { cause },
    )
  }
}
