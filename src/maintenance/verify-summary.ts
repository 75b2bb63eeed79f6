import { ancestorsOf } from '../format/lookup.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import type { LiveFile } from './verify-manifest.js'
import type { Violations } from './violation.js'

const SIZE = 'total-files-size'

/** The totals in a snapshot's summary must equal a recount of its live files. */
export function verifySummary(
  metadata: TableMetadata,
  snapshot: Snapshot,
  live: readonly LiveFile[],
  found: Violations,
): void {
  const data = live.filter((file) => file.content === 'data')
  const positions = live.filter((file) => file.content === 'position-deletes')
  const equalities = live.filter((file) => file.content === 'equality-deletes')
  const totals: readonly (readonly [string, bigint])[] = [
    ['total-data-files', BigInt(data.length)],
    ['total-records', sum(data, (file) => file.records)],
    [SIZE, sum(live, (file) => file.sizeBytes)],
    ['total-delete-files', BigInt(positions.length + equalities.length)],
    ['total-position-deletes', sum(positions, (file) => file.records)],
    ['total-equality-deletes', sum(equalities, (file) => file.records)],
  ]
  for (const [key, actual] of totals) {
    const claimed = snapshot.summary?.get(key)
    if (claimed === undefined || claimed === actual.toString()) continue
    if (key === SIZE && !sizesWereCounted(metadata, snapshot)) continue
    found.add({
      code: 'snapshot-summary',
      message: `snapshot ${snapshot.snapshotId} says ${key}=${claimed.slice(0, 40)}; a recount gives ${actual}`,
      snapshotId: snapshot.snapshotId,
    })
  }
}

/**
 * Whether the total of sizes can be held to anything: the reference appends whole manifests (imports
 * of plain files) without counting the sizes in them, and every later total goes on from there.
 */
function sizesWereCounted(metadata: TableMetadata, snapshot: Snapshot): boolean {
  for (const { summary } of ancestorsOf(metadata, snapshot.snapshotId)) {
    const adds = (key: string): boolean => (summary?.get(key) ?? '0') !== '0'
    const added = adds('added-data-files') || adds('added-delete-files')
    if (added && summary?.get('added-files-size') === undefined) return false
  }
  return true
}

function sum(files: readonly LiveFile[], of: (file: LiveFile) => bigint): bigint {
  return files.reduce((total, file) => total + of(file), 0n)
}
