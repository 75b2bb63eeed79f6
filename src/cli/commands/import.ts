import { basename } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { MoraineError } from '../../errors.js'
import type { SnapshotInfo } from '../../table/snapshot.js'
import type { Table } from '../../table/table.js'
import type { UnknownSchema } from '../../types/infer.js'
import type { Schema, Type } from '../../types/type.js'
import { formatType, parseTypeText } from '../../types/type-text.js'
import type { Command } from '../command.js'
import { UsageError } from '../exit-code.js'
import { openSources } from '../import/open-source.js'
import { parsePartitionTerm } from '../import/partition-term.js'
import type { Chunk, FoundColumn, ImportSource, InputRow } from '../import/source.js'
import { openTarget } from '../import/target.js'
import { unifyColumns } from '../import/unify.js'
import type { Invocation } from '../invocation.js'
import { bytesText, durationText, grouped } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import type { Terminal } from '../terminal.js'

type AnyTable = Table<UnknownSchema>

async function inferColumns(
  sources: readonly ImportSource[],
  invocation: Invocation,
  terminal: Terminal,
): Promise<readonly FoundColumn[]> {
  const found: (readonly FoundColumn[])[] = []
  for (const source of sources) {
    const name = basename(source.path)
    const total = bytesText(source.sizeBytes)
    const onProgress = (bytes: number): void =>
      terminal.progress(`looking at ${name}: ${bytesText(bytes)} of ${total}`)
    found.push(await source.columns(onProgress, terminal.signal))
  }
  return withGivenTypes(unifyColumns(sources, found), invocation.texts('type'))
}

/** The columns with the types that `--type NAME=TYPE` gives. */
function withGivenTypes(
  columns: readonly FoundColumn[],
  texts: readonly string[],
): readonly FoundColumn[] {
  const given = new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=')
      const name = text.slice(0, at)
      if (at <= 0) throw new UsageError(`--type takes NAME=TYPE, not "${text}"`)
      if (!columns.some((column) => column.name === name)) {
        throw new UsageError(`--type names the column "${name}", which no file has`)
      }
      return [name, namedType(text.slice(at + 1).trim())] as const
    }),
  )
  return columns.map((column) => ({
    name: column.name,
    type: given.get(column.name) ?? column.type,
  }))
}

/** What is corrupt in a file is a slip of the pen here. */
function namedType(text: string): Type {
  try {
    return parseTypeText(text)
  } catch (cause) {
    if (!(cause instanceof MoraineError)) throw cause
    throw new UsageError(
      `--type: ${cause.message}; such as long, string, decimal(9,2) or fixed[16]`,
      {
        cause,
      },
    )
  }
}

async function* chunksOf(
  sources: readonly ImportSource[],
  schema: Schema,
  terminal: Terminal,
): AsyncGenerator<Chunk> {
  const total = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let rows = 0
  let before = 0
  for (const source of sources) {
    let bytes = before
    const onProgress = (read: number): void => {
      bytes = before + read
    }
    for await (const chunk of source.chunks(schema, onProgress, terminal.signal)) {
      yield chunk
      rows += 'numRows' in chunk ? chunk.numRows : chunk.length
      const share = total === 0 ? 100 : Math.floor((100 * bytes) / total)
      terminal.progress(`importing ${basename(source.path)}: ${grouped(rows)} rows, ${share} %`)
    }
    before += source.sizeBytes
  }
}

/** Rows and batches alike, one by one: what a write takes. */
async function* flat(chunks: AsyncIterable<Chunk>): AsyncGenerator<InputRow | RecordBatch> {
  for await (const chunk of chunks) {
    if ('numRows' in chunk) yield chunk
    else yield* chunk
  }
}

