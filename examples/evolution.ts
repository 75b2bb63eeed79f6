import { col, connect, month, t } from 'moraine'

const catalog = await connect('./warehouse')
const trips = await catalog.createTable('nyc.trips', {
  schema: {
    id: t.int().required(),
    city: t.string(),
    at: t.date(),
    stop: t.struct({ lat: t.double() }),
  },
  partitionBy: ['city'],
  formatVersion: 3,
})
await trips.append([
  { id: 1, city: 'Oslo', at: '2026-01-31', stop: { lat: 59.9 } },
  { id: 2, city: 'Rome', at: '2026-02-01', stop: null },
])
await trips.createTag('before')

// One commit, and one metadata file: no data file is read or written.
const wider = await trips.updateSchema((s) =>
  s
    .addColumn('tip', t.decimal(9, 2).required().default('0.00'), { after: 'city' })
    .addColumn('stop.name', t.string())
    .renameColumn('city', 'town')
    .widenColumn('id', t.long()),
)
await wider.updateSpec((s) => s.replaceField('city', month('at')))
await wider.append([
  { id: 3, town: 'Kyiv', tip: '1.50', at: '2026-02-02', stop: { name: 'Maidan' } },
])

const rows = await wider.scan({ where: col('tip').lt('1.00') }).toArray()
for (const row of rows.sort((a, b) => Number(a.id - b.id))) console.log(row)
const before = await wider.asOf({ ref: 'before' })
console.log((await before.scan({ where: 'id = 1' }).toArray())[0])

for (const { changes } of await wider.inspect.shapeHistory()) {
  for (const { text } of changes) console.log(text)
}
await catalog.close()
