import { projectSchema } from '../../scan/projection.js'
import type { Snapshot } from '../../table/snapshot.js'
import type { Table } from '../../table/table.js'
import type { UnknownSchema } from '../../types/infer.js'
import type { Schema } from '../../types/type.js'
import type { Command } from '../command.js'
import { UsageError } from '../exit-code.js'
import type { Invocation } from '../invocation.js'
import { csvOutput, jsonLinesOutput, type RowOutput, tableOutput } from '../output/row-output.js'
import { type AskedScan, askedScan, SCAN_OPTIONS } from '../scan-options.js'
import { chosenSnapshot, OPEN_OPTIONS, openNamedTable, STATE_OPTIONS } from '../table-options.js'
import type { Terminal } from '../terminal.js'

const TEXT_OUTPUTS: ReadonlyMap<string, (schema: Schema, terminal: Terminal) => RowOutput> =
  new Map([
    ['table', tableOutput],
    ['jsonl', jsonLinesOutput],
    ['csv', csvOutput],
  ])

async function printText(
  format: string,
  table: Table<UnknownSchema>,
  snapshot: Snapshot<UnknownSchema>,
  asked: AskedScan,
  terminal: Terminal,
): Promise<void> {
  const schema = projectSchema(table.metadata, snapshot.schema, asked.select, true)
  const output = (TEXT_OUTPUTS.get(format) ?? jsonLinesOutput)(schema, terminal)
  for await (const row of snapshot.scan(asked).rows({ variants: 'binary' })) await output.row(row)
  await output.end()
}

async function writeBinary(
  format: string,
  invocation: Invocation,
  table: Table<UnknownSchema>,
  snapshot: Snapshot<UnknownSchema>,
  asked: AskedScan,
  terminal: Terminal,
): Promise<void> {
  const path = invocation.text('output')
  if (path === undefined && terminal.isTTY) {
    throw new UsageError(`--format ${format} is not for a terminal; add --output FILE or a pipe`)
  }
  const schema = projectSchema(table.metadata, snapshot.schema, asked.select, true)
  // Arrow and the Parquet writer are loaded only when they are asked for.
  const { openBinaryOutput } = await import('../output/binary-output.js')
  const output = await openBinaryOutput(format, schema, path, terminal)
  try {
    for await (const batch of snapshot.scan(asked).batches()) await output.batch(batch)
    await output.end()
  } catch (error) {
    await output.abort()
    throw error
  }
}

/** `moraine rows`. */
export const rowsCommand: Command = {
  name: 'rows',
  summary: 'print rows, now or as of the past',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    ...STATE_OPTIONS,
    ...SCAN_OPTIONS,
    format: {
      type: 'string',
      value: 'FORMAT',
      help: 'how to print; table on a terminal and jsonl elsewhere when left out',
      choices: ['table', 'jsonl', 'csv', 'arrow', 'parquet'],
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'where --format arrow or parquet writes',
    },
  },
  details:
    'LOCATION is a table folder or a metadata file. jsonl is the canonical lossless form: longs and\ndecimals as strings, binary as hex, maps as arrays of pairs. A table is cut to fit, csv writes\nnothing for null and "" for an empty text. arrow is an IPC stream.',
  examples: [
    'moraine rows ./warehouse/nyc/trips --limit 10',
    'moraine rows ./warehouse/nyc/trips --as-of 2026-01-31T00:00:00Z --where "fare > 10"',
    'moraine rows nyc.trips --catalog ./warehouse --select id,stop.lat --format csv',
    'moraine rows ./copy/trips --relocate /warehouse/nyc/trips=./copy/trips',
  ],
  async run(invocation, terminal) {
    const format = invocation.text('format') ?? (terminal.isTTY ? 'table' : 'jsonl')
    const binary = !TEXT_OUTPUTS.has(format)
    if (invocation.flag('output') && !binary) {
      throw new UsageError('--output goes with --format arrow or parquet')
    }
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const snapshot = await chosenSnapshot(invocation, table)
      const asked = askedScan(invocation, terminal.signal)
      if (binary) await writeBinary(format, invocation, table, snapshot, asked, terminal)
      else await printText(format, table, snapshot, asked, terminal)
    } finally {
      await close()
    }
    return undefined
  },
}
