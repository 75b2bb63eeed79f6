import { expect, test } from 'vitest'
import { runHistory } from './history.js'

const first = Number(process.env.MORAINE_SEED ?? 1)
/** One when a seed is replayed; more where CI sets the sizes of the long tests. */
const usual = process.env.MORAINE_KILLS === undefined ? 100 : 2000
const histories = Number(process.env.MORAINE_HISTORIES ?? (process.env.MORAINE_SEED ? 1 : usual))

test(`${histories} simulated histories from seed ${first} keep every promise`, {
  timeout: 60_000 + histories * 100,
}, async () => {
  let calls = 0
  const told = new Map<string, number>()
  for (let seed = first; seed < first + histories; seed++) {
    const { bad, claims, calls: made } = await runHistory(seed)
    const replay = `MORAINE_SEED=${seed} npx vitest run --project unit tests/sim/commit-sim.test.ts`
    expect(bad, `seed ${seed} breaks a promise; replay it with: ${replay}`).toEqual([])
    calls += made
    for (const claim of claims) told.set(claim.told, (told.get(claim.told) ?? 0) + 1)
  }
  expect(calls / histories).toBeGreaterThan(50)
  if (histories >= 100) {
    // A simulation in which nothing ever goes wrong proves nothing.
    for (const kind of ['committed', 'not-committed', 'unknown', 'died']) {
      expect(told.get(kind) ?? 0, kind).toBeGreaterThan(0)
    }
  }
})

test('one seed gives one history', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const [a, b] = [await runHistory(seed), await runHistory(seed)]
    expect(a.trace.length).toBeGreaterThan(0)
    expect(b.trace).toBe(a.trace)
  }
})
