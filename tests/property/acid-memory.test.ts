/**
 * ACID by property: random programs run against the library, through its public API, and against a
 * plain model in memory; after every step both hold the same. Here on a store in memory.
 */
import { test } from 'vitest'
import { connect } from '../../src/index.js'
import { memoryStore } from '../../src/store/memory.js'
import { checkPrograms, env, steps } from './acid-check.js'
import { Program } from './acid-program.js'

const programs = Number(process.env.MORAINE_PROGRAMS ?? 300)

test(`${programs} programs in memory`, { timeout: 120_000 + programs * steps * 200 }, async () => {
  await checkPrograms('acid-memory.test.ts', programs, async (program) => {
    const store = memoryStore()
    await new Program(() => connect('memory:', { store, workers: 0, env })).run(program)
  })
})
