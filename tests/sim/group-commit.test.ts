/** Histories of grouped appends alone: every caller is told the truth, and everything does happen. */
import { expect, test } from 'vitest'
import { runHistory } from '../../src/testing/index.js'

const first = Number(process.env.MORAINE_SEED ?? 1)
const usual = process.env.MORAINE_SEED ? 1 : 100
const histories = Number(process.env.MORAINE_GROUP_HISTORIES ?? usual)

test(`${histories} simulated histories of grouped appends from seed ${first}: every caller is told the truth`, {
  timeout: 300_000 + histories * 100,
}, async () => {
  const outcomes = new Map<string, number>()
  let grouped = 0
  for (let seed = first; seed < first + histories; seed++) {
    const { bad, operations, calls, trace } = await runHistory(seed, {
      groups: true,
      keepTrace: true,
    })
    expect(bad, `replay with MORAINE_SEED=${seed}`).toEqual([])
    expect(calls).toBeGreaterThanOrEqual(100)
    grouped += trace.filter((line) => /committed with ([2-9]|1[0-9])$/.test(line)).length
    for (const { told = 'nothing', error = '' } of operations) {
      const kind = `${told} ${error}`.trim()
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    }
  }
  if (histories < 100) return
  // What the histories are for did happen.
  expect(grouped).toBeGreaterThan(histories)
  for (const kind of [
    'committed',
    'nothing',
    'died',
    'not-committed ABORTED',
    'not-committed INVALID_ARGUMENT',
    'unknown COMMIT_STATE_UNKNOWN',
  ]) {
    expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(10)
  }
})
