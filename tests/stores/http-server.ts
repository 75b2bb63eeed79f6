/**
 * A small server of files in this process: ranges, entity tags, index pages; a plan spoils chosen
 * answers. Its files are a map of literal names, `t/metadata/v1.metadata.json`, or a folder.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What happens to one request: nothing, or something else than what it deserves. */
export type HttpSpoil =
  | 'drop'
  | 'truncate'
  | 'whole'
  | 'gzip'
  | 'gzip-range'
  | 'other-range'
  | 'no-size'
  | 'page'
  | { readonly status: number; readonly headers?: Record<string, string> }
  /** Answers by itself; `bytes` is what was asked for, the file or a part of it. */
  | ((response: ServerResponse, bytes: Uint8Array, range: FileRange | undefined) => void)

export interface FileRange {
  readonly start: number
  readonly end: number
  readonly sizeBytes: number
}

export interface SeenRead {
  readonly method: string
  /** Decoded. */
  readonly path: string
  readonly search: string
  readonly headers: IncomingMessage['headers']
}

export interface HttpFilesServer {
  readonly origin: string
  /** Served besides those of `folder`. */
  readonly files: Map<string, Uint8Array>
  /** A folder whose files are served too. */
  folder: string | undefined
  readonly seen: SeenRead[]
  plan: (request: SeenRead, index: number) => HttpSpoil | undefined
  /** Whether folders have an index page. */
  lists: boolean
  /** Milliseconds before each answer. */
  delayMs: number
  /** Sent with each answer. */
  headers: Record<string, string>
  /** How many requests were answered at the same time, at most. */
  readonly peak: () => number
  close(): Promise<void>
}

export async function startHttpFiles(): Promise<HttpFilesServer> {
  let running = 0
  let peak = 0
  const http = createServer((request, response) => {
    peak = Math.max(peak, ++running)
    response.on('close', () => running--)
    setTimeout(() => answer(server, request, response), server.delayMs)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: HttpFilesServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files: new Map(),
    folder: undefined,
    seen: [],
    plan: () => undefined,
    lists: true,
    delayMs: 0,
    headers: {},
    peak: () => peak,
    close: async () => {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

function answer(server: HttpFilesServer, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', server.origin)
  const path = url.pathname.slice(1).split('/').map(decodeURIComponent).join('/')
  const method = request.method ?? ''
  const seen: SeenRead = { method, path, search: url.search, headers: request.headers }
  const spoil = server.plan(seen, server.seen.length)
  server.seen.push(seen)
  if (spoil === 'drop') {
    response.destroy()
    return
  }
  const send = (status: number, headers: Record<string, string>, body: Uint8Array): undefined => {
    response.writeHead(status, { ...headers, ...server.headers })
    response.end(method === 'HEAD' ? undefined : body)
  }
  if (method === 'OPTIONS') {
    send(204, {}, NOTHING)
    return
  }
  if (typeof spoil === 'object') {
    send(spoil.status, spoil.headers ?? {}, NOTHING)
    return
  }
  if (spoil === 'page') {
    send(200, HTML, Buffer.from('<title>Welcome</title>'))
    return
  }
  if (path === '' || path.endsWith('/')) {
    const page = server.lists ? indexPage(server, path) : undefined
    return page === undefined ? send(404, HTML, NOTHING) : send(200, HTML, Buffer.from(page))
  }
  const bytes = fileOf(server, path)
  if (typeof spoil === 'function') {
    const range = rangeOf(seen, bytes?.length ?? 0)
    spoil(response, (bytes ?? NOTHING).subarray(range?.start, range?.end), range)
    return
  }
  if (bytes === undefined) {
    send(404, HTML, Buffer.from('not found'))
    return
  }
  sendFile(bytes, { send, response, seen, spoil, type: typeOf(path) })
}

const NOTHING = new Uint8Array(0)
const HTML = { 'content-type': 'text/html; charset=utf-8' }

function sendFile(
  bytes: Uint8Array,
  to: {
    readonly send: (status: number, headers: Record<string, string>, body: Uint8Array) => undefined
    readonly response: ServerResponse
    readonly seen: SeenRead
    readonly spoil: HttpSpoil | undefined
    readonly type: string
  },
): undefined {
  const { send, response, seen, spoil } = to
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`
  const facts = {
    etag,
    'last-modified': 'Mon, 23 Nov 2026 08:00:00 GMT',
    'content-type': to.type,
  }
  const length = (body: Uint8Array) => ({ 'content-length': `${body.length}` })
  if (spoil === 'gzip') {
    const packed = gzipSync(bytes)
    return send(200, { ...facts, 'content-encoding': 'gzip', ...length(packed) }, packed)
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(seen.headers.range ?? '')
  if (range === null || spoil === 'whole') {
    send(200, { ...facts, ...length(bytes) }, bytes)
    return
  }
  const start = Number(range[1]) + (spoil === 'other-range' ? 1 : 0)
  const end = Math.min(bytes.length, range[2] === '' ? bytes.length : Number(range[2]) + 1)
  if (start >= bytes.length) {
    return send(
      416,
      spoil === 'no-size' ? {} : { 'content-range': `bytes */${bytes.length}` },
      NOTHING,
    )
  }
  const part = bytes.subarray(start, end)
  const stated = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
  const headers = { ...facts, ...length(part), ...(spoil !== 'no-size' && stated) }
  if (spoil === 'truncate') {
    response.writeHead(206, headers)
    response.write(part.subarray(0, part.length >> 1), () => response.destroy())
    return
  }
  if (spoil === 'gzip-range') {
    const packed = gzipSync(part)
    return send(206, { ...headers, 'content-encoding': 'gzip', ...length(packed) }, packed)
  }
  send(206, headers, part)
}

function rangeOf({ headers }: SeenRead, sizeBytes: number): FileRange | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  if (match === null) return undefined
  const end = match[2] === '' ? sizeBytes : Math.min(sizeBytes, Number(match[2]) + 1)
  return { start: Number(match[1]), end, sizeBytes }
}

function typeOf(path: string): string {
  if (path.endsWith('.html')) return HTML['content-type']
  return path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream'
}

function fileOf(server: HttpFilesServer, path: string): Uint8Array | undefined {
  const known = server.files.get(path)
  if (known !== undefined || server.folder === undefined) return known
  const file = join(server.folder, path)
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined
}

/** As nginx writes it: names in links encoded, folders with a slash. */
function indexPage(server: HttpFilesServer, folder: string): string | undefined {
  const names = new Set<string>()
  for (const path of server.files.keys()) {
    if (!path.startsWith(folder)) continue
    const rest = path.slice(folder.length)
    const slash = rest.indexOf('/')
    names.add(slash < 0 ? rest : rest.slice(0, slash + 1))
  }
  const local = server.folder === undefined ? undefined : join(server.folder, folder)
  if (local !== undefined && existsSync(local)) {
    for (const entry of readdirSync(local, { withFileTypes: true })) {
      names.add(entry.isDirectory() ? `${entry.name}/` : entry.name)
    }
  } else if (names.size === 0) return undefined
  const links = [...names].sort().map((name) => {
    const href = name.split('/').map(encodeURIComponent).join('/').replaceAll("'", '&#39;')
    return `<a href="${href}">${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</a>   23-Nov-2026 08:00  12K`
  })
  return `<html><head><title>Index of /${folder}</title></head><body><h1>Index of /${folder}</h1><hr><pre><a href="../">../</a>\n<a href="?C=N;O=D">Name</a>\n${links.join('\n')}\n</pre></body></html>`
}
