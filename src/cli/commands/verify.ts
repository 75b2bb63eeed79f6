import type { Command } from '../command.js'
import { EXIT_FAILED } from '../exit-code.js'
import { grouped } from '../output/figures.js'
import { jsonText } from '../output/json.js'
import { printable } from '../output/text-table.js'
import { OPEN_OPTIONS, openNamedTable } from '../table-options.js'

/** `moraine verify`. */
export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check a table from its metadata down to its data files',
  operands: 'LOCATION',
  operandsMin: 1,
  operandsMax: 1,
  options: {
    ...OPEN_OPTIONS,
    'no-footers': {
      type: 'boolean',
      help: 'do not open data files: check metadata and sizes only',
    },
    json: { type: 'boolean', help: 'one JSON object' },
  },
  details:
    'Walks every snapshot: manifest lists, manifests and data files must exist and agree in sizes,\ncounts, bounds, sequence numbers and summaries. Prints each violation; exits 1 when there is one.',
  examples: [
    'moraine verify ./warehouse/nyc/trips',
    'moraine verify nyc.trips --catalog ./warehouse --json',
  ],
  async run(invocation, terminal) {
    const { table, close } = await openNamedTable(invocation, terminal.signal)
    try {
      const report = await table.verify({
        footers: !invocation.flag('no-footers'),
        signal: terminal.signal,
        onProgress: ({ snapshots, files }) =>
          terminal.progress(`verifying: ${grouped(snapshots)} snapshots, ${grouped(files)} files`),
      })
      if (invocation.flag('json')) {
        await terminal.line(jsonText(report, 2))
      } else {
        for (const { code, message } of report.violations) {
          await terminal.line(`${terminal.style.red(code)}: ${printable(message)}`)
        }
        if (report.truncated) await terminal.line('… and more')
        const { snapshots, manifests, files, rows } = report.checked
        const checked = `${grouped(snapshots)} snapshots, ${grouped(manifests)} manifests, ${grouped(files)} files, ${grouped(rows)} rows in files`
        const verdict = report.ok
          ? terminal.style.green('clean')
          : terminal.style.red(`${grouped(report.violations.length)} violations`)
        await terminal.line(`${checked}: ${verdict}`)
      }
      return report.ok ? undefined : EXIT_FAILED
    } finally {
      await close()
    }
  },
}
