/** The S3 adapter against a server in this process. */
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { MoraineError } from '../../../src/errors.js'
import { connect } from '../../../src/index.js'
import { deleteMany } from '../../../src/store/delete-many.js'
import type { S3Options } from '../../../src/store/s3/config.js'
import { s3Store } from '../../../src/store/s3/s3.js'
import { encodeRfc3986, signRequest } from '../../../src/store/s3/sign.js'
import type { Store } from '../../../src/store/store.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import { t } from '../../../src/types/builder.js'
import { KEYS, type S3Server, type Seen, type Spoil, startS3 } from '../../stores/s3-server.js'

let server: S3Server
let other: S3Server
const env = systemEnv({ sleep: async () => undefined })
const A = new TextEncoder().encode('first')
const B = new TextEncoder().encode('second')

beforeAll(async () => {
  server = await startS3()
  other = await startS3()
})
afterAll(async () => {
  await server.close()
  await other.close()
})
beforeEach(() => {
  server.objects.clear()
  server.uploads.clear()
  server.seen.length = 0
  server.plan = () => undefined
  server.conditional = true
  server.replacing = true
  server.elsewhere = other.endpoint
  other.seen.length = 0
})

function options(more: S3Options = {}): S3Options {
  const { accessKeyId, secretAccessKey } = KEYS
  const credentials = { accessKeyId, secretAccessKey }
  return { endpoint: server.endpoint, region: 'us-east-1', credentials, ...more }
}

function open(more: S3Options = {}): Store {
  return s3Store(options(more), env)
}

/** A store that has proved its server already. */
async function proved(more: S3Options = {}): Promise<Store> {
  const store = open(more)
  await store.create('s3://bucket/proof', A)
  server.objects.clear()
  server.seen.length = 0
  return store
}

/** Spoils the first `times` requests that match. */
function spoil(what: Spoil, match: (seen: Seen) => boolean, times = 1): void {
  let left = times
  server.plan = (seen) => (match(seen) && left-- > 0 ? what : undefined)
}

const isPut = ({ method }: Seen) => method === 'PUT'

describe('the conformance suite', () => {
  test.each(storeConformance().map((item) => [item.name, item] as const))(
    '%s',
    async (_n, item) => {
      await expect(item.run({ store: open(), root: 's3://bucket/t' })).resolves.toBeUndefined()
    },
  )
})

test('a request is signed as the S3 documentation signs it', () => {
  const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt')
  const headers = signRequest(
    {
      method: 'GET',
      url,
      headers: new Map([['range', 'bytes=0-9']]),
      bodyHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: undefined,
    },
    { region: 'us-east-1', service: 's3', nowMs: Date.UTC(2013, 4, 24) },
  )
  expect(headers.get('authorization')).toContain(
    'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
  expect(encodeRfc3986("a b!'()*/é")).toBe('a%20b%21%27%28%29%2A%2F%C3%A9')
})

describe('a creation', () => {
  const created: readonly (readonly [string, Spoil, string, boolean])[] = [
    ['dropped before it was applied', 'drop-before', 'unknown', false],
    ['dropped after it was applied', 'drop-after', 'unknown', true],
    ['applied, its answer cut', 'truncate', 'unknown', true],
    ['late', 'delay', 'created', true],
    ['delivered twice, which reports the second', 'duplicate', 'exists', true],
    ['answered 500 before', { status: 500 }, 'unknown', false],
    ['answered 500 after', { status: 500, after: true }, 'unknown', true],
    ['answered 502 after', { status: 502, after: true }, 'unknown', true],
    ['answered 503 before', { status: 503, code: 'SlowDown' }, 'unknown', false],
    ['answered 504 after', { status: 504, after: true }, 'unknown', true],
    ['answered 408 after', { status: 408, after: true }, 'unknown', true],
    [
      'undecided by 409, then applied',
      { status: 409, code: 'ConditionalRequestConflict' },
      'created',
      true,
    ],
    [
      'undecided by 409, though applied',
      { status: 409, code: 'ConditionalRequestConflict', after: true },
      'unknown',
      true,
    ],
    ['answered 400', { status: 400 }, 'STORE_UNAVAILABLE', false],
    ['answered 403', { status: 403, code: 'AccessDenied' }, 'STORE_UNAVAILABLE', false],
    ['answered 404', { status: 404, code: 'NoSuchBucket' }, 'STORE_UNAVAILABLE', false],
    ['answered 429', { status: 429 }, 'STORE_UNAVAILABLE', false],
    ['answered 301', { status: 301 }, 'STORE_UNAVAILABLE', false],
    ['sent elsewhere', 'redirect', 'STORE_UNAVAILABLE', false],
    ['answered 501', { status: 501, code: 'NotImplemented' }, 'UNSUPPORTED', false],
  ]
  test.each(created)('%s', async (_name, what, outcome, there) => {
    const store = await proved()
    spoil(what, isPut)
    const came = await store.create('s3://bucket/slot', A).then(
      (result) => result.outcome as string,
      (error: unknown) => (error instanceof MoraineError ? error.code : String(error)),
    )
    expect(came).toBe(outcome)
    expect(server.objects.has('slot')).toBe(there)
    // Sent once, but for the 409 that decides nothing.
    const sent = server.seen.filter(isPut).length
    expect(sent).toBe(typeof what === 'object' && what.status === 409 ? 2 : 1)
    expect(other.seen, 'nothing goes to another origin').toEqual([])
  })

  test('always undecided is unknown after four', async () => {
    const store = await proved()
    spoil({ status: 409, code: 'ConditionalRequestConflict' }, isPut, 100)
    expect((await store.create('s3://bucket/slot', A)).outcome).toBe('unknown')
    expect(server.seen.filter(isPut)).toHaveLength(4)
  })

  test('without a server is refused: surely not applied', async () => {
    const gone = await startS3()
    await gone.close()
    await expect(open({ endpoint: gone.endpoint }).create('s3://bucket/slot', A)).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\)/,
    )
  })
})

