/**
 * Table metadata that was parsed a moment ago, by the hash of its bytes: a commit reads the head again
 * and again, and mostly finds what it or a neighbour in the same process has read or written before.
 */
import type { Limits } from '../env/limits.js'
import type { TableMetadata } from '../format/model.js'

interface Kept {
  readonly byHash: Map<string, { readonly metadata: TableMetadata; readonly sizeBytes: number }>
  sizeBytes: number
}

/** Stored size of what is kept per set of limits. Parsed, it takes some times as much. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024
const KEPT_MAX = 32

const recent = new WeakMap<Limits, Kept>()

/** What `parse` gave for these bytes under these limits lately, else what it gives now. */
export function recentMetadata(
  limits: Limits,
  hash: string,
  sizeBytes: number,
  parse: () => TableMetadata,
): TableMetadata {
  const known = recent.get(limits)?.byHash.get(hash)
  const metadata = known?.metadata ?? parse()
  keepMetadata(limits, hash, sizeBytes, metadata)
  return metadata
}

/** Remembers what the bytes of this hash read as. What is large is not kept. */
export function keepMetadata(
  limits: Limits,
  hash: string,
  sizeBytes: number,
  metadata: TableMetadata,
): void {
  if (sizeBytes > KEPT_BYTES_MAX / 2) return
  let kept = recent.get(limits)
  if (kept === undefined) {
    kept = { byHash: new Map(), sizeBytes: 0 }
    recent.set(limits, kept)
  }
  // Newest last.
  if (!kept.byHash.delete(hash)) kept.sizeBytes += sizeBytes
  kept.byHash.set(hash, { metadata, sizeBytes })
  for (const [oldest, entry] of kept.byHash) {
    if (kept.byHash.size <= KEPT_MAX && kept.sizeBytes <= KEPT_BYTES_MAX) return
    kept.byHash.delete(oldest)
    kept.sizeBytes -= entry.sizeBytes
  }
}
