/**
 * A process that appends to a table until it is done or killed, and says what was acknowledged:
 *
 *   node writer.mjs FOLDER WRITER COUNT
 *
 * Prints `ready`, waits for a line on stdin, then prints `row N` after each append that resolved and
 * `property N` after each property change, with N counting up.
 */
import { once } from 'node:events'
import { connect } from '../../dist/index.js'

const [, , folder, writer, count] = process.argv
const catalog = await connect(folder, { workers: 0 })
const table = await catalog.loadTable('ns.t')
// A first read and an empty scan: everything that loads late is loaded before the race begins.
await table.scan({ limit: 1 }).toArray()
console.log('ready')
await once(process.stdin, 'data')

for (let n = 0; n < Number(count); n++) {
  if (n % 7 === 6) {
    await table.updateProperties({ set: { [`last-of-${writer}`]: `${n}` } })
    console.log(`property ${n}`)
  }
  await table.append([{ writer: Number(writer), n }])
  console.log(`row ${n}`)
}
await catalog.close()
process.exit(0)