async function write(
  table: AnyTable,
  sources: readonly ImportSource[],
  invocation: Invocation,
  terminal: Terminal,
) {
  const rows = flat(chunksOf(sources, table.schema, terminal))
  const options = {
    signal: terminal.signal,
    summary: { 'moraine.import': sources.map((s) => basename(s.path)).join(',') },
  }
  return invocation.flag('overwrite')
    ? await table.overwrite(rows, { ...options, all: true })
    : await table.append(rows, options)
}

async function dryRun(columns: readonly FoundColumn[], terminal: Terminal): Promise<void> {
  for (const { name, type } of columns) {
    await terminal.line(jsonText({ name, type: formatType(type) }))
  }
}

function added(summary: SnapshotInfo['summary'], key: string): string {
  return grouped(BigInt(summary[key] ?? '0'))
}

/** `moraine import`. */
export const importCommand: Command = {
  name: 'import',
  summary: 'append Parquet, CSV or JSON lines to a table, creating it if need be',
  operands: 'FILE… TABLE',
  operandsMin: 2,
  operandsMax: 10_000,
  options: {
    catalog: {
      type: 'string',
      value: 'URI',
      help: 'TABLE is a name in this catalog (./warehouse)',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      help: 'format of the files; by their names when left out',
      choices: ['parquet', 'csv', 'jsonl'],
    },
    delimiter: {
      type: 'string',
      value: 'CHAR',
      help: 'what separates CSV fields (a comma; a tab for .tsv)',
    },
    type: {
      type: 'string',
      value: 'NAME=TYPE',
      help: 'type of a column, such as fare=decimal(9,2)',
      multiple: true,
    },
    'partition-by': {
      type: 'string',
      value: 'TERM',
      help: "partition a new table, such as 'month(date)' or 'bucket(16, id)'",
      multiple: true,
    },
    overwrite: { type: 'boolean', help: 'replace all rows of the table' },
    'dry-run': { type: 'boolean', help: 'print the columns that were found and stop' },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
  details:
    'TABLE is a folder such as ./warehouse/nyc/trips or s3://bucket/warehouse/nyc/trips, or a name with\n--catalog; FILE is a local file. Everything becomes one commit: on any error the table is as it\nwas. Text files are read twice, first to find the narrowest type that holds every value; numbers\nwith leading zeros stay text, an empty field is null, a quoted empty field an empty string. Names\nmay end in .gz.',
  examples: [
    "moraine import flights.parquet ./warehouse/demo/flights --partition-by 'month(date)'",
    'moraine import 2026-*.csv nyc.trips --catalog ./warehouse --type zip=string',
    'moraine import events.jsonl.gz ./warehouse/app/events --dry-run',
    'moraine import trips.csv s3://bucket/warehouse/nyc/trips',
  ],
  async run(invocation, terminal) {
    const paths = invocation.operands.slice(0, -1)
    const sources = await openSources(
      paths,
      invocation.text('format'),
      invocation.text('delimiter'),
    )
    const terms = invocation.texts('partition-by').map(parsePartitionTerm)
    if (invocation.flag('dry-run')) {
      await dryRun(await inferColumns(sources, invocation, terminal), terminal)
      return undefined
    }
    const began = terminal.nowMs()
    const target = await openTarget(invocation.operands.at(-1) ?? '', invocation.text('catalog'))
    try {
      const existing = await target.load()
      if (existing !== undefined && terms.length > 0) {
        throw new UsageError('--partition-by is for a new table, and this one exists')
      }
      const table =
        existing ?? (await target.create(await inferColumns(sources, invocation, terminal), terms))
      const result = await write(table, sources, invocation, terminal)
      const ms = terminal.nowMs() - began
      if (invocation.flag('json'))
        await terminal.line(jsonText({ ...result, created: existing === undefined, ms }))
      else {
        const rows = added(result.summary, 'added-records')
        const files = added(result.summary, 'added-data-files')
        await terminal.line(
          `${rows} rows in ${files} files, snapshot ${result.snapshotId}, ${durationText(ms)}`,
        )
      }
    } finally {
      await target.close()
    }
    return undefined
  },
}
