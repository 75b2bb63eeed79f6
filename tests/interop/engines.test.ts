/**
 * Other engines agree with us, both ways: every curated scenario written and read by all of them.
 * `MORAINE_INTEROP_ONLY` is a regular expression of scenario names to run alone,
 * `MORAINE_INTEROP_SEEDS` the number of random programs, `MORAINE_INTEROP_SEED` one to replay.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { type Engines, startEngines } from './engines.js'
import { type Judged, judge } from './judge.js'
import { alternatingScenario, ownScenario } from './random-scenario.js'
import { report } from './report.js'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { ALL } from './scenarios/all.js'
import { shrink } from './shrink.js'
import { engineVersions } from './versions.js'

const only = process.env.MORAINE_INTEROP_ONLY
const replayed = process.env.MORAINE_INTEROP_SEED
const seeds =
  replayed === undefined
    ? Array.from(
        { length: Number(process.env.MORAINE_INTEROP_SEEDS ?? 8) },
        (_, index) => index + 1,
      )
    : [Number(replayed)]
const chosen =
  replayed === undefined
    ? ALL.filter(({ name }) => only === undefined || new RegExp(only).test(name))
    : []
const engines: Engines = startEngines()
const judged: Judged[] = []

afterAll(async () => {
  await engines.close()
  // A part of the scenarios is no report.
  if (only === undefined && replayed === undefined) {
    writeFileSync('tests/interop/REPORT.md', report(judged, engineVersions()))
  }
}, 60_000)

/** A finding in one line. */
function line({ writer, reader, party, verdict, reason }: Judged): string {
  return `${party}: ${verdict}, written by ${writer}, read by ${reader}: ${reason}`
}

describe('curated scenarios', () => {
  it.each(chosen.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_name, scenario) => {
      const findings = (
        await runScenario(scenario, { drivers: engines.drivers, namespace: 'curated' })
      ).map(judge)
      judged.push(...findings)
      expect(findings.filter((one) => one.red).map(line)).toEqual([])
      expect(findings.some((one) => one.verdict === 'equal')).toBe(true)
    },
    300_000,
  )
})

/** Runs a random program; one that fails is shown as small as it still fails. */
async function play(scenario: Scenario): Promise<void> {
  const options = { drivers: engines.drivers, namespace: 'random', everyStep: true }
  const findings = (await runScenario(scenario, options)).map(judge)
  judged.push(...findings)
  const [fault] = findings.filter((one) => one.red)
  if (fault === undefined) return
  const { steps } = await shrink(scenario, fault, options)
  expect.fail(`${line(fault)}\nsteps: ${JSON.stringify(steps, undefined, 1)}`)
}

describe.runIf(only === undefined || /random/.test(only))('random programs', () => {
  it.each(seeds)(
    'moraine and Spark in turn, seed %i',
    (seed) => play(alternatingScenario(seed)),
    900_000,
  )
  it.each(seeds)(
    'tables of PyIceberg and DuckDB, seed %i',
    (seed) => play(ownScenario(seed)),
    300_000,
  )
})
