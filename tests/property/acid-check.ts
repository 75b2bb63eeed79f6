/** Runs random programs, and prints the command that replays the one that fails. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { eventLoopTurn } from '../../src/env/seeded-env.js'
import { STEP_KINDS, type Step } from './acid-program.js'

export const steps = Number(process.env.MORAINE_STEPS ?? 8)
/** `seed:path` of a program that failed, as a failure prints it. */
const [replaySeed, replayPath] = (process.env.MORAINE_REPLAY ?? '').split(/:(.*)/s)

const kinds = fc.oneof(
  { weight: 4, arbitrary: fc.constant('append' as const) },
  { weight: 1, arbitrary: fc.constant('recreate' as const) },
  { weight: 14, arbitrary: fc.constantFrom(...STEP_KINDS.filter((kind) => kind !== 'recreate')) },
)
const step: fc.Arbitrary<Step> = fc.record({
  kind: kinds,
  a: fc.nat({ max: 1000 }),
  b: fc.nat({ max: 1000 }),
})

/** Mostly short programs, which fail soonest, and some as long as they may get. */
const program: fc.Arbitrary<Step[]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(step, { minLength: 1, maxLength: Math.min(15, steps), size: 'max' }),
  },
  { weight: 1, arbitrary: fc.array(step, { minLength: 1, maxLength: steps, size: 'max' }) },
)

/** Pauses between retries give way to other writers, and take no time. */
export const env = { sleep: eventLoopTurn }

export async function checkPrograms(
  file: string,
  programs: number,
  run: (program: readonly Step[]) => Promise<void>,
): Promise<void> {
  const property = fc.asyncProperty(program, run)
  const details = await fc.check(property, {
    numRuns: programs,
    ...(replaySeed !== '' && { seed: Number(replaySeed) }),
    ...(replayPath !== undefined && { path: replayPath, endOnFailure: true }),
  })
  if (!details.failed) return
  const replay =
    `MORAINE_STEPS=${steps} MORAINE_REPLAY='${details.seed}:${details.counterexamplePath}' ` +
    `npx vitest run --project unit tests/property/${file}`
  const failing = JSON.stringify(details.counterexample?.[0])
  expect.fail(
    `after ${details.numRuns} programs this one fails: ${failing}\n` +
      `replay it with: ${replay}\n${String(details.errorInstance)}`,
  )
}
