/**
 * A secret that stands in the environment of every test, and must be found nowhere: not in what is
 * printed, not in what is written to files. Loaded before each test file.
 */
import { open } from 'node:fs/promises'
import { inspect } from 'node:util'
import { afterAll, expect } from 'vitest'

export const SENTINEL = 'moraine-sentinel-5f1c9a'

/** Names that secrets have; never those that make a login complete. */
const NAMES = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AZURE_CLIENT_SECRET',
  'AZURE_STORAGE_KEY',
  'GOOGLE_PRIVATE_KEY',
  'MORAINE_PASSWORD',
]
for (const name of NAMES) process.env[name] ??= `${SENTINEL}-${name}`

const found: string[] = []

/** Notes where the secret is seen. */
export function watchFor(where: string, what: unknown): void {
  const seen =
    what instanceof Uint8Array
      ? Buffer.from(what.buffer, what.byteOffset, what.byteLength).includes(SENTINEL)
      : (typeof what === 'string' ? what : inspect(what, { depth: 12 })).includes(SENTINEL)
  if (seen) found.push(where)
}

for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[name].bind(console)
  console[name] = (...args: unknown[]) => {
    for (const arg of args) watchFor(`console.${name}`, arg)
    print(...args)
  }
}
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  stream.write = (...args: unknown[]) => {
    watchFor('a stream', args[0])
    return write(...args)
  }
}

const handle = await open(process.execPath)
const files = Object.getPrototypeOf(handle) as { write: (...args: unknown[]) => unknown }
await handle.close()
const writeFile = files.write
files.write = function (this: unknown, ...args: unknown[]) {
  watchFor('a file', args[0])
  return writeFile.apply(this, args)
}

afterAll(() => {
  expect(found, 'places where a secret of the environment was seen').toEqual([])
})
