import { col, connect, month, t } from 'moraine'

const catalog = await connect('./warehouse')
const trips = await catalog.createTable('nyc.trips', {
  schema: { id: t.long().required(), city: t.string(), fare: t.decimal(9, 2), day: t.date() },
  partitionBy: [month('day')],
})

await trips.append([
  { id: 1, city: 'Oslo', fare: '12.50', day: '2026-01-31' },
  { id: 2, city: 'Rome', fare: '7.00', day: '2026-02-01' },
])
await trips.createTag('january')

const tipped = await trips.updateSchema((s) => s.addColumn('tip', t.double()))
await tipped.append([{ id: 3, city: 'Kyiv', fare: '9.99', day: '2026-02-02', tip: 0.5 }])
await tipped.overwrite([], { where: "day < '2026-02-01'" })
await tipped.update(col('city').eq('Rome'), { fare: '7.10', tip: (r) => r.tip ?? 0 })
await tipped.upsert([{ id: 3, city: 'Kyiv', fare: '9.99', day: '2026-02-02', tip: 1 }], {
  on: ['id'],
})

const dear = tipped.scan({ select: ['id', 'city', 'fare'], where: col('fare').gt('7.50') })
for await (const row of dear.rows()) console.log(row)

const arrow = await tipped.scan({ select: ['day', 'tip'] }).toArrow()
const then = await tipped.asOf({ ref: 'january' })
console.log(`${arrow.numRows} rows now, ${await then.scan().count()} in January`)
await catalog.close()
