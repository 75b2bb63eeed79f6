import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Json, JsonObject } from './scenario.js'

/** What a driver answers: done, no way to do it, or an error while doing it. */
export type Answer =
  | { readonly ok: JsonObject }
  | { readonly refused: string }
  | { readonly error: string }

export interface Driver {
  readonly ask: (request: JsonObject) => Promise<Answer>
  readonly close: () => Promise<void>
}

interface Started {
  readonly child: ChildProcess
  readonly ready: Promise<JsonObject>
  ask(request: JsonObject): Promise<Answer>
}

const PYTHON = '.ci/.venv/bin/python'

/**
 * The driver of another engine: a long-lived process, started at the first request. One that dies
 * (some engines do, on some tables) answers with an error and is started anew for the next request.
 */
export function processDriver(program: string, workFolder: string): Driver {
  let started: Started | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const askNow = async (request: JsonObject): Promise<Answer> => {
    if (started === undefined || started.child.exitCode !== null) {
      started = start(program, workFolder)
    }
    const answer = await started.ask(request)
    if ('error' in answer && answer.error.startsWith(ENDED)) started = undefined
    return answer
  }
  return {
    // One at a time: a request that ends the engine takes no other one with it.
    ask(request) {
      const answer = turn.then(() => askNow(request))
      turn = answer.catch(() => undefined)
      return answer
    },
    async close() {
      const child = started?.child
      if (child === undefined || child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin?.end()
      await ended
    },
  }
}

/**
 * The same with a process of its own for what is read from a metadata file: an engine that keeps its
 * catalog in memory, and that some files end, would lose the tables that it is about to write.
 */
export function readApartDriver(program: string, workFolder: string): Driver {
  const reader = processDriver(program, workFolder)
  const writer = processDriver(program, workFolder)
  return {
    ask: (request) =>
      (request.op === 'read' && 'metadata' in request ? reader : writer).ask(request),
    close: async () => {
      await Promise.all([reader.close(), writer.close()])
    },
  }
}

const ENDED = 'the engine ended'

function start(program: string, workFolder: string): Started {
  const child = spawn(PYTHON, [`tests/interop/engines/${program}`, workFolder], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let trouble = ''
  child.stderr.on('data', (text) => {
    trouble = `${trouble}${text}`.slice(-4000)
  })
  const waiting = new Map<number, (answer: Answer) => void>()
  let told: (value: JsonObject) => void = () => {}
  const ready = new Promise<JsonObject>((resolve) => {
    told = resolve
  })
  let over = false
  child.once('exit', (code, signal) => {
    over = true
    const error = `${ENDED} with ${signal ?? code}: ${trouble.trim().slice(-600)}`
    for (const answer of waiting.values()) answer({ error })
    waiting.clear()
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as JsonObject
    if (message.ready !== undefined) return told(message.ready as JsonObject)
    const answer = waiting.get(message.id as number)
    waiting.delete(message.id as number)
    answer?.(message as unknown as Answer)
  })
  let next = 0
  return {
    child,
    ready,
    ask: (request) =>
      new Promise((resolve) => {
        if (over) return resolve({ error: `${ENDED}: ${trouble.trim().slice(-600)}` })
        const id = next++
        waiting.set(id, resolve)
        child.stdin.write(`${JSON.stringify({ id, ...request } satisfies Record<string, Json>)}\n`)
      }),
  }
}
