import { parseArgs } from 'node:util'
import { nearest } from '../util/check-options.js'
import type { Command, OptionSpec, OptionSpecs } from './command.js'
import { UsageError } from './exit-code.js'
import { Invocation } from './invocation.js'

/** Parses what follows a command's name. Throws `UsageError` with a hint. */
export function parseInvocation(command: Command, args: readonly string[]): Invocation {
  const { tokens } = parseArgs({
    args: [...args],
    options: parserOptions(command.options),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const operands: string[] = []
  const values = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const spec = Object.hasOwn(command.options, token.name)
      ? command.options[token.name]
      : undefined
    if (spec === undefined) throw unknownOption(command, token.rawName)
    const earlier = values.get(token.name) ?? []
    if (earlier.length > 0 && spec.multiple !== true) {
      throw new UsageError(`${token.rawName} is given twice`)
    }
    values.set(token.name, [...earlier, optionValue(spec, token.rawName, token.value)])
  }
  checkOperands(command, operands)
  return new Invocation(operands, values)
}

function parserOptions(
  specs: OptionSpecs,
): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [
      name,
      short === undefined ? { type } : { type, short },
    ]),
  )
}

function optionValue(spec: OptionSpec, rawName: string, value: string | undefined): string {
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    return ''
  }
  if (value === undefined || value === '') {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value}`)
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw new UsageError(`${rawName} is one of ${spec.choices.join(', ')}, not "${value}"`)
  }
  return value
}

function unknownOption(command: Command, rawName: string): UsageError {
  const names = Object.keys(command.options)
  const near = nearest(rawName.replace(/^-+/, ''), names)
  const hint = near === undefined ? `see moraine ${command.name} --help` : `did you mean --${near}?`
  return new UsageError(`there is no option ${rawName}; ${hint}`)
}

function checkOperands(command: Command, operands: readonly string[]): void {
  if (operands.length < command.operandsMin) {
    throw new UsageError(`moraine ${command.name} needs ${command.operands}`)
  }
  if (operands.length > command.operandsMax) {
    throw new UsageError(
      `"${operands[command.operandsMax]!}" is one operand too many for moraine ${command.name}`,
    )
  }
}
