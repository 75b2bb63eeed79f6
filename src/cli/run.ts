import { readFile } from 'node:fs/promises'
import { nearest } from '../util/check-options.js'
import type { Command } from './command.js'
import { COMMANDS } from './commands.js'
import { EXIT_USAGE, exitCodeOf, explainError, UsageError } from './exit-code.js'
import { commandHelp, overview } from './help.js'
import { parseInvocation } from './parse-invocation.js'
import type { Terminal } from './terminal.js'

/** Runs one command line and gives its exit code. Never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name] = args
  try {
    const code = await run(args, terminal)
    await terminal.finish()
    return code
  } catch (error) {
    // The reader of a pipe has gone: what it wanted it has got.
    if (terminal.closed) return 0
    return report(error, name, terminal)
  }
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) {
    terminal.note(overview(terminal.style))
    return EXIT_USAGE
  }
  if (name === '--version' || name === '-v') return await printVersion(terminal)
  if (name === '--help' || name === '-h' || name === 'help')
    return await printHelp(rest[0], terminal)
  const command = await findCommand(name)
  if (asksForHelp(rest)) {
    await terminal.write(`${commandHelp(command, terminal.style)}\n`)
    return 0
  }
  return (await command.run(parseInvocation(command, rest), terminal)) ?? 0
}

function report(error: unknown, name: string | undefined, terminal: Terminal): number {
  const command = name === undefined || name.startsWith('-') ? 'moraine' : `moraine ${name}`
  terminal.note(`${command}: ${explainError(error)}`)
  return exitCodeOf(error)
}

/** `--help` counts anywhere before a lone `--`, so that a half-typed line can be asked about. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  const options = end < 0 ? args : args.slice(0, end)
  return options.includes('--help') || options.includes('-h')
}

async function findCommand(name: string): Promise<Command> {
  const load = COMMANDS.get(name)
  if (load !== undefined) return await load()
  const near = nearest(name, [...COMMANDS.keys()])
  const hint = near === undefined ? 'see moraine --help' : `did you mean ${near}?`
  throw new UsageError(`there is no command "${name}"; ${hint}`)
}

async function printHelp(name: string | undefined, terminal: Terminal): Promise<number> {
  const text =
    name === undefined
      ? overview(terminal.style)
      : commandHelp(await findCommand(name), terminal.style)
  await terminal.write(`${text}\n`)
  return 0
}

async function printVersion(terminal: Terminal): Promise<number> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const manifest = JSON.parse(text) as { readonly version: string }
  await terminal.line(manifest.version)
  return 0
}
