/**
 * A process whose commit ends in an unknown outcome: prints the token, and dies.
 *
 *   node unsettled.mjs FOLDER applied|lost
 *
 * The store answers `unknown` to the create of the slot, applied or not, and is then out of reach.
 */
import { connect } from '../../dist/index.js'
import { localStore, seededEnv } from '../../dist/testing/index.js'

const [, , folder, what] = process.argv
const env = seededEnv(1)
const inner = localStore({ env })
let dark = false
const isSlot = (path) => /\/v\d+\.metadata\.json$/.test(path)
const away = () => Promise.reject(new Error('the store is out of reach'))
const store = {
  ...inner,
  head: (path, options) => (dark ? away() : inner.head(path, options)),
  read: (path, range, options) => (dark ? away() : inner.read(path, range, options)),
  create: async (path, bytes) => {
    if (!isSlot(path)) return inner.create(path, bytes)
    if (!dark && what === 'applied') await inner.create(path, bytes)
    dark = true
    return { outcome: 'unknown', cause: 'the answer was lost' }
  },
}
const catalog = await connect(folder, { store, workers: 0, env: { ...env, sleep: async () => {} } })
const table = await catalog.loadTable('ns.t')
try {
  await table.append([{ writer: 1, n: 1 }])
  console.log('committed')
} catch (error) {
  console.log(error.token ?? String(error))
}
process.kill(process.pid, 'SIGKILL')
