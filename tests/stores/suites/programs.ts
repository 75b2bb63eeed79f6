/** The model-based programs of tests/property on a real server. */
import { test } from 'vitest'
import { connect } from '../../../src/index.js'
import { checkPrograms, env, steps } from '../../property/acid-check.js'
import { Program } from '../../property/acid-program.js'
import type { StoreTarget } from '../target.js'

const programs = Number(process.env.MORAINE_STORE_PROGRAMS ?? 5)

export function programsSuite(target: () => StoreTarget): void {
  test(`${programs} random programs equal the model after every step`, {
    timeout: 60_000 + programs * steps * 3000,
  }, async () => {
    await checkPrograms(`stores/${target().name}.test.ts`, programs, async (program) => {
      const warehouse = target().freshRoot()
      const options = { ...target().options(), workers: 0, env }
      await new Program(() => connect(warehouse, options)).run(program)
    })
  })
}
