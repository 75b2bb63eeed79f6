/** A folder behind plain HTTP, as any server of files gives it: whole files and ranges, counted. */
import { createReadStream, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Counts } from './stores-servers.js'

export interface ServedFolder {
  readonly origin: string
  readonly counts: Counts
  stop(): void
}

export async function serveFolder(folder: string): Promise<ServedFolder> {
  const counts: Counts = { requests: 0, bytes: 0 }
  const server = createServer((request, response) => {
    counts.requests++
    answer(folder, request, response, counts)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    stop,
  }
}

function answer(
  folder: string,
  { url, headers, method }: IncomingMessage,
  response: ServerResponse,
  counts: Counts,
): void {
  const path = join(folder, decodeURIComponent(new URL(url ?? '/', 'http://h').pathname))
  const info = statSync(path, { throwIfNoEntry: false })
  if (info?.isFile() !== true) {
    response.writeHead(404).end()
    return
  }
  const asked = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  const start = Number(asked?.[1] ?? 0)
  const end = Math.min(info.size, asked?.[2] ? Number(asked[2]) + 1 : info.size)
  if (asked !== null && start >= info.size) {
    response.writeHead(416, { 'content-range': `bytes */${info.size}` }).end()
    return
  }
  response.writeHead(asked === null ? 200 : 206, {
    'content-length': end - start,
    'accept-ranges': 'bytes',
    etag: `"${info.mtimeMs}-${info.size}"`,
    'last-modified': info.mtime.toUTCString(),
    ...(asked !== null && { 'content-range': `bytes ${start}-${end - 1}/${info.size}` }),
  })
  if (method === 'HEAD' || end === start) {
    response.end()
    return
  }
  counts.bytes += end - start
  createReadStream(path, { start, end: end - 1 }).pipe(response)
}
