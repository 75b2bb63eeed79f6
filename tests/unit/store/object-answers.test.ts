/** What every object store reads, lists and tells in the same way, from answers that no honest server gives. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { InvalidArgument, StoreUnavailable, Unsupported } from '../../../src/errors.js'
import { FOUND_MAX, firstNames, PageBuilder, pages } from '../../../src/store/listing.js'
import { WriteProof } from '../../../src/store/prove-writes.js'
import { objectInfo, type Readable, readObject } from '../../../src/store/read-object.js'
import { environment, Refreshed } from '../../../src/store/refreshed.js'
import type { ObjectInfo } from '../../../src/store/store.js'
import { type HttpRequest, isNoAnswer, sendOnce } from '../../../src/store/transport.js'
import { elements, escapeXml, textOf } from '../../../src/store/xml.js'
import { cannedFetch } from '../../support/canned-fetch.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

describe('flat xml', () => {
  test.each([
    ['<a>1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;&apos;</a>', `1 < 2 && 3 > 2 "'`],
    ['<a x="y">&#65;&#x42;&#x1F600;</a>', 'AB😀'],
    ['<a>&#1114112; &#x110000; &nbsp; &toolong; &</a>', '&#1114112; &#x110000; &nbsp; &toolong; &'],
    ['<a></a>', ''],
    ['<a>never closed', undefined],
    ['<ab>1</ab>', undefined],
  ])('%s is read as %j', (xml, text) => {
    expect(textOf(xml, 'a')).toBe(text)
  })

  test('elements are found one after another, as far as they are closed', () => {
    expect(elements('<k>1</k><k/><k z="0">2</k><k>3', 'k')).toEqual(['1', '2'])
    expect(textOf(`<k>${escapeXml(`<&>"'`)}</k>`, 'k')).toBe(`<&>"'`)
  })
})

describe('a page of a listing', () => {
  const page = () => new PageBuilder('s3://b/t', 't/')

  test('leaves out marks of folders, and says what is known', () => {
    const made = page()
    made.object('t/', '0', undefined)
    made.object('t/sub/', '0', undefined)
    made.object('t/a', '5', 'Mon, 23 Nov 2026 08:00:00 GMT')
    made.object('t/b', '0', 'some day')
    made.folder('t/')
    made.folder('t/data/')
    expect(made.page('more')).toEqual({
      next: 'more',
      infos: [
        { path: 's3://b/t/a', sizeBytes: 5, modifiedMs: Date.UTC(2026, 10, 23, 8) },
        { path: 's3://b/t/b', sizeBytes: 0, modifiedMs: undefined },
        { path: 's3://b/t/data', sizeBytes: 0, modifiedMs: undefined, isFolder: true },
      ],
    })
  })

  test.each([
    [undefined, '1'],
    ['elsewhere/a', '1'],
    ['t/a', undefined],
    ['t/a', '-1'],
    ['t/a', '1e99'],
    ['t/a', 'many'],
  ])('key %j of size %j is no object of the folder', (key, size) => {
    expect(() => page().object(key, size, undefined)).toThrow(
      expect.objectContaining({ code: 'CORRUPT_DATA' }),
    )
  })

  test('a server that gives the same page for ever is left', async () => {
    const load = async () => ({ infos: [], next: 'same' })
    const all = async () => {
      for await (const infos of pages('s3://b/t', load)) expect(infos).toEqual([])
    }
    await expect(all()).rejects.toThrow('the server gives the same page again')
  })

  test('a search by prefix ends when it has enough', async () => {
    let loaded = 0
    const load = async (): Promise<{ infos: ObjectInfo[]; next: string }> => {
      const at = loaded++
      const infos = Array.from({ length: 60 }, (_, i) => {
        return { path: `${at}-${i}`, sizeBytes: 1, modifiedMs: undefined }
      })
      return { infos, next: `${at}` }
    }
    expect(await firstNames(pages('x', load))).toHaveLength(FOUND_MAX)
    expect(loaded).toBe(2)
  })
})

describe('reading an object', () => {
  const PATH = 's3://b/x'
  const failure = () => new StoreUnavailable('refused')
  /** An object that every request is answered with `answer`; it has `sizeBytes`, if it is there. */
  const readable = (
    answer: { status: number; body?: Uint8Array; headers?: Record<string, string> } | undefined,
    sizeBytes: number | undefined,
  ): Readable => ({
    get: async () =>
      answer === undefined
        ? { status: 0, sent: true, cause: 'cut' }
        : {
            status: answer.status,
            headers: new Headers(answer.headers),
            body: answer.body ?? new Uint8Array(0),
          },
    head: async (path) =>
      sizeBytes === undefined ? undefined : { path, sizeBytes, modifiedMs: undefined },
    isMissing: ({ status }) => status === 404,
    failure,
    verify: () => undefined,
  })
  const part = new Uint8Array([2, 3])
  const RANGE = { start: 2, end: 4 }

  test.each([
    ['no answer', undefined, 9, 'STORE_UNAVAILABLE'],
    ['404', { status: 404 }, undefined, 'NOT_FOUND'],
    ['403', { status: 403 }, 9, 'STORE_UNAVAILABLE'],
    ['416, the object is shorter', { status: 416 }, 3, 'CORRUPT_DATA'],
    ['416, the object is gone', { status: 416 }, undefined, 'NOT_FOUND'],
    ['416, though it is long enough', { status: 416 }, 9, 'STORE_UNAVAILABLE'],
    ['206 without a range', { status: 206, body: part }, 9, 'STORE_UNAVAILABLE'],
    ['206 without a range, and shorter', { status: 206, body: part }, 3, 'CORRUPT_DATA'],
    [
      '206 of another range',
      { status: 206, body: part, headers: { 'content-range': 'bytes 3-4/9' } },
      9,
      'STORE_UNAVAILABLE',
    ],
    [
      '206 of fewer bytes',
      { status: 206, body: part.subarray(1), headers: { 'content-range': 'bytes 2-3/9' } },
      9,
      'STORE_UNAVAILABLE',
    ],
    [
      '206 of a shorter object',
      { status: 206, body: part, headers: { 'content-range': 'bytes 2-3/3' } },
      9,
      'CORRUPT_DATA',
    ],
  ])('a range that is answered with %s', async (_name, answer, size, code) => {
    const reading = readObject(readable(answer, size), PATH, RANGE, {})
    await expect(reading).rejects.toMatchObject({ code })
  })

  test('a range is what was asked for', async () => {
    const headers = { 'content-range': 'bytes 2-3/9' }
    const there = readable({ status: 206, body: part, headers }, 9)
    expect(await readObject(there, PATH, RANGE, {})).toEqual(part)
  })

  test.each([
    ['no answer', undefined, 'STORE_UNAVAILABLE'],
    ['404', { status: 404 }, 'NOT_FOUND'],
    ['206', { status: 206 }, 'STORE_UNAVAILABLE'],
  ])('a whole object that is answered with %s', async (_name, answer, code) => {
    const reading = readObject(readable(answer, 9), PATH, undefined, {})
    await expect(reading).rejects.toMatchObject({ code })
  })

  test('of nothing at all takes a look', async () => {
    const nothing = { start: 4, end: 4 }
    const read = (size: number | undefined) =>
      readObject(readable(undefined, size), PATH, nothing, {})
    expect(await read(9)).toHaveLength(0)
    await expect(read(3)).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
    await expect(read(undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('its facts are those that the server tells', () => {
    const told = new Headers({ 'content-length': '7', etag: '"e"' })
    expect(objectInfo(PATH, told)).toEqual({
      path: PATH,
      sizeBytes: 7,
      modifiedMs: undefined,
      version: '"e"',
    })
    const modified = new Headers({
      'content-length': '7',
      'last-modified': new Date(0).toUTCString(),
    })
    expect(objectInfo(PATH, modified)).toEqual({ path: PATH, sizeBytes: 7, modifiedMs: 0 })
    expect(() => objectInfo(PATH, new Headers())).toThrow('does not tell its size')
  })
})

describe('one request', () => {
  const request: HttpRequest = {
    method: 'GET',
    url: new URL('https://host/x'),
    headers: new Map(),
    timeoutMs: 60_000,
    maxBytes: 10,
  }

  test.each([
    ['a body that is longer than it says', { body: 'x'.repeat(11) }],
    ['one that says so', { body: '', headers: { 'content-length': '11' } }],
  ])('%s is over the bound', async (_name, canned) => {
    cannedFetch(() => canned)
    await expect(sendOnce(request)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxBytes', actual: 11 },
    })
  })

  test('a body of another length than it says is no answer', async () => {
    cannedFetch(() => ({ body: 'four', headers: { 'content-length': '5' } }))
    const answer = await sendOnce(request)
    expect(isNoAnswer(answer) && String(answer.cause)).toContain('4 bytes of 5')
  })

  test.each([
    ['a connection refused', new TypeError('x', { cause: { code: 'ECONNREFUSED' } }), false],
    ['a name that is not known', { code: 'ENOTFOUND' }, false],
    ['a connection broken', new TypeError('x', { cause: { code: 'ECONNRESET' } }), true],
    ['an error without a code', new TypeError('x'), true],
    ['an error whose cause is a text', new TypeError('x', { cause: 'why' }), true],
    ['nothing at all', null, true],
  ])('%s: whether it was sent is known', async (_name, error, sent) => {
    cannedFetch(() => ({ error }))
    expect(await sendOnce(request)).toEqual({ status: 0, sent, cause: error })
  })
})

describe('credentials that end', () => {
  test('those of a failed login are not shown, only what kind of error it was', async () => {
    const ask = (error: unknown) =>
      new Refreshed('tokens', () => Promise.reject(error), { nowMs: () => 0 }).current()
    const error: unknown = await ask(new RangeError('password=secret')).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { reason: 'RangeError' } })
    expect(String(error)).not.toContain('secret')
    await expect(ask('secret')).rejects.toMatchObject({ details: { reason: 'string' } })
    await expect(ask(new InvalidArgument('wrong'))).rejects.toThrow('wrong')
  })

  test('a variable that is empty is not set, and where there are none, none is', () => {
    vi.stubEnv('MORAINE_TEST', '')
    expect(environment('MORAINE_TEST')).toBeUndefined()
    vi.stubEnv('MORAINE_TEST', 'x')
    expect(environment('MORAINE_TEST')).toBe('x')
    const { process } = globalThis
    vi.stubGlobal('process', undefined)
    const seen = environment('MORAINE_TEST')
    vi.stubGlobal('process', process)
    expect(seen).toBeUndefined()
  })
})

describe('the proof of conditional writes', () => {
  const env = systemEnv()
  const writes = {
    head: async (path: string) => ({ path, sizeBytes: 1, modifiedMs: undefined, version: '1' }),
    create: async () => ({ outcome: 'exists' }) as const,
    replace: async () => ({ outcome: 'unknown', cause: 'lost' }) as const,
    delete: async () => {
      throw new StoreUnavailable('litter stays')
    },
  }

  test('an object that has no version cannot be replaced', async () => {
    const head = async () => undefined
    const proof = new WriteProof({ ...writes, head }, env)
    const error: unknown = await proof.of('b', 's3://b/x').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Unsupported)
    expect(error).toMatchObject({ feature: 'conditional-replace' })
    expect(await proof.of('b', 's3://b/y').catch((caught: unknown) => caught)).toBe(error)
  })

  test('answers that are lost again and again prove nothing, and are asked for again', async () => {
    const proof = new WriteProof(writes, env)
    await expect(proof.of('b', 's3://b/x')).rejects.toThrow('answers are lost')
    await expect(proof.of('b', 's3://b/x')).rejects.toThrow('answers are lost')
  })
})
