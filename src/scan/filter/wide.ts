/**
 * Comparisons of 64-bit and 128-bit integers (long, time, timestamps, decimals) on 32-bit words:
 * reading a BigInt64Array element would allocate a bigint per row.
 */
import type { CompareOp } from '../../expr/predicate.js'
import type { Mask } from './mask.js'

type OrderOp = Exclude<CompareOp, 'startsWith' | 'notStartsWith'>

/** `lt` and `eq` with a negation cover the six comparisons of a total order. */
interface Reduced {
  readonly kind: 'lt' | 'eq' | 'constant'
  readonly to: bigint
  readonly negate: 0 | 1
}

function reduce(op: OrderOp, to: bigint, bits: 64 | 128): Reduced {
  const max = (1n << BigInt(bits - 1)) - 1n
  const min = -max - 1n
  // A literal beyond the range of the words decides for every value.
  if (to > max || to < min) {
    const below = to > max
    const always =
      op === 'ne' || (below ? op === 'lt' || op === 'lte' : op === 'gt' || op === 'gte')
    return { kind: 'constant', to, negate: always ? 1 : 0 }
  }
  switch (op) {
    case 'eq':
      return { kind: 'eq', to, negate: 0 }
    case 'ne':
      return { kind: 'eq', to, negate: 1 }
    case 'lt':
      return { kind: 'lt', to, negate: 0 }
    case 'gte':
      return { kind: 'lt', to, negate: 1 }
    case 'lte':
      return to === max
        ? { kind: 'constant', to, negate: 1 }
        : { kind: 'lt', to: to + 1n, negate: 0 }
    case 'gt':
      return to === max
        ? { kind: 'constant', to, negate: 0 }
        : { kind: 'lt', to: to + 1n, negate: 1 }
  }
}

/** Clears the rows of a 64-bit column that do not compare. */
export function compareInt64(op: OrderOp, values: BigInt64Array, to: bigint, mask: Mask): void {
  const { kind, to: limit, negate } = reduce(op, to, 64)
  if (kind === 'constant') {
    if (negate === 0) mask.fill(0)
    return
  }
  const words = new Int32Array(values.buffer, values.byteOffset, mask.length * 2)
  const high = Number(limit >> 32n)
  const low = Number(limit & 0xffff_ffffn)
  if (kind === 'eq') {
    const lowSigned = low | 0
    for (let i = 0; i < mask.length; i += 1) {
      const same = Number(words[2 * i] === lowSigned) & Number(words[2 * i + 1] === high)
      mask[i]! &= same ^ negate
    }
    return
  }
  for (let i = 0; i < mask.length; i += 1) {
    const h = words[2 * i + 1]!
    const l = words[2 * i]! >>> 0
    // Flags, not branches: see numbers.ts.
    const less = Number(h < high) | (Number(h === high) & Number(l < low))
    mask[i]! &= less ^ negate
  }
}

/** Clears the rows of a 128-bit column (little-endian words, two's complement) that do not compare. */
export function compareInt128(op: OrderOp, words: Uint32Array, to: bigint, mask: Mask): void {
  const { kind, to: limit, negate } = reduce(op, to, 128)
  if (kind === 'constant') {
    if (negate === 0) mask.fill(0)
    return
  }
  const l0 = Number(limit & 0xffff_ffffn)
  const l1 = Number((limit >> 32n) & 0xffff_ffffn)
  const l2 = Number((limit >> 64n) & 0xffff_ffffn)
  const l3 = Number(limit >> 96n)
  for (let i = 0; i < mask.length; i += 1) {
    const at = 4 * i
    const high = words[at + 3]! | 0
    let order = high - l3
    if (order === 0) order = words[at + 2]! - l2
    if (order === 0) order = words[at + 1]! - l1
    if (order === 0) order = words[at]! - l0
    mask[i]! &= (kind === 'eq' ? Number(order === 0) : Number(order < 0)) ^ negate
  }
}

/** Clears the rows of a 64-bit column outside the set (`wanted` 1) or in it (`wanted` 0). */
export function int64In(
  values: BigInt64Array,
  set: ReadonlySet<bigint>,
  wanted: 0 | 1,
  mask: Mask,
): void {
  const words = new Int32Array(values.buffer, values.byteOffset, mask.length * 2)
  // Doubles first: exact up to 2^53, and a superset beyond, where the bigint decides.
  const rough = new Set<number>()
  for (const value of set) {
    if (value === BigInt.asIntN(64, value)) rough.add(double64(value))
  }
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 1) continue
    const key = words[2 * i + 1]! * 4294967296 + (words[2 * i]! >>> 0)
    const member = rough.has(key) && (Number.isSafeInteger(key) || set.has(values[i]!))
    mask[i] = Number(member) ^ wanted ^ 1
  }
}

/** The double that the kernel computes from the two words of a value. */
function double64(value: bigint): number {
  return Number(value >> 32n) * 4294967296 + Number(value & 0xffff_ffffn)
}

/** Clears the rows of a 128-bit column outside the set (`wanted` 1) or in it (`wanted` 0). */
export function int128In(
  words: Uint32Array,
  set: ReadonlySet<bigint>,
  wanted: 0 | 1,
  mask: Mask,
): void {
  const low = new Set<number>()
  for (const value of set) low.add(Number(value & 0xffff_ffffn))
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 1) continue
    const member = low.has(words[4 * i]!) && set.has(int128At(words, i))
    mask[i] = Number(member) ^ wanted ^ 1
  }
}

/** The 128-bit integer of one row. */
export function int128At(words: Uint32Array, row: number): bigint {
  const at = row * 4
  return (
    (BigInt(words[at + 3]! | 0) << 96n) |
    (BigInt(words[at + 2]!) << 64n) |
    (BigInt(words[at + 1]!) << 32n) |
    BigInt(words[at]!)
  )
}
