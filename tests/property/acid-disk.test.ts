/**
 * ACID by property: random programs run against the library, through its public API, and against a
 * plain model in memory; after every step both hold the same. Here on a local folder.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import { connect } from '../../src/index.js'
import { checkPrograms, env, steps } from './acid-check.js'
import { Program } from './acid-program.js'

const programs = Number(process.env.MORAINE_PROGRAMS_DISK ?? 50)

test(`${programs} programs on disk`, { timeout: 120_000 + programs * steps * 400 }, async () => {
  await checkPrograms('acid-disk.test.ts', programs, async (program) => {
    const folder = await mkdtemp(join(tmpdir(), 'moraine-acid-'))
    try {
      await new Program(() => connect(folder, { workers: 0, env })).run(program)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
