/**
 * `npm run bench:rows -- [--rows 10000000] [--rounds 3] [--peer-rounds 1] [--only changes|scans] [--peers spark,pyiceberg]`
 *
 * Row-level changes beside PyIceberg and a warm Spark session on the very same table, and scans with
 * deletes beside the same scans without. Sums over the rows are compared after every change.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from 'moraine'
import type { RowsAnswer, RowsTask } from './rows-child.js'
import {
  DELETED,
  prepareRows,
  ROWS_PER_VECTOR,
  type RowsData,
  type Scanned,
  TABLES,
} from './rows-data.js'
import { pyiceberg, Spark } from './rows-peers.js'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    /** PyIceberg's upsert takes minutes. */
    'peer-rounds': { type: 'string', default: '1' },
    only: { type: 'string', default: 'changes,scans' },
    peers: { type: 'string', default: 'spark,pyiceberg' },
    name: { type: 'string', default: 'rows' },
    python: { type: 'string', default: join(import.meta.dirname, '../../.ci/.venv/bin/python') },
    data: { type: 'string', default: join(import.meta.dirname, '../data') },
  },
})
const rows = Number(options.rows)
const rounds = Number(options.rounds)
const peerRounds = Number(options['peer-rounds'])
const peers = options.peers.split(',')
/** One row in ten, evenly spread. */
const WHERE = 'amount < 1000'

type Mode = 'copy-on-write' | 'merge-on-read'
type Ask = () => RowsAnswer | Promise<RowsAnswer>

interface Method {
  readonly name: string
  readonly rounds: number
  /** Runs that do not count, of a session that has to get warm. */
  readonly warmUps: number
  readonly ask: Ask
}

