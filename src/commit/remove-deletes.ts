/** Delete files that a removal of data files leaves without work. */

import { UNASSIGNED_SEQUENCE } from '../format/constants.js'
import type { DataFile, ManifestEntry, ManifestFile } from '../format/model.js'
import type { FileFilter } from './filter-manifests.js'
import { mayHaveLiveFiles } from './manifest-store.js'

/**
 * Removes deletion vectors of removed data files, which must go with them (spec: "Deletion
 * Vectors"), and delete files older than every data file that is left, which apply to nothing.
 */
export function removeDangling(
  removed: readonly DataFile[],
  oldestSequenceNumber: bigint,
): FileFilter {
  const paths = new Set(removed.map((file) => file.path))
  return {
    mayRemoveFrom: (manifest) =>
      paths.size > 0 || manifest.minSequenceNumber < oldestSequenceNumber,
    removes: ({ file, sequenceNumber }: ManifestEntry) => {
      // 0 stands for tables from before there were sequence numbers.
      if (sequenceNumber > 0n && sequenceNumber < oldestSequenceNumber) return true
      const path = file.format === 'puffin' ? file.referencedDataFile : undefined
      return path !== undefined && paths.has(path)
    },
  }
}

/** The lowest data sequence number that live data files have; `otherwise` when there are none. */
export function oldestDataSequence(manifests: readonly ManifestFile[], otherwise: bigint): bigint {
  let oldest = otherwise
  for (const { content, minSequenceNumber, ...rest } of manifests) {
    if (content !== 'data' || minSequenceNumber === UNASSIGNED_SEQUENCE) continue
    if (!mayHaveLiveFiles({ content, minSequenceNumber, ...rest })) continue
    if (minSequenceNumber < oldest) oldest = minSequenceNumber
  }
  return oldest
}
