/** The servers of .ci/stores-setup, each behind a proxy that counts requests and bytes. */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectOptions } from 'moraine'
import { serveFolder } from './stores-files.js'

export interface Counts {
  requests: number
  bytes: number
}

export interface BenchTarget {
  readonly name: string
  readonly warehouse: string
  readonly options: ConnectOptions
  /** Where readers find a location, when that is elsewhere and cannot be written to. */
  readonly published?: (location: string) => string
  /** Since the last time it was set to zero; undefined where nothing is on a wire. */
  readonly counts: Counts | undefined
  stop(): Promise<void>
}

const bin = join(import.meta.dirname, '../../.ci/.stores/bin')
const AZURE = 'devstoreaccount1'
/** Published, and the same in every emulator. */
const AZURE_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export const targets: readonly (() => Promise<BenchTarget>)[] = [local, http, s3, gcs, azure]

async function local(): Promise<BenchTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-bench-'))
  const stop = async () => rmSync(folder, { recursive: true, force: true })
  return { name: 'local folder', warehouse: folder, options: {}, counts: undefined, stop }
}

/** The same folder behind a server of files. */
async function http(): Promise<BenchTarget> {
  const folder = await local()
  const server = await serveFolder(folder.warehouse)
  return {
    name: 'HTTP (a server of files)',
    warehouse: folder.warehouse,
    options: {},
    published: (location) => `${server.origin}${location.slice(folder.warehouse.length)}`,
    counts: server.counts,
    stop: async () => {
      server.stop()
      await folder.stop()
    },
  }
}

async function s3(): Promise<BenchTarget> {
  const keys = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' }
  const server = await start((port, folder) => {
    mkdirSync(join(folder, 'warehouse'))
    const login = ['--access', keys.accessKeyId, '--secret', keys.secretAccessKey]
    return [
      join(bin, 'versitygw'),
      ...login,
      '--quiet',
      '--port',
      `127.0.0.1:${port}`,
      'posix',
      folder,
    ]
  })
  const s3 = { endpoint: server.origin, region: 'us-east-1', credentials: keys }
  return { name: 'S3 (versitygw)', warehouse: 's3://warehouse/wh', options: { s3 }, ...server }
}

async function gcs(): Promise<BenchTarget> {
  const server = await start((port) => [
    ...[join(bin, 'fake-gcs-server'), '-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`],
    ...['-backend', 'memory', '-external-url', `http://127.0.0.1:${port}`],
  ])
  await made(`${server.direct}/storage/v1/b`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'warehouse' }),
  })
  const gcs = { endpoint: server.origin, credentials: { accessToken: 'bench' } }
  return {
    name: 'GCS (fake-gcs-server)',
    warehouse: 'gs://warehouse/wh',
    options: { gcs },
    ...server,
  }
}

async function azure(): Promise<BenchTarget> {
  const server = await start((port) => [
    ...[process.execPath, join(bin, 'azurite-blob.js'), '--blobHost', '127.0.0.1'],
    ...['--blobPort', `${port}`, '--inMemoryPersistence', '--silent'],
    ...['--disableTelemetry', '--skipApiVersionCheck'],
  ])
  const date = new Date().toUTCString()
  const version = '2021-08-06'
  const text = `PUT${'\n'.repeat(12)}x-ms-date:${date}\nx-ms-version:${version}\n/${AZURE}/${AZURE}/warehouse\nrestype:container`
  const mark = createHmac('sha256', Buffer.from(AZURE_KEY, 'base64')).update(text).digest('base64')
  await made(`${server.direct}/${AZURE}/warehouse?restype=container`, {
    method: 'PUT',
    headers: {
      'x-ms-date': date,
      'x-ms-version': version,
      authorization: `SharedKey ${AZURE}:${mark}`,
    },
  })
  const azure = {
    endpoint: `${server.origin}/${AZURE}`,
    account: AZURE,
    credentials: { accountKey: AZURE_KEY },
  }
  return {
    name: 'Azure (Azurite)',
    warehouse: 'abfss://warehouse/wh',
    options: { azure },
    ...server,
  }
}

async function made(url: string, init: RequestInit): Promise<void> {
  const { status } = await fetch(url, init)
  if (status >= 300) throw new RangeError(`${url} answers ${status}`)
}

async function start(command: (port: number, folder: string) => readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-bench-'))
  const port = await freePort()
  const [file = '', ...args] = command(port, folder)
  const child = spawn(file, args, {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: folder },
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const direct = `http://127.0.0.1:${port}`
  while (
    !(await fetch(direct).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new RangeError(`${file} did not start`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const proxy = await countingProxy(port)
  const stop = async () => {
    proxy.stop()
    child.kill()
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  return { direct, origin: proxy.origin, counts: proxy.counts, stop }
}

/** Bodies only, both ways; headers are about 1 KiB a request. */
async function countingProxy(port: number) {
  const counts: Counts = { requests: 0, bytes: 0 }
  const server = createServer((incoming, response) => {
    counts.requests++
    const count = (chunk: Buffer) => {
      counts.bytes += chunk.length
    }
    incoming.on('data', count)
    const { method, url, headers } = incoming
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', count)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { origin, counts, stop }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
