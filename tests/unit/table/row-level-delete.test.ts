/** Deletes of rows inside data files: rewritten or marked, in every format version. */
import { describe, expect, test } from 'vitest'
import { type Catalog, col, connect, t } from '../../../src/index.js'

const MODES = [
  [1, 'copy-on-write'],
  [2, 'copy-on-write'],
  [2, 'merge-on-read'],
  [3, 'copy-on-write'],
  [3, 'merge-on-read'],
] as const

async function made(catalog: Catalog, formatVersion: 1 | 2 | 3, mode: string) {
  await catalog.createNamespace('n')
  const table = await catalog.createTable('n.t', {
    schema: { id: t.long().required(), s: t.string() },
    formatVersion,
    properties: { 'write.delete.mode': mode },
  })
  const rows = (from: number) =>
    Array.from({ length: 100 }, (_, i) => ({ id: from + i, s: `s${i % 7}` }))
  await table.append(rows(0))
  await table.append(rows(100))
  return table
}

describe.each(MODES)('format %i, %s', (version, mode) => {
  test('rows go, others stay, and the table verifies', async () => {
    const catalog = await connect('memory:', { workers: 0 })
    const table = await made(catalog, version, mode)
    const first = await table.delete(col('s').eq('s3'))
    expect(first.operation).toBe(mode === 'merge-on-read' ? 'delete' : 'overwrite')
    const second = await table.delete(col('id').lt(50))
    expect(second.published).toBe(true)
    const last = await table.delete(col('id').gte(100))
    // A rewrite has put the rows of both files into one.
    expect(last.operation).toBe(mode === 'merge-on-read' ? 'delete' : 'overwrite')
    const rows = await table.scan().toArray()
    const ids = rows.map((row) => Number(row.id)).sort((a, b) => a - b)
    const wanted = Array.from({ length: 50 }, (_, i) => 50 + i).filter((id) => id % 7 !== 3)
    expect(ids).toEqual(wanted)
    expect(await table.scan().count()).toBe(wanted.length)
    expect((await table.verify()).violations).toEqual([])
    await catalog.close()
  })
})
