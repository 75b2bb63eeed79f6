/**
 * A process with several writers, each with a catalog of its own:
 *
 *   node writer.mjs '{"warehouse", "options", "first", "writers", "commits"}'
 *
 * Prints `ready`, waits for a line on stdin, then prints `row WRITER N` after each append that resolved.
 */
import { once } from 'node:events'
import { connect } from '../../dist/index.js'

const { warehouse, options, first, writers, commits } = JSON.parse(process.argv[2])
const tables = []
for (let id = first; id < first + writers; id++) {
  const catalog = await connect(warehouse, { ...options, workers: 0 })
  const table = await catalog.loadTable('ns.t')
  await table.scan({ limit: 1 }).toArray()
  tables.push({ id, table })
}
console.log('ready')
await once(process.stdin, 'data')
await Promise.all(
  tables.map(async ({ id, table }) => {
    for (let n = 0; n < commits; n++) {
      await table.append([{ writer: id, n }])
      console.log(`row ${id} ${n}`)
    }
  }),
)
process.exit(0)
