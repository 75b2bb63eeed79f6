import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { httpStore } from '../../../src/store/http/http.js'
import { localStore } from '../../../src/store/local.js'
import type { Store } from '../../../src/store/store.js'
import { connect } from '../../../src/table/connect.js'
import { t } from '../../../src/types/builder.js'
import { type HttpFilesServer, startHttpFiles } from '../../stores/http-server.js'
import { fakeTerminal } from './fake-terminal.js'

let server: HttpFilesServer
let folder = ''

/** Reads from the server, and writes to its folder as if it took that: metadata then record URLs. */
function writable(): Store {
  const web = httpStore()
  const disk = localStore({ env: systemEnv(), unsafeNoSync: true })
  const local = (path: string): string => folder + path.slice(server.origin.length)
  return {
    head: (path, options) => web.head(path, options),
    read: (path, range, options) => web.read(path, range, options),
    list: async function* (path, options) {
      // A server tells a folder that is not there from one it does not list by nothing.
      if ((await disk.list(local(path))[Symbol.asyncIterator]().next()).done === true) return
      yield* web.list(path, options)
    },
    create: (path, bytes) => disk.create(local(path), bytes),
    put: (path, bytes) => disk.put(local(path), bytes),
    writer: (path, options) => disk.writer(local(path), options),
    delete: (path) => disk.delete(local(path)),
  }
}

/** Two tables that a server shows: one with all its files in one place, one with its data elsewhere. */
beforeAll(async () => {
  server = await startHttpFiles()
  folder = await mkdtemp(join(tmpdir(), 'moraine-cli-remote-'))
  server.folder = folder
  const store = writable()
  const data = `${server.origin}/elsewhere`
  const options = { store, writeRoots: [data], readRoots: [data], workers: 0 }
  const catalog = await connect(`${server.origin}/wh`, options)
  for (const [name, properties] of [
    ['ns.whole', {}],
    ['ns.parted', { 'write.data.path': data }],
  ] as const) {
    const schema = { id: t.int().required(), name: t.string() }
    const table = await catalog.createTable(name, { schema, properties })
    await table.append([{ id: 1, name: 'one' }] as never)
  }
  await catalog.close()
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: string[]) {
  const fake = fakeTerminal()
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err() }
}

describe('a table behind HTTP on the command line', () => {
  it.each([
    ['rows', '{"id":1,"name":"one"}'],
    ['log', 'append'],
    ['describe', 'name'],
    ['files', 'parquet'],
    ['plan', '1'],
    ['verify', ''],
  ])('%s', async (command, shown) => {
    const { code, out, err } = await run(command, `${server.origin}/wh/ns/whole`)
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(out).toContain(shown)
  })

  it('reads files elsewhere only with --read-root, which takes a URL as it is', async () => {
    const url = `${server.origin}/wh/ns/parted`
    const denied = await run('rows', url)
    expect(denied.err).toContain('readRoots')
    expect(denied.code).not.toBe(0)
    const read = await run('rows', url, '--read-root', `${server.origin}/elsewhere`)
    expect(read).toEqual({ code: 0, out: '{"id":1,"name":"one"}\n', err: '' })
  })
})
