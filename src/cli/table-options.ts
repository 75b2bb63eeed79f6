import type { Catalog } from '../table/catalog.js'
import { connect } from '../table/connect.js'
import { openTable } from '../table/open-table.js'
import type { Snapshot } from '../table/snapshot.js'
import type { Table } from '../table/table.js'
import type { UnknownSchema } from '../types/infer.js'
import type { OptionSpecs } from './command.js'
import { UsageError } from './exit-code.js'
import type { Invocation } from './invocation.js'

/** Options of every command that opens a table. */
export const OPEN_OPTIONS = {
  catalog: {
    type: 'string',
    value: 'URI',
    help: 'LOCATION is a table name in this catalog, such as nyc.trips in ./warehouse',
  },
  relocate: {
    type: 'string',
    value: 'FROM=TO',
    help: 'read files that the metadata places under FROM from TO',
    multiple: true,
  },
  'read-root': {
    type: 'string',
    value: 'FOLDER',
    help: 'also allow reading files under this folder, bucket path or URL',
    multiple: true,
  },
} as const satisfies OptionSpecs

/** Options that choose the state to read; at most one of them may be given. */
export const STATE_OPTIONS = {
  snapshot: { type: 'string', value: 'ID', help: 'read as of this snapshot' },
  'as-of': {
    type: 'string',
    value: 'TIME',
    help: 'read as of this time, such as 2026-01-31T12:00:00Z',
  },
  ref: { type: 'string', value: 'NAME', help: 'read this branch or tag' },
} as const satisfies OptionSpecs

/** A table that a command works on, and how to let go of it. */
export interface OpenedTable {
  readonly table: Table<UnknownSchema>
  readonly catalog: Catalog | undefined
  close(): Promise<void>
}

/** Opens what the first operand names. */
export async function openNamedTable(
  invocation: Invocation,
  signal: AbortSignal,
): Promise<OpenedTable> {
  const named = invocation.operand(0)
  // As they are written: what opens the table knows which of them are local paths.
  const readRoots = invocation.texts('read-root')
  const uri = invocation.text('catalog')
  if (uri !== undefined) {
    if (invocation.flag('relocate'))
      throw new UsageError('--relocate goes with a location, not with --catalog')
    const catalog = await connect(uri, { readRoots, signal })
    const table = await catalog.loadTable(named)
    return { table, catalog, close: () => catalog.close() }
  }
  const table = await openTable(named, { relocate: relocations(invocation), readRoots, signal })
  return { table, catalog: undefined, close: () => table.close() }
}

function relocations(invocation: Invocation): Record<string, string> {
  const pairs = invocation.texts('relocate').map((text): [string, string] => {
    const at = text.indexOf('=')
    if (at <= 0 || at === text.length - 1) {
      throw new UsageError(`--relocate takes FROM=TO, not "${text}"`)
    }
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return Object.fromEntries(pairs)
}

/** The state of the table that the options choose; the current one without them. */
export async function chosenSnapshot(
  invocation: Invocation,
  table: Table<UnknownSchema>,
): Promise<Snapshot<UnknownSchema>> {
  const given = Object.keys(STATE_OPTIONS).filter((name) => invocation.flag(name))
  if (given.length > 1) {
    throw new UsageError(`choose one of ${given.map((name) => `--${name}`).join(', ')}`)
  }
  const snapshot = invocation.id('snapshot')
  if (snapshot !== undefined) return await table.asOf({ snapshot })
  const time = invocation.text('as-of')
  if (time !== undefined) return await table.asOf({ time })
  const ref = invocation.text('ref')
  if (ref !== undefined) return await table.asOf({ ref })
  return table.current()
}