describe('before the first creation', () => {
  test('six requests prove the server, once for many creations', async () => {
    const store = open()
    await Promise.all(['a', 'b', 'c'].map((name) => store.create(`s3://bucket/t/${name}`, A)))
    const probes = server.seen.filter(({ key }) => key.startsWith('t/.moraine-probe-'))
    expect(probes.map(({ method }) => method)).toEqual([
      ...['PUT', 'PUT', 'HEAD', 'PUT', 'PUT', 'DELETE'],
    ])
    expect([...server.objects.keys()].sort()).toEqual(['t/a', 't/b', 't/c'])
  })

  test('a server that overwrites is refused, and nothing of ours is written', async () => {
    server.conditional = false
    const store = open()
    for (let tries = 0; tries < 2; tries++) {
      await expect(store.create('s3://bucket/slot', A)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        feature: 'conditional-create',
      })
    }
    expect(server.objects.size).toBe(0)
  })

  test('a server that replaces what changed is refused, too', async () => {
    server.replacing = false
    const store = open()
    await expect(store.writer('s3://bucket/data/x')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      feature: 'conditional-replace',
    })
    expect(server.objects.size).toBe(0)
  })

  test.each(['drop-before', 'drop-after', 'truncate', 'duplicate'] as const)(
    'one request of the proof that meets %s does not matter',
    async (what) => {
      for (let nth = 0; nth < 5; nth++) {
        let left = nth
        server.plan = ({ key }) => (key.includes('probe') && left-- === 0 ? what : undefined)
        expect((await open().create(`s3://bucket/${nth}`, A)).outcome).toBe('created')
      }
    },
  )

  test('a proof that failed for now is made again', async () => {
    const store = open()
    spoil('drop-before', isPut, 6)
    await expect(store.create('s3://bucket/slot', A)).rejects.toThrow('answers are lost')
    expect((await store.create('s3://bucket/slot', A)).outcome).toBe('created')
  })
})

