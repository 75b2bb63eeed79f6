import { CorruptData } from '../../errors.js'
import { ARRAY_MAX, type Container, fromWords, toWords } from './container.js'
import { PositionBitmap } from './position-bitmap.js'

const CONTAINER_SIZE = 65536
/** What a container costs besides its values: objects, a map entry. Bytes, about. */
const CONTAINER_OVERHEAD_BYTES = 192

/**
 * Builds a set from positions that mostly ascend, as they do in position delete files. Memory grows
 * with what was added and never with how far apart it lies; positions that come back to an earlier
 * stretch are kept aside and merged once at the end.
 */
export class PositionBuilder {
  readonly #bitmap = new PositionBitmap()
  /** Keys whose container is finished. */
  readonly #done = new Map<number, Container>()
  #key = -1
  #values = new Uint16Array(64)
  #length = 0
  #ascending = true
  /** Positions of stretches that were finished already. */
  #late: number[] = []
  #bytes = 0

  /** Bytes held, about. */
  get bytes(): number {
    return this.#bytes + this.#values.byteLength + this.#late.length * 8
  }

  /** Throws `CorruptData` unless the position is a safe integer from 0. */
  add(position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new CorruptData(`a deleted row has the position ${position}`)
    }
    const key = Math.floor(position / CONTAINER_SIZE)
    if (key !== this.#key) {
      if (this.#done.has(key)) {
        this.#late.push(position)
        return
      }
      this.#flush()
      this.#key = key
    }
    const low = position - key * CONTAINER_SIZE
    if (this.#length > 0) {
      const last = this.#values[this.#length - 1]!
      if (low === last) return
      if (low < last) this.#ascending = false
    }
    if (this.#length === this.#values.length && !this.#grow()) return
    this.#values[this.#length] = low
    this.#length += 1
  }

  /** The set. The builder must not be used afterwards. */
  finish(): PositionBitmap {
    this.#flush()
    this.#mergeLate()
    for (const [key, container] of this.#done) this.#bitmap.setContainer(key, container)
    return this.#bitmap
  }

  /**
   * Makes room for one more value. More than a stretch has places are duplicates, out of order. False
   * when the stretch is full: every place is taken, that of the value too.
   */
  #grow(): boolean {
    if (this.#values.length < CONTAINER_SIZE) {
      const grown = new Uint16Array(this.#values.length * 4)
      grown.set(this.#values)
      this.#values = grown
      return true
    }
    const distinct = [...new Set(this.#values)].sort((a, b) => a - b)
    if (distinct.length === CONTAINER_SIZE) {
      this.#length = 0
      this.#ascending = true
      this.#finish({ kind: 'run', bounds: Uint16Array.of(0, CONTAINER_SIZE - 1) })
      this.#key = -1
      return false
    }
    this.#values.set(distinct)
    this.#length = distinct.length
    this.#ascending = true
    return true
  }

  #flush(): void {
    if (this.#length === 0) return
    const values = this.#values.subarray(0, this.#length)
    const container =
      this.#ascending && this.#length <= ARRAY_MAX ? smallest(values) : fromWords(wordsOf(values))
    this.#finish(container)
    this.#length = 0
    this.#ascending = true
  }

  #finish(container: Container): void {
    this.#done.set(this.#key, container)
    this.#bytes += containerBytes(container)
  }

  #mergeLate(): void {
    const late = Float64Array.from(this.#late).sort()
    this.#late = []
    for (let at = 0; at < late.length; ) {
      const key = Math.floor(late[at]! / CONTAINER_SIZE)
      const words = toWords(this.#done.get(key)!)
      for (; at < late.length; at += 1) {
        const low = late[at]! - key * CONTAINER_SIZE
        if (low >= CONTAINER_SIZE) break
        words[low >>> 5]! |= 1 << (low & 31)
      }
      this.#done.set(key, fromWords(words))
    }
  }
}

/** Ascending values as an array, or as one run when they follow each other. */
function smallest(values: Uint16Array): Container {
  const first = values[0]!
  const last = values[values.length - 1]!
  if (values.length > 2 && last - first + 1 === values.length) {
    return { kind: 'run', bounds: Uint16Array.of(first, last) }
  }
  return { kind: 'array', values: values.slice() }
}

function wordsOf(values: Uint16Array): Uint32Array {
  const words = new Uint32Array(CONTAINER_SIZE / 32)
  for (let i = 0; i < values.length; i += 1) {
    const low = values[i]!
    words[low >>> 5]! |= 1 << (low & 31)
  }
  return words
}

/** Bytes that a container holds, about. */
export function containerBytes(container: Container): number {
  switch (container.kind) {
    case 'array':
      return CONTAINER_OVERHEAD_BYTES + container.values.byteLength
    case 'bitmap':
      return CONTAINER_OVERHEAD_BYTES + container.words.byteLength
    case 'run':
      return CONTAINER_OVERHEAD_BYTES + container.bounds.byteLength
  }
}
