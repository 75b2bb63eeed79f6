import { UsageError } from './exit-code.js'

/** A parsed command line: operands and options, checked against what the command takes. */
export class Invocation {
  readonly operands: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(operands: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.operands = operands
    this.#values = values
  }

  /** The operand at `index`; its presence was checked when the line was parsed. */
  operand(index: number): string {
    return this.operands[index]!
  }

  flag(name: string): boolean {
    return this.#values.has(name)
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** A whole number of at least 0. */
  count(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new UsageError(`--${name} takes a whole number, not "${text}"`)
    }
    return value
  }

  /** A snapshot id. */
  id(name: string): bigint | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (!/^\d{1,19}$/.test(text)) {
      throw new UsageError(`--${name} takes a snapshot id, not "${text}"; see moraine log`)
    }
    return BigInt(text)
  }

  /** Comma-separated names, from one or several uses of the option. */
  names(name: string): readonly string[] | undefined {
    const texts = this.#values.get(name)
    if (texts === undefined) return undefined
    const names = texts.flatMap((text) => text.split(',')).map((part) => part.trim())
    if (names.some((part) => part === '')) {
      throw new UsageError(`--${name} takes names with commas between, not "${texts.join(',')}"`)
    }
    return names
  }
}
