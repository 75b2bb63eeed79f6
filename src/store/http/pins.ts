import { CorruptData } from '../../errors.js'
import { shownLocation } from '../../util/secret.js'

/** Files whose state is remembered; the ones seen longest ago are forgotten. */
const PINS_MAX = 10_000

/** Which bytes an answer speaks of, as far as it says. */
interface Pin {
  readonly tag: string | undefined
  readonly modified: string | undefined
  readonly sizeBytes: number | undefined
}

/**
 * Remembers which version of each file was seen first, so that a file which changes between two
 * reads of its parts is noticed (S1): the entity tag of every answer is compared. Conditional requests
 * would do the same, but browsers send one more request before each of those.
 */
export class Pins {
  readonly #pins = new Map<string, Pin>()

  /** Throws `CorruptData` once for a file that changed, and begins anew. */
  check(path: string, headers: Headers, sizeBytes: number | undefined): void {
    // A mark of weakness says that the encoding may differ; bytes are never asked for encoded.
    const tag = headers.get('etag')?.replace(/^W\//, '')
    const now: Pin = { tag, modified: headers.get('last-modified') ?? undefined, sizeBytes }
    const seen = this.#pins.get(path)
    if (seen !== undefined && changed(seen, now)) {
      this.#pins.delete(path)
      const shown = shownLocation(path)
      throw new CorruptData(
        `${shown} has changed since a part of it was read; files of a table never do: open the table again`,
        { details: { path: shown } },
      )
    }
    this.#remember(path, {
      tag: seen?.tag ?? now.tag,
      modified: seen?.modified ?? now.modified,
      sizeBytes: seen?.sizeBytes ?? sizeBytes,
    })
  }

  forget(path: string): void {
    this.#pins.delete(path)
  }

  #remember(path: string, pin: Pin): void {
    this.#pins.delete(path)
    this.#pins.set(path, pin)
    const oldest = this.#pins.keys().next()
    if (this.#pins.size > PINS_MAX && oldest.done !== true) this.#pins.delete(oldest.value)
  }
}

/** What one of them does not say tells nothing. */
function changed(a: Pin, b: Pin): boolean {
  if (differ(a.sizeBytes, b.sizeBytes)) return true
  if (a.tag !== undefined && b.tag !== undefined) return a.tag !== b.tag
  return differ(a.modified, b.modified)
}

function differ<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b
}
