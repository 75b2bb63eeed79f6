/** Makes a failing scenario smaller: leaves out step after step while it still fails alike. */
import { type Judged, judge } from './judge.js'
import { type RunOptions, runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'

/** The same thing is wrong with the same engine. */
function alike(one: Judged, other: Judged): boolean {
  return one.party === other.party && one.reader === other.reader && one.verdict === other.verdict
}

export async function shrink(
  scenario: Scenario,
  fault: Judged,
  options: RunOptions,
  attempts = 60,
): Promise<Scenario> {
  let smallest = scenario
  let tries = 0
  // From the back: later steps depend on earlier ones. The first one creates the table.
  for (let at = scenario.steps.length - 1; at > 0 && tries < attempts; at--) {
    const steps = smallest.steps.filter((_step, index) => index !== at)
    if (steps.length === smallest.steps.length) continue
    const candidate = { ...smallest, steps }
    const namespace = `${options.namespace}_s${tries++}`
    const findings = await runScenario(candidate, { ...options, namespace, everyStep: false })
    if (findings.map(judge).some((one) => one.red && alike(one, fault))) smallest = candidate
  }
  return smallest
}
