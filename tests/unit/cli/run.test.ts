import { readFileSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { COMMANDS, SUMMARIES } from '../../../src/cli/commands.js'
import { exitCodeOf, explainError } from '../../../src/cli/exit-code.js'
import { runCli } from '../../../src/cli/run.js'
import { Terminal } from '../../../src/cli/terminal.js'
import {
  Aborted,
  CommitConflict,
  CommitStateUnknown,
  InvalidArgument,
  NotFound,
  StoreUnavailable,
} from '../../../src/errors.js'
import { fakeTerminal } from './fake-terminal.js'

async function run(...args: string[]) {
  const fake = fakeTerminal()
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err() }
}

describe('moraine', () => {
  it('explains itself and exits 2 without a command', async () => {
    const { code, out, err } = await run()
    expect(code).toBe(2)
    expect(out).toBe('')
    for (const name of COMMANDS.keys()) expect(err).toContain(`  ${name}`)
  })

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  it.each([...COMMANDS.keys()])('%s --help shows usage, options and examples', async (name) => {
    const { code, out, err } = await run(name, '--help')
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(out).toContain(`moraine ${name}: ${SUMMARIES.get(name)}`)
    expect(out).toContain('--help')
    expect(out).toMatch(/examples\n {2}moraine /)
    expect(await run('help', name)).toEqual({ code: 0, out, err: '' })
  })

  it('exits 2 with a hint for a command or an option that is not there', async () => {
    expect(await run('row', 't')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean rows?'),
    })
    expect(await run('frobnicate')).toMatchObject({
      code: 2,
      err: expect.stringContaining('see moraine --help'),
    })
    const { code, err } = await run('log', 't', '--jsn')
    expect(code).toBe(2)
    expect(err).toBe('moraine log: there is no option --jsn; did you mean --json?\n')
  })

  it('shows the help of a command wherever it is asked for, but not behind --', async () => {
    const help = await run('log', 'x', '-h')
    expect(help.code).toBe(0)
    expect(help.out).toContain('moraine log:')
    expect((await run('help')).out).toContain('commands')
    const { code, err } = await run('log', 't', '--', '--help')
    expect(code).toBe(2)
    expect(err).toBe('moraine log: "--help" is one operand too many for moraine log\n')
    expect((await run('-x')).err).toMatch(/^moraine: there is no command "-x"/)
  })

  it.each([
    [['log', 't', '--relocate', '=b'], '--relocate takes FROM=TO, not "=b"'],
    [['log', 't', '--relocate', 'a='], '--relocate takes FROM=TO, not "a="'],
    [['log', 't', '--catalog', 'x', '--relocate', 'a=b'], '--relocate goes with a location'],
    [['rows', 't', '--output', 'f'], '--output goes with --format arrow or parquet'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(...args)
    expect(err).toContain(message)
    expect(code).toBe(2)
  })

  it('exits 1 for a table that is not there', async () => {
    const { code, err } = await run('log', './no/such/table')
    expect(code).toBe(1)
    expect(err).toMatch(/^moraine log: /)
  })
})

describe('exit codes', () => {
  it.each([
    [new InvalidArgument('x'), 2],
    [new NotFound('table', 'x'), 1],
    [new CommitConflict('x'), 3],
    [new CommitStateUnknown('x', 'token'), 4],
    [new Aborted('x'), 130],
    [new TypeError('x'), 1],
  ])('%s is %i', (error, code) => expect(exitCodeOf(error)).toBe(code))

  it('explain known errors in a line, others with where they came from', () => {
    expect(explainError(new InvalidArgument('no such thing'))).toBe('no such thing')
    expect(explainError(new RangeError('too far'))).toMatch(/RangeError: too far\n +at /)
    const bare = new RangeError('too far')
    Reflect.deleteProperty(bare, 'stack')
    expect(explainError(bare)).toBe('too far')
    expect(explainError('a text')).toBe('a text')
  })

  it('hand out the token of a commit whose outcome is unknown', () => {
    expect(explainError(new CommitStateUnknown('lost the store', 'tok:1'))).toContain('tok:1')
  })
})

describe('the terminal', () => {
  it('stops quietly when the reader of a pipe goes away', async () => {
    const stdout = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const terminal = new Terminal({
      stdout,
      stderr: new PassThrough(),
      env: {},
      signal: new AbortController().signal,
      nowMs: () => 0,
    })
    await terminal.write('one\n')
    expect(terminal.closed).toBe(true)
    await expect(terminal.write('two\n')).rejects.toBeInstanceOf(Aborted)
    expect(await runCli(['--version'], terminal)).toBe(0)
  })

  it.each([
    ['ENOSPC', 'cannot write the output: the disk is full'],
    ['ERR_STREAM_DESTROYED', 'cannot write the output: the system says ERR_STREAM_DESTROYED'],
  ])('says that output was lost: %s', async (code, message) => {
    const err: string[] = []
    const terminal = new Terminal({
      stdout: new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
      }),
      stderr: new Writable({
        write: (chunk, _encoding, done) => {
          err.push(String(chunk))
          done()
        },
      }),
      env: {},
      signal: new AbortController().signal,
      nowMs: () => 0,
    })
    expect(await runCli(['--version'], terminal)).toBe(1)
    expect(err.join('')).toContain(message)
    await expect(terminal.write('more')).rejects.toBeInstanceOf(StoreUnavailable)
  })

  it('a command that failed says so although the reader has gone away', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const { terminal } = fakeTerminal()
    const gone = new Terminal({
      stdout,
      stderr: new PassThrough(),
      env: {},
      signal: terminal.signal,
      nowMs: () => 0,
    })
    expect(await runCli([], gone)).toBe(2)
  })

  it('colours only a terminal that wants it', () => {
    const bold = (options: Parameters<typeof fakeTerminal>[0]) =>
      fakeTerminal(options).terminal.style.bold('x')
    expect(bold({ isTTY: true })).toBe('\u001b[1mx\u001b[22m')
    expect(bold({ isTTY: true, env: { NO_COLOR: '1' } })).toBe('x')
    expect(bold({ isTTY: true, env: { TERM: 'dumb' } })).toBe('x')
    expect(bold({ isTTY: false })).toBe('x')
  })

  it('shows progress on a terminal at once, and in a log only for long work', async () => {
    let now = 0
    const nowMs = () => now
    const tty = fakeTerminal({ isTTY: true, nowMs })
    tty.terminal.progress('10 %')
    await tty.terminal.line('done')
    expect(tty.err()).toBe('\r\u001b[K10 %\r\u001b[K')
    const log = fakeTerminal({ nowMs })
    log.terminal.progress('10 %')
    now = 9_000
    log.terminal.progress('20 %')
    expect(log.err()).toBe('')
    now = 11_000
    log.terminal.progress('30 %')
    expect(log.err()).toBe('30 %\n')
  })
})
