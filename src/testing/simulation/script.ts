/** Which operations a history has: as many as come, or, in a smaller one, those alone that it keeps. */

/** The ids that writers and callers give their operations: `w0-3` is the fourth of `w0`. */
const ID = /^(?<writer>[a-z]+[0-9]+)-(?<index>[0-9]+)$/

export class Script {
  readonly #only: ReadonlySet<string> | undefined
  /** Writers begin nothing more when so many calls were made; whoever keeps to a list ends with the list. */
  readonly callsMin: number

  constructor(only: ReadonlySet<string> | undefined, callsMin: number) {
    this.#only = only
    this.callsMin = only === undefined ? callsMin : Number.POSITIVE_INFINITY
  }

  has(id: string): boolean {
    return this.#only?.has(id) ?? true
  }

  /** The index behind the last operation of the writer. */
  endOf(writer: string): number {
    if (this.#only === undefined) return Number.POSITIVE_INFINITY
    const own = [...this.#only].filter((id) => ID.exec(id)?.groups?.['writer'] === writer)
    return Math.max(0, ...own.map((id) => Number(ID.exec(id)?.groups?.['index']) + 1))
  }
}

/** Whether a script can leave the operation out. */
export function isScripted(id: string): boolean {
  return ID.test(id)
}
