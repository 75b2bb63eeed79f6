/**
 * Other engines agree with us, both ways: every curated scenario written and read by all of them.
 * `MORAINE_INTEROP_ONLY` is a regular expression of scenario names to run alone,
 * `MORAINE_INTEROP_SEEDS` the number of random programs or some of them (`500`, `101-150`),
 * `MORAINE_INTEROP_SEED` one to replay: `12`, or `12/3,7` without its steps 3 and 7.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { type Engines, startEngines } from './engines.js'
import { type Judged, judge } from './judge.js'
import {
  alternatingScenario,
  ownScenario,
  type Program,
  parseProgram,
  programText,
  seedsOf,
} from './random-scenario.js'
import { report } from './report.js'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'
import { ALL } from './scenarios/all.js'
import { shrink } from './shrink.js'
import { engineVersions } from './versions.js'

const only = process.env.MORAINE_INTEROP_ONLY
const replayed = process.env.MORAINE_INTEROP_SEED
const programs: readonly Program[] =
  replayed === undefined
    ? seedsOf(process.env.MORAINE_INTEROP_SEEDS ?? '8').map((seed) => ({ seed, without: [] }))
    : [parseProgram(replayed)]
/** The random programs that this run plays: none when only curated scenarios are asked for. */
const played = only === undefined || /random/.test(only) ? programs : []
const chosen =
  replayed === undefined
    ? ALL.filter(({ name }) => only === undefined || new RegExp(only).test(name))
    : []
const engines: Engines = startEngines()
const judged: Judged[] = []
let runs = 0

afterAll(async () => {
  await engines.close()
  // A part of the scenarios is no report.
  if (only === undefined && replayed === undefined) {
    writeFileSync('tests/interop/REPORT.md', report(judged, engineVersions()))
  }
}, 300_000)

/** A finding in one line. */
function line({ writer, reader, party, verdict, reason }: Judged): string {
  return `${party}: ${verdict}, written by ${writer}, read by ${reader}: ${reason}`
}

// Outside of suites: there may be none to run, and a suite must not be empty.
it.each(chosen.map((scenario) => [scenario.name, scenario] as const))(
  'curated: %s',
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

/** Runs a random program; one that fails is made as small as it still fails, and told how to replay. */
async function play(program: Program, make: (program: Program) => Scenario): Promise<void> {
  const options = {
    drivers: engines.drivers,
    namespace: `random${runs++}`,
    everyTurn: true,
    snapshots: 4,
  }
  const findings = (await runScenario(make(program), options)).map(judge)
  judged.push(...findings)
  const [fault] = findings.filter((one) => one.red)
  if (fault === undefined) return
  const smallest = replayed === undefined ? await shrink(program, make, fault, options) : program
  const steps = make(smallest).steps.map(({ expect: _expect, ...step }) => JSON.stringify(step))
  expect.fail(
    [
      ...findings.filter((one) => one.red).map(line),
      `replay with MORAINE_INTEROP_SEED=${programText(smallest)} npm run interop`,
      ...steps,
    ].join('\n'),
  )
}

const cases = played.map((program) => [programText(program), program] as const)
it.each(cases)(
  'moraine and Spark in turn, seed %s',
  (_text, program) => play(program, (one) => alternatingScenario(one)),
  1_800_000,
)
it.each(cases)(
  'tables of PyIceberg and DuckDB, seed %s',
  (_text, program) => play(program, ownScenario),
  900_000,
)
