import { connect, expr, t } from 'moraine'

// Each row is what was true of a customer from one day until before another: null is until now.
const catalog = await connect('./warehouse')
const customers = await catalog.createTable('app.customers', {
  schema: {
    id: t.long().required(),
    city: t.string(),
    since: t.date().required(),
    until: t.date(),
  },
})
await customers.append([
  { id: 1, city: 'Oslo', since: '2026-01-01', until: null },
  { id: 2, city: 'Rome', since: '2026-01-01', until: null },
])

// What arrives: the state of some customers as of a day.
const day = '2026-02-01'
const arrived = [
  { id: 1, city: 'Bergen' },
  { id: 2, city: 'Rome' },
  { id: 3, city: 'Kyiv' },
]

// Those that are as they were need nothing.
const ids = arrived.map(({ id }) => id).join()
const known = new Map<bigint, string | null>()
for (const { id, city } of await customers
  .scan({ where: `until is null and id in (${ids})` })
  .toArray()) {
  known.set(id, city)
}
const changed = arrived.filter(({ id, city }) => known.get(BigInt(id)) !== city)

// Each change comes twice: by its key it ends the version that holds; without one it is inserted.
await customers
  .merge(
    changed.flatMap(({ id, city }) => [
      { id, customer: id, city },
      { id: null, customer: id, city },
    ]),
    { schema: { id: t.long(), customer: t.long().required(), city: t.string() } },
  )
  .on('id')
  .whenMatched({ if: 'target.until is null', update: { until: day } })
  .whenNotMatched({
    if: 'source.id is null',
    insert: { id: expr('source.customer'), city: expr('source.city'), since: day },
  })
  .run({ isolation: 'serializable', idempotencyKey: 'customers 2026-02-01' })

const show = async (where: string) => {
  const rows = await customers.scan({ where }).toArray()
  const shown = rows.map(({ id, city, since }) => `${id} ${city} since ${since}`)
  console.log(shown.sort().join('\n'))
}
console.log('now:')
await show('until is null')
console.log('on January 15:')
await show("since <= '2026-01-15' and (until is null or until > '2026-01-15')")
await catalog.close()
