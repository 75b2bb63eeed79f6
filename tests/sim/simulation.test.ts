/** The simulation of `npm run sim`, in the size that is asked for. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import {
  type HistoryOptions,
  type HistoryReport,
  runHistory,
} from '../../src/testing/simulation/run-history.js'
import { isScripted } from '../../src/testing/simulation/script.js'
import { shrinkHistory } from '../../src/testing/simulation/shrink-history.js'

/** CI sets MORAINE_KILLS, and asks for the whole number. */
const usual = process.env.MORAINE_KILLS === undefined ? 100 : 20_000
const histories = Number(process.env.MORAINE_HISTORIES ?? usual)

const USUAL = ['append', 'overwrite', 'delete', 'transaction', 'column', 'branch', 'drop']

/** G4. */
const replays = histories >= 2000 ? 500 : 10

interface Result {
  readonly count: number
  readonly calls: number
  readonly least: number
  readonly failed: readonly { readonly seed: number; readonly bad: readonly string[] }[]
  readonly told: Readonly<Record<string, number>>
  readonly kinds: Readonly<Record<string, number>>
  readonly missing: readonly string[]
}

function simulate(...args: readonly string[]): Result {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-sim-'))
  try {
    const json = join(folder, 'result.json')
    try {
      const all = ['tests/sim/run.mjs', ...args, '--json', json]
      execFileSync(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] })
    } catch {
      // Failures are in the file.
    }
    return JSON.parse(readFileSync(json, 'utf8')) as Result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test(`${histories} simulated histories keep every promise`, {
  timeout: 300_000 + histories * 100,
}, () => {
  // G6: a place where hardly anything has gone wrong proves nothing.
  const cells = histories >= 20_000 ? ['--cells', '100'] : []
  const result = simulate('--histories', `${histories}`, ...cells)
  expect(result.failed, 'replay one with: npm run sim -- --seed N').toEqual([])
  // More were run where a place came short by chance.
  expect(result.count).toBeGreaterThanOrEqual(histories)
  expect(result.least).toBeGreaterThanOrEqual(100)
  expect(result.missing, 'places where no fault has happened').toEqual([])
  // A simulation in which nothing ever goes wrong proves nothing.
  for (const how of ['committed', 'not-committed', 'unknown', 'died']) {
    expect(result.told[how] ?? 0, how).toBeGreaterThan(0)
  }
  const rare = histories >= 20_000 ? ['upgrade', 'delta', 'rows update', 'rows merge', 'purge'] : []
  for (const kind of [...USUAL, ...rare]) {
    expect(result.kinds[kind] ?? 0, kind).toBeGreaterThan(0)
  }
})

test('racing writers of real rows keep every promise, the same way each time', {
  timeout: 300_000,
}, async () => {
  let changes = 0
  for (let seed = 1; seed <= 4; seed++) {
    const [a, b] = [await runHistory(seed, { rows: true }), await runHistory(seed, { rows: true })]
    expect(a.bad, `seed ${seed}`).toEqual([])
    expect(a.calls).toBeGreaterThanOrEqual(100)
    expect(b.traceHash).toBe(a.traceHash)
    changes += a.operations.filter(({ told }) => told === 'committed').length
  }
  expect(changes).toBeGreaterThan(4)
})

test('one seed gives one history', { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= replays; seed++) {
    const [a, b] = [await runHistory(seed), await runHistory(seed)]
    expect(a.calls).toBeGreaterThanOrEqual(100)
    expect(b.traceHash).toBe(a.traceHash)
  }
})

/** Says now and then that it created what was there already. */
function broken(): Store {
  const store = memoryStore()
  const create = store.create.bind(store)
  let calls = 0
  store.create = async (path, bytes) => {
    const result = await create(path, bytes)
    if (result.outcome === 'created' || ++calls % 2 === 0) return result
    await store.put(path, bytes)
    return { outcome: 'created' }
  }
  return store
}

/** The first seed whose history breaks a promise. */
async function firstFailing(options: HistoryOptions): Promise<HistoryReport> {
  for (let seed = 1; seed < 40; seed++) {
    const report = await runHistory(seed, options)
    if (report.bad.length > 0) return report
  }
  throw new Error('no history fails')
}

// In 30 operations at most: more are not read by anybody.
test.each([
  { kind: 'changes of a table', options: { rows: false, groups: false } },
  { kind: 'changes of rows', options: { rows: true } },
  { kind: 'grouped appends', options: { groups: true } },
])(
  'the canary: a store whose create replaces is found out by $kind, and the history shrinks',
  {
    timeout: 300_000,
  },
  async ({ options }) => {
    const over = { ...options, store: broken }
    const whole = await firstFailing(over)
    const shrunk = await shrinkHistory(whole.seed, over, 100)
    expect(shrunk?.report.bad).not.toEqual([])
    expect(shrunk?.report.operations.length).toBeLessThan(whole.operations.length)
    expect(shrunk?.report.operations.length).toBeLessThanOrEqual(30)
    expect(shrunk?.report.trace.length).toBeGreaterThan(0)
    const again = await runHistory(whole.seed, shrunk?.options)
    expect(again.traceHash).toBe(shrunk?.report.traceHash)
  },
)

test.each([{}, { rows: true }, { groups: true }])(
  'a history of some operations of a seed has no others: %j',
  async (options) => {
    const whole = await runHistory(3, options)
    const own = whole.operations.map(({ id }) => id).filter(isScripted)
    const only = new Set(own.filter((_, i) => i % 2 === 0))
    const part = await runHistory(3, { ...options, only })
    expect(part.bad).toEqual([])
    const kept = part.operations.map(({ id }) => id).filter(isScripted)
    expect(kept.filter((id) => !only.has(id))).toEqual([])
    // A process that cannot read the table asks for nothing.
    expect(kept.length).toBeGreaterThan(only.size / 2)
  },
)
