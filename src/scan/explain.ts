/** What a scan reads and what it skips, level by level, as data and as text. */
import type { BoundPredicate } from '../expr/predicate.js'
import { formatPredicate } from '../expr/predicate-text.js'
import type { Schema } from '../types/type.js'
import type { PlanStatistics, ScanTask } from './contract.js'
import type { PlanCounter } from './plan/counter.js'
import type { ReadContext } from './read/read-context.js'
import { ReadCounter } from './read/read-counter.js'
import { taskUnits } from './read/read-tasks.js'

export type ScanLevel =
  | 'manifests by live files'
  | 'manifests by partition'
  | 'files by partition'
  | 'files by column bounds'
  | 'row groups by statistics'
  | 'row groups by bloom filter'
  | 'pages by page index'

/** One level of pruning: how many things came to it and how many it left out. */
export interface LevelReport {
  readonly level: ScanLevel
  readonly considered: number
  readonly skipped: number
  /** Why they were left out, in words. */
  readonly why: string
}

export interface ScanReport {
  readonly snapshotId: bigint | undefined
  readonly columns: readonly string[]
  /** The predicate as text; `undefined` when every row is wanted. */
  readonly where: string | undefined
  readonly levels: readonly LevelReport[]
  readonly statistics: PlanStatistics
  /** After the footers were read; undefined when they were not. */
  readonly rowsToRead: number | undefined
  readonly bytesToRead: number | undefined
  /** Files to read whose rows need no test at all. */
  readonly filesFullyMatching: number
  /** The report as lines of text. */
  toString(): string
}

interface ExplainInput {
  readonly tasks: AsyncIterable<ScanTask>
  readonly planCounter: PlanCounter
  /** Undefined: footers are not read. */
  readonly context: ReadContext | undefined
  readonly where: BoundPredicate
  readonly schema: Schema
  readonly snapshotId: bigint | undefined
}

export async function explainScan(input: ExplainInput): Promise<ScanReport> {
  const tasks: ScanTask[] = []
  for await (const task of input.tasks) tasks.push(task)
  const counter = input.context === undefined ? undefined : await readFooters(tasks, input.context)
  const statistics = input.planCounter.snapshot()
  const report = {
    snapshotId: input.snapshotId,
    columns: input.schema.fields.map((field) => field.name),
    where: input.where.op === 'true' ? undefined : formatPredicate(input.where),
    levels: [...planLevels(statistics), ...(counter === undefined ? [] : readLevels(counter))],
    statistics,
    rowsToRead: counter?.rowsToRead,
    bytesToRead: counter?.bytesToRead,
    filesFullyMatching: tasks.filter((task) => task.residual.op === 'true').length,
  }
  return { ...report, toString: () => formatReport(report) }
}

/** Opens the footers of tasks and prunes row groups, without decoding anything. */
async function readFooters(tasks: readonly ScanTask[], context: ReadContext): Promise<ReadCounter> {
  const counter = new ReadCounter()
  const readable = tasks.filter((task) => task.file.format === 'parquet')
  async function* source(): AsyncGenerator<ScanTask, void, void> {
    yield* readable
  }
  for await (const _unit of taskUnits(source(), { ...context, counter })) {
    // The counter has seen it.
  }
  return counter
}

function planLevels(plan: PlanStatistics): readonly LevelReport[] {
  const afterPartition = plan.filesTotal - plan.filesSkippedByPartition
  return [
    {
      level: 'manifests by live files',
      considered: plan.manifestsTotal,
      skipped: plan.manifestsEmpty,
      why: 'the manifest list says that no live file is in them',
    },
    {
      level: 'manifests by partition',
      considered: plan.manifestsTotal - plan.manifestsEmpty,
      skipped: plan.manifestsSkipped - plan.manifestsEmpty,
      why: `partition summaries of the manifest list exclude the predicate (${plan.filesInSkippedManifests} files in them)`,
    },
    {
      level: 'files by partition',
      considered: plan.filesTotal,
      skipped: plan.filesSkippedByPartition,
      why: 'the partition values exclude the predicate',
    },
    {
      level: 'files by column bounds',
      considered: afterPartition,
      skipped: plan.filesSkippedByBounds,
      why: 'column bounds and counts exclude the predicate',
    },
  ]
}

function readLevels(read: ReadCounter): readonly LevelReport[] {
  return [
    {
      level: 'row groups by statistics',
      considered: read.rowGroupsTotal,
      skipped: read.rowGroupsSkippedByStatistics,
      why: 'footer statistics exclude the predicate',
    },
    {
      level: 'row groups by bloom filter',
      considered: read.rowGroupsTotal - read.rowGroupsSkippedByStatistics,
      skipped: read.rowGroupsSkippedByBloom,
      why: 'bloom filters do not hold the wanted values',
    },
    {
      level: 'pages by page index',
      considered: read.pagesTotal,
      skipped: read.pagesSkipped,
      why: `page bounds exclude the predicate (${read.rowGroupsSkippedByPages} whole row groups)`,
    },
  ]
}

function formatReport(report: Omit<ScanReport, 'toString'>): string {
  const { statistics } = report
  const lines = [
    `scan of snapshot ${report.snapshotId ?? 'none'}`,
    `  columns  ${report.columns.join(', ') || 'none'}`,
    `  where    ${report.where ?? 'every row'}`,
  ]
  for (const { level, considered, skipped, why } of report.levels) {
    const reason = skipped > 0 ? `: ${why}` : ''
    lines.push(`  ${level.padEnd(26)} ${skipped} of ${considered} skipped${reason}`)
  }
  lines.push(
    `  to read  ${statistics.filesPlanned} of ${statistics.filesTotal + statistics.filesInSkippedManifests} files, ` +
      `${statistics.rowsPlanned} rows, ${formatBytes(Number(statistics.bytesPlanned))} in them; ` +
      `${report.filesFullyMatching} match whole`,
  )
  if (report.rowsToRead !== undefined && report.bytesToRead !== undefined) {
    lines.push(
      `  decode   ${report.rowsToRead} rows, ${formatBytes(report.bytesToRead)} of the columns' stored bytes`,
    )
  }
  if (statistics.filesWithDeletes > 0) {
    lines.push(`  deletes  ${statistics.filesWithDeletes} files have row-level deletes`)
  }
  return lines.join('\n')
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value.toFixed(1)} ${units[unit]}`
}
