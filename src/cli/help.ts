import type { Command, OptionSpec } from './command.js'
import { SUMMARIES } from './commands.js'
import type { Style } from './output/style.js'

/** What `moraine --help` prints. */
export function overview(style: Style): string {
  const width = Math.max(...[...SUMMARIES.keys()].map((name) => name.length))
  return [
    `${style.bold('moraine')}: Apache Iceberg tables from the command line`,
    '',
    style.bold('usage'),
    '  moraine COMMAND …',
    '  moraine COMMAND --help',
    '',
    style.bold('commands'),
    ...[...SUMMARIES].map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    style.bold('exit codes'),
    '  0 done · 1 failed · 2 wrong usage · 3 another writer was faster · 4 outcome of a commit unknown',
  ].join('\n')
}

/** What `moraine COMMAND --help` prints. */
export function commandHelp(command: Command, style: Style): string {
  const lines = [
    `${style.bold(`moraine ${command.name}`)}: ${command.summary}`,
    '',
    style.bold('usage'),
    `  ${['moraine', command.name, command.operands, '[OPTIONS]'].filter((part) => part !== '').join(' ')}`,
  ]
  const options = Object.entries(command.options)
  const heads = options.map(([name, spec]) => optionHead(name, spec))
  const width = Math.max(0, ...heads.map((head) => head.length))
  lines.push('', style.bold('options'))
  for (const [index, [, spec]] of options.entries()) {
    lines.push(`  ${heads[index]!.padEnd(width)}  ${optionHelp(spec)}`)
  }
  lines.push(`  ${'--help'.padEnd(width)}  this text`)
  if (command.details !== undefined) lines.push('', command.details)
  lines.push('', style.bold('examples'), ...command.examples.map((example) => `  ${example}`))
  return lines.join('\n')
}

function optionHead(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  const value = spec.type === 'string' ? ` ${spec.value}` : ''
  return `${short}--${name}${value}`
}

function optionHelp(spec: OptionSpec): string {
  const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`
  const multiple = spec.multiple === true ? '; may be repeated' : ''
  return `${spec.help}${choices}${multiple}`
}
