import type { TableMetadata } from '../format/model.js'

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
