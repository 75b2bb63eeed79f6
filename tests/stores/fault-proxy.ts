/**
 * An HTTP proxy between an adapter and its server that spoils chosen requests. It knows no protocol:
 * requests are chosen by method and decoded URL, and the server sees the Host header that was signed.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Fault =
  /** The connection ends; the server saw nothing. */
  | 'drop-before'
  /** The server did it; the connection ends without an answer. */
  | 'drop-after'
  /** The connection ends now; the server gets the request some time later. */
  | 'late'
  /** The server gets it a while later, and so does the client its answer. */
  | 'delay'
  /** The server gets it twice; the client hears the second answer. */
  | 'duplicate'
  /** The same, but the client hears the first answer. */
  | 'duplicate-first'
  /** Half of the answer, then the connection ends. */
  | 'truncate'
  /** The answer comes in small pieces with pauses. */
  | 'slow-body'
  /** No answer at all; the server saw nothing. */
  | 'hang'
  /** A redirect to another origin, which records what comes. */
  | { readonly redirect: 301 | 302 | 303 | 307 | 308 }
  /** An answer of the proxy's own; `after`: although the server did it. */
  | { readonly status: number; readonly after?: true; readonly retryAfter?: string }

export interface ProxiedRequest {
  readonly method: string
  /** Path and query, percent-decoded. */
  readonly url: string
}

export interface FaultProxy {
  /** Where the adapter is pointed to. */
  readonly origin: string
  /** Asked for each request; what it gives happens. */
  plan: (request: ProxiedRequest) => Fault | undefined
  /** Requests that were spoiled since the last `reset`. */
  readonly spoiled: ProxiedRequest[]
  /** Requests since the last `reset`. */
  readonly seen: ProxiedRequest[]
  /** Requests that reached the origin of the redirects: must be none. */
  readonly elsewhere: ProxiedRequest[]
  /** Resolves when every late request has reached the server. */
  settle(): Promise<void>
  reset(): void
  stop(): Promise<void>
}

const LATE_MS = 120

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

export async function startFaultProxy(serverOrigin: string): Promise<FaultProxy> {
  const server = new URL(serverOrigin)
  const late = new Set<Promise<unknown>>()
  const other = createServer((incoming, response) => {
    proxy.elsewhere.push({ method: incoming.method ?? '', url: incoming.url ?? '' })
    response.end('not here')
  })
  const elsewhere = await listen(other)
  const http = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => incoming.socket.destroy())
  })

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const seen = { method: incoming.method ?? '', url: decoded(incoming.url ?? '') }
    proxy.seen.push(seen)
    const fault = proxy.plan(seen)
    if (fault !== undefined) proxy.spoiled.push(seen)
    const pass = () => forward(server, incoming, body)
    await spoil(fault, { incoming, response, pass, elsewhere, late })
  }

  const proxy: FaultProxy = {
    origin: await listen(http),
    plan: () => undefined,
    spoiled: [],
    seen: [],
    elsewhere: [],
    settle: async () => {
      while (late.size > 0) await Promise.all(late)
    },
    reset: () => {
      proxy.plan = () => undefined
      proxy.spoiled.length = 0
      proxy.seen.length = 0
    },
    stop: async () => {
      for (const one of [http, other]) {
        one.closeAllConnections()
        await new Promise((resolve) => one.close(resolve))
      }
    },
  }
  return proxy
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly pass: () => Promise<Answer>
  readonly elsewhere: string
  readonly late: Set<Promise<unknown>>
}

async function spoil(fault: Fault | undefined, exchange: Exchange): Promise<void> {
  const { incoming, response, pass } = exchange
  const head = incoming.method === 'HEAD'
  switch (fault) {
    case undefined:
      return reply(response, await pass(), head)
    case 'drop-before':
      return void incoming.socket.destroy()
    case 'drop-after':
      await pass()
      return void incoming.socket.destroy()
    case 'late': {
      const applied: Promise<unknown> = pause(LATE_MS)
        .then(pass)
        .catch(() => undefined)
        .finally(() => exchange.late.delete(applied))
      exchange.late.add(applied)
      return void incoming.socket.destroy()
    }
    case 'delay':
      await pause(LATE_MS)
      return reply(response, await pass(), head)
    case 'duplicate':
      await pass()
      return reply(response, await pass(), head)
    case 'duplicate-first': {
      const first = await pass()
      await pass()
      return reply(response, first, head)
    }
    case 'truncate':
      return truncated(exchange, await pass())
    case 'slow-body':
      return slowly(response, await pass(), head)
    case 'hang':
      // The connection stays open until the proxy stops, or the client gives up.
      return
    default:
      return ownAnswer(fault, exchange)
  }
}

async function ownAnswer(
  fault: Exclude<Fault, string>,
  { incoming, response, pass, elsewhere }: Exchange,
): Promise<void> {
  if ('redirect' in fault) {
    response.writeHead(fault.redirect, {
      location: `${elsewhere}${incoming.url ?? ''}`,
      'content-length': '0',
    })
    return void response.end()
  }
  if (fault.after === true) await pass()
  const body = Buffer.from(`<html>the proxy answers ${fault.status}</html>`)
  response.writeHead(fault.status, {
    'content-type': 'text/html',
    'content-length': `${body.length}`,
    ...(fault.retryAfter !== undefined && { 'retry-after': fault.retryAfter }),
  })
  response.end(incoming.method === 'HEAD' ? undefined : body)
}

function forward(server: URL, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = incoming.headers
    if (body.length > 0 || headers['content-length'] !== undefined) {
      headers['content-length'] = `${body.length}`
    }
    const passed = request(
      {
        host: server.hostname,
        port: server.port,
        method: incoming.method,
        path: incoming.url,
        headers,
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const { connection: _c, 'transfer-encoding': _t, ...kept } = answer.headers
          const whole = Buffer.concat(chunks)
          resolve({ status: answer.statusCode ?? 502, headers: kept, body: whole })
        })
      },
    )
    passed.on('error', reject)
    passed.end(body)
  })
}

function writeHead(response: ServerResponse, { status, headers, body }: Answer, head: boolean) {
  const own = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  if (!head && status !== 204 && status !== 304) own['content-length'] = `${body.length}`
  response.writeHead(status, own as Record<string, string | string[]>)
}

function reply(response: ServerResponse, answer: Answer, head: boolean): void {
  writeHead(response, answer, head)
  response.end(head ? undefined : answer.body)
}

async function truncated({ incoming, response }: Exchange, answer: Answer): Promise<void> {
  // An answer without a body loses its end by the connection's.
  if (answer.body.length === 0 || incoming.method === 'HEAD') return void incoming.socket.destroy()
  writeHead(response, answer, false)
  response.write(answer.body.subarray(0, answer.body.length >> 1))
  await pause(10)
  incoming.socket.destroy()
}

async function slowly(response: ServerResponse, answer: Answer, head: boolean): Promise<void> {
  writeHead(response, answer, head)
  const { body } = answer
  const step = Math.max(1, Math.ceil(body.length / 8))
  for (let at = 0; !head && at < body.length; at += step) {
    response.write(body.subarray(at, at + step))
    await pause(15)
  }
  response.end()
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