describe('a replacement', () => {
  const replaced: readonly (readonly [string, Spoil, string, boolean])[] = [
    ['dropped before it was applied', 'drop-before', 'unknown', false],
    ['dropped after it was applied', 'drop-after', 'unknown', true],
    ['applied, its answer cut', 'truncate', 'unknown', true],
    ['answered 500 before', { status: 500 }, 'unknown', false],
    ['answered 503 after', { status: 503, after: true }, 'unknown', true],
    ['undecided by 409, then applied', { status: 409 }, 'replaced', true],
    ['undecided by 409, though applied', { status: 409, after: true }, 'unknown', true],
    ['answered 403', { status: 403 }, 'STORE_UNAVAILABLE', false],
    ['answered 429', { status: 429 }, 'STORE_UNAVAILABLE', false],
    ['sent elsewhere', 'redirect', 'STORE_UNAVAILABLE', false],
    ['answered 501', { status: 501 }, 'UNSUPPORTED', false],
    ['of a bucket that is gone', { status: 404, code: 'NoSuchBucket' }, 'STORE_UNAVAILABLE', false],
    ['of an object that is gone', { status: 404, code: 'NoSuchKey' }, 'changed', false],
  ]
  test.each(replaced)('%s', async (_name, what, outcome, there) => {
    const store = await proved()
    server.objects.set('pointer', Buffer.from(A))
    const version = (await store.head('s3://bucket/pointer'))?.version ?? ''
    spoil(what, isPut)
    const came = await store.replace?.('s3://bucket/pointer', B, version).then(
      (result) => result.outcome as string,
      (error: unknown) => (error instanceof MoraineError ? error.code : String(error)),
    )
    expect(came).toBe(outcome)
    expect(server.objects.get('pointer')?.equals(B)).toBe(there)
    expect(other.seen, 'nothing goes to another origin').toEqual([])
  })
})

describe('removing many', () => {
  const paths = Array.from({ length: 1500 }, (_, i) => `s3://bucket/t/${i} <&>`)
  test('takes a request for a thousand', async () => {
    const store = await proved()
    for (const path of paths) server.objects.set(path.slice('s3://bucket/'.length), Buffer.from(A))
    expect(await deleteMany(store, paths)).toEqual([])
    expect(server.objects.size).toBe(0)
    expect(server.seen).toHaveLength(2)
  })

  test('goes one by one where the server cannot', async () => {
    const store = await proved()
    server.objects.set('t/1 <&>', Buffer.from(A))
    spoil({ status: 501 }, ({ method }) => method === 'POST', 9)
    expect(await deleteMany(store, paths.slice(0, 20))).toEqual([])
    expect(server.objects.size).toBe(0)
  })

  test('names what may still be there', async () => {
    const store = await proved()
    server.plan = ({ method, key }) =>
      method === 'POST' ? { status: 400 } : key.includes('3') ? { status: 403 } : undefined
    const failures = await deleteMany(store, paths.slice(0, 5))
    expect(failures.map(({ path, error }) => [path, error.code])).toEqual([
      [paths[3], 'STORE_UNAVAILABLE'],
    ])
  })
})

