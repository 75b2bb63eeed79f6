/**
 * The random programs of the interoperability scenarios, run by moraine alone: a model of rows says
 * what every step leaves. With Spark taking every other turn they run in tests/interop.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Driver } from '../interop/driver.js'
import { moraineDriver } from '../interop/moraine-driver.js'
import { difference, normalRows } from '../interop/normal-rows.js'
import { alternatingScenario, seedsOf } from '../interop/random-scenario.js'
import type { Row } from '../interop/scenario.js'
import { tableStates } from '../interop/table-states.js'
import { writeScenario } from '../interop/write-scenario.js'

let folder = ''
let moraine: Driver

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-programs-'))
  mkdirSync(join(folder, 'warehouse'))
  moraine = moraineDriver(folder)
})

afterAll(async () => {
  await moraine.close()
  rmSync(folder, { recursive: true, force: true })
})

/** How the newest rows, or those of a branch, differ from the model's; empty when they do not. */
async function differs(metadata: string, ref: string | undefined, expected: readonly Row[]) {
  const { fields } = tableStates(metadata).current
  const at = ref === undefined ? {} : { ref }
  const answer = await moraine.ask({ op: 'read', metadata, ...at })
  if (!('ok' in answer)) return JSON.stringify(answer)
  const rows = normalRows(fields, answer.ok.rows as unknown as readonly Row[])
  return difference(rows, normalRows(fields, expected))
}

test('seeds are told by their number or as a range', () => {
  expect(seedsOf('3')).toEqual([1, 2, 3])
  expect(seedsOf('101-103')).toEqual([101, 102, 103])
})

const programs = Number(process.env.MORAINE_PROGRAMS_ALONE ?? 6)
const seeds = Array.from({ length: programs }, (_, index) => index + 1)

test.each(seeds)(
  'a program of moraine alone leaves the rows of its model, seed %i',
  async (seed) => {
    const scenario = alternatingScenario({ seed, without: [] }, ['moraine'])
    const wrong: string[] = []
    const drivers = { moraine, spark: moraine, pyiceberg: moraine, duckdb: moraine }
    const written = await writeScenario(scenario, {
      drivers,
      writer: 'moraine',
      table: `programs.seed_${seed}`,
      async afterStep(metadata, index) {
        const { expect: expected, op } = scenario.steps[index] ?? {}
        if (expected === undefined) return
        for (const [branch, rows] of [
          [undefined, expected.rows] as const,
          ...Object.entries(expected.branches ?? {}),
        ]) {
          const reason = await differs(metadata, branch, rows)
          if (reason !== '') wrong.push(`step ${index + 1}, ${op}, ${branch ?? 'main'}: ${reason}`)
        }
      },
    })
    expect(written.outcome, JSON.stringify(written)).toBe('written')
    expect(wrong).toEqual([])
  },
)
