/** One change of a large table in a process of its own, which tells how much memory that took. */
import { Float64, Int64, Table, Utf8, vectorFromArray } from 'apache-arrow'
import { connect, expr, t } from '../../../dist/index.js'

const [warehouse, what, workers, limitMiB, turn] = process.argv.slice(2).map(numberOrText)

function numberOrText(argument) {
  return /^[0-9]+$/.test(argument) ? Number(argument) : argument
}

const ROWS = 3_000_000
const BATCH = 25_000
const schema = { id: t.long().required(), value: t.double(), text: t.string() }
const options = { workers, unsafeNoSync: true }

function batch(ids, text) {
  return new Table({
    id: vectorFromArray(ids.map(BigInt), new Int64()),
    value: vectorFromArray(ids.map(Math.sin), new Float64()),
    text: vectorFromArray(
      ids.map((id) => `${text} ${(id * 7919) % 1_000_003}`),
      new Utf8(),
    ),
  })
}

const range = (from, count, step = 1) => Array.from({ length: count }, (_, i) => (from + i) * step)

async function* batches(rows, text, step) {
  for (let from = 0; from < rows; from += BATCH) {
    yield batch(range(from, Math.min(BATCH, rows - from), step), text)
  }
}

/** Starts every worker, and loads what reading and writing need: that is no part of a limit. */
async function warmUp() {
  const catalog = await connect('memory:', options)
  const table = await catalog.createTable('n.t', { schema })
  for (let round = 0; round < 4; round++) {
    await Promise.all([0, 1, 2].map(() => table.append(batch(range(0, 2000), 'x'))))
    await Promise.all([0, 1, 2].map(() => table.scan().toArray()))
  }
  await catalog.close()
}

const CHANGES = {
  // Every run has rows of its own to delete, some in each file.
  delete: (table) => table.delete(`text like 'text ${10 + turn}%'`, { mode: 'copy-on-write' }),
  update: (table) =>
    table.update("text < 'text 2'", { value: expr('value + 1') }, { mode: 'copy-on-write' }),
  upsert: (table) =>
    table.upsert(batches(150_000, 'new', 10), { on: ['id'], mode: 'copy-on-write' }),
  'upsert, merge-on-read': (table) =>
    table.upsert(batches(150_000, 'newer', 9), { on: ['id'], mode: 'merge-on-read' }),
  append: (table) => table.append(batches(1_000_000, 'more', 1)),
}

if (what === 'make') {
  const catalog = await connect(warehouse, options)
  const table = await catalog.createTable('n.t', { schema })
  await table.append(batches(ROWS, 'text', 1))
  await catalog.close()
} else {
  await warmUp()
  const before = process.resourceUsage().maxRSS
  const catalog = await connect(warehouse, { ...options, memoryLimit: limitMiB * 1024 * 1024 })
  const table = await catalog.loadTable('n.t')
  const { published } = await CHANGES[what](table)
  const peakMiB = (process.resourceUsage().maxRSS - before) / 1024
  await catalog.close()
  console.log(JSON.stringify({ peakMiB, published }))
}
