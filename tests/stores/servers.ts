/** Starts what .ci/stores-setup has installed, each on a free port and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../.ci/.stores/bin/', import.meta.url))

export interface RunningServer {
  readonly origin: string
  readonly port: number
  /** Its own folder; gone after `stop`. */
  readonly folder: string
  stop(): Promise<void>
}

export interface ServerCommand {
  /** A file of .ci/.stores/bin. */
  readonly program: string
  readonly args: (port: number, folder: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A script beside this file that a program of Node loads before itself. */
  readonly preload?: string
}

/** Rejects when the program is not installed, or does not answer within 30 seconds. */
export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const program = join(bin, command.program)
  if (!existsSync(program)) throw new Error(`no ${command.program}: run bash .ci/stores-setup`)
  const folder = await mkdtemp(join(tmpdir(), 'moraine-server-'))
  const port = await freePort()
  const args = [...command.args(port, folder)]
  const [file, ...rest] = program.endsWith('.js') ? node(program, command.preload) : [program]
  const child = spawn(file, [...rest, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...command.env },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-4000)
    })
  }
  const stop = async (): Promise<void> => {
    await ended(child)
    await rm(folder, { recursive: true, force: true })
  }
  const origin = `http://127.0.0.1:${port}`
  const beganMs = Date.now()
  while (!(await answers(origin))) {
    if (child.exitCode !== null || Date.now() - beganMs > 30_000) {
      await stop()
      throw new Error(`${command.program} did not start: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { origin, port, folder, stop }
}

function node(program: string, preload: string | undefined): [string, ...string[]] {
  const before = preload === undefined ? [] : ['--require', join(import.meta.dirname, preload)]
  return [process.execPath, ...before, program]
}

async function answers(origin: string): Promise<boolean> {
  try {
    await (await fetch(origin)).arrayBuffer()
    return true
  } catch {
    return false
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 3000)
  await gone
  clearTimeout(late)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
