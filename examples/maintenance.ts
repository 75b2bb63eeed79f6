import { connect, t } from 'moraine'

const catalog = await connect('./warehouse')
const trips = await catalog.createTable('nyc.trips', {
  schema: { id: t.long().required(), city: t.string() },
})
for (let id = 1; id <= 8; id += 1)
  await trips.append([{ id, city: id % 2 === 0 ? 'Oslo' : 'Rome' }])

// A stream of small changes that cannot afford to look for the rows it replaces.
await trips.upsert([{ id: 3, city: 'Kyiv' }], { on: ['id'], mode: 'equality-deletes' })
await trips.deleteKeys([{ id: 7 }, { id: 8 }], { on: ['id'] })

const files = async () => (await trips.inspect.files().toArray()).length
console.log(`${await files()} files, ${await trips.scan().count()} rows`)

const { groups } = await trips.compact({ dryRun: true })
console.log(`${groups.length} group would be rewritten`)
await trips.compact()
console.log(`${await files()} file, ${await trips.scan().count()} rows`)

// Delete files of position deletes come together, and become deletion vectors in format 3.
await trips.delete('id = 2', { mode: 'merge-on-read' })
await trips.upgradeFormat(3)
await trips.rewriteDeletes()
const formats = (await trips.inspect.files().toArray()).map((file) => file.file_format)
console.log(formats.join(', '))
await catalog.close()
