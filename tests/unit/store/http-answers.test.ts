/** What the HTTP adapter makes of answers that the server of the other suite never gives; browsers among them. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { StoreUnavailable } from '../../../src/errors.js'
import type { HttpOptions } from '../../../src/store/http/config.js'
import { httpStore } from '../../../src/store/http/http.js'
import { Pins } from '../../../src/store/http/pins.js'
import { WholeFiles } from '../../../src/store/http/whole-files.js'
import { type Canned, cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const PATH = 'https://host/t/x'
const NOT_UTF8 = new Uint8Array([0xff])

afterEach(() => {
  vi.unstubAllGlobals()
})

const open = (options: HttpOptions = {}) => httpStore({ maxAttempts: 1, ...options }, env)
const part = (body: string, range?: string, more: Record<string, string> = {}): Canned => ({
  status: 206,
  body,
  headers: { ...(range !== undefined && { 'content-range': `bytes ${range}` }), ...more },
})

describe('a page of a browser', () => {
  test('follows redirects by itself, where nothing secret goes along', async () => {
    const seen = cannedFetch((_asked, before) =>
      before === 0 ? { status: 0 } : part('x', '0-0/1'),
    )
    expect(await open().read(PATH)).toHaveLength(1)
    expect(seen.map(({ redirect }) => redirect)).toEqual(['manual', 'follow'])
  })

  test('with headers for that origin it does not', async () => {
    cannedFetch(() => ({ status: 0 }))
    const origin = 'https://host'
    const secret = { origin, headers: { 'x-key': 'secret' } }
    await expect(open(secret).read(PATH)).rejects.toThrow('would send the `headers` along')
    // Another host gets no headers, so nothing stands in the way.
    cannedFetch((_asked, before) => (before === 0 ? { status: 0 } : part('x', '0-0/1')))
    expect(await open(secret).read('https://other/x')).toHaveLength(1)
    const none = { origin, headers: () => ({}) }
    cannedFetch((_asked, before) => (before === 0 ? { status: 0 } : part('x', '0-0/1')))
    expect(await open(none).read(PATH)).toHaveLength(1)
  })

  test.each([
    ['https://page', 'it does not let pages of https://page read'],
    ['https://host', 'gave no whole answer'],
    [undefined, 'gave no whole answer'],
  ])('of %s is told what may be the matter', async (origin, text) => {
    vi.stubGlobal('location', { origin })
    cannedFetch(() => ({ error: new TypeError('Failed to fetch') }))
    const error: Error = await open()
      .read(PATH)
      .catch((caught) => caught)
    expect(error.message).toContain(text)
    expect(error.message.includes('Access-Control')).toBe(text.includes('pages'))
  })
})

test('a body that is cut off is told as it is', async () => {
  cannedFetch(() => ({ body: 'four', headers: { 'content-length': '5' } }))
  await expect(open().read(PATH)).rejects.toBeInstanceOf(StoreUnavailable)
  await expect(open().read(PATH)).rejects.toThrow('4 bytes of 5')
})

test.each([
  [401, 'the server wants credentials'],
  [418, 'the server refused'],
  [500, 'the server failed'],
])('%i: %s', async (status, text) => {
  cannedFetch(() => ({ status }))
  await expect(open().read(PATH)).rejects.toThrow(`${status}: ${text}`)
  await expect(open().read(PATH, { start: 0, end: 1 })).rejects.toThrow(`${status}: ${text}`)
})

test.each(['nowhere', 3 as never])('origin %j is none', (origin) => {
  expect(() => open({ origin })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('an answer may say nothing of its kind', async () => {
  cannedFetch(() => ({ body: new Uint8Array([7]) }))
  expect(await open().read(PATH)).toEqual(new Uint8Array([7]))
})

test('a redirect without a target leads nowhere', async () => {
  cannedFetch(() => ({ status: 302 }))
  await expect(open().read(PATH)).rejects.toThrow('redirected, but not to a URL')
})

describe('looking at a file', () => {
  const look = (...answers: Canned[]) => {
    cannedFetch((_asked, before) => answers[before] as Canned)
    return open().head(PATH)
  }
  const pack = { 'content-encoding': 'gzip' }

  test.each([
    ['404', [{ status: 404 }]],
    ['410', [{ status: 410 }]],
    ['a page', [{ headers: { 'content-type': 'text/html' } }]],
    ['a part without its size, then 404', [part('x'), { status: 404 }]],
  ] as const)('%s: it is not there', async (_name, answers) => {
    expect(await look(...(answers as readonly Canned[]))).toBeUndefined()
  })

  test.each([
    ['no size', {}],
    ['the size of what is packed', { ...pack, 'content-length': '3' }],
    ['a size that is none', { 'content-length': '1e99' }],
  ])('%s', async (_name, headers) => {
    await expect(look(part('x', '0-0/*'), { headers })).rejects.toThrow('does not tell its size')
  })

  test('403 after a part', async () => {
    await expect(look(part('x'), { status: 403 })).rejects.toThrow('403')
  })

  test('the time of its last change may be unknown', async () => {
    expect(await look(part('x', '0-0/7'))).toEqual({
      path: PATH,
      sizeBytes: 7,
      modifiedMs: undefined,
    })
  })
})

describe('reading a range', () => {
  const RANGE = { start: 2, end: 4 }
  const read = (range: { start: number; end: number }, ...answers: Canned[]) => {
    cannedFetch((_asked, before) => answers[before] as Canned)
    return open().read(PATH, range)
  }

  test.each([
    ['gone', [{ status: 416 }, { status: 404 }], 'NOT_FOUND'],
    ['shorter', [{ status: 416, headers: { 'content-range': 'bytes */3' } }], 'CORRUPT_DATA'],
    ['refused', [{ status: 416, headers: { 'content-range': 'bytes */9' } }], 'STORE_UNAVAILABLE'],
    ['of a shorter file', [part('ab', '2-3/3')], 'CORRUPT_DATA'],
    ['of other bytes', [part('ab', '3-4/9')], 'STORE_UNAVAILABLE'],
    ['of too few', [part('a', '2-2/9')], 'STORE_UNAVAILABLE'],
    [
      'packed',
      [part('ab', '2-3/9', { 'content-encoding': 'gzip-of-another-kind' })],
      'UNSUPPORTED',
    ],
  ] as const)('that is %s', async (_name, answers, code) => {
    await expect(read(RANGE, ...(answers as readonly Canned[]))).rejects.toMatchObject({ code })
  })

  test('which the server does not name is taken by its length', async () => {
    expect(await read(RANGE, part('ab'))).toHaveLength(2)
    expect(await read(RANGE, part('ab', '2-3/*'))).toHaveLength(2)
  })

  test('of nothing, in a file that is not there', async () => {
    await expect(read({ start: 2, end: 2 }, { status: 404 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('of a whole file that came packed', async () => {
    const headers = { 'content-encoding': 'of-another-kind' }
    expect(await read(RANGE, { body: 'abcde', headers })).toHaveLength(2)
  })

  test('of a server without ranges whose connection breaks', async () => {
    await expect(read(RANGE, { error: new TypeError('gone') })).rejects.toBeInstanceOf(
      StoreUnavailable,
    )
  })
})

describe('reading a whole file', () => {
  test.each([
    ['packed', part('ab', '0-1/2', { 'content-encoding': 'of-another-kind' }), 'UNSUPPORTED'],
    ['of a part', part('ab', '0-1/9'), 'STORE_UNAVAILABLE'],
    ['of other bytes', part('ab', '1-2/2'), 'STORE_UNAVAILABLE'],
  ])('that is %s', async (_name, answer, code) => {
    cannedFetch(() => answer)
    await expect(open().read(PATH)).rejects.toMatchObject({ code })
  })
})

test('what cannot be written is not shown when it is no location of HTTP', async () => {
  await expect(open().delete('nonsense')).rejects.toThrow('cannot write this location')
})

describe('an index page', () => {
  const names = async (
    inside: string,
    heads: (path: string) => Canned = () => part('x', '0-0/1'),
  ) => {
    cannedFetch(({ url }) =>
      url.pathname.endsWith('/')
        ? { body: `<title>Index of /t</title>${inside}` }
        : heads(url.pathname),
    )
    const found: string[] = []
    for await (const { path, isFolder } of open().list('https://host/t', { recursive: false })) {
      found.push(`${path}${isFolder === true ? '/' : ''}`)
    }
    return found
  }

  test('names files in quotes of either kind, or in none', async () => {
    expect(await names(`<a href="a"><a href='b'><a href=c><a href=""><a href='d/'>`)).toEqual([
      ...['https://host/t/a', 'https://host/t/b', 'https://host/t/c', 'https://host/t/d/'],
    ])
  })

  test('leads nowhere else', async () => {
    const links = ['?C=N', '#top', '../', '/', '//other/x', 'http://[', 'a/b', 'x%2Fy', '%zz', 'ok']
    expect(await names(links.map((href) => `<a href="${href}">`).join(''))).toEqual([
      'https://host/t/ok',
    ])
  })

  test('has entities in its links', async () => {
    expect(await names('<a href="&#97;&#x62;&amp;&#1114112;&#x110000;c">')).toEqual([
      'https://host/t/ab&c',
    ])
  })

  test('names files that went away meanwhile', async () => {
    const gone = (path: string): Canned =>
      path.endsWith('a') ? { status: 404 } : part('x', '0-0/1')
    expect(await names('<a href="a"><a href="b">', gone)).toEqual(['https://host/t/b'])
  })

  test.each<[Canned, string]>([
    [{ status: 401 }, 'the server wants credentials'],
    [{ status: 500 }, 'the server failed'],
    [{ status: 403 }, '403 may mean that credentials are missing'],
    [{ status: 404 }, 'no index page'],
    [{ body: NOT_UTF8 }, 'no index page'],
  ])('that is %j is none', async (canned, text) => {
    cannedFetch(() => canned)
    await expect(open().list(PATH)[Symbol.asyncIterator]().next()).rejects.toThrow(text)
  })
})

describe('what is remembered', () => {
  const headers = (facts: Record<string, string>) => new Headers(facts)

  test.each([
    ['another size', {}, 1, {}, 2],
    ['another tag', { etag: '"a"' }, 1, { etag: '"b"' }, 1],
    ['another time', { 'last-modified': 'a' }, 1, { 'last-modified': 'b' }, undefined],
    [
      'another time, one without a tag',
      { etag: '"a"', 'last-modified': 'a' },
      1,
      { 'last-modified': 'b' },
      1,
    ],
  ])('a file of %s has changed', (_name, first, size, then, sizeThen) => {
    const pins = new Pins()
    pins.check('a', headers(first), size)
    expect(() => pins.check('a', headers(then), sizeThen)).toThrow('has changed')
    // It begins anew.
    pins.check('a', headers(then), sizeThen)
  })

  test('the same tag is the same file, whatever the time', () => {
    const pins = new Pins()
    pins.check('a', headers({ etag: 'W/"a"', 'last-modified': 'a' }), undefined)
    pins.check('a', headers({ etag: '"a"', 'last-modified': 'b' }), 1)
    expect(() => pins.check('a', headers({}), 2)).toThrow('has changed')
  })

  test('ten thousand files, and not the one before', () => {
    const pins = new Pins()
    for (let i = 0; i <= 10_000; i++) pins.check(`${i}`, headers({}), 1)
    expect(() => pins.check('1', headers({}), 2)).toThrow('has changed')
    pins.check('0', headers({}), 2)
  })

  test('whole files, as many bytes as there is room for', () => {
    const files = new WholeFiles(5)
    const bytes = (length: number) => new Uint8Array(length)
    files.keep('large', bytes(6))
    files.keep('a', bytes(2))
    files.keep('b', bytes(2))
    expect(files.get('a')).toHaveLength(2)
    files.keep('c', bytes(2))
    expect(['large', 'a', 'b', 'c'].map((name) => files.get(name)?.length)).toEqual([
      ...[undefined, 2, undefined, 2],
    ])
  })
})
