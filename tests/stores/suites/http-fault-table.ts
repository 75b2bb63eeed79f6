/** What goes wrong with which answer of a server of files, and what a scan may then say. */
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Fault } from '../fault-proxy.js'
import type { FileRange, HttpSpoil } from '../http-server.js'

interface Spoiled {
  readonly name: string
  /** How many matching requests are spoiled. */
  readonly times: number
  readonly match: RegExp
  /** `rows`, exactly; or the code of the one error that may be instead, `any` for whichever. */
  readonly expected: string
  /** The reader must give up waiting. */
  readonly isSilent: boolean
}

export type HttpFaultRow = Spoiled &
  (
    | { readonly by: 'proxy'; readonly fault: Fault }
    | { readonly by: 'server'; readonly fault: HttpSpoil }
  )

const FILES = {
  'the version hint': /version-hint\.text$/,
  'the metadata file': /\.metadata\.json$/,
  'a manifest list': /\/snap-[^/]*\.avro$/,
  'a manifest': /\/(?!snap-)[^/]*\.avro$/,
  'a data file': /\.parquet$/,
} as const
type What = keyof typeof FILES
const CORE: readonly What[] = ['the metadata file', 'a manifest', 'a data file']
const ALWAYS = 9999

/** What passes is tried again, and the rows are the rows. */
const PASSING: readonly (readonly [string, Fault])[] = [
  ['the connection ends before the request', 'drop-before'],
  ['the connection ends after the request', 'drop-after'],
  ['half a body', 'truncate'],
  ['a body in small pieces', 'slow-body'],
  ['a late answer', 'delay'],
  ['no answer', 'hang'],
  ['408', { status: 408 }],
  ['429 with Retry-After', { status: 429, retryAfter: '0' }],
  ['500', { status: 500 }],
  ['502', { status: 502 }],
  ['503 with Retry-After', { status: 503, retryAfter: '0' }],
  ['504', { status: 504 }],
]

/** For good: an error, and never fewer rows. */
const LASTING: readonly (readonly [string, Fault])[] = [
  ['the connection ends', 'drop-after'],
  ['half a body', 'truncate'],
  ['500', { status: 500 }],
  ['429', { status: 429, retryAfter: '0' }],
  ['403', { status: 403 }],
]

const SILENT = raw(silent)

/** What a server does wrong with a range, and what that is to the reader. */
const RANGES: readonly (readonly [string, HttpSpoil, string])[] = [
  ['the whole file in place of a range', 'whole', 'rows'],
  ['bytes of another place', 'other-range', 'STORE_UNAVAILABLE'],
  ['fewer bytes than were asked for', answered(shorter), 'STORE_UNAVAILABLE'],
  ['more bytes than were asked for', answered(longer), 'STORE_UNAVAILABLE'],
  ['another size of the file', answered(otherSize), 'any'],
  ['a Content-Range that is none', answered(nonsense), 'any'],
  ['206 without any body', answered(empty), 'STORE_UNAVAILABLE'],
  ['a packed body', 'gzip', 'rows'],
  ['a packed range', 'gzip-range', 'UNSUPPORTED'],
  ['a page in place of the file', 'page', 'NOT_FOUND'],
  ['404', { status: 404 }, 'NOT_FOUND'],
  ['410', { status: 410 }, 'NOT_FOUND'],
  ['416', { status: 416 }, 'any'],
  ['401', { status: 401 }, 'STORE_UNAVAILABLE'],
  ['204', { status: 204 }, 'STORE_UNAVAILABLE'],
  ['304', { status: 304 }, 'STORE_UNAVAILABLE'],
  ['a body of other bytes', answered(garbage), 'CORRUPT_DATA'],
  ['a Content-Length that is too large', raw(tooLong), 'rows'],
  ['a Content-Length that is too small', raw(tooShort), 'any'],
  ['an answer that is not HTTP', raw(notHttp), 'rows'],
  ['a header of a megabyte', raw(hugeHeader), 'rows'],
  ['a chunked body without its end', raw(openChunk), 'rows'],
  ['silence after the headers', SILENT, 'rows'],
  ['a redirect to nowhere', { status: 302 }, 'STORE_UNAVAILABLE'],
  [
    'a redirect to a file',
    { status: 302, headers: { location: 'file:///etc/passwd' } },
    'STORE_UNAVAILABLE',
  ],
  ['a redirect to itself', { status: 307, headers: { location: '' } }, 'rows'],
]

