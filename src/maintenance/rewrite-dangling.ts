/** Delete files that apply to no data file: they cost every plan, and delete nothing. */
import type { DataFile, ManifestEntry } from '../format/model.js'
import { DeleteIndex } from '../scan/plan/delete-index.js'
import { loadManifests, readEntries } from '../scan/plan/load-manifests.js'
import type { RewriteContext } from './rewrite-context.js'

/**
 * The live delete files that apply to none of the live data files but those at the paths given. They
 * stay without work whatever others commit: new files have later sequence numbers.
 */
export async function danglingDeletes(
  context: RewriteContext,
  without: ReadonlySet<string> = new Set(),
): Promise<readonly DataFile[]> {
  const { metadata } = context
  const manifests = await loadManifests(context)
  const unused = new Set<ManifestEntry>()
  // Without column bounds: what they rule out today may come back with other bounds.
  const index = new DeleteIndex(metadata)
  for (const manifest of manifests) {
    if (manifest.content !== 'deletes') continue
    for (const entry of await readEntries(context, manifest, { live: true })) {
      index.add(entry)
      unused.add(entry)
    }
  }
  for (const manifest of manifests) {
    if (unused.size === 0) break
    if (manifest.content !== 'data') continue
    for (const entry of await readEntries(context, manifest, { live: true, metrics: 'none' })) {
      if (without.has(entry.file.path)) continue
      for (const used of index.match(entry)) unused.delete(used)
    }
  }
  return [...unused].map(({ file }) => file)
}
