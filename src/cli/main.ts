#!/usr/bin/env node
import { runCli } from './run.js'
import { Terminal } from './terminal.js'

const interrupted = new AbortController()
// The first interrupt stops at the next safe point; a second one ends the process at once.
process.once('SIGINT', () => interrupted.abort(new DOMException('interrupted', 'AbortError')))

const terminal = new Terminal({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: interrupted.signal,
  nowMs: () => performance.now(),
})
process.exitCode = await runCli(process.argv.slice(2), terminal)
