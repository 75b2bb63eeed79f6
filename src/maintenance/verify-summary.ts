import type { Snapshot } from '../format/model.js'
import type { LiveFile } from './verify-manifest.js'
import type { Violations } from './violation.js'

/** The totals in a snapshot's summary must equal a recount of its live files. */
export function verifySummary(
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
    ['total-files-size', sum(live, (file) => file.sizeBytes)],
    ['total-delete-files', BigInt(positions.length + equalities.length)],
    ['total-position-deletes', sum(positions, (file) => file.records)],
    ['total-equality-deletes', sum(equalities, (file) => file.records)],
  ]
  for (const [key, actual] of totals) {
    const claimed = snapshot.summary?.get(key)
    if (claimed === undefined || claimed === actual.toString()) continue
    found.add({
      code: 'snapshot-summary',
      message: `snapshot ${snapshot.snapshotId} says ${key}=${claimed.slice(0, 40)}; a recount gives ${actual}`,
      snapshotId: snapshot.snapshotId,
    })
  }
}

function sum(files: readonly LiveFile[], of: (file: LiveFile) => bigint): bigint {
  return files.reduce((total, file) => total + of(file), 0n)
}
