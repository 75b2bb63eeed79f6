/**
 * A small S3 in this process, for tests without a network: conditional writes, parts, ranges, pages
 * of two keys, signatures checked by a second signing. A plan spoils chosen requests.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signRequest } from '../../src/store/s3/sign.js'

/** What happens to one request: nothing, or something bad. */
export type Spoil =
  | 'drop-before'
  | 'drop-after'
  | 'truncate'
  | 'duplicate'
  | 'delay'
  | 'redirect'
  | 'error-in-200'
  | { readonly status: number; readonly code?: string; readonly after?: true }

export interface Seen {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

export interface S3Server {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  readonly uploads: Map<string, Map<number, Buffer>>
  readonly seen: Seen[]
  /** Asked for each request; what it gives happens. */
  plan: (request: Seen) => Spoil | undefined
  /** Whether `If-None-Match` is obeyed. */
  conditional: boolean
  /** Whether `If-Match` is obeyed. */
  replacing: boolean
  /** Where a redirect leads. */
  elsewhere: string
  close(): Promise<void>
}

export const KEYS = { accessKeyId: 'test', secretAccessKey: 'test-secret', sessionToken: undefined }
const PAGE = 2

interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
}

export async function startS3(): Promise<S3Server> {
  const http = createServer((request, response) => {
    void answer(server, request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    objects: new Map(),
    uploads: new Map(),
    seen: [],
    plan: () => undefined,
    conditional: true,
    replacing: true,
    elsewhere: '',
    close: async () => {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

async function answer(server: S3Server, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const url = new URL(request.url ?? '/', server.endpoint)
  const key = decodeURIComponent(url.pathname).replace(/^\/[^/]*\/?/, '')
  const method = request.method ?? ''
  const seen: Seen = { method, key, query: url.searchParams, headers: request.headers }
  server.seen.push(seen)
  const spoil = server.plan(seen)
  if (spoil === 'drop-before') return void request.socket.destroy()
  if (spoil === 'redirect') {
    return send(response, {
      status: 307,
      headers: { location: `${server.elsewhere}${url.pathname}` },
    })
  }
  if (typeof spoil === 'object' && spoil.after !== true) return send(response, problem(spoil))
  if (!signedRight(request, url, body)) {
    return send(response, problem({ status: 403, code: 'SignatureDoesNotMatch' }))
  }
  if (spoil === 'delay') await new Promise((resolve) => setTimeout(resolve, 30))
  if (spoil === 'error-in-200') {
    return send(response, { ...problem({ status: 500, code: 'InternalError' }), status: 200 })
  }
  let reply = handle(server, seen, body)
  if (spoil === 'duplicate') reply = handle(server, seen, body)
  if (spoil === 'drop-after') return void request.socket.destroy()
  if (typeof spoil === 'object') return send(response, problem(spoil))
  if (spoil === 'truncate') {
    const whole = Buffer.from(reply.body ?? '')
    response.writeHead(reply.status, { ...reply.headers, 'content-length': whole.length + 1 })
    response.write(whole)
    return void setImmediate(() => request.socket.destroy())
  }
  send(response, reply, method === 'HEAD')
}

function send(response: ServerResponse, reply: Reply, head = false): void {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, {
    ...(reply.status === 204 ? {} : { 'content-length': body.length }),
    ...reply.headers,
  })
  response.end(head ? undefined : body)
}

function problem({ status, code = 'Problem' }: { status: number; code?: string }): Reply {
  const headers = status === 503 || status === 429 ? { 'retry-after': '0' } : {}
  return { status, headers, body: `<Error><Code>${code}</Code></Error>` }
}

function signedRight(request: IncomingMessage, url: URL, body: Buffer): boolean {
  const stated = request.headers.authorization ?? ''
  const names = (/SignedHeaders=([^,]+)/.exec(stated)?.[1] ?? '').split(';')
  const made = new Set(['host', 'x-amz-date', 'x-amz-content-sha256'])
  const headers = new Map(
    names.filter((name) => !made.has(name)).map((name) => [name, String(request.headers[name])]),
  )
  const bodyHash = createHash('sha256').update(body).digest('hex')
  const stamp = String(request.headers['x-amz-date'])
  const nowMs = Date.parse(
    stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  const again = signRequest({ method: request.method ?? '', url, headers, bodyHash }, KEYS, {
    region: 'us-east-1',
    service: 's3',
    nowMs,
  })
  const sum = request.headers['x-amz-checksum-sha256']
  const sumRight = sum === undefined || sum === Buffer.from(bodyHash, 'hex').toString('base64')
  const condition = ['if-none-match', 'if-match'].every(
    (name) => request.headers[name] === undefined || names.includes(name),
  )
  return sumRight && condition && again.get('authorization') === stated
}

function handle(server: S3Server, seen: Seen, body: Buffer): Reply {
  const { method, key, query } = seen
  const uploadId = query.get('uploadId')
  if (key === '' && method === 'GET') return listing(server, query)
  if (method === 'POST' && query.has('delete')) {
    for (const [, name] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
      server.objects.delete(
        (name ?? '').replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
      )
    }
    return { status: 200, body: '<DeleteResult></DeleteResult>' }
  }
  if (method === 'POST' && query.has('uploads')) {
    const id = `upload ${server.uploads.size + 1}&<`
    server.uploads.set(id, new Map())
    return {
      status: 200,
      body: `<R><UploadId>${id.replace('&', '&amp;').replace('<', '&lt;')}</UploadId></R>`,
    }
  }
  if (uploadId !== null) return handlePart(server, seen, uploadId, body)
  if (method === 'PUT') return store(server, seen, body)
  if (method === 'DELETE') {
    server.objects.delete(key)
    return { status: 204 }
  }
  return get(server, seen)
}

function handlePart(server: S3Server, seen: Seen, id: string, body: Buffer): Reply {
  const parts = server.uploads.get(id)
  if (parts === undefined) return problem({ status: 404, code: 'NoSuchUpload' })
  if (seen.method === 'PUT') {
    parts.set(Number(seen.query.get('partNumber')), body)
    return { status: 200, headers: { etag: '"part"' } }
  }
  if (seen.method === 'DELETE') {
    server.uploads.delete(id)
    return { status: 204 }
  }
  const whole = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
  const reply = store(server, seen, whole)
  if (reply.status === 200) server.uploads.delete(id)
  return reply
}

function store(server: S3Server, { key, headers }: Seen, bytes: Buffer): Reply {
  if (headers['if-none-match'] === '*' && server.conditional && server.objects.has(key)) {
    return problem({ status: 412, code: 'PreconditionFailed' })
  }
  const match = headers['if-match']
  if (match !== undefined && server.replacing) {
    const there = server.objects.get(key)
    if (there === undefined) return problem({ status: 404, code: 'NoSuchKey' })
    if (match !== etagOf(there)) return problem({ status: 412, code: 'PreconditionFailed' })
  }
  server.objects.set(key, bytes)
  return { status: 200, headers: { etag: etagOf(bytes) } }
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

function get(server: S3Server, { key, headers }: Seen): Reply {
  const bytes = server.objects.get(key)
  if (bytes === undefined) return problem({ status: 404, code: 'NoSuchKey' })
  const facts = {
    etag: etagOf(bytes),
    'last-modified': new Date(0).toUTCString(),
    'x-amz-checksum-sha256': createHash('sha256').update(bytes).digest('base64'),
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
  if (range === null) {
    return {
      status: 200,
      headers: { ...facts, 'content-length': String(bytes.length) },
      body: bytes,
    }
  }
  const start = Number(range[1])
  if (start >= bytes.length) return problem({ status: 416, code: 'InvalidRange' })
  const end = Math.min(Number(range[2]) + 1, bytes.length)
  const stated = `bytes ${start}-${end - 1}/${bytes.length}`
  return { status: 206, headers: { 'content-range': stated }, body: bytes.subarray(start, end) }
}

function listing(server: S3Server, query: URLSearchParams): Reply {
  const prefix = query.get('prefix') ?? ''
  const after = query.get('continuation-token') ?? ''
  const rows = new Map<string, string>()
  for (const [key, bytes] of server.objects) {
    if (!key.startsWith(prefix)) continue
    const slash = query.has('delimiter') ? key.indexOf('/', prefix.length) : -1
    const shown = slash < 0 ? key : key.slice(0, slash + 1)
    const name = encodeURIComponent(shown).replaceAll('%20', '+')
    const inside = `<Key>${name}</Key><Size>${bytes.length}</Size>`
    const row =
      slash < 0
        ? `<Contents>${inside}</Contents>`
        : `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`
    rows.set(shown, row)
  }
  const left = [...rows.keys()].sort().filter((key) => key > after)
  const page = left.slice(0, PAGE)
  const more = left.length > PAGE
  const next = more
    ? `<NextContinuationToken>${page.at(-1)?.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</NextContinuationToken>`
    : ''
  const body = page.map((key) => rows.get(key)).join('')
  return {
    status: 200,
    body: `<ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${body}</ListBucketResult>`,
  }
}
