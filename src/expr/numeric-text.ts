/** A number as SQL text has it: exact, and of no type before it meets a column. */
export class NumericText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}
