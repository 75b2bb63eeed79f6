import { Writable } from 'node:stream'
import { Terminal } from '../../../src/cli/terminal.js'

export interface FakeTerminal {
  readonly terminal: Terminal
  readonly out: () => string
  readonly err: () => string
  readonly outBytes: () => Buffer
}

/** A terminal that keeps what is written; not a TTY unless asked. */
export function fakeTerminal(
  options: {
    readonly isTTY?: boolean
    readonly columns?: number
    readonly env?: Record<string, string>
    readonly signal?: AbortSignal
    readonly nowMs?: () => number
  } = {},
): FakeTerminal {
  const out = collector(options)
  const err = collector(options)
  const terminal = new Terminal({
    stdout: out.stream,
    stderr: err.stream,
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
    nowMs: options.nowMs ?? (() => performance.now()),
  })
  return {
    terminal,
    out: () => out.bytes().toString('utf8'),
    err: () => err.bytes().toString('utf8'),
    outBytes: out.bytes,
  }
}

function collector({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }) {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  Object.assign(stream, {
    ...(isTTY !== undefined && { isTTY }),
    ...(columns !== undefined && { columns }),
  })
  return { stream, bytes: () => Buffer.concat(chunks) }
}