describe('a streamed object', () => {
  const bytes = new Uint8Array(11 * 1024 * 1024).map((_, i) => i % 251)
  const write = async (store: Store) => {
    const writer = await store.writer('s3://bucket/data/big')
    for (let at = 0; at < bytes.length; at += 1 << 20)
      await writer.write(bytes.subarray(at, at + (1 << 20)))
    return writer
  }
  const partBytes = 5 * 1024 * 1024
  const isPart = ({ query }: Seen) => query.has('partNumber')
  const isComplete = ({ method, query }: Seen) => method === 'POST' && query.has('uploadId')

  test('of several parts is whole, and encrypted as asked', async () => {
    const store = open({
      partBytes,
      encryption: { type: 'aws:kms', keyId: 'k' },
      requesterPays: true,
    })
    await (await write(store)).close()
    expect(server.objects.get('data/big')?.equals(bytes)).toBe(true)
    expect(server.seen.filter(isPart)).toHaveLength(3)
    expect(server.seen[0]?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'k',
      'x-amz-request-payer': 'requester',
    })
  })

  test.each([
    ['a part is dropped', 'drop-before', isPart],
    ['the answer to a part is lost', 'drop-after', isPart],
    ['a part is answered 503', { status: 503 }, isPart],
    ['a part is answered 429', { status: 429 }, isPart],
    ['the completion is dropped', 'drop-before', isComplete],
    ['the completion is undecided', { status: 409 }, isComplete],
    ['the completion answers 200 with an error inside', 'error-in-200', isComplete],
  ] as const)('is whole although %s', async (_name, what, match) => {
    const store = open({ partBytes })
    spoil(what, match)
    await (await write(store)).close()
    expect(server.objects.get('data/big')?.equals(bytes)).toBe(true)
    expect(server.uploads.size).toBe(0)
  })

  test.each([
    ['aborted', undefined],
    ['refused', { status: 403 }],
    ['refused at its completion', { status: 400 }],
  ] as const)('that is %s leaves no parts', async (_name, what) => {
    const store = open({ partBytes })
    const writer = await write(store)
    if (what === undefined) await writer.abort()
    else {
      spoil(what, isComplete)
      await expect(writer.close()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    expect(server.uploads.size).toBe(0)
    expect(server.objects.size).toBe(0)
  })

  test.each(['drop-before', 'drop-after', 'truncate'] as const)(
    'that is small is ours although its request met %s',
    async (what) => {
      const store = open()
      const writer = await store.writer('s3://bucket/small')
      await writer.write(A)
      spoil(what, isPut)
      expect((await writer.close()).sizeBytes).toBe(A.length)
      expect(server.objects.get('small')?.equals(A)).toBe(true)
    },
  )

  test('that another took the name of is not ours', async () => {
    const store = open()
    const writer = await store.writer('s3://bucket/small')
    await writer.write(A)
    server.objects.set('small', Buffer.from('other'))
    spoil('drop-after', isPut)
    await expect(writer.close()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })
})

describe('a read', () => {
  const isGet = ({ method }: Seen) => method === 'GET'
  test.each([
    'drop-before',
    'drop-after',
    'truncate',
    'delay',
    { status: 500 },
    { status: 503 },
    { status: 429 },
  ] as const)('is right in spite of %j', async (what) => {
    const store = open()
    server.objects.set('x', Buffer.from('0123456789'))
    spoil(what, isGet)
    expect(Buffer.from(await store.read('s3://bucket/x', { start: 2, end: 5 })).toString()).toBe(
      '234',
    )
    spoil(what, isGet)
    expect((await store.read('s3://bucket/x')).length).toBe(10)
  })

  test('ends after four attempts', async () => {
    spoil({ status: 503 }, isGet, 100)
    await expect(open().read('s3://bucket/x')).rejects.toThrow('503')
    expect(server.seen).toHaveLength(4)
  })

  test('follows no redirect', async () => {
    spoil('redirect', isGet)
    await expect(open().read('s3://bucket/x')).rejects.toThrow('signed requests do not follow')
    expect(other.seen).toEqual([])
  })
})

test('keys are never shown', async () => {
  const secretAccessKey = 'very-secret-key'
  const store = open({
    credentials: { accessKeyId: 'me', secretAccessKey, sessionToken: 'very-secret-token' },
  })
  const error: unknown = await store.read('s3://bucket/x').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(MoraineError)
  expect(inspect([error, store], { depth: 10, showHidden: true })).not.toContain('very-secret')
})

test('credentials are asked for once at a time, and again before they end', async () => {
  let asked = 0
  let nowMs = Date.now()
  const credentials = async () => {
    asked++
    return {
      accessKeyId: KEYS.accessKeyId,
      secretAccessKey: KEYS.secretAccessKey,
      expiration: new Date(nowMs + 3_600_000),
    }
  }
  const store = s3Store(options({ credentials }), systemEnv({ nowMs: () => nowMs }))
  await Promise.all([store.head('s3://bucket/a'), store.head('s3://bucket/b')])
  expect(asked).toBe(1)
  nowMs += 3_600_000 - 4 * 60_000
  await store.head('s3://bucket/a')
  expect(asked).toBe(2)
})

test.each([
  { endpoint: 'ftp://x' },
  { endpoint: 'http://user:key@host' },
  { maxAttempts: 0 },
  { timeoutMs: 0.5 },
  { partBytes: 1 },
  { encryption: { type: 'AES256', keyId: 'x' } },
] as const)('option %j is refused', (bad) => {
  expect(() => s3Store(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('a table lives in a bucket: two writers, nothing lost', async () => {
  const warehouse = 's3://bucket/wh'
  const one = await connect(warehouse, { s3: options(), workers: 0 })
  const two = await connect(warehouse, { s3: options(), workers: 0 })
  const made = await one.createTable('a.b', { schema: { id: t.long() } })
  const same = await two.loadTable('a.b')
  await Promise.all(
    [made, same].flatMap((table, w) => [0, 1, 2].map((i) => table.append([{ id: w * 10 + i }]))),
  )
  const rows = await (await two.loadTable('a.b')).scan().toArray()
  expect(rows.map((row) => Number(row.id)).sort((x, y) => x - y)).toEqual([0, 1, 2, 10, 11, 12])
  await one.close()
  await two.close()
})
