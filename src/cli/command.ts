import type { Invocation } from './invocation.js'
import type { Terminal } from './terminal.js'

/** One option of a command, as `--name VALUE` or `--name`. */
export type OptionSpec = FlagSpec | ValueSpec

interface AnySpec {
  /** One-letter form. */
  readonly short?: string
  readonly help: string
  /** May be given more than once. */
  readonly multiple?: boolean
  /** The only values taken. */
  readonly choices?: readonly string[]
}

interface FlagSpec extends AnySpec {
  readonly type: 'boolean'
}

interface ValueSpec extends AnySpec {
  readonly type: 'string'
  /** What the value is called in the help text. */
  readonly value: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** One command of `moraine`. */
export interface Command {
  readonly name: string
  /** One line, lower case, for the list of commands. */
  readonly summary: string
  /** What follows the command's name: `LOCATION`, `FILE… TABLE`. */
  readonly operands: string
  readonly operandsMin: number
  readonly operandsMax: number
  readonly options: OptionSpecs
  /** Paragraphs below the options. */
  readonly details?: string
  readonly examples: readonly string[]
  /** Does the work; gives the exit code when it is not 0. Errors are mapped by their class. */
  run(invocation: Invocation, terminal: Terminal): Promise<number | undefined>
}
