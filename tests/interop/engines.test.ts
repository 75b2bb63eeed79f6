/**
 * Other engines agree with us, both ways: every curated scenario written and read by all of them.
 * `MORAINE_INTEROP_ONLY` is a regular expression of scenario names to run alone.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { type Engines, startEngines } from './engines.js'
import { type Judged, judge } from './judge.js'
import { report } from './report.js'
import { runScenario } from './run-scenario.js'
import { ALL } from './scenarios/all.js'
import { engineVersions } from './versions.js'

const only = process.env.MORAINE_INTEROP_ONLY
const chosen = ALL.filter(({ name }) => only === undefined || new RegExp(only).test(name))
const engines: Engines = startEngines()
const judged: Judged[] = []

afterAll(async () => {
  await engines.close()
  // A part of the scenarios is no report.
  if (only === undefined) {
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
