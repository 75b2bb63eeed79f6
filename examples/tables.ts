import { connect, day, openTable, sql, t } from 'moraine'

const catalog = await connect('./warehouse')
const events = await catalog.createTable('app.events', {
  schema: {
    id: t.long().required(),
    kind: t.string(),
    at: t.timestamptz(),
    place: t.struct({ lat: t.double(), lon: t.double() }),
  },
  partitionBy: [day('at')],
  sortBy: ['id'],
  properties: { 'write.parquet.compression-codec': 'zstd' },
})
const event = (id: number, date: string, lat: number) => ({
  id,
  kind: id % 2 === 0 ? 'start' : 'stop',
  at: `${date}T12:00:00Z`,
  place: { lat, lon: 10.7 },
})
await events.append([event(1, '2026-01-01', 59.9), event(2, '2026-01-02', 41.9)])
await events.append([event(3, '2026-01-02', 50.4), event(4, '2026-01-03', 59.9)])

// Bound values cannot change what the text means.
const [first, north] = ['2026-01-02', 50]
const hits = events.scan({
  select: ['id', 'place.lat'],
  where: sql`day(at) >= ${first} and place.lat > ${north}`,
  ordered: true,
})
for await (const row of hits.rows()) console.log(row)
for (const { level, considered, skipped } of (await hits.explain()).levels) {
  if (skipped > 0) console.log(`${level}: ${skipped} of ${considered} skipped`)
}

// Where a row is stored, beside its own columns.
const [place] = await events.scan({ select: ['_partition', '_pos'], where: 'id = 4' }).toArray()
console.log(place)

// Parquet files that are there already become part of a table without being copied.
const files = await events.inspect.files().toArray()
const adopted = await catalog.createTable('app.adopted', { schema: events.schema })
await adopted.addFiles(files.map((file) => String(file.file_path)))
console.log(`${await adopted.scan().count()} rows adopted`)
await catalog.close()

// Any table folder of any engine, without a catalog.
const lone = await openTable('./warehouse/app/events')
const stops = await lone.scan({ where: "kind = 'stop'" }).count()
console.log(`${stops} stops in ${lone.snapshots().length} snapshots`)
await lone.close()
