import { ancestorsOf } from '../../format/lookup.js'
import type { Snapshot, TableMetadata } from '../../format/model.js'
import type { ShapeVersion } from '../../inspect/shape-history.js'
import type { Command } from '../command.js'
import { grouped, momentText } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import { textTable } from '../output/text-table.js'
import { OPEN_OPTIONS, openNamedTable } from '../table-options.js'

/** One snapshot as the log shows it. */
export interface LogEntry {
  readonly snapshotId: bigint
  readonly parentId: bigint | undefined
  readonly sequenceNumber: bigint
  readonly timestampMs: number
  readonly operation: string
  readonly addedRows: bigint | undefined
  readonly deletedRows: bigint | undefined
  /** Rows of the data files, those that deletes cover included. */
  readonly totalRows: bigint | undefined
  /** Positions that delete files and vectors name; a v2 table may name one twice. */
  readonly positionDeletes: bigint | undefined
  /** Keys that equality delete files name; each may delete any number of rows. */
  readonly equalityDeletes: bigint | undefined
  readonly totalFiles: bigint | undefined
  readonly schemaId: number | undefined
  readonly refs: readonly string[]
  /** False for a snapshot that a rollback or another branch left beside the current history. */
  readonly inHistory: boolean
}

function counter(snapshot: Snapshot, key: string): bigint | undefined {
  const text = snapshot.summary?.get(key)
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined
}

/** The snapshots of a table, oldest first. */
export function logEntries(metadata: TableMetadata): LogEntry[] {
  const current = metadata.currentSnapshotId
  const history = new Set<bigint>()
  if (current !== undefined) {
    for (const { snapshotId } of ancestorsOf(metadata, current)) history.add(snapshotId)
  }
  const refs = new Map<bigint, string[]>()
  for (const [name, { snapshotId, type }] of metadata.refs) {
    const names = refs.get(snapshotId) ?? []
    refs.set(snapshotId, [...names, type === 'tag' ? `tag ${name}` : name])
  }
  return [...metadata.snapshots]
    .sort((a, b) => a.timestampMs - b.timestampMs || Number(a.sequenceNumber - b.sequenceNumber))
    .map((snapshot) => ({
      snapshotId: snapshot.snapshotId,
      parentId: snapshot.parentSnapshotId,
      sequenceNumber: snapshot.sequenceNumber,
      timestampMs: snapshot.timestampMs,
      operation: snapshot.summary?.get('operation') ?? 'unknown',
      addedRows: counter(snapshot, 'added-records'),
      deletedRows: counter(snapshot, 'deleted-records'),
      totalRows: counter(snapshot, 'total-records'),
      positionDeletes: counter(snapshot, 'total-position-deletes'),
      equalityDeletes: counter(snapshot, 'total-equality-deletes'),
      totalFiles: counter(snapshot, 'total-data-files'),
      schemaId: snapshot.schemaId,
      refs: refs.get(snapshot.snapshotId) ?? [],
      inHistory: history.has(snapshot.snapshotId),
    }))
}

const signed = (sign: string, value: bigint | undefined): string =>
  value === undefined || value === 0n ? '' : `${sign}${grouped(value)}`

/** What a snapshot's deletes name, beside the rows of its data files. */
export function deletesText({
  positionDeletes = 0n,
  equalityDeletes = 0n,
}: Pick<LogEntry, 'positionDeletes' | 'equalityDeletes'>): string {
  const positions = positionDeletes === 0n ? [] : [`${grouped(positionDeletes)} rows`]
  const keys = equalityDeletes === 0n ? [] : [`${grouped(equalityDeletes)} keys`]
  return [...positions, ...keys].join(', ')
}

/** The log as a table for people. Its rows are those of data files: where there are deletes, it says so. */
export function logTable(entries: readonly LogEntry[], bold?: (text: string) => string): string {
  const hasDeletes = entries.some((entry) => deletesText(entry) !== '')
  const rows = entries.map((entry) => [
    String(entry.snapshotId),
    momentText(entry.timestampMs),
    entry.operation,
    signed('+', entry.addedRows),
    signed('-', entry.deletedRows),
    entry.totalRows === undefined ? '' : grouped(entry.totalRows),
    ...(hasDeletes ? [deletesText(entry)] : []),
    entry.totalFiles === undefined ? '' : grouped(entry.totalFiles),
    [...entry.refs, ...(entry.inHistory ? [] : ['(not in the current history)'])].join(', '),
  ])
  return textTable(
    [
      { title: 'snapshot', align: 'right' },
      { title: 'committed (UTC)' },
      { title: 'operation' },
      { title: 'added', align: 'right' },
      { title: 'deleted', align: 'right' },
      { title: hasDeletes ? 'rows in files' : 'rows', align: 'right' },
      ...(hasDeletes ? [{ title: 'marked as deleted' }] : []),
      { title: 'files', align: 'right' },
      { title: 'refs' },
    ],
    rows,
    bold,
  )
}

/** Whether the metadata alone shows that the shape of the table ever changed. */
function hasChangedShape({ schemas, partitionSpecs, sortOrders }: TableMetadata): boolean {
  return schemas.length > 1 || partitionSpecs.length > 1 || sortOrders.length > 1
}

/** Snapshots and changes of shape as JSON, in the order of time. */
function jsonLines(entries: readonly LogEntry[], versions: readonly ShapeVersion[]): string[] {
  const changes = versions.map(({ timestampMs, schemaId, specId, changes: list }) => {
    return { timestampMs, schemaId, specId, changes: list.map(({ text }) => text) }
  })
  return [...entries, ...changes]
    .sort((a, b) => a.timestampMs - b.timestampMs)
    .map((item) => jsonText(item))
}

/** The changes of shape as a table for people. */
export function shapeTable(
  versions: readonly ShapeVersion[],
  bold?: (text: string) => string,
): string {
  const rows = versions.flatMap(({ timestampMs, changes }) =>
    changes.map(({ text }, line) => [line === 0 ? momentText(timestampMs) : '', text]),
  )
  return textTable(
    [{ title: 'changed (UTC)' }, { title: 'schema, partitioning, sorting' }],
    rows,
    bold,
  )
}

/** `moraine log`. */
export const logCommand: Command = {
  name: 'log',
  summary: 'list the snapshots of a table and the changes of its shape',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    json: {
      type: 'boolean',
      help: 'one JSON object for each snapshot and each change of shape, oldest first',
    },
  },
  details:
    'Snapshots are listed oldest first. Those that a rollback left behind, or that belong to another\nbranch, are marked; they can still be read with moraine rows --snapshot.\nWhat changed of schema, partitioning and sorting follows, as far back as the metadata log goes.',
  examples: [
    'moraine log ./warehouse/nyc/trips',
    'moraine log nyc.trips --catalog ./warehouse --json',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const { bold } = terminal.style
      const entries = logEntries(table.metadata)
      const versions = hasChangedShape(table.metadata) ? await table.inspect.shapeHistory() : []
      if (invocation.flag('json')) {
        for (const line of jsonLines(entries, versions)) await terminal.line(line)
        return undefined
      }
      if (entries.length === 0) await terminal.line('the table has no snapshots yet')
      else await terminal.line(logTable(entries, bold))
      if (versions.length > 0) await terminal.line(`\n${shapeTable(versions, bold)}`)
    } finally {
      await close()
    }
    return undefined
  },
}