export const httpFaults: readonly HttpFaultRow[] = [
  ...(['the version hint', 'a manifest list', ...CORE] as const).flatMap((what) =>
    PASSING.map(([name, fault]) =>
      row(what, name, { by: 'proxy', fault, times: 1, expected: 'rows' }),
    ),
  ),
  ...CORE.flatMap((what) =>
    LASTING.map(([name, fault]) =>
      row(what, `${name}, again and again`, {
        by: 'proxy',
        fault,
        times: ALWAYS,
        expected: 'STORE_UNAVAILABLE',
      }),
    ),
  ),
  ...CORE.flatMap((what) =>
    RANGES.map(([name, fault, expected]) =>
      row(what, name, { by: 'server', fault, times: 1, expected }),
    ),
  ),
  row('a data file', 'the whole file in place of every range', {
    ...{ by: 'server', fault: 'whole', times: ALWAYS, expected: 'rows' },
  }),
  row('a data file', 'ranges without Content-Range', {
    ...{ by: 'server', fault: 'no-size', times: ALWAYS, expected: 'rows' },
  }),
]

type Kind =
  | { readonly by: 'proxy'; readonly fault: Fault }
  | { readonly by: 'server'; readonly fault: HttpSpoil }

function row(
  what: What,
  name: string,
  kind: Kind & { readonly times: number; readonly expected: string },
): HttpFaultRow {
  const isSilent = kind.fault === 'hang' || kind.fault === SILENT
  return { name: `${what}: ${name}`, match: FILES[what], isSilent, ...kind }
}

interface Part {
  body: Uint8Array
  range: FileRange
  readonly headers: Record<string, string>
}

/** A 206 that is well formed as HTTP, but for what `spoil` does to it. */
function answered(spoil: (part: Part) => void): HttpSpoil {
  return (response, bytes, range = { start: 0, end: bytes.length, sizeBytes: bytes.length }) => {
    const { start, end, sizeBytes } = range
    const headers = { 'content-range': `bytes ${start}-${end - 1}/${sizeBytes}` }
    const part: Part = { body: bytes, range, headers }
    spoil(part)
    response.writeHead(206, { ...part.headers, 'content-length': `${part.body.length}` })
    response.end(part.body)
  }
}

function shorter(part: Part): void {
  part.body = part.body.subarray(0, part.body.length - 1)
}

function longer(part: Part): void {
  part.body = Buffer.concat([part.body, Buffer.from('x')])
}

function otherSize({ range, headers }: Part): void {
  headers['content-range'] = `bytes ${range.start}-${range.end - 1}/${range.sizeBytes + 1000}`
}

function nonsense({ headers }: Part): void {
  headers['content-range'] = 'pages 1 to 9 of many'
}

function empty(part: Part): void {
  part.body = new Uint8Array(0)
}

/** As many bytes as were asked for, and always the same ones. */
function garbage(part: Part): void {
  const made = Buffer.alloc(part.body.length)
  const seed = createHash('sha256').update('garbage').digest()
  for (let i = 0; i < made.length; i++) made[i] = (seed[i % seed.length] as number) ^ (i >> 5)
  part.body = made
}

/** Written to the connection as it is. */
function raw(
  write: (response: ServerResponse, bytes: Uint8Array, part: string) => void,
): HttpSpoil {
  return (response, bytes, range) => {
    const { start, end, sizeBytes } = range ?? {
      start: 0,
      end: bytes.length,
      sizeBytes: bytes.length,
    }
    const head = `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${start}-${end - 1}/${sizeBytes}\r\n`
    write(response, bytes, head)
  }
}

function tooLong({ socket }: ServerResponse, bytes: Uint8Array, head: string): void {
  socket?.write(`${head}Content-Length: ${bytes.length + 10}\r\n\r\n`)
  socket?.end(bytes)
}

function tooShort({ socket }: ServerResponse, bytes: Uint8Array, head: string): void {
  socket?.write(`${head}Content-Length: ${bytes.length - 1}\r\n\r\n`)
  socket?.end(bytes)
}

function notHttp({ socket }: ServerResponse): void {
  socket?.end('\u0016\u0003\u0001 220 smtp.example ready\r\n')
}

function hugeHeader({ socket }: ServerResponse, bytes: Uint8Array, head: string): void {
  socket?.write(`${head}X-Large: ${'x'.repeat(1 << 20)}\r\nContent-Length: ${bytes.length}\r\n\r\n`)
  socket?.end(bytes)
}

function openChunk({ socket }: ServerResponse, bytes: Uint8Array, head: string): void {
  socket?.write(`${head}Transfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`)
  socket?.end(bytes)
}

function silent({ socket }: ServerResponse, bytes: Uint8Array, head: string): void {
  socket?.write(`${head}Content-Length: ${bytes.length}\r\n\r\n`)
}
