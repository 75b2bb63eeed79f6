/**
 * ACID by property: random programs run against the library, through its public API, and against a
 * plain model in memory; after every step both hold the same.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventLoopTurn } from '../../src/env/seeded-env.js'
import { connect } from '../../src/index.js'
import { memoryStore } from '../../src/store/memory.js'
import { Program, STEP_KINDS, type Step } from './acid-program.js'

const steps = Number(process.env.MORAINE_STEPS ?? 8)
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
const env = { sleep: eventLoopTurn }

async function check(
  where: string,
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
    `npx vitest run --project unit tests/property/acid.test.ts -t '${where}'`
  const failing = JSON.stringify(details.counterexample?.[0])
  expect.fail(
    `after ${details.numRuns} programs this one fails: ${failing}\n` +
      `replay it with: ${replay}\n${String(details.errorInstance)}`,
  )
}

const inMemory = Number(process.env.MORAINE_PROGRAMS ?? 300)
const onDisk = Number(process.env.MORAINE_PROGRAMS_DISK ?? 50)

test('programs in memory', { timeout: 120_000 + inMemory * steps * 100 }, async () => {
  await check('in memory', inMemory, async (steps) => {
    const store = memoryStore()
    await new Program(() => connect('memory:', { store, workers: 0, env })).run(steps)
  })
})

test('programs on disk', { timeout: 120_000 + onDisk * steps * 200 }, async () => {
  await check('on disk', onDisk, async (steps) => {
    const folder = await mkdtemp(join(tmpdir(), 'moraine-acid-'))
    try {
      await new Program(() => connect(folder, { workers: 0, env })).run(steps)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
