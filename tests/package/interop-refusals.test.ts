/** What moraine says it cannot do in the interoperability scenarios is on the conformance page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { judge } from '../interop/judge.js'
import { REFUSALS } from '../interop/known.js'
import { moraineDriver } from '../interop/moraine-driver.js'
import type { Operation } from '../interop/scenario.js'
import { ALL } from '../interop/scenarios/all.js'

const page = readFileSync(join(import.meta.dirname, '../../spec/conformance.md'), 'utf8')
const operations = new Set(ALL.flatMap(({ steps }) => steps.map(({ op }) => op)))

/** The driver answers for an operation that it does not have before it looks at anything else. */
async function isRefused(op: Operation['op']): Promise<string | undefined> {
  const driver = moraineDriver('memory')
  const answer = await driver.ask({ op, table: 'a.b' })
  return 'refused' in answer ? answer.refused : undefined
}

describe('operations that are not built', () => {
  test('are the rows that the harness knows', async () => {
    const refused: string[] = []
    for (const op of operations) {
      const reason = op === 'plant' ? undefined : await isRefused(op)
      if (reason !== undefined) refused.push(`step 1, ${op}: ${reason}`)
    }
    expect(refused).toHaveLength(REFUSALS.length)
    for (const reason of refused) {
      const finding = { scenario: 'any', writer: 'moraine', reader: 'nobody', reason } as const
      const more = { verdict: 'refused', comparisons: 0, party: 'moraine' } as const
      expect(judge({ ...finding, ...more }).red, reason).toBe(false)
    }
  })

  test.each(REFUSALS.map(({ row }) => row))('%s is on the page', (row) => {
    expect(page).toContain(`| ${row}`)
  })
})
