import type { Command } from '../command.js'
import { bytesText, grouped } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import { printable } from '../output/text-table.js'
import { OPEN_OPTIONS, openNamedTable } from '../table-options.js'

/** `moraine compact`. */
export const compactCommand: Command = {
  name: 'compact',
  summary: 'put small files together and apply deletes',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    where: { type: 'string', value: 'EXPR', help: 'only files that may hold matching rows' },
    all: { type: 'boolean', help: 'rewrite files of any size and number' },
    'dry-run': { type: 'boolean', help: 'only show what would be rewritten' },
    json: { type: 'boolean', help: 'one JSON object' },
  },
  details:
    'Rewrites data files that are too small, too large or have many deletes, partition by partition.\nThe rows stay the same. One commit; it is refused when others have changed the same rows meanwhile.',
  examples: [
    'moraine compact ./warehouse/nyc/trips --dry-run',
    'moraine compact ./warehouse/nyc/trips --where "at >= \'2026-01-01\'" --all',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const where = invocation.text('where')
      const result = await table.compact({
        ...(where !== undefined && { where }),
        rewriteAll: invocation.flag('all'),
        dryRun: invocation.flag('dry-run'),
        signal: terminal.signal,
        onProgress: ({ groups, groupsDone, rows }) =>
          terminal.progress(
            `compacting: ${grouped(groupsDone)} of ${grouped(groups)} groups, ${grouped(rows)} rows of the next`,
          ),
      })
      if (invocation.flag('json')) {
        await terminal.line(jsonText(result, 2))
        return undefined
      }
      for (const { partition, files, bytes, rows } of result.groups) {
        const name = partition === '' ? 'the table' : printable(partition)
        await terminal.line(
          `${name}: ${grouped(files)} files, ${grouped(rows)} rows, ${bytesText(bytes)}`,
        )
      }
      const { rewrittenFiles, addedFiles, removedDeleteFiles } = result
      await terminal.line(
        invocation.flag('dry-run')
          ? `${grouped(result.groups.length)} groups would be rewritten`
          : `${grouped(rewrittenFiles)} data files became ${grouped(addedFiles)}; ${grouped(removedDeleteFiles)} delete files went`,
      )
    } finally {
      await close()
    }
    return undefined
  },
}
