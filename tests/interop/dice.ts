/** A generator of numbers from a seed. */
export interface Dice {
  /** From 0 up to `count`, exclusive. */
  readonly below: (count: number) => number
  readonly pick: <T>(from: readonly T[]) => T
  /** True once in `times`. */
  readonly once: (times: number) => boolean
}

/** splitmix32 */
export function dice(seed: number): Dice {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const below = (count: number): number => next() % count
  return {
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    once: (times) => below(times) === 0,
  }
}
