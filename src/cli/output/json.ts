/**
 * Facts about a table as JSON for scripts. 64-bit numbers become decimal strings, so that no
 * parser rounds them; maps become objects; bytes become hex.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, replace, indent)
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [String(key), item]))
  if (value instanceof Set) return [...value]
  if (value instanceof Uint8Array) {
    return `0x${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  }
  return value
}
