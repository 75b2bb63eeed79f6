import { describe, expect, it } from 'vitest'
import type { Command } from '../../../src/cli/command.js'
import { UsageError } from '../../../src/cli/exit-code.js'
import { parseInvocation } from '../../../src/cli/parse-invocation.js'

const command: Command = {
  name: 'rows',
  summary: '',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 2,
  options: {
    limit: { type: 'string', value: 'N', help: '' },
    snapshot: { type: 'string', value: 'ID', help: '' },
    select: { type: 'string', value: 'a,b', help: '', multiple: true },
    output: { type: 'string', short: 'o', value: 'FILE', help: '' },
    format: { type: 'string', value: 'FORMAT', help: '', choices: ['table', 'csv'] },
    json: { type: 'boolean', help: '' },
  },
  examples: [],
  run: async () => undefined,
}

const parse = (...args: string[]) => parseInvocation(command, args)

describe('a command line', () => {
  it('gives operands and options in any order', () => {
    const line = parse('--limit', '5', 't', '--select=a, b', '--select', 'c.d', '-o', 'x', '--json')
    expect(line.operands).toEqual(['t'])
    expect(line.count('limit')).toBe(5)
    expect(line.names('select')).toEqual(['a', 'b', 'c.d'])
    expect(line.text('output')).toBe('x')
    expect(line.flag('json')).toBe(true)
    expect(line.flag('format')).toBe(false)
    expect(line.text('format')).toBeUndefined()
  })

  it('takes operands that begin with a dash after --', () => {
    expect(parse('--', '-t').operands).toEqual(['-t'])
  })

  it('keeps every digit of a snapshot id', () => {
    expect(parse('t', '--snapshot', '9223372036854775807').id('snapshot')).toBe(
      9223372036854775807n,
    )
  })

  it.each([
    [['t', '--limt', '5'], 'there is no option --limt; did you mean --limit?'],
    [['t', '-x'], 'there is no option -x; see moraine rows --help'],
    [['t', '--toString'], 'there is no option --toString; see moraine rows --help'],
    [['t', '--__proto__=1'], 'there is no option --__proto__'],
    [['t', '--limit'], '--limit needs a value: --limit N'],
    [['t', '--json=yes'], '--json takes no value'],
    [['t', '--format', 'xml'], '--format is one of table, csv, not "xml"'],
    [['t', '--limit', '1', '--limit', '2'], '--limit is given twice'],
    [[], 'moraine rows needs LOCATION'],
    [['a', 'b', 'c'], '"c" is one operand too many'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError)
    expect(() => parse(...args)).toThrow(message)
  })

  it.each(['-1', '1.5', '1e3', '0x10', '99999999999999999999', 'many'])(
    'refuses --limit=%s',
    (text) => expect(() => parse('t', `--limit=${text}`).count('limit')).toThrow('whole number'),
  )

  it('refuses a snapshot id that is none, and an empty name', () => {
    expect(() => parse('t', '--snapshot', 'main').id('snapshot')).toThrow('snapshot id')
    expect(() => parse('t', '--select', 'a,,b').names('select')).toThrow('names with commas')
  })
})
