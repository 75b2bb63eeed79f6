import { expect, test } from 'vitest'
import { rowsByWriter, WriterProcess, withTable } from './processes.js'

const processes = Number(process.env.MORAINE_PROCESSES ?? 3)
const appends = Number(process.env.MORAINE_APPENDS ?? 5)

test(`${processes} processes × ${appends} appends to one local table: none lost, none twice`, {
  timeout: 300_000 + processes * appends * 1000,
}, async () => {
  await withTable(async (folder, catalog) => {
    const writers = Array.from(
      { length: processes },
      (_, writer) => new WriterProcess(folder, writer, appends),
    )
    await Promise.all(writers.map((writer) => writer.ready()))
    for (const writer of writers) writer.start()
    await Promise.all(writers.map((writer) => writer.done()))
    const numbers = Array.from({ length: appends }, (_, n) => n)
    const rows = await rowsByWriter(catalog)
    for (const writer of writers) {
      expect(writer.acknowledged('row')).toEqual(numbers)
      expect(rows.get(writer.writer), `rows of writer ${writer.writer}`).toEqual(numbers)
    }
    const table = await catalog.loadTable('ns.t')
    expect(table.snapshots()).toHaveLength(processes * appends)
    const others = writers.map((writer) => writer.acknowledged('property').length)
    // Every acknowledged commit is one version, on top of the first.
    expect(table.version).toBe(1 + processes * appends + others.reduce((a, b) => a + b, 0))
    const report = await table.verify()
    expect(report.violations).toEqual([])
  })
})
