/** A page of a listing, checked: whatever a server says, no name leads out of the folder. */
import { CorruptData, StoreUnavailable } from '../errors.js'
import type { ObjectInfo } from './store.js'

/** What `findByPrefix` gives at most. */
export const FOUND_MAX = 100

export interface ListedPage {
  readonly infos: readonly ObjectInfo[]
  /** Where the next page begins; undefined for the last. */
  readonly next: string | undefined
}

export class PageBuilder {
  readonly #base: string
  readonly #prefix: string
  readonly #infos: ObjectInfo[] = []

  /** `base`: the folder's location without a closing slash; `prefix`: what all its keys begin with. */
  constructor(base: string, prefix: string) {
    this.#base = base
    this.#prefix = prefix
  }

  object(key: string | undefined, size: string | undefined, modified: string | undefined): void {
    const name = this.#below(key)
    // Some tools make empty objects that stand for folders.
    if (name === '' || name.endsWith('/')) return
    const sizeBytes = Number(size ?? Number.NaN)
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
      throw this.#corrupt('has a size that is none')
    const modifiedMs = Date.parse(modified ?? '')
    this.#infos.push({
      path: `${this.#base}/${name}`,
      sizeBytes,
      modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
    })
  }

  folder(key: string | undefined): void {
    const name = this.#below(key).replace(/\/$/, '')
    if (name === '') return
    const path = `${this.#base}/${name}`
    this.#infos.push({ path, sizeBytes: 0, modifiedMs: undefined, isFolder: true })
  }

  page(next: string | undefined): ListedPage {
    return { infos: this.#infos, next }
  }

  #below(key: string | undefined): string {
    if (key?.startsWith(this.#prefix) !== true) throw this.#corrupt('holds a key from elsewhere')
    return key.slice(this.#prefix.length)
  }

  #corrupt(why: string): CorruptData {
    return new CorruptData(`the listing of ${this.#base} ${why}`, { details: { path: this.#base } })
  }
}

/** Pages without a name, one after another: servers give a few where much was deleted. */
export const EMPTY_PAGES_MAX = 10_000

/**
 * Page after page. `shown` is the folder, for errors.
 *
 * @throws StoreUnavailable for a server that leads in circles, or gives nothing for ever.
 */
export async function* pages(
  shown: string,
  load: (token: string | undefined) => Promise<ListedPage>,
): AsyncIterable<readonly ObjectInfo[]> {
  let token: string | undefined
  let empty = 0
  // A circle of any length comes back to one of the tokens kept, of which one is enough (Brent, 1980).
  let kept: string | undefined
  for (let count = 1, keepAt = 1; ; count++) {
    const { infos, next } = await load(token)
    yield infos
    if (next === undefined) return
    empty = infos.length === 0 ? empty + 1 : 0
    if (next === kept || empty > EMPTY_PAGES_MAX) {
      const why = next === kept ? 'the same page again' : 'page after page without a name'
      throw new StoreUnavailable(`cannot list ${shown}: the server gives ${why}`, {
        details: { path: shown },
      })
    }
    if (count === keepAt) {
      kept = next
      keepAt *= 2
    }
    token = next
  }
}

/** The first names of a listing, for `findByPrefix`. A page may be shorter than was asked for, and yet not the last. */
export async function firstNames(
  listed: AsyncIterable<readonly ObjectInfo[]>,
): Promise<readonly string[]> {
  const found: string[] = []
  for await (const infos of listed) {
    found.push(...infos.map((info) => info.path))
    if (found.length >= FOUND_MAX) break
  }
  return found.slice(0, FOUND_MAX)
}
