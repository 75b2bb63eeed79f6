import { uuidBounds } from '../expr/uuid-bounds.js'
import type { DataFile, ManifestEntry, ManifestFile } from '../format/model.js'
import type { PartitionSpec } from '../partition/model.js'
import { datumComparator } from '../types/compare.js'
import { tryDecodeSingleValue } from '../types/single-value.js'
import type { Type } from '../types/type.js'
import type { Violations } from './violation.js'

/** What a manifest's live entries come to; kept so that each manifest is read once. */
export interface ManifestTotals {
  readonly liveFiles: readonly LiveFile[]
  readonly rows: bigint
}

/** What the checks of a snapshot need of a live file. */
export interface LiveFile {
  readonly path: string
  readonly content: DataFile['content']
  readonly records: bigint
  readonly sizeBytes: bigint
  /** Deletion vectors share a Puffin file, so a path alone does not name them. */
  readonly offset: bigint | undefined
}

interface Counts {
  added: number
  existing: number
  deleted: number
  addedRows: bigint
  existingRows: bigint
  deletedRows: bigint
}

/** Checks a manifest's entries against its line in the manifest list, and gives the live ones. */
export function verifyEntries(
  manifest: ManifestFile,
  entries: Iterable<ManifestEntry>,
  partition: { readonly spec: PartitionSpec; readonly types: readonly Type[] },
  found: Violations,
): ManifestTotals & { readonly entries: readonly ManifestEntry[] } {
  const counts: Counts = {
    added: 0,
    existing: 0,
    deleted: 0,
    addedRows: 0n,
    existingRows: 0n,
    deletedRows: 0n,
  }
  const live: ManifestEntry[] = []
  let oldest: bigint | undefined
  for (const entry of entries) {
    counts[entry.status] += 1
    counts[`${entry.status}Rows`] += entry.file.recordCount
    if (entry.status === 'deleted') continue
    live.push(entry)
    if (oldest === undefined || entry.sequenceNumber < oldest) oldest = entry.sequenceNumber
    verifySequence(manifest, entry, found)
  }
  verifyCounts(manifest, counts, found)
  if (oldest !== undefined && oldest < manifest.minSequenceNumber) {
    found.add({
      code: 'sequence-number',
      message: `manifest ${manifest.path} holds sequence number ${oldest}, below its minimum ${manifest.minSequenceNumber}`,
      path: manifest.path,
    })
  }
  verifySummaries(manifest, live, partition, found)
  const liveFiles = live.map(({ file }) => ({
    path: file.path,
    content: file.content,
    records: file.recordCount,
    sizeBytes: file.contentSizeBytes ?? file.sizeBytes,
    offset: file.contentOffset,
  }))
  return { liveFiles, rows: counts.addedRows + counts.existingRows, entries: live }
}

function verifySequence(manifest: ManifestFile, entry: ManifestEntry, found: Violations): void {
  if (entry.fileSequenceNumber <= manifest.sequenceNumber || manifest.sequenceNumber === 0n) return
  found.add({
    code: 'sequence-number',
    message: `${entry.file.path} has file sequence number ${entry.fileSequenceNumber}, above its manifest's ${manifest.sequenceNumber}`,
    path: manifest.path,
  })
}

function verifyCounts(manifest: ManifestFile, counts: Counts, found: Violations): void {
  const claims: readonly (readonly [string, number | bigint | undefined, number | bigint])[] = [
    ['added files', manifest.addedFilesCount, counts.added],
    ['existing files', manifest.existingFilesCount, counts.existing],
    ['deleted files', manifest.deletedFilesCount, counts.deleted],
    ['added rows', manifest.addedRowsCount, counts.addedRows],
    ['existing rows', manifest.existingRowsCount, counts.existingRows],
    ['deleted rows', manifest.deletedRowsCount, counts.deletedRows],
  ]
  for (const [what, claimed, actual] of claims) {
    if (claimed === undefined || BigInt(claimed) === BigInt(actual)) continue
    found.add({
      code: 'manifest-counts',
      message: `manifest ${manifest.path} has ${actual} ${what}, its list says ${claimed}`,
      path: manifest.path,
    })
  }
}

/** Every live partition value must lie within the summary, or pruning would lose its file. */
function verifySummaries(
  manifest: ManifestFile,
  live: readonly ManifestEntry[],
  { spec, types }: { readonly spec: PartitionSpec; readonly types: readonly Type[] },
  found: Violations,
): void {
  const summaries = manifest.partitions
  if (summaries === undefined || summaries.length !== spec.fields.length) return
  spec.fields.forEach((field, index) => {
    const type = types[index]
    const summary = summaries[index]
    if (type === undefined || summary === undefined || type.kind === 'unknown') return
    const compare = datumComparator(type)
    const { lower, upper } = uuidBounds(type, {
      lower: summary.lowerBound && tryDecodeSingleValue(type, summary.lowerBound),
      upper: summary.upperBound && tryDecodeSingleValue(type, summary.upperBound),
    })
    for (const { file } of live) {
      const value = file.partition[index] ?? null
      const outside =
        value === null
          ? !summary.containsNull
          : Number.isNaN(value)
            ? summary.containsNan === false
            : (lower !== undefined && compare(value, lower) < 0) ||
              (upper !== undefined && compare(value, upper) > 0)
      if (!outside) continue
      found.add({
        code: 'manifest-summary',
        message: `partition ${field.name} of ${file.path} lies outside the summary of its manifest`,
        path: manifest.path,
      })
    }
  })
}
