import { InvalidArgument } from '../../errors.js'
import {
  BITMAP_WORDS,
  type Container,
  cardinalityOf,
  containerHas,
  fromWords,
  toWords,
  visitContainer,
} from './container.js'

const CONTAINER_SIZE = 65536

/**
 * A set of row positions, compressed: the deleted rows of a data file. Positions are safe integers
 * from 0. Additions are gathered in plain bitmaps and compressed when the set is written.
 */
export class PositionBitmap {
  /** By position divided by 65,536. */
  readonly #containers = new Map<number, Container>()
  /** Containers that are being changed; they replace those of the same key. */
  readonly #open = new Map<number, Uint32Array>()

  static of(positions: Iterable<number>): PositionBitmap {
    const bitmap = new PositionBitmap()
    for (const position of positions) bitmap.add(position)
    return bitmap
  }

  /** Takes a decoded container. `key` is the position of its first value divided by 65,536. */
  setContainer(key: number, container: Container): void {
    this.#open.delete(key)
    this.#containers.set(key, container)
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#containers.size === 0
  }

  /** How many positions are in the set. */
  get cardinality(): number {
    this.#close()
    let total = 0
    for (const container of this.#containers.values()) total += cardinalityOf(container)
    return total
  }

  has(position: number): boolean {
    const key = Math.floor(position / CONTAINER_SIZE)
    const low = position - key * CONTAINER_SIZE
    const words = this.#open.get(key)
    if (words !== undefined) return (((words[low >>> 5] as number) >>> (low & 31)) & 1) === 1
    const container = this.#containers.get(key)
    return container !== undefined && containerHas(container, low)
  }

  /** Throws `InvalidArgument` unless the position is a safe integer from 0. */
  add(position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new InvalidArgument(`a row position must be a safe integer from 0, was ${position}`)
    }
    const key = Math.floor(position / CONTAINER_SIZE)
    const low = position - key * CONTAINER_SIZE
    const words = this.#words(key)
    words[low >>> 5] = (words[low >>> 5] as number) | (1 << (low & 31))
  }

  /** Adds every position of another set. */
  addAll(other: PositionBitmap): void {
    for (const [key, container] of other.containers()) {
      const words = this.#words(key)
      const added = toWords(container)
      for (let i = 0; i < BITMAP_WORDS; i++) {
        words[i] = (words[i] as number) | (added[i] as number)
      }
    }
  }

  /** Calls `visit` with each position in `[start, end)`, ascending. */
  forEachIn(start: number, end: number, visit: (position: number) => void): void {
    if (end <= start) return
    const first = Math.floor(start / CONTAINER_SIZE)
    const last = Math.floor((end - 1) / CONTAINER_SIZE)
    this.#close()
    // Walks the shorter of the two: the keys there are, or the keys in the range.
    const keys =
      last - first < this.#containers.size
        ? Array.from({ length: last - first + 1 }, (_, i) => first + i)
        : this.containers()
            .map(([key]) => key)
            .filter((key) => key >= first && key <= last)
    for (const key of keys) {
      const container = this.#containers.get(key)
      if (container === undefined) continue
      const base = key * CONTAINER_SIZE
      const from = Math.max(start - base, 0)
      const to = Math.min(end - 1 - base, CONTAINER_SIZE - 1)
      visitContainer(container, from, to, (value) => visit(base + value))
    }
  }

  /** All positions, ascending. */
  toArray(): number[] {
    const positions: number[] = []
    this.forEachIn(0, Number.MAX_SAFE_INTEGER, (position) => positions.push(position))
    if (this.has(Number.MAX_SAFE_INTEGER)) positions.push(Number.MAX_SAFE_INTEGER)
    return positions
  }

  /** The containers by key, ascending. */
  containers(): readonly (readonly [key: number, container: Container])[] {
    this.#close()
    return [...this.#containers].sort(([a], [b]) => a - b)
  }

  #words(key: number): Uint32Array {
    let words = this.#open.get(key)
    if (words === undefined) {
      const container = this.#containers.get(key)
      words = container === undefined ? new Uint32Array(BITMAP_WORDS) : toWords(container)
      this.#open.set(key, words)
    }
    return words
  }

  /** Compresses what was changed. */
  #close(): void {
    for (const [key, words] of this.#open) this.#containers.set(key, fromWords(words))
    this.#open.clear()
  }
}
