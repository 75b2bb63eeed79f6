import type { LocalFs } from './local-fs.js'

/** Deeper than any path may be long. */
const DEPTH_MAX = 2048

/**
 * Removes the folders below `folder` that hold nothing, deepest first; links are not followed. What
 * cannot be removed stays: another writer may just be filling it, and makes it again if it is gone.
 */
export async function removeEmptyFolders(fs: LocalFs, folder: string, depth = 0): Promise<void> {
  if (depth > DEPTH_MAX) return
  const inner: string[] = []
  try {
    for await (const { name, kind } of fs.entries(folder)) {
      if (kind === 'folder') inner.push(`${folder}/${name}`)
    }
  } catch {
    return
  }
  for (const path of inner) {
    await removeEmptyFolders(fs, path, depth + 1)
    await fs.rmdir(path).catch(() => undefined)
  }
}