function moraine(task: RowsTask): RowsAnswer {
  const child = join(import.meta.dirname, 'rows-child.js')
  const text = execFileSync(process.execPath, [child, JSON.stringify(task)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(text) as RowsAnswer
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

interface Figures {
  readonly ms: number
  readonly least: number
  readonly cpuMs: number
  readonly peakMiB: number
  readonly rounds: number
}

function figures(answers: readonly RowsAnswer[]): Figures {
  const times = answers.map(({ ms }) => ms)
  return {
    ms: median(times),
    least: Math.min(...times),
    cpuMs: median(answers.map(({ cpuMs }) => cpuMs)),
    peakMiB: Math.max(...answers.map(({ peakRssBytes }) => peakRssBytes)) / 2 ** 20,
    rounds: answers.length,
  }
}

/** The methods take turns; each must leave the same rows. */
async function compare(methods: readonly Method[]): Promise<Map<string, Figures>> {
  const answers = new Map<string, RowsAnswer[]>(methods.map(({ name }) => [name, []]))
  let expected: string | undefined
  for (
    let round = 0;
    round < Math.max(...methods.map((one) => one.rounds + one.warmUps));
    round++
  ) {
    for (const { name, rounds: count, warmUps, ask } of methods) {
      if (round >= count + warmUps) continue
      const answer = await ask()
      const sums = JSON.stringify(answer.checksum)
      expected ??= sums
      if (sums !== expected) throw new Error(`${name} leaves ${sums}, not ${expected}`)
      console.log(`  ${name}: ${Math.round(answer.ms)} ms${round < warmUps ? ', warming up' : ''}`)
      if (round >= warmUps) answers.get(name)?.push(answer)
    }
  }
  return new Map([...answers].map(([name, list]) => [name, figures(list)]))
}

function line(name: string, own: Figures, base: Figures): string {
  const ratio = `${(own.ms / base.ms).toFixed(2)}×`
  const cpu = `${(own.cpuMs / base.cpuMs).toFixed(2)}×`
  const times = [own.ms, own.least, own.cpuMs].map((value) => value.toFixed(0))
  return `| ${[name, ...times, ratio, cpu, `${own.peakMiB.toFixed(0)} MiB`, own.rounds].join(' | ')} |`
}

const HEADER = [
  '| | median ms | min ms | CPU ms | time | CPU | peak memory | rounds |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
]

async function metadataOf(warehouse: string): Promise<string> {
  const catalog = await connect(warehouse, { workers: 0 })
  const { metadataLocation } = await catalog.loadTable(TABLES.target)
  await catalog.close()
  return metadataLocation
}

async function changes(data: RowsData, spark: Spark | undefined): Promise<string[]> {
  const { warehouse, source } = data
  const text: string[] = []
  const measure = async (op: 'upsert' | 'delete', mode: Mode, title: string): Promise<void> => {
    console.log(title)
    const task = { warehouse, table: TABLES.target, op, mode, where: WHERE } as const
    const methods: Method[] = [{ name: 'moraine', rounds, warmUps: 0, ask: () => moraine(task) }]
    if (spark !== undefined) {
      const ask: Ask = () => spark.ask({ ...task, source })
      methods.push({ name: 'Spark', rounds, warmUps: 1, ask })
    }
    if (peers.includes('pyiceberg') && mode === 'copy-on-write') {
      const argument = op === 'upsert' ? source : WHERE
      const ask: Ask = async () =>
        pyiceberg(options.python, await metadataOf(warehouse), op, argument)
      methods.push({ name: 'PyIceberg', rounds: peerRounds, warmUps: 0, ask })
    }
    const found = await compare(methods)
    const base = found.get('moraine') as Figures
    text.push(`## ${title}`, '', ...HEADER)
    for (const [name, own] of found) text.push(line(name, own, base))
    text.push('')
  }
  const tenth = (rows / 10).toLocaleString('en')
  const all = rows.toLocaleString('en')
  const upsert = `Upsert of ${tenth} rows into ${all}`
  await measure('upsert', 'copy-on-write', `${upsert}, copy-on-write`)
  await measure('upsert', 'merge-on-read', `${upsert}, merge-on-read`)
  const remove = `Delete of ${tenth} of ${all} rows by predicate`
  await measure('delete', 'copy-on-write', `${remove}, copy-on-write`)
  await measure('delete', 'merge-on-read', `${remove}, merge-on-read`)
  return text
}

const TITLES: Readonly<Record<Scanned, string>> = {
  positions: `${(rows / 10).toLocaleString('en')} position deletes`,
  equality: `${(rows / 100).toLocaleString('en')} equality deletes`,
  vectors: `${(rows / ROWS_PER_VECTOR).toLocaleString('en')} deletion vectors, one for each data file`,
}

/** The rows that the deletes leave are those that a scan without them leaves when it drops them. */
async function scans({ warehouse }: RowsData): Promise<string[]> {
  const text = ['## Scan of all columns with deletes, beside the same scan without', '', ...HEADER]
  for (const name of ['positions', 'equality', 'vectors'] as const) {
    console.log(TITLES[name])
    const task = { warehouse, table: TABLES[name], op: 'scan' } as const
    const sums = moraine({ ...task, verify: true }).checksum
    const left = moraine({ ...task, verify: true, first: true, without: DELETED[name] }).checksum
    if (JSON.stringify(sums) !== JSON.stringify(left)) {
      throw new Error(`a scan with ${TITLES[name]} gives ${sums}, not ${left}`)
    }
    const found = await compare([
      { name: 'without', rounds, warmUps: 0, ask: () => moraine({ ...task, first: true }) },
      { name: 'with', rounds, warmUps: 0, ask: () => moraine(task) },
    ])
    const base = found.get('without') as Figures
    text.push(line(`${TITLES[name]}: without`, base, base))
    text.push(line(`${TITLES[name]}: with`, found.get('with') as Figures, base))
  }
  return [...text, '']
}

const only = options.only.split(',')
if (only.includes('changes') && peers.some((peer) => peer !== '') && !existsSync(options.python)) {
  throw new Error(`no ${options.python}: run bash .ci/interop-setup first, or give --peers ''`)
}
const load = loadavg().map((value) => value.toFixed(1))
const data = await prepareRows(options.data, rows)
const spark =
  only.includes('changes') && peers.includes('spark')
    ? await Spark.start(options.python, data.warehouse)
    : undefined
const body: string[] = []
try {
  if (only.includes('changes')) body.push(...(await changes(data, spark)))
} finally {
  await spark?.stop()
}
if (only.includes('scans')) body.push(...(await scans(data)))

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`
const versions = ['PyIceberg 0.12.0', ...(spark === undefined ? [] : [spark.versions])].join(', ')
const text = [
  `# Row-level changes and deletes: ${rows.toLocaleString('en')} rows (id, double, text)`,
  '',
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version} on ${machine}; load average ${load.join(' ')} at the start. ${versions}.`,
  'Ratios are over the first line of each table. A comparison on a busy machine is worth little: then look at processor time.',
  '',
  ...body,
].join('\n')
const results = join(import.meta.dirname, '../results')
mkdirSync(results, { recursive: true })
writeFileSync(join(results, `${options.name}.md`), text)
console.log(`bench/results/${options.name}.md`)
