/** A table's life in an empty folder: create, append, evolve, overwrite, read now and as of then. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { col, connect, month, t } from 'moraine'

const folder = mkdtempSync(join(tmpdir(), 'moraine-smoke-'))
const catalog = await connect(folder)
try {
  const trips = await catalog.createTable('nyc.trips', {
    schema: { id: t.long().required(), city: t.string(), fare: t.decimal(9, 2), day: t.date() },
    partitionBy: [month('day')],
  })
  const first = await trips.append([
    { id: 1n, city: 'Oslo', fare: '12.50', day: '2026-01-31' },
    { id: 2n, city: 'Rome', fare: null, day: '2026-02-01' },
  ])
  await trips.updateSchema((s) => s.renameColumn('city', 'town').addColumn('tip', t.double()))
  await trips.append([{ id: 9007199254740993n, town: 'Kyiv', fare: '0.01', day: null, tip: 0.5 }])

  const rows = await trips.scan({ select: ['id', 'town'], where: col('fare').gt('0.00') }).toArray()
  const ids = rows.map((row) => row.id).sort((a, b) => (a < b ? -1 : 1))
  assert.deepEqual(ids, [1n, 9007199254740993n])
  assert.equal((await trips.scan().toArrow()).numRows, 3)

  const then = await trips.asOf({ snapshot: first.snapshotId })
  assert.deepEqual((await then.scan().toArray()).map((row) => row.city).sort(), ['Oslo', 'Rome'])

  const again = await catalog.loadTable('nyc.trips')
  assert.equal(await again.scan().count(), 3)
  console.log(`${process.version}: 3 rows, 2 snapshots`)
} finally {
  await catalog.close()
  rmSync(folder, { recursive: true, force: true })
}
