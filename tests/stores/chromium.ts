/** A headless Chromium, spoken to over two pipes: no port, no further package. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

export interface Page {
  /** The value of an expression in the page; promises are awaited. */
  evaluate(expression: string): Promise<unknown>
  /** What the page logged, and errors that nobody caught. */
  readonly messages: readonly string[]
}

export interface Chromium {
  /** Opens a URL and waits until it is loaded. */
  open(url: string): Promise<Page>
  close(): Promise<void>
}

const NAMES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function chromiumPath(): string {
  const found = [process.env.MORAINE_CHROMIUM, ...NAMES].find(
    (path) => path !== undefined && existsSync(path),
  )
  if (found === undefined) throw new Error('there is no Chromium; run bash .ci/browser-setup')
  return found
}

/** For one step of a test; on a machine at rest it takes a fraction of a second. */
const PATIENCE_MS = 40_000

interface Answer {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'moraine-chromium-'))
  const child = spawn(
    chromiumPath(),
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    // A group of its own: what the browser started itself goes when it goes.
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  )
  const pipe = new Pipe(child)
  return {
    open: (url) => open(pipe, url),
    close: async () => {
      await killGroup(child)
      // A process that was in the middle of a write when it was killed may still make a file.
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

async function killGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  process.kill(-child.pid, 'SIGKILL')
  await gone
}

async function open(pipe: Pipe, url: string): Promise<Page> {
  const { targetId } = await pipe.send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await pipe.send('Target.attachToTarget', { targetId, flatten: true })
  const session = String(sessionId)
  const messages: string[] = []
  let loaded: (() => void) | undefined
  const load = new Promise<void>((resolve, reject) => {
    loaded = resolve
    setTimeout(() => reject(new Error(`${url} did not load`)), PATIENCE_MS).unref()
  })
  load.catch(() => undefined)
  pipe.listeners.set(session, (method, params) => {
    if (method === 'Page.loadEventFired') loaded?.()
    if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') {
      messages.push(JSON.stringify(params))
    }
  })
  await pipe.send('Page.enable', {}, session)
  await pipe.send('Runtime.enable', {}, session)
  await pipe.send('Page.navigate', { url }, session)
  await load
  return {
    messages,
    evaluate: async (expression) => {
      const options = { expression, awaitPromise: true, returnByValue: true }
      const answer = await pipe.send('Runtime.evaluate', options, session)
      if (answer.exceptionDetails !== undefined) {
        throw new Error(JSON.stringify(answer.exceptionDetails))
      }
      return (answer.result as { readonly value?: unknown }).value
    },
  }
}

/** Messages of the DevTools protocol, each ended by a zero. */
class Pipe {
  readonly listeners = new Map<string, (method: string, params: unknown) => void>()
  readonly #out: Writable
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 1
  #ended = false

  constructor(child: ChildProcess) {
    this.#out = child.stdio[3] as Writable
    const input = child.stdio[4] as Readable
    let text = ''
    input.setEncoding('utf8')
    input.on('data', (chunk: string) => {
      const parts = (text + chunk).split('\0')
      text = parts.pop() ?? ''
      for (const part of parts) this.#take(JSON.parse(part) as Answer)
    })
    this.#out.on('error', () => undefined)
    child.on('exit', () => {
      this.#ended = true
      for (const settle of this.#waiting.values()) settle({ error: { message: 'chromium ended' } })
    })
  }

  async send(
    method: string,
    params: Record<string, unknown>,
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    if (this.#ended) throw new Error('chromium ended')
    const id = this.#next++
    const answered = new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve)
      const late = { error: { message: `no answer after ${PATIENCE_MS / 1000} s` } }
      setTimeout(() => resolve(late), PATIENCE_MS).unref()
    })
    this.#out.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`)
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result ?? {}
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    } else if (answer.method !== undefined) {
      this.listeners.get(answer.sessionId ?? '')?.(answer.method, answer.params)
    }
  }
}
