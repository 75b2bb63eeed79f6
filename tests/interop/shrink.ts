/** Makes a failing program smaller: leaves out step after step while it still fails alike. */
import { type Judged, judge } from './judge.js'
import type { Program } from './random-scenario.js'
import { type RunOptions, runScenario } from './run-scenario.js'
import type { Scenario } from './scenario.js'

/** The same thing is wrong with the same engine. */
function alike(one: Judged, other: Judged): boolean {
  return one.party === other.party && one.reader === other.reader && one.verdict === other.verdict
}

export async function shrink(
  program: Program,
  make: (program: Program) => Scenario,
  fault: Judged,
  options: RunOptions,
  attempts = 40,
): Promise<Program> {
  let smallest = program
  let tries = 0
  const fails = async (candidate: Program): Promise<boolean> => {
    const namespace = `${options.namespace}_s${tries++}`
    const findings = await runScenario(make(candidate), { ...options, namespace })
    return findings.map(judge).some((one) => one.red && alike(one, fault))
  }
  // Whole runs of steps first, then one by one; from the back, since later ones depend on earlier ones.
  const numbers = make(program).steps.flatMap(({ label }) =>
    label === undefined ? [] : [Number(label.slice(1))],
  )
  for (let size = Math.ceil(numbers.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let end = numbers.length; end > 0 && tries < attempts; end -= size) {
      const part = numbers.slice(Math.max(0, end - size), end)
      if (part.every((number) => smallest.without.includes(number))) continue
      const without = [...new Set([...smallest.without, ...part])].sort((a, b) => a - b)
      if (await fails({ ...smallest, without })) smallest = { ...smallest, without }
    }
  }
  return smallest
}
