import type { MethodEntry, Workload } from './contract.js'
import type { Machine } from './machine.js'

export interface MethodResult extends MethodEntry {
  readonly medianMs: number
  readonly minMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
}

export interface WorkloadResult {
  readonly workload: Workload
  readonly checksum: string
  readonly results: readonly MethodResult[]
}

export interface Report {
  readonly rows: number
  readonly rounds: number
  readonly files: number
  readonly machine: Machine
  readonly workloads: readonly WorkloadResult[]
}

export const TITLES: Readonly<Record<Workload, string>> = {
  full: 'Full scan, 16 columns',
  three: '3 of 16 columns',
  filter: 'Filter and sum (TPC-H query 6)',
  append: 'Append, 16 columns from memory',
}

function table({ results }: WorkloadResult): string {
  const base = results[0]?.medianMs ?? 1
  const lines = results.map((result) => {
    const ratio = `${(result.medianMs / base).toFixed(2)}×`
    const peak = `${Math.round(result.peakRssBytes / 2 ** 20)} MiB`
    const times = [result.medianMs, result.minMs, result.cpuMs].map(Math.round).join(' | ')
    return `| ${result.name} | ${result.shape} | ${times} | ${ratio} | ${peak} |`
  })
  return [
    '| method | result | median ms | min ms | CPU ms | ratio | peak memory |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

/** A run as a page; the ratio is a method's median over the median of the first line. */
export function markdown(report: Report, plotFile: string): string {
  const { machine, workloads } = report
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `# ${report.rows.toLocaleString('en')} × 16 lineitem-like rows`,
    '',
    `Node ${machine.node} on ${machine.cpu}, ${machine.memoryGiB} GiB; load average at the start ${machine.load}.`,
    `${versions.join(', ')}.`,
    `${report.files} data files, ${machine.dataMiB} MiB of zstd Parquet written by moraine. ${report.rounds} rounds; every figure from its own process, methods taking turns; sums of all methods equal.`,
    '',
    `![medians](${plotFile})`,
    '',
    ...workloads.flatMap((workload) => [
      `## ${TITLES[workload.workload]}`,
      '',
      table(workload),
      '',
    ]),
  ].join('\n')
}
