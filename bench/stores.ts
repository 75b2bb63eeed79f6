/**
 * `npm run bench:stores -- [--rows 150000] [--rounds 5]`
 *
 * Opening, a look-up, an append and a scan of one table on each store beside the local one: requests
 * and bytes on the wire, which do not depend on the machine, and milliseconds on loopback, which do.
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect, openTable, t } from 'moraine'
import { type BenchTarget, type Counts, targets } from './stores-servers.js'

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '150000' },
    rounds: { type: 'string', default: '5' },
  },
})
const rows = Math.floor(Number(given.rows) / 6) * 6
const rounds = Number(given.rounds)
/** The promises, in requests. */
const BOUNDS = new Map([
  ['open', 3],
  ['look-up', 6],
  ['append', 8],
])

interface Figure extends Counts {
  readonly ms: number
}

async function figure(target: BenchTarget, work: () => Promise<unknown>): Promise<Figure> {
  if (target.counts !== undefined) Object.assign(target.counts, { requests: 0, bytes: 0 })
  const began = performance.now()
  await work()
  const ms = performance.now() - began
  return { ms, requests: target.counts?.requests ?? 0, bytes: target.counts?.bytes ?? 0 }
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (String(found) !== String(wanted)) throw new RangeError(`${what}: ${found}, not ${wanted}`)
}

async function measure(target: BenchTarget): Promise<Map<string, Figure[]>> {
  const options = { ...target.options, workers: 0 }
  const catalog = await connect(target.warehouse, options)
  const schema = { id: t.int().required(), text: t.string() }
  const made = await catalog.createTable('bench.t', { schema })
  // Of its own: every append adds a manifest, and what is read stays the same in every round.
  await catalog.createTable('bench.appends', { schema })
  const batch = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: from + i, text: `row ${(from + i) * 7919}` }))
  for (let part = 0; part < 3; part++)
    await made.append(batch(part * (rows / 3), rows / 3) as never)
  const figures = new Map<string, Figure[]>()
  const add = async (name: string, work: () => Promise<unknown>) => {
    const one = await figure(target, work)
    const bound = target.counts === undefined ? undefined : BOUNDS.get(name)
    if (one.requests > (bound ?? Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${target.name}: ${name} took ${one.requests} requests`)
    }
    figures.set(name, [...(figures.get(name) ?? []), one])
  }
  // The first round warms up, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    if (round === 1) figures.clear()
    const opened: Awaited<ReturnType<typeof openTable>>[] = []
    const location = target.published?.(made.location) ?? made.location
    await add('open', async () => opened.push(await openTable(location, options)))
    const [table] = opened
    if (table === undefined) return figures
    await add('look-up', async () => {
      const [found] = await table.scan({ where: `id = ${rows / 2 + round}` }).toArray()
      same('look-up', found?.id, rows / 2 + round)
    })
    await table.close()
    // Opened, and nothing of it read yet.
    const whole = await openTable(location, options)
    await add('scan', async () => {
      let count = 0
      let sum = 0
      for (const row of await whole.scan().toArray()) {
        count++
        sum += (row as { id: number }).id
      }
      same('rows', count, rows)
      same('sum of ids', sum, (rows * (rows - 1)) / 2)
    })
    await whole.close()
    // Over plain HTTP tables are read.
    if (target.published !== undefined) continue
    const fresh = await catalog.loadTable('bench.appends')
    await add('append', () => fresh.append(batch(rows + round * 1000, 1000) as never))
  }
  await catalog.close()
  return figures
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

const load = loadavg()[0]?.toFixed(1)
const lines: string[] = []
for (const begin of targets) {
  const target = await begin()
  try {
    for (const [name, list] of await measure(target)) {
      const at = (key: keyof Figure) => median(list.map((one) => one[key]))
      const wire =
        target.counts === undefined
          ? '– | –'
          : `${at('requests')} | ${(at('bytes') / 1024).toFixed(1)}`
      lines.push(`| ${target.name} | ${name} | ${wire} | ${at('ms').toFixed(0)} |`)
      console.log(lines.at(-1))
    }
  } finally {
    await target.stop()
  }
}
const text = `# Tables on object stores beside a local folder

${rows} rows in three files; an append is one file of 1000 rows. Emulators on loopback behind a proxy that counts bodies, so
milliseconds tell of our work and theirs, not of a network: requests and bytes are what carries over. Medians of ${rounds} rounds after
one that is not counted; rows and the sum of their ids are checked each time.
Node ${process.version}, ${cpus().length} cores, load average ${load} at the start. Versions of the servers: \`.ci/stores-setup\`.

| store | operation | requests | KiB | ms |
| --- | --- | ---: | ---: | ---: |
${lines.join('\n')}
`
writeFileSync(join(import.meta.dirname, '../results/stores.md'), text)
