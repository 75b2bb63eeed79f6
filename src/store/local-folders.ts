import { LocationDenied, type MoraineError, Unsupported } from '../errors.js'
import { shownLocation } from '../util/secret.js'
import { errnoOf, isMissing, localError } from './local-errors.js'
import type { LocalFs } from './local-fs.js'
import { baseName, parentOf, parseLocation } from './location.js'

/** The plain path of a `file:` location. Throws `Unsupported` for another scheme. */
export function localPathOf(location: string): string {
  const parsed = parseLocation(location)
  if (parsed.scheme !== 'file') {
    throw new Unsupported(
      'location-scheme',
      `${shownLocation(location)} is not a local path; connect with a store for ${parsed.scheme}:`,
      { details: { path: shownLocation(location) } },
    )
  }
  return `/${parsed.segments.join('/')}`
}

/**
 * The folders of a local store: keeps real paths under the roots (rule S9), and makes new folders
 * so that their names survive a power cut (rule S5).
 */
export class LocalFolders {
  readonly #fs: LocalFs
  readonly #roots: readonly string[] | undefined
  readonly #sync: boolean
  #realRoots: readonly string[] | undefined
  /** Folders whose names this store has made durable. */
  readonly #durable = new Set<string>()

  constructor(fs: LocalFs, roots: readonly string[] | undefined, sync: boolean) {
    this.#fs = fs
    this.#roots = roots?.map(localPathOf)
    this.#sync = sync
  }

  /**
   * The path to open for an object: the folder's links resolved and found under a root. Undefined
   * when the folder does not exist. The last step is left to `O_NOFOLLOW`.
   */
  async resolveFolderOf(path: string): Promise<string | undefined> {
    const plain = localPathOf(path)
    if (this.#roots === undefined) return plain
    const folder = await this.#realpath(parentOf(plain), path)
    if (folder === undefined) return undefined
    await this.#checkUnderRoot(folder, path)
    return `${folder === '/' ? '' : folder}/${baseName(plain)}`
  }

  /** The path of a folder itself, resolved like {@link resolveFolderOf}. */
  async resolveFolder(path: string): Promise<string | undefined> {
    const plain = localPathOf(path)
    if (this.#roots === undefined) return plain
    const folder = await this.#realpath(plain, path)
    if (folder !== undefined) await this.#checkUnderRoot(folder, path)
    return folder
  }

  /** Makes the folder that `path` is to be created in, durably, and gives its real path. */
  async prepare(path: string): Promise<string> {
    const folder = parentOf(localPathOf(path))
    try {
      await this.#make(folder, path)
      if (this.#roots === undefined) return folder
      let real = await this.#realpath(folder, path)
      if (real === undefined) {
        // It went away since this store saw it.
        this.forget()
        await this.#make(folder, path)
        real = await this.#fs.realpath(folder)
      }
      await this.#checkUnderRoot(real, path)
      return real
    } catch (error) {
      throw localError(error, 'make the folder of', path)
    }
  }

  /** Forgets which folders there are: one of them went away. */
  forget(): void {
    this.#durable.clear()
    this.#realRoots = undefined
  }

  async #make(folder: string, path: string): Promise<void> {
    if (this.#durable.has(folder)) return
    const missing: string[] = []
    let existing = folder
    while (existing !== '/' && !(await this.#exists(existing))) {
      missing.push(existing)
      existing = parentOf(existing)
    }
    if (missing.length > 0 && this.#roots !== undefined) await this.#checkAncestor(existing, path)
    for (const next of missing.reverse()) await this.#mkdir(next)
    await this.#makeDurable(folder)
  }

  /** A folder may only be made under a root, or be one. */
  async #checkAncestor(existing: string, path: string): Promise<void> {
    if (this.#roots?.some((root) => root === existing || root.startsWith(`${existing}/`))) return
    if (existing === '/') return
    const real = await this.#realpath(existing, path)
    if (real !== undefined) await this.#checkUnderRoot(real, path)
  }

  async #exists(folder: string): Promise<boolean> {
    try {
      await this.#fs.stat(folder)
      return true
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw error
    }
  }

  async #mkdir(folder: string): Promise<void> {
    try {
      await this.#fs.mkdir(folder)
      this.#realRoots = undefined
    } catch (error) {
      // Another writer made it at the same moment.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }

  /**
   * Syncs the parents of folders that this store has not vouched for yet, whoever made them: the
   * one who did may not have got so far. Up to a root, or two levels up without roots.
   */
  async #makeDurable(folder: string): Promise<void> {
    if (!this.#sync) {
      this.#durable.add(folder)
      return
    }
    const chain: string[] = []
    let current = folder
    while (current !== '/' && !this.#durable.has(current) && chain.length < 64) {
      chain.push(current)
      if (this.#roots?.includes(current)) break
      current = parentOf(current)
    }
    for (const next of chain.reverse()) {
      await this.#syncParentOf(next)
      this.#durable.add(next)
    }
  }

  /** A folder that we may not open is not ours to sync either. */
  async #syncParentOf(folder: string): Promise<void> {
    try {
      await this.#fs.syncFolder(parentOf(folder))
    } catch (error) {
      const errno = errnoOf(error)
      if (errno !== 'EACCES' && errno !== 'EPERM' && errno !== 'EROFS') throw error
    }
  }

  async #realpath(folder: string, path: string): Promise<string | undefined> {
    try {
      return await this.#fs.realpath(folder)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw localError(error, 'resolve', path)
    }
  }

  async #checkUnderRoot(real: string, path: string): Promise<void> {
    if (this.#realRoots !== undefined && isUnderOne(real, this.#realRoots)) return
    // A root may have been made since they were resolved.
    const roots = await this.#resolveRoots()
    this.#realRoots = roots
    if (isUnderOne(real, roots)) return
    throw outsideRoots(path, real)
  }

  async #resolveRoots(): Promise<readonly string[]> {
    const resolved: string[] = []
    for (const root of this.#roots as readonly string[]) {
      const real = await this.#realpath(root, root)
      if (real !== undefined) resolved.push(real)
    }
    return resolved
  }
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`
}

function isUnderOne(real: string, roots: readonly string[]): boolean {
  return roots.some((root) => real === root || real.startsWith(withSlash(root)))
}

function outsideRoots(path: string, real: string): MoraineError {
  return new LocationDenied(
    `${path} leads to ${real}, outside the folders that this store may use; ` +
      'allow the real folder with `readRoots` or `writeRoots`',
    { details: { path, option: 'readRoots' } },
  )
}
