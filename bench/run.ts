/**
 * `npm run bench -- [--rows 6000000] [--rounds 5] [--only full,three] [--name NAME]`
 *
 * Every measurement is a process of its own; the methods of a workload take turns, so that a busy
 * moment of the machine hits all of them. Sums are compared before anything is timed.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  METHODS,
  type Measurement,
  type MethodEntry,
  type Task,
  type Workload,
} from './contract.js'
import { parquetFiles, prepare } from './data.js'
import { machine } from './machine.js'
import { plot } from './plot.js'
import { type MethodResult, markdown, type Report, type WorkloadResult } from './report.js'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '6000000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(METHODS).join(',') },
    name: { type: 'string', default: 'latest' },
    data: { type: 'string', default: join(import.meta.dirname, '../data') },
  },
})
const rows = Number(options.rows)
const rounds = Number(options.rounds)
const folder = options.data
const workloads = options.only.split(',') as Workload[]
const child = join(import.meta.dirname, 'child.js')

const warehouse = await prepare(folder, rows)
const files = parquetFiles(warehouse)

function measure(workload: Workload, method: string, verify: boolean): Measurement {
  const scratch = mkdtempSync(join(tmpdir(), 'moraine-bench-'))
  try {
    const task: Task = { workload, method, warehouse, files, scratch, verify }
    const flags = ['--max-old-space-size=12288', child, JSON.stringify(task)]
    const answer = execFileSync(process.execPath, flags, {
      encoding: 'utf8',
      maxBuffer: 1 << 24,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(answer) as Measurement
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The sums of every method must be those of the first one. */
function verify(workload: Workload, methods: readonly MethodEntry[]): string {
  const texts = methods.map(({ name }) => {
    const { checksum } = measure(workload, name, true)
    return JSON.stringify(Object.entries(checksum ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  for (const [index, text] of texts.entries()) {
    if (text !== texts[0]) {
      throw new Error(`${workload}: ${methods[index]?.name} gives ${text}, not ${texts[0]}`)
    }
  }
  return texts[0] ?? ''
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function run(workload: Workload): WorkloadResult {
  const methods = METHODS[workload]
  const checksum = verify(workload, methods)
  console.log(`${workload}: sums of ${methods.length} methods are equal`)
  const taken = new Map<string, Measurement[]>(methods.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name } of methods) {
      const measured = measure(workload, name, false)
      taken.get(name)?.push(measured)
      console.log(`  ${round + 1}/${rounds} ${name}: ${Math.round(measured.ms)} ms`)
    }
  }
  const results = methods.map((method): MethodResult => {
    const all = taken.get(method.name) ?? []
    const times = all.map(({ ms }) => ms)
    const peakRssBytes = median(all.map((one) => one.peakRssBytes))
    const cpuMs = median(all.map((one) => one.cpuMs))
    return { ...method, medianMs: median(times), minMs: Math.min(...times), cpuMs, peakRssBytes }
  })
  return { workload, checksum, results }
}

const report: Report = {
  rows,
  rounds,
  files: files.length,
  machine: machine(files),
  workloads: workloads.map(run),
}
const results = join(import.meta.dirname, '../results')
mkdirSync(results, { recursive: true })
writeFileSync(join(results, `${options.name}.md`), markdown(report, `${options.name}.svg`))
writeFileSync(join(results, `${options.name}.svg`), plot(report))
console.log(`bench/results/${options.name}.md`)
