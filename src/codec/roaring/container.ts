/**
 * Up to 65,536 positions that share all but their low 16 bits, in one of the three forms of the
 * Roaring format. A decoded container stays in the form it was stored in, so that a small file
 * cannot become a large object.
 */
export type Container = ArrayContainer | BitmapContainer | RunContainer

/** Sorted values. */
export interface ArrayContainer {
  readonly kind: 'array'
  readonly values: Uint16Array
}

/** One bit per value: 2,048 words of 32 bits. */
export interface BitmapContainer {
  readonly kind: 'bitmap'
  readonly words: Uint32Array
  readonly cardinality: number
}

/** Pairs of first and last value, ascending, neither overlapping nor touching. */
export interface RunContainer {
  readonly kind: 'run'
  readonly bounds: Uint16Array
}

/** An array with more values than this is larger than a bitmap. */
export const ARRAY_MAX = 4096
export const BITMAP_WORDS = 2048

export function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export function cardinalityOf(container: Container): number {
  if (container.kind === 'array') return container.values.length
  if (container.kind === 'bitmap') return container.cardinality
  let total = 0
  const { bounds } = container
  for (let i = 0; i < bounds.length; i += 2) {
    total += (bounds[i + 1] as number) - (bounds[i] as number) + 1
  }
  return total
}

export function containerHas(container: Container, value: number): boolean {
  if (container.kind === 'bitmap') {
    return (((container.words[value >>> 5] as number) >>> (value & 31)) & 1) === 1
  }
  if (container.kind === 'array') {
    const at = upperBound(container.values, 1, value)
    return at > 0 && container.values[at - 1] === value
  }
  const at = upperBound(container.bounds, 2, value)
  return at > 0 && value <= (container.bounds[2 * at - 1] as number)
}

/** How many of the elements at 0, stride, 2·stride … are not above the value. */
function upperBound(sorted: Uint16Array, stride: number, value: number): number {
  let low = 0
  let high = sorted.length / stride
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle * stride] as number) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** Calls `visit` with each value in `[from, to]`, ascending. */
export function visitContainer(
  container: Container,
  from: number,
  to: number,
  visit: (value: number) => void,
): void {
  if (container.kind === 'array') {
    const { values } = container
    for (let i = from === 0 ? 0 : upperBound(values, 1, from - 1); i < values.length; i++) {
      const value = values[i] as number
      if (value > to) return
      visit(value)
    }
  } else if (container.kind === 'bitmap') {
    visitBitmap(container.words, from, to, visit)
  } else {
    const { bounds } = container
    for (let i = 0; i < bounds.length; i += 2) {
      const last = Math.min(bounds[i + 1] as number, to)
      for (let value = Math.max(bounds[i] as number, from); value <= last; value++) visit(value)
    }
  }
}

function visitBitmap(
  words: Uint32Array,
  from: number,
  to: number,
  visit: (value: number) => void,
): void {
  for (let index = from >>> 5; index <= to >>> 5; index++) {
    let word = words[index] as number
    if (index === from >>> 5) word &= -1 << (from & 31)
    if (index === to >>> 5) word &= -1 >>> (31 - (to & 31))
    while (word !== 0) {
      const bit = 31 - Math.clz32(word & -word)
      visit(index * 32 + bit)
      word &= word - 1
    }
  }
}

/** The container's values as a bitmap of its own. */
export function toWords(container: Container): Uint32Array {
  if (container.kind === 'bitmap') return container.words.slice()
  const words = new Uint32Array(BITMAP_WORDS)
  visitContainer(container, 0, 65535, (value) => {
    words[value >>> 5] = (words[value >>> 5] as number) | (1 << (value & 31))
  })
  return words
}

/** The smallest form of a bitmap's values, of which there is one at least; the reference chooses so too. */
export function fromWords(words: Uint32Array): Container {
  let cardinality = 0
  let runs = 0
  let carry = 0
  for (let i = 0; i < BITMAP_WORDS; i++) {
    const word = words[i] as number
    cardinality += popCount(word)
    // A run begins at each set bit whose lower neighbour is clear.
    runs += popCount(word & ~((word << 1) | carry))
    carry = word >>> 31
  }
  const plainBytes = cardinality <= ARRAY_MAX ? 2 * cardinality : 4 * BITMAP_WORDS
  if (2 + 4 * runs < plainBytes) return { kind: 'run', bounds: runsOf(words, runs) }
  if (cardinality > ARRAY_MAX) return { kind: 'bitmap', words: words.slice(), cardinality }
  const values = new Uint16Array(cardinality)
  let at = 0
  visitBitmap(words, 0, 65535, (value) => {
    values[at++] = value
  })
  return { kind: 'array', values }
}

function runsOf(words: Uint32Array, runs: number): Uint16Array {
  const bounds = new Uint16Array(2 * runs)
  let at = -2
  let last = -2
  visitBitmap(words, 0, 65535, (value) => {
    if (value !== last + 1) {
      at += 2
      bounds[at] = value
    }
    bounds[at + 1] = value
    last = value
  })
  return bounds
}
