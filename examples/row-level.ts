import { CommitConflict, col, connect, expr, t } from 'moraine'

const catalog = await connect('./warehouse')
const people = await catalog.createTable('app.people', {
  schema: { id: t.long().required(), name: t.string(), city: t.string(), visits: t.int() },
  properties: { 'write.merge.mode': 'merge-on-read' },
})
await people.append([
  { id: 1, name: 'Ada', city: 'Oslo', visits: 3 },
  { id: 2, name: 'Bo', city: 'Rome', visits: 0 },
  { id: 3, name: 'Cy', city: 'Oslo', visits: 7 },
  { id: 4, name: 'Di', city: null, visits: 1 },
])

// Values, other columns, or functions of the row.
await people.update(col('city').eq('Oslo'), { city: 'Bergen', visits: (row) => row.visits! + 1 })
await people.delete('visits = 0')
await people.upsert(
  [
    { id: 3, name: 'Cyd', city: 'Kyiv', visits: 8 },
    { id: 5, name: 'Ed', city: 'Kyiv', visits: 1 },
  ],
  { on: ['id'] },
)

// The first clause whose condition holds decides.
await people
  .merge([
    { id: 1, name: 'Ada', city: 'Bern', visits: 1 },
    { id: 5, name: 'Ed', city: null, visits: 0 },
    { id: 6, name: 'Flo', city: 'Bern', visits: 2 },
  ])
  .on('id')
  .whenMatched({ if: (_row, from) => from.visits === 0, delete: true })
  .whenMatched({
    update: { city: (_row, from) => from.city, visits: (r, s) => r.visits! + s.visits! },
  })
  .whenNotMatched({ insert: 'all' })
  .whenNotMatchedBySource({ if: (row) => row.city === null, update: { city: 'unknown' } })
  .run()
const scan = people.scan({ select: ['id', 'name', 'city', 'visits'], ordered: true })
const rows = await scan.toArray()
for (const { id, name, city, visits } of rows.sort((a, b) => Number(a.id - b.id))) {
  console.log(`${id} ${name} ${city} ${visits}`)
}

// Two handles of one state: what another writer did to the same rows stands in the way.
const stale = await catalog.loadTable('app.people')
await people.update('id = 1', { visits: 100 })
try {
  await stale.update('id = 1', { visits: 0 }, { isolation: 'snapshot' })
} catch (error) {
  if (!(error instanceof CommitConflict)) throw error
  console.log(`surely not committed: ${error.conflict}`)
}

// Repeated with the same key, a call whose answer was lost happens once.
const job = { idempotencyKey: 'nightly 2026-02-01' }
await people.update('id = 6', { visits: (row) => row.visits! + 1 }, job)
await people.update('id = 6', { visits: (row) => row.visits! + 1 }, job)
const [flo] = await people.scan({ where: 'id = 6' }).toArray()
console.log(`Flo: ${flo?.visits} visits`)

// A source with columns of its own: changes that say what is to be done.
await people
  .merge(
    [
      { op: 'U', id: 3, name: 'Cy' },
      { op: 'D', id: 4, name: null },
      { op: 'I', id: 7, name: 'Gus' },
    ],
    { schema: { op: t.string().required(), id: t.long().required(), name: t.string() } },
  )
  .on('id')
  .whenMatched({ if: "source.op = 'D'", delete: true })
  .whenMatched({ update: { name: col('source.name'), visits: expr('coalesce(visits, 0) + 1') } })
  .whenNotMatched({ if: "source.op <> 'D'", insert: 'all' })
  .run()
for (const { id, name, visits } of await people.scan({ where: 'id in (3, 4, 7)' }).toArray()) {
  console.log(`${id} ${name} ${visits}`)
}
await catalog.close()
