/** From a snapshot to the data files that may hold matching rows (spec: "Scan Planning"). */
import { metricsBounds } from '../../expr/bounds-source.js'
import { mayMatch } from '../../expr/inclusive.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import { referencedFields } from '../../expr/simplify.js'
import { mustMatch } from '../../expr/strict.js'
import type { ManifestEntry, ManifestFile, Snapshot } from '../../format/model.js'
import type { Schema } from '../../types/type.js'
import { fromArray, mapBounded } from '../concurrency.js'
import type { ScanTask } from '../contract.js'
import { PlanCounter } from './counter.js'
import { DeleteIndex } from './delete-index.js'
import { loadManifests, type ManifestSource, readEntries } from './load-manifests.js'
import { type SpecFilter, specFilters } from './partition-filters.js'

/** How many manifests are read ahead. */
const MANIFESTS_AHEAD = 8

export interface PlanInput extends ManifestSource {
  /** `undefined`: a table without a snapshot has no files. */
  readonly snapshot: Snapshot | undefined
  /** The schema that `where` is bound to. */
  readonly schema: Schema
  readonly where: BoundPredicate
  /** Tasks in the order of the manifest list; otherwise as manifests arrive. Default false. */
  readonly ordered?: boolean
  /**
   * Entries with every metric and detail, for callers that write them into a manifest again.
   * Default false: only what reading needs.
   */
  readonly fullEntries?: boolean
  readonly counter?: PlanCounter
}

/**
 * The data files to read, lazily: the first come before the last manifest is read. Leaving the
 * iteration stops reading ahead.
 */
export async function* planFiles(input: PlanInput): AsyncGenerator<ScanTask, void, void> {
  const { snapshot, where } = input
  if (snapshot === undefined || where.op === 'false') return
  const counter = input.counter ?? new PlanCounter()
  const filters = specFilters(input.metadata, input.schema, where)
  const manifests = await loadManifests({ ...input, snapshot })
  counter.manifestsTotal += manifests.length
  const kept = manifests.filter((manifest) => keepManifest(manifest, filters, counter))
  const deletes = await indexDeletes(input, kept, filters, counter)
  const data = kept.filter((manifest) => manifest.content === 'data')
  const planned = mapBounded(
    fromArray(data),
    (manifest, signal) => planManifest({ ...input, signal }, manifest, deletes, filters, counter),
    { width: MANIFESTS_AHEAD, ordered: input.ordered === true, signal: input.signal },
  )
  for await (const tasks of planned) yield* tasks
}

/** Manifest-level pruning: by live file counts, then by partition summaries. */
function keepManifest(
  manifest: ManifestFile,
  filters: (specId: number) => SpecFilter,
  counter: PlanCounter,
): boolean {
  const isData = manifest.content === 'data'
  if (!isData) counter.deleteManifests += 1
  // An unknown count (v1) means that there may be some.
  const added = manifest.addedFilesCount
  const existing = manifest.existingFilesCount
  const empty = added === 0 && existing === 0
  if (!empty && filters(manifest.specId).manifestMayMatch(manifest)) return true
  counter.manifestsSkipped += 1
  if (empty) counter.manifestsEmpty += 1
  if (isData) counter.filesInSkippedManifests += (added ?? 0) + (existing ?? 0)
  return false
}

async function indexDeletes(
  input: PlanInput,
  kept: readonly ManifestFile[],
  filters: (specId: number) => SpecFilter,
  counter: PlanCounter,
): Promise<DeleteIndex> {
  const index = new DeleteIndex(input.metadata, input.schema)
  const manifests = kept.filter((manifest) => manifest.content === 'deletes')
  const read = mapBounded(
    fromArray(manifests),
    async (manifest, signal) => {
      const filter = filters(manifest.specId)
      const entries: ManifestEntry[] = []
      for (const entry of await readEntries({ ...input, signal }, manifest, { live: true })) {
        if (filter.partitionMayMatch(entry.file.partition)) entries.push(entry)
      }
      return entries
    },
    { width: MANIFESTS_AHEAD, ordered: true, signal: input.signal },
  )
  for await (const entries of read) for (const entry of entries) index.add(entry)
  counter.deleteFiles += index.size
  return index
}

async function planManifest(
  input: PlanInput,
  manifest: ManifestFile,
  deletes: DeleteIndex,
  filters: (specId: number) => SpecFilter,
  counter: PlanCounter,
): Promise<readonly ScanTask[]> {
  const filter = filters(manifest.specId)
  // Bounds of the columns that equality deletes compare tell which of them can be left out.
  const fields = new Set([...referencedFields(input.where), ...deletes.equalityIds])
  const options = input.fullEntries
    ? { live: true }
    : { live: true, metrics: fields, detail: false }
  const tasks: ScanTask[] = []
  for (const entry of await readEntries(input, manifest, options)) {
    counter.considered(entry.file)
    const residual = residualOf(input, entry, filter, counter)
    if (residual === undefined) continue
    const applicable = deletes.match(entry)
    counter.planned(entry.file, applicable.length)
    tasks.push({
      file: entry.file,
      sequenceNumber: entry.sequenceNumber,
      fileSequenceNumber: entry.fileSequenceNumber,
      addedSnapshotId: entry.snapshotId,
      deletes: applicable,
      residual,
    })
  }
  return tasks
}

/** What rows of a file must be tested for, or undefined when none can match. */
function residualOf(
  input: PlanInput,
  entry: ManifestEntry,
  filter: SpecFilter,
  counter: PlanCounter,
): BoundPredicate | undefined {
  const { where, schema } = input
  if (where.op === 'true') return where
  const { file } = entry
  const residual = filter.partitionMayMatch(file.partition)
    ? filter.residual(file.partition)
    : undefined
  if (residual === undefined || residual.op === 'false') {
    counter.filesSkippedByPartition += 1
    return undefined
  }
  const bounds = metricsBounds(schema, file)
  if (!mayMatch(residual, bounds)) {
    counter.filesSkippedByBounds += 1
    return undefined
  }
  return mustMatch(residual, bounds) ? { op: 'true' } : residual
}
