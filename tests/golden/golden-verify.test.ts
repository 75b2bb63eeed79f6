/** `verify` goes through every snapshot, manifest and footer of every golden table: all are clean. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTable } from '../../src/index.js'
import { goldenNames } from './golden-scan.js'

const root = import.meta.dirname

test.each(goldenNames)('%s', async (name) => {
  const place = join(root, name.split('/')[0] ?? '')
  const table = await openTable(join(root, name), {
    relocate: { '/warehouse': place, 'file:/warehouse': place },
    workers: 0,
  })
  const report = await table.verify()
  expect(report.violations).toEqual([])
  expect(report.checked.snapshots).toBe(table.snapshots().length)
  await table.close()
})
