import type { Command } from './command.js'

/** The commands by name, in the order of the help text. Each is loaded when it is called. */
export const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['demo', async () => (await import('./commands/demo.js')).demoCommand],
  ['rows', async () => (await import('./commands/rows.js')).rowsCommand],
  ['log', async () => (await import('./commands/log.js')).logCommand],
  ['describe', async () => (await import('./commands/describe.js')).describeCommand],
  ['files', async () => (await import('./commands/files.js')).filesCommand],
  ['plan', async () => (await import('./commands/plan.js')).planCommand],
  ['import', async () => (await import('./commands/import.js')).importCommand],
  ['compact', async () => (await import('./commands/compact.js')).compactCommand],
  ['verify', async () => (await import('./commands/verify.js')).verifyCommand],
])

/** One line about each command, here so that the overview loads none of them. */
export const SUMMARIES: ReadonlyMap<string, string> = new Map([
  ['demo', 'take 3 million real flights through the whole life of a table'],
  ['rows', 'print rows, now or as of the past'],
  ['log', 'list the snapshots of a table'],
  ['describe', 'show schema, partitioning, properties and references'],
  ['files', 'list the data files of a snapshot'],
  ['plan', 'show what a scan would read and what it skips'],
  ['import', 'append Parquet, CSV or JSON lines to a table, creating it if need be'],
  ['compact', 'put small files together and apply deletes'],
  ['verify', 'check a table from its metadata down to its data files'],
])
