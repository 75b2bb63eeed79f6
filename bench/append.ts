/**
 * `npm run bench:append -- [--appends 400] [--callers 64] [--rounds 3]`
 *
 * Small appends to one local table, durable, with and without `groupCommit`: each caller appends ten
 * rows again and again, waiting for its own acknowledgement each time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect, t } from 'moraine'

const { values: options } = parseArgs({
  options: {
    appends: { type: 'string', default: '400' },
    callers: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
  },
})
const appends = Number(options.appends)

interface Figure {
  readonly perSecond: number
  readonly snapshots: number
  /** Acknowledgement times, sorted, milliseconds. */
  readonly waits: readonly number[]
}

async function measure(callers: number, groupCommit: boolean): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-bench-'))
  try {
    await using catalog = await connect(folder, { workers: 0, groupCommit })
    const table = await catalog.createTable('bench.appends', {
      schema: { id: t.long().required(), text: t.string() },
      properties: { 'commit.retry.num-retries': '1000', 'commit.retry.min-wait-ms': '1' },
    })
    const waits: number[] = []
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < appends) {
        const first = next++ * 10
        const rows = Array.from({ length: 10 }, (_, i) => ({ id: first + i, text: `row ${first}` }))
        const began = performance.now()
        await table.append(rows)
        waits.push(performance.now() - began)
      }
    }
    // Modules and the first manifest are not what is measured.
    await table.append([{ id: -1, text: '' }])
    const began = performance.now()
    await Promise.all(Array.from({ length: callers }, caller))
    const seconds = (performance.now() - began) / 1000
    const rows = await table.scan().count()
    if (Number(rows) !== appends * 10 + 1) throw new RangeError(`there are ${rows} rows`)
    return {
      perSecond: appends / seconds,
      snapshots: table.snapshots().length - 1,
      waits: waits.sort((a, b) => a - b),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function median(figures: readonly Figure[]): Figure {
  const sorted = [...figures].sort((a, b) => a.perSecond - b.perSecond)
  return sorted[sorted.length >> 1] as Figure
}

const began = loadavg()[0]?.toFixed(1)
const lines: string[] = []
for (const callers of [1, 8, Number(options.callers)]) {
  const figures = new Map<boolean, Figure[]>([
    [false, []],
    [true, []],
  ])
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [grouped, list] of figures) list.push(await measure(callers, grouped))
  }
  for (const [grouped, list] of figures) {
    const { perSecond, snapshots, waits } = median(list)
    const at = (share: number): string => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(0)
    const line = `| ${callers} | ${grouped ? 'yes' : 'no'} | ${perSecond.toFixed(0)} | ${snapshots} | ${at(0.5)} | ${at(0.99)} |`
    console.log(line)
    lines.push(line)
  }
}
const text = `# ${appends} appends of ten rows to one local table

Durable (fsync), one process, each caller waits for its own acknowledgement; median of ${options.rounds}, in turns.
Node ${process.version}, ${cpus().length} cores, load average ${began} at the start.

| callers | groupCommit | appends/s | snapshots | median ms | 99th % ms |
| ---: | --- | ---: | ---: | ---: | ---: |
${lines.join('\n')}
`
writeFileSync(join(import.meta.dirname, '../results/append.md'), text)
