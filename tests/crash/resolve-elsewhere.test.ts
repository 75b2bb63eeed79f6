/** C13: the token of a process that is dead is settled by another one. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connect } from '../../src/index.js'
import { rowsByWriter, withTable } from './processes.js'

const script = fileURLToPath(new URL('unsettled.mjs', import.meta.url))

/** What the process printed before it was killed. */
function tokenOf(folder: string, what: 'applied' | 'lost'): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, folder, what], (_, stdout) => resolve(stdout.trim()))
  })
}

test.each([
  ['applied', 'committed'],
  ['lost', 'not-committed'],
] as const)('a commit that was %s is %s, whoever asks, however often', async (what, outcome) => {
  await withTable(async (folder, catalog) => {
    const token = await tokenOf(folder, what)
    expect(token).toContain('moraine-commit')
    expect(await catalog.resolveCommit(token)).toMatchObject({ outcome })
    await using other = await connect(folder, { workers: 0 })
    expect(await other.resolveCommit(token)).toMatchObject({ outcome })
    const rows = (await rowsByWriter(other)).get(1)
    expect(rows).toEqual(outcome === 'committed' ? [1] : undefined)
    const table = await other.loadTable('ns.t')
    // What was not committed can be done again; the data files of both are still there.
    await table.append([{ writer: 1, n: 2 }] as never)
    expect((await rowsByWriter(other)).get(1)).toEqual(outcome === 'committed' ? [1, 2] : [2])
    expect((await table.verify()).violations).toEqual([])
    expect(await other.resolveCommit(token)).toMatchObject({ outcome })
  })
})
