import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bucket, col, connect, openTable, t } from '../../../src/index.js'
import { type HttpFilesServer, startHttpFiles } from '../../stores/http-server.js'

let server: HttpFilesServer
let folder = ''
let metadataName = ''
const ROWS = Array.from({ length: 5000 }, (_, id) => ({ id: BigInt(id), city: `city ${id % 7}` }))

beforeAll(async () => {
  server = await startHttpFiles()
  folder = await mkdtemp(join(tmpdir(), 'moraine-web-'))
  server.folder = folder
  const catalog = await connect(folder)
  const table = await catalog.createTable('db.my cities', {
    schema: { id: t.long().required(), city: t.string() },
    partitionBy: [bucket(4, 'id')],
    sortBy: ['id'],
  })
  await table.append(ROWS.slice(0, 2500))
  await table.append(ROWS.slice(2500))
  await table.delete(col('id').lt(10n))
  metadataName = table.metadataLocation.split('/').at(-1) ?? ''
  await catalog.close()
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  server.seen.length = 0
  server.lists = true
  server.plan = () => undefined
})

const url = () => `${server.origin}/db/my%20cities`
const asked = () => server.seen.map(({ path }) => path.split('/').at(-1) as string)
const ids = async (table: Awaited<ReturnType<typeof openTable>>): Promise<unknown[]> =>
  (await table.scan({ select: ['id'] }).toArray()).map((row) => row.id).sort()
const WANTED = ROWS.slice(10)
  .map((row) => row.id)
  .sort()

describe('a table of a local folder that a server publishes', () => {
  test('is opened by its folder with two requests, the hint and what it names', async () => {
    const table = await openTable(url())
    expect(asked()).toEqual(['version-hint.text', metadataName])
    expect(await ids(table)).toEqual(WANTED)
    await table.refresh()
    expect(await table.scan().count()).toBe(4990)
    await table.close()
  })

  test('is opened by a metadata file with one', async () => {
    const table = await openTable(`${url()}/metadata/${metadataName}`)
    expect(asked()).toEqual([metadataName])
    expect(await ids(table)).toEqual(WANTED)
  })

  test('a point look-up costs six requests at most', async () => {
    const table = await openTable(url())
    server.seen.length = 0
    expect(await table.scan({ where: col('id').eq(1234n) }).toArray()).toHaveLength(1)
    expect(asked().length).toBeLessThanOrEqual(6)
  })

  test('without a hint the head is found by the index page', async () => {
    server.plan = ({ path }) => (path.endsWith('hint.text') ? { status: 404 } : undefined)
    const table = await openTable(url())
    expect(table.metadataLocation.endsWith(metadataName)).toBe(true)
    server.lists = false
    await expect(openTable(url())).rejects.toMatchObject({
      feature: 'http-listing',
      message: expect.stringMatching(/metadata file.*version-hint/),
    })
  })

  test('a hint that names nothing, or a retired version, only costs a search', async () => {
    const hint = join(folder, 'db/my cities/metadata/version-hint.text')
    const before = await readFile(hint)
    try {
      for (const text of ['99', '../../x', '']) {
        await writeFile(hint, text)
        const table = await openTable(url())
        expect(table.metadataLocation.endsWith(metadataName)).toBe(true)
      }
    } finally {
      await writeFile(hint, before)
    }
  })

  test('metadata files that another catalog named are opened by a hint without a listing', async () => {
    const from = await readFile(join(folder, 'db/my cities/metadata', metadataName))
    const name = '00003-6f1f6a1e-4a51-4a44-8e4b-0f1f0b6c2d11'
    server.files.set(`foreign/metadata/${name}.metadata.json`, from)
    server.lists = false
    for (const text of [name, `${name}.metadata.json`]) {
      server.files.set('foreign/metadata/version-hint.text', Buffer.from(text))
      const table = await openTable(`${server.origin}/foreign`)
      expect(table.currentSnapshotId).toBeDefined()
    }
    server.files.clear()
  })

  test('it is only read, and says why', async () => {
    const table = await openTable(url())
    const refused = { code: 'UNSUPPORTED', message: expect.stringContaining('reached by HTTP') }
    await expect(table.append([{ id: 1n, city: 'x' }])).rejects.toMatchObject(refused)
    await expect(table.delete(col('id').eq(11n))).rejects.toMatchObject(refused)
    expect(server.seen.every(({ method }) => method === 'GET')).toBe(true)
  })

  test('files behind a signed query, with a header, or elsewhere are read', async () => {
    const authorization = 'Bearer of-the-test'
    const want = `authorization=${authorization} query=?sig=a%2Fb`
    server.plan = ({ headers, search }) =>
      `authorization=${headers.authorization} query=${search}` === want
        ? undefined
        : { status: 401 }
    const table = await openTable(`${url()}?sig=a%2Fb`, { http: { headers: { authorization } } })
    expect(await ids(table)).toEqual(WANTED)
    await expect(openTable(url())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    server.plan = () => undefined
    const published = await openTable(`${url()}/metadata/${metadataName}`, {
      relocate: { [join(folder, 'db/my cities')]: url() },
    })
    expect(await ids(published)).toEqual(WANTED)
  })

  test('files on another host are not read before they are allowed', async () => {
    const other = await startHttpFiles()
    other.folder = folder
    const relocate = { [join(folder, 'db/my cities/data')]: `${other.origin}/db/my%20cities/data` }
    const all = { ...relocate, [join(folder, 'db/my cities')]: url() }
    const table = await openTable(url(), {
      relocate: all,
      http: { headers: { authorization: 'Bearer x' } },
    })
    expect(await ids(table)).toEqual(WANTED)
    expect(other.seen.length).toBeGreaterThan(0)
    expect(other.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
    await other.close()
  })
})

test.each([
  ['./folder', { http: {} }],
  ['s3://bucket/t', { http: {} }],
  ['https://h/t', { s3: {} }],
  ['https://h/t?a=1', { http: { query: 'b=2' } }],
  ['https://h/t', { relocate: { '/x': 'https://h/y?sig=1' } }],
  ['https://u:p@h/t', {}],
  ['https://h/t', { http: { retries: 3 } }],
])('openTable(%j, %j) is refused', async (location, options) => {
  await expect(openTable(location, options as never)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})

describe('over a store that answers late', () => {
  test('a scan asks for columns that lie together at once, and for several files at a time', async () => {
    const table = await openTable(url())
    const { tasks: live } = await table.scan().plan()
    server.seen.length = 0
    server.delayMs = 50
    try {
      expect(await table.scan().toArray()).toHaveLength(4990)
    } finally {
      server.delayMs = 0
    }
    const data = asked().filter((name) => name.endsWith('.parquet'))
    // One for the footer, whose tail holds these small files whole, and at most one for the columns.
    expect(data.length).toBeLessThanOrEqual(2 * live.length)
    expect(server.peak()).toBeGreaterThanOrEqual(4)
  })
})
