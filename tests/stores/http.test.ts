/**
 * Scans of a table behind plain HTTP through a proxy and a server that spoil answers. Whatever
 * happens, the rows are the table's or there is a typed error; and what is secret stays at its origin.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, MoraineError, openTable, t } from '../../src/index.js'
import { httpStore } from '../../src/store/http/http.js'
import { type FaultProxy, startFaultProxy } from './fault-proxy.js'
import { type HttpFilesServer, startHttpFiles } from './http-server.js'
import { type HttpFaultRow, httpFaults } from './suites/http-fault-table.js'

const TOKEN = 'Bearer moraine-test-token'
const QUERY = 'sig=moraine-test-signature'
/** Pauses are short. */
const env = { sleep: (ms: number) => new Promise<void>((go) => setTimeout(go, Math.min(ms, 20))) }

let server: HttpFilesServer
let elsewhere: HttpFilesServer
let proxy: FaultProxy
let folder = ''
const WANTED: bigint[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moraine-http-faults-'))
  const catalog = await connect(folder, { workers: 0 })
  const table = await catalog.createTable('ns.t', {
    schema: { id: t.long().required(), name: t.string() },
  })
  for (let part = 0; part < 3; part++) {
    const ids = Array.from({ length: 2000 }, (_, i) => BigInt(part * 2000 + i))
    await table.append(ids.map((id) => ({ id, name: `name ${id}` })))
    WANTED.push(...ids)
  }
  await catalog.close()
  server = await startHttpFiles()
  elsewhere = await startHttpFiles()
  for (const one of [server, elsewhere]) one.folder = folder
  proxy = await startFaultProxy(server.origin)
})
afterAll(async () => {
  await proxy.stop()
  await server.close()
  await elsewhere.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  proxy.reset()
  for (const one of [server, elsewhere]) {
    one.seen.length = 0
    one.plan = () => undefined
  }
})

/** The ids that a new reader finds, or the error. */
async function scan(timeoutMs = 60_000): Promise<bigint[] | MoraineError> {
  const read = async () => {
    const table = await openTable(`${proxy.origin}/ns/t`, {
      http: { origin: proxy.origin, headers: { authorization: TOKEN }, query: QUERY, timeoutMs },
      env,
      workers: 0,
    })
    try {
      const rows = (await table.scan().toArray()) as unknown as { id: bigint }[]
      return rows.map(({ id }) => id).sort((a, b) => Number(a - b))
    } finally {
      await table.close()
    }
  }
  return read().catch((error: unknown) => {
    expect(error).toBeInstanceOf(MoraineError)
    expect(String((error as Error).stack)).not.toContain('moraine-test-')
    return error as MoraineError
  })
}

function spoil({ by, fault, match, times }: HttpFaultRow): () => number {
  let left = times
  const chosen = (path: string) => match.test(path.split('?')[0] as string) && left-- > 0
  if (by === 'proxy') proxy.plan = ({ url }) => (chosen(url) ? fault : undefined)
  else server.plan = ({ path }) => (chosen(path) ? fault : undefined)
  return () => times - left
}

describe('a scan through faults', () => {
  test('without any there are all rows', async () => {
    expect(await scan()).toEqual(WANTED)
  })

  test.each(httpFaults.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const happened = spoil(row)
    // Only where silence is the fault is time short: a busy machine is silent too.
    const came = await scan(row.isSilent === true ? 500 : undefined)
    expect(happened(), 'the fault happened').toBeGreaterThan(0)
    expect(elsewhere.seen, 'nothing goes to another origin').toEqual([])
    if (came instanceof MoraineError) {
      if (row.expected !== 'any') expect(came.code, came.message).toBe(row.expected)
      return
    }
    // An answer that made no sense once may be asked for again; what lasts may not pass for fewer rows.
    expect(row.times === 1 || row.expected === 'rows', 'what lasts is an error').toBe(true)
    expect(came).toEqual(WANTED)
  })
})

describe('a redirect to another origin', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i: is followed, and takes nothing secret along',
    async (status) => {
      proxy.plan = () => undefined
      server.plan = ({ path }) => ({ status, headers: { location: `${elsewhere.origin}/${path}` } })
      expect(await scan()).toEqual(WANTED)
      expect(elsewhere.seen.length).toBeGreaterThan(5)
      expect(JSON.stringify(elsewhere.seen)).not.toContain('moraine-test-')
    },
  )

  test('a redirect to a server that is silent ends', async () => {
    const url = `${elsewhere.origin}/nothing`
    server.plan = () => ({ status: 302, headers: { location: url } })
    elsewhere.plan = () => () => undefined
    expect(await scan(100)).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(JSON.stringify(elsewhere.seen)).not.toContain('moraine-test-')
  })

  test('what is not the table there is an error, not rows', async () => {
    server.plan = ({ path }) => ({
      status: 302,
      headers: { location: `${elsewhere.origin}/${path}` },
    })
    elsewhere.plan = ({ path }) => (path.endsWith('.parquet') ? { status: 404 } : undefined)
    expect(await scan()).toMatchObject({ code: 'NOT_FOUND' })
    expect(JSON.stringify(elsewhere.seen)).not.toContain('moraine-test-')
  })
})

test('a file that changes between its parts is no file', async () => {
  const store = httpStore({})
  const path = `${proxy.origin}/part`
  server.files.set('part', new Uint8Array(1000).fill(1))
  expect(await store.read(path, { start: 0, end: 10 })).toEqual(new Uint8Array(10).fill(1))
  server.files.set('part', new Uint8Array(1000).fill(2))
  await expect(store.read(path, { start: 10, end: 20 })).rejects.toMatchObject({
    code: 'CORRUPT_DATA',
  })
  server.files.delete('part')
})
