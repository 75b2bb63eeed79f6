import { HybridReader } from './hybrid.js'
import { badPage } from './page-errors.js'
import { blockValues, type PageValues } from './value-sink.js'

const hybrid = new HybridReader()
const block = new Int32Array(blockValues)

/** Bits that hold every level up to `max`. */
export function levelWidth(max: number): number {
  return 32 - Math.clz32(max)
}

/** The definition and repetition levels of the entries of a nested column, page after page. */
export class Levels {
  length = 0
  definitions = new Uint8Array(0)
  repetitions = new Uint8Array(0)
  /** Entries that begin a row. */
  rows = 0
  /** Entries that have a value: nothing is null or empty when these are all. */
  present = 0
  readonly #maxDefinition: number
  readonly #maxRepetition: number

  constructor(maxDefinition: number, maxRepetition: number, expected: number) {
    this.#maxDefinition = maxDefinition
    this.#maxRepetition = maxRepetition
    // What the footer says is not believed for more than this before the pages have come.
    this.#grow(Math.min(expected, 1 << 20))
  }

  #grow(capacity: number): void {
    const definitions = new Uint8Array(capacity)
    definitions.set(this.definitions.subarray(0, this.length))
    this.definitions = definitions
    if (this.#maxRepetition === 0) return
    const repetitions = new Uint8Array(capacity)
    repetitions.set(this.repetitions.subarray(0, this.length))
    this.repetitions = repetitions
  }

  /** Makes room for the entries of one page. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed > this.definitions.length) this.#grow(Math.max(needed, this.definitions.length * 2))
  }

  readRepetitions(page: PageValues, count: number): void {
    this.rows += readLevels(page, this.#maxRepetition, this.repetitions, this.length, count, 0)
    if (this.length === 0 && count > 0 && this.repetitions[0] !== 0) {
      badPage('it begins inside a row')
    }
  }

  /**
   * Reads definition levels, or takes all entries as present when the column is required all the way
   * up; returns how many entries have a value. Call it after the others.
   */
  readDefinitions(page: PageValues | undefined, count: number): number {
    const max = this.#maxDefinition
    let present = count
    if (page !== undefined) {
      present = readLevels(page, max, this.definitions, this.length, count, max)
    }
    if (this.#maxRepetition === 0) this.rows += count
    this.length += count
    this.present += present
    return present
  }
}

/** Reads levels and counts those that equal `counted`. */
function readLevels(
  page: PageValues,
  max: number,
  out: Uint8Array,
  at: number,
  count: number,
  counted: number,
): number {
  hybrid.reset(page.bytes, page.view, page.start, page.end, levelWidth(max))
  let found = 0
  for (let done = 0; done < count; done += blockValues) {
    const now = Math.min(blockValues, count - done)
    hybrid.read(block, 0, now)
    let highest = 0
    for (let i = 0; i < now; i++) {
      const level = block[i] as number
      out[at + done + i] = level
      if (level === counted) found++
      highest |= max - level
    }
    // Negative when some level is above the maximum.
    if (highest < 0) badPage('a level is above its maximum')
  }
  return found
}
