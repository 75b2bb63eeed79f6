/**
 * Whether two values are the same data: numbers by identity (NaN is NaN, -0 is not 0), lists, bytes and
 * maps by content in order, objects by their members; one that is undefined is as good as missing.
 */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) return sameList(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return sameList(a, b)
  if (a instanceof Map && b instanceof Map) return sameMap(a, b)
  return sameMembers(a as Members, b as Members)
}

type Members = Readonly<Record<string, unknown>>

function sameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!sameData(a[i], b[i])) return false
  return true
}

function sameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false
  const others = b.entries()
  for (const [key, value] of a) {
    const [otherKey, otherValue] = others.next().value as [unknown, unknown]
    if (!sameData(key, otherKey) || !sameData(value, otherValue)) return false
  }
  return true
}

function sameMembers(a: Members, b: Members): boolean {
  const keys = Object.keys(a)
  // Something without visible members, such as a Date, hides what it holds.
  if (keys.length === 0 && Object.getPrototypeOf(a) !== Object.prototype) return false
  for (const key of keys) if (!sameData(a[key], b[key])) return false
  for (const key of Object.keys(b)) {
    if (b[key] !== undefined && !Object.hasOwn(a, key)) return false
  }
  return true
}
