import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { httpStore } from '../../../src/store/http/http.js'
import { localStore } from '../../../src/store/local.js'
import type { Store } from '../../../src/store/store.js'
import { connect } from '../../../src/table/connect.js'
import { t } from '../../../src/types/builder.js'
import { type HttpFilesServer, startHttpFiles } from '../../stores/http-server.js'
import { KEYS, type S3Server, startS3 } from '../../stores/s3-server.js'
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

  it.each([
    ['s3://bucket/x.parquet', '--output writes a local file, not s3://bucket/x.parquet'],
    [
      '/nowhere-at-all/x.parquet',
      '--output cannot write /nowhere-at-all/x.parquet: there is no such folder',
    ],
  ])('--output %s is refused in words', async (output, why) => {
    const url = `${server.origin}/wh/ns/whole`
    const { code, err } = await run('rows', url, '--format', 'parquet', '-o', output)
    expect({ code, err }).toEqual({ code: 2, err: `moraine rows: ${why}\n` })
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

describe('an import into a table that is no local path', () => {
  let s3: S3Server
  let csv = ''
  beforeAll(async () => {
    s3 = await startS3()
    csv = join(folder, 'rows.csv')
    await writeFile(csv, 'id,name\n1,one\n')
  })
  afterAll(() => s3.close())
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ['s3://bucket/wh/ns/t', 's3://bucket/wh'],
    ['s3://bucket/top/t/', 's3://bucket'],
  ])('%s goes there, and nowhere on this machine', async (place, warehouse) => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEYS.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEYS.secretAccessKey)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    const before = await readdir('.')
    expect(await run('import', csv, place)).toMatchObject({ code: 0, err: '' })
    expect(await readdir('.')).toEqual(before)
    expect((await run('rows', place)).out).toBe('{"id":"1","name":"one"}\n')
    const name = place.split('/').filter(Boolean).slice(-2).join('.')
    expect((await run('rows', name, '--catalog', warehouse)).out).toContain('one')
  })

  it('two that make the same table append to it both', async () => {
    const place = join(folder, 'wh', 'race', 't')
    const runs = await Promise.all([run('import', csv, place), run('import', csv, place)])
    expect(runs).toMatchObject([
      { code: 0, err: '' },
      { code: 0, err: '' },
    ])
    expect((await run('rows', place)).out.match(/one/g)).toHaveLength(2)
  })

  it('a file: URL is the folder it names', async () => {
    const place = pathToFileURL(join(folder, 'local wh', 'ns', 't')).href
    expect(await run('import', csv, place)).toMatchObject({ code: 0, err: '' })
    expect((await run('rows', place)).out).toBe('{"id":"1","name":"one"}\n')
    expect(await readdir(join(folder, 'local wh', 'ns'))).toContain('t')
  })

  it.each(['s3://bucket/t', 's3://bucket//ns/t', 's3://bucket', 's3://bucket/wh/ns/t?sig=hush'])(
    '%s is no place of a table',
    async (place) => {
      const { code, err } = await run('import', csv, place)
      expect(code).toBe(2)
      expect(err).toContain('is neither WAREHOUSE/NAMESPACE/TABLE nor')
      expect(err).not.toContain('hush')
    },
  )

  it('a file to import must be local', async () => {
    const { code, err } = await run('import', `${server.origin}/a.csv?sig=hush`, './wh/ns/t')
    expect({ code, err }).toEqual({
      code: 2,
      err: `moraine import: ${server.origin}/a.csv?… is no local file; download it first\n`,
    })
  })
})
