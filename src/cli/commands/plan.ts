import type { Command } from '../command.js'
import { jsonText } from '../output/json.js'
import { askedScan, SCAN_OPTIONS } from '../scan-options.js'
import { chosenSnapshot, OPEN_OPTIONS, openNamedTable, STATE_OPTIONS } from '../table-options.js'

/** `moraine plan`. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'show what a scan would read and what it skips',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    ...STATE_OPTIONS,
    ...SCAN_OPTIONS,
    'metadata-only': { type: 'boolean', help: 'stop at the manifests: do not open data files' },
    json: { type: 'boolean', help: 'one JSON object' },
  },
  details:
    'Counts what is considered and skipped at each level: manifests, files, row groups, pages.',
  examples: [
    'moraine plan ./warehouse/nyc/trips --where "at >= \'2026-01-01\'"',
    'moraine plan ./warehouse/nyc/trips --where "id = 7" --metadata-only --json',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const snapshot = await chosenSnapshot(invocation, table)
      const scan = snapshot.scan(askedScan(invocation, terminal.signal))
      const report = await scan.explain({ read: !invocation.flag('metadata-only') })
      await terminal.line(invocation.flag('json') ? jsonText(report, 2) : String(report))
    } finally {
      await close()
    }
    return undefined
  },
}
