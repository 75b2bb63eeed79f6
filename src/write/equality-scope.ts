/** Where equality deletes have to apply so that they reach every older row of their keys. */
import type { Snapshot } from '../format/model.js'
import type { PartitionSpec } from '../partition/model.js'
import { loadManifests, type ManifestSource } from '../scan/plan/load-manifests.js'

/** Delete files are written for each of `specs`. */
export interface EqualityScope {
  readonly specs: readonly PartitionSpec[]
  /** A spec without partitions is among them: the deletes reach the whole table. */
  readonly isGlobal: boolean
  /** A spec that the table lacks yet, and has to be given with the deletes. */
  readonly newSpec: PartitionSpec | undefined
}

/**
 * Deletes in a partition reach files of the same spec alone; those of a spec without partitions the
 * whole table (spec: "Scan Planning"). So each spec that has files gets deletes of its own when its
 * partitions follow from the key; otherwise the deletes are global.
 */
export async function equalityScope(
  source: ManifestSource & { readonly snapshot: Snapshot | undefined },
  keyIds: readonly number[],
): Promise<EqualityScope> {
  const { metadata } = source
  const live = new Set([metadata.defaultSpecId, ...(await liveSpecs(source))])
  const specs = metadata.partitionSpecs.filter(({ specId }) => live.has(specId))
  if (specs.every((spec) => !isUnpartitioned(spec) && followsFrom(spec, keyIds))) {
    return { specs, isGlobal: false, newSpec: undefined }
  }
  const known = metadata.partitionSpecs.find(isUnpartitioned)
  if (known !== undefined) return { specs: [known], isGlobal: true, newSpec: undefined }
  const specId = Math.max(...metadata.partitionSpecs.map((spec) => spec.specId)) + 1
  const newSpec: PartitionSpec = { specId, fields: [] }
  return { specs: [newSpec], isGlobal: true, newSpec }
}

/** The specs that live data files may have, by the manifest list. */
async function liveSpecs(
  source: ManifestSource & { readonly snapshot: Snapshot | undefined },
): Promise<readonly number[]> {
  const { snapshot } = source
  if (snapshot === undefined) return []
  const manifests = await loadManifests({ ...source, snapshot })
  return manifests
    .filter(({ content }) => content === 'data')
    .filter((list) => list.addedFilesCount !== 0 || list.existingFilesCount !== 0)
    .map(({ specId }) => specId)
}

function isUnpartitioned({ fields }: PartitionSpec): boolean {
  return fields.every(({ transform }) => transform.kind === 'void')
}

/** Whether the key tells the partition of a row. */
function followsFrom({ fields }: PartitionSpec, keyIds: readonly number[]): boolean {
  return fields.every(({ transform, sourceIds }) => {
    if (transform.kind === 'void') return true
    if (transform.kind === 'unknown' || sourceIds.length !== 1) return false
    return sourceIds.every((id) => keyIds.includes(id))
  })
}
