/** Names that every plain object inherits: a read of them must not find the inherited member. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/** Whether a member name needs care on plain objects (`__proto__`, `constructor` …). */
export function isInheritedName(name: string): boolean {
  return INHERITED.has(name)
}

/** A member of a row object by column name; `undefined` when the row itself has none. */
export function ownValue(row: object, name: string): unknown {
  if (INHERITED.has(name) && !Object.hasOwn(row, name)) return undefined
  return (row as Readonly<Record<string, unknown>>)[name]
}

/** Sets a member of a row object by column name without touching its prototype. */
export function setOwnValue(row: object, name: string, value: unknown): void {
  if (INHERITED.has(name)) {
    Object.defineProperty(row, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  } else {
    ;(row as Record<string, unknown>)[name] = value
  }
}
