import { connect, t, Variant, VariantScalar } from 'moraine'

const catalog = await connect('./warehouse')
const events = await catalog.createTable('app.events', {
  schema: { id: t.long().required(), body: t.variant() },
  formatVersion: 3,
})

await events.append([
  { id: 1, body: { user: 'ada', tags: ['new', null], at: new Date('2026-01-31T10:00:00Z') } },
  { id: 2, body: { user: 'bob', price: new VariantScalar('decimal', '12.50'), n: 2n ** 60n } },
  { id: 3, body: [1, 2.5, true] },
  { id: 4, body: Variant.of(null) },
  { id: 5, body: null },
])

const rows = await events.scan({ ordered: true }).toArray()
for (const { id, body } of rows) console.log(id, JSON.stringify(body, exact))

// As stored: byte for byte, and a variant null is not a missing value.
const stored = await events.scan({ where: 'body is not null' }).toArray({ variants: 'binary' })
for (const { body } of stored) if (body instanceof Variant) console.log(body.toJsonText())
await catalog.close()

function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
