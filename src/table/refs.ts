import { rollback } from '../commit/actions/rollback.js'
import { createRef } from '../commit/actions/set-ref.js'
import { InvalidArgument } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { checkOptions } from '../util/check-options.js'
import type { CommitResult } from './commit-result.js'
import { commit, type TableState } from './state.js'
import { timeMs } from './time-travel.js'
import { checkShapeOptions, type ShapeOptions } from './write-options.js'

/** A branch or tag. */
export interface RefInfo {
  readonly name: string
  readonly type: 'branch' | 'tag'
  readonly snapshotId: bigint
  readonly minSnapshotsToKeep: number | undefined
  readonly maxSnapshotAgeMs: bigint | undefined
  readonly maxRefAgeMs: bigint | undefined
}

/** The refs of a table in name order. */
export function refInfos(metadata: TableMetadata): readonly RefInfo[] {
  const infos = [...metadata.refs].map(([name, ref]) => ({
    name,
    type: ref.type,
    snapshotId: ref.snapshotId,
    minSnapshotsToKeep: ref.minSnapshotsToKeep,
    maxSnapshotAgeMs: ref.maxSnapshotAgeMs,
    maxRefAgeMs: ref.maxRefAgeMs,
  }))
  return infos.sort((a, b) => (a.name < b.name ? -1 : 1))
}

export interface RefOptions {
  /** Default: the current snapshot. */
  readonly snapshot?: bigint
  /** After how many milliseconds expiry may drop the ref. */
  readonly maxRefAgeMs?: number
  readonly signal?: AbortSignal
}

export async function createNamedRef(
  state: TableState,
  name: string,
  type: 'branch' | 'tag',
  options: RefOptions | undefined,
): Promise<CommitResult> {
  checkOptions(options, ['snapshot', 'maxRefAgeMs', 'signal'], `create ${type}`)
  const { snapshot, maxRefAgeMs, signal } = options ?? {}
  if (maxRefAgeMs !== undefined && !(Number.isSafeInteger(maxRefAgeMs) && maxRefAgeMs > 0)) {
    throw new InvalidArgument(`create ${type}: option \`maxRefAgeMs\` must be whole milliseconds`, {
      details: { where: `create ${type}`, option: 'maxRefAgeMs' },
    })
  }
  const action = createRef({
    name,
    type,
    ...(snapshot !== undefined && { snapshotId: snapshot }),
    ...(maxRefAgeMs !== undefined && { maxRefAgeMs: BigInt(maxRefAgeMs) }),
  })
  return commit(state, [action], { ...(signal && { signal }) })
}

export async function rollbackTo(
  state: TableState,
  to: { readonly snapshot: bigint } | { readonly time: string | Date | number },
  options: ShapeOptions | undefined,
): Promise<CommitResult> {
  checkShapeOptions(options, 'rollback')
  checkOptions(to, ['snapshot', 'time'], 'rollback')
  const branch = options?.branch
  if ('snapshot' in to && typeof to.snapshot === 'bigint') {
    return commit(state, [rollback({ snapshotId: to.snapshot }, branch)], options)
  }
  if ('time' in to) {
    return commit(state, [rollback({ timestampMs: timeMs(to.time) }, branch)], options)
  }
  throw new InvalidArgument('rollback takes { snapshot: id } or { time }')
}
