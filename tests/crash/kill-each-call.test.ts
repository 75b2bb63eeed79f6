/**
 * A real process, killed by SIGKILL at each file-system call of a change: afterwards the table opens,
 * is whole, holds the old state or the new one, leaves a temporary file at most for each open one, and takes the next
 * commit. Where `MORAINE_CRASH_SHARE` is set every call of three changes is tried, and of the others one
 * in four times so many; `MORAINE_CRASH_ALL=1` tries every call of every change (about half an hour); without either a few of an append.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/index.js'
import { localStore } from '../../src/store/local.js'
import { checkWhole, type Opener, stateOf } from './harness.js'
import { MUTATIONS, OPEN_FILES_MAX, prepare } from './mutations.js'

const everyCall = ['append', 'overwrite', 'delete by rewriting']
const all = process.env.MORAINE_CRASH_ALL === '1'
const share = all ? '1' : process.env.MORAINE_CRASH_SHARE
/** Processes at once. */
const LANES = 2

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
/** One file with nearly all that it imports: hundreds of processes start, and most of that is reading many files. */
const script = here(`../../node_modules/.cache/moraine-kill-child-${process.pid}.mjs`)

beforeAll(async () => {
  await build({
    entryPoints: [here('kill-child.ts')],
    outfile: script,
    bundle: true,
    // Find their binaries beside themselves.
    external: ['parquet-wasm', '@foxglove/wasm-zstd'],
    platform: 'node',
    format: 'esm',
    // What packages of the older kind ask for.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  })
})
afterAll(() => rm(script, { force: true }))

/** A prepared warehouse, put back before each process. */
class Lane {
  readonly #root: string
  readonly folder: string
  readonly open: Opener

  constructor(root: string) {
    this.#root = root
    this.folder = join(root, 'wh')
    this.open = (env) =>
      connect(this.folder, {
        store: localStore({ env, roots: [this.folder] }),
        workers: 0,
        env,
      })
  }

  static async make(): Promise<Lane> {
    const lane = new Lane(await mkdtemp(join(tmpdir(), 'moraine-kill-')))
    await mkdir(lane.folder)
    const catalog = await connect(lane.folder, { workers: 0 })
    await prepare(catalog)
    await catalog.close()
    await cp(lane.folder, join(lane.#root, 'prepared'), { recursive: true })
    return lane
  }

  async reset(): Promise<void> {
    await rm(this.folder, { recursive: true })
    await cp(join(this.#root, 'prepared'), this.folder, { recursive: true })
  }

  /** Runs the change in a process of its own; gives its calls when it was not killed before them. */
  async run(mutation: string, call: number, how: 'before' | 'during'): Promise<number | undefined> {
    await this.reset()
    const args = [script, this.folder, mutation, `${call}`, how]
    return new Promise((resolve, reject) => {
      const child = execFile(process.execPath, args, (_, stdout, stderr) => {
        const calls = /^calls (\d+)$/m.exec(stdout)?.[1]
        if (calls !== undefined) resolve(Number(calls))
        else if (child.signalCode === 'SIGKILL') resolve(undefined)
        else reject(new Error(`neither killed nor done: ${stderr}`))
      })
    })
  }

  async litter(): Promise<string[]> {
    const names = await readdir(this.folder, { recursive: true })
    return names.filter((name) => name.endsWith('.tmp'))
  }

  remove(): Promise<void> {
    // A process of the other lane may write yet when this one has failed.
    return rm(this.#root, { recursive: true, force: true, maxRetries: 10 })
  }
}

interface Case {
  readonly mutation: string
  readonly call: number
}

interface Calm {
  readonly calls: number
  readonly states: readonly [before: string, after: string]
}

async function calmly(lane: Lane, mutation: string): Promise<Calm> {
  await lane.reset()
  const before = await stateOf(lane.open)
  const calls = await lane.run(mutation, Number.MAX_SAFE_INTEGER, 'before')
  return { calls: calls as number, states: [before, await stateOf(lane.open)] }
}

function chosen(mutation: string, offset: number, calls: number): readonly Case[] {
  const isMain = everyCall.includes(mutation)
  let every = Math.ceil(calls / 3)
  if (share !== undefined) every = isMain || all ? 1 : 4 * Number(share)
  const indices = Array.from({ length: calls }, (_, call) => call)
  return indices.filter((call) => (call + offset) % every === 0).map((call) => ({ mutation, call }))
}

async function checkCase(lane: Lane, calm: Calm, { mutation, call }: Case): Promise<boolean> {
  const how = call % 2 === 0 ? 'before' : 'during'
  const what = `${mutation}, killed ${how} call ${call} of ${calm.calls}`
  const finished = await lane.run(mutation, call, how)
  const state = await stateOf(lane.open)
  expect(calm.states, what).toContain(state)
  if (finished !== undefined) expect(state, what).toBe(calm.states[1])
  const litter = await lane.litter()
  expect(litter.length, `${what} leaves ${litter}`).toBeLessThanOrEqual(OPEN_FILES_MAX)
  await checkWhole(lane.open, what)
  return finished === undefined
}

test('killed at its file-system calls, a change is there or not, and nothing is half there', {
  timeout: all ? 7_200_000 : 900_000,
}, async () => {
  const lanes = await Promise.all(Array.from({ length: LANES }, () => Lane.make()))
  const names = MUTATIONS.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(everyCall))
  const queue = share === undefined ? ['append'] : [...names]
  let [killed, tried] = [0, 0]
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
          const calm = await calmly(lane, name)
          expect(calm.states[0], name).not.toBe(calm.states[1])
          for (const one of chosen(name, names.indexOf(name), calm.calls)) {
            tried++
            if (await checkCase(lane, calm, one)) killed++
          }
        }
      }),
    )
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()))
  }
  expect(tried).toBeGreaterThan(1)
  expect(killed).toBe(tried)
  console.log(`figure: ${killed} processes killed, each at a file-system call of its own`)
})
