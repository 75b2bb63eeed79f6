import { specById } from '../../format/lookup.js'
import type { DataFile, TableMetadata } from '../../format/model.js'
import { partitionPath } from '../../partition/partition-path.js'
import type { Schema } from '../../types/type.js'
import type { Command } from '../command.js'
import { bytesText, grouped } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import { textTable } from '../output/text-table.js'
import { chosenSnapshot, OPEN_OPTIONS, openNamedTable, STATE_OPTIONS } from '../table-options.js'

interface FileLine {
  readonly path: string
  readonly partition: string
  readonly rows: bigint
  readonly sizeBytes: bigint
  readonly format: string
  readonly sequenceNumber: bigint
  readonly deleteFiles: number
}

function partitionOf(metadata: TableMetadata, schema: Schema, file: DataFile): string {
  return partitionPath(specById(metadata, file.specId), schema, file.partition)
}

function fileTable(
  files: readonly FileLine[],
  location: string,
  bold: (text: string) => string,
): string {
  const rows = files.map((file) => [
    file.path.startsWith(`${location}/`) ? file.path.slice(location.length + 1) : file.path,
    grouped(file.rows),
    bytesText(file.sizeBytes),
    file.deleteFiles === 0 ? '' : String(file.deleteFiles),
  ])
  return textTable(
    [
      { title: 'file' },
      { title: 'rows', align: 'right' },
      { title: 'size', align: 'right' },
      { title: 'deletes', align: 'right' },
    ],
    rows,
    bold,
  )
}

/** `moraine files`. */
export const filesCommand: Command = {
  name: 'files',
  summary: 'list the data files of a snapshot',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    ...STATE_OPTIONS,
    json: { type: 'boolean', help: 'one JSON object for each file' },
  },
  details: 'Paths below the table are shown relative to it; --json gives them whole.',
  examples: [
    'moraine files ./warehouse/nyc/trips',
    'moraine files ./warehouse/nyc/trips --as-of 2026-01-31T00:00:00Z --json',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const snapshot = await chosenSnapshot(invocation, table)
      const { tasks } = await snapshot.scan({ signal: terminal.signal }).plan()
      const { metadata } = table
      const files = tasks
        .map(
          ({ file, sequenceNumber, deletes }): FileLine => ({
            path: file.path,
            partition: partitionOf(metadata, snapshot.schema, file),
            rows: file.recordCount,
            sizeBytes: file.sizeBytes,
            format: file.format,
            sequenceNumber,
            deleteFiles: deletes.length,
          }),
        )
        .sort((a, b) => (a.path < b.path ? -1 : 1))
      if (invocation.flag('json')) {
        for (const file of files) await terminal.line(jsonText(file))
        return undefined
      }
      if (files.length > 0)
        await terminal.line(fileTable(files, metadata.location, terminal.style.bold))
      const rows = files.reduce((sum, file) => sum + file.rows, 0n)
      const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0n)
      await terminal.line(
        `${grouped(files.length)} files, ${grouped(rows)} rows, ${bytesText(bytes)}`,
      )
    } finally {
      await close()
    }
    return undefined
  },
}
