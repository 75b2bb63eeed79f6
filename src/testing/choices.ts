/**
 * Enumerates every sequence of choices that a program can make, by running it again and again: all
 * schedules, all fault positions, all small inputs.
 *
 * ```ts
 * const choices = new Choices()
 * do { run((n) => choices.choose(n)) } while (choices.next())
 * ```
 */
export class Choices {
  readonly #taken: { value: number; readonly options: number }[] = []
  #at = 0

  /** An integer in [0, options); every one of them is given in some run. */
  choose(options: number): number {
    const known = this.#taken[this.#at++]
    if (known !== undefined) return known.value
    this.#taken.push({ value: 0, options })
    return 0
  }

  /** What was chosen in this run. */
  trace(): readonly number[] {
    return this.#taken.slice(0, this.#at).map((choice) => choice.value)
  }

  /** Moves on to the next run; false when all have been made. */
  next(): boolean {
    this.#taken.length = this.#at
    this.#at = 0
    for (let last = this.#taken.pop(); last !== undefined; last = this.#taken.pop()) {
      if (last.value + 1 >= last.options) continue
      this.#taken.push({ value: last.value + 1, options: last.options })
      return true
    }
    return false
  }
}
