/** Scans of the golden tables (README.md beside this file), read where the repository holds them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openMetadata } from '../../src/catalog/open.js'
import { systemEnv } from '../../src/env/system-env.js'
import { currentSchema, requireSnapshot, schemaOfSnapshot } from '../../src/format/lookup.js'
import type { TableMetadata } from '../../src/format/model.js'
import { inlinePool } from '../../src/parquet/pool.js'
import type { ScanOptions } from '../../src/scan/options.js'
import { createScan, type Scan } from '../../src/scan/scan.js'
import { localStore } from '../../src/store/local.js'
import { relocate } from '../../src/store/relocate.js'
import type { Store } from '../../src/store/store.js'
import type { Schema } from '../../src/types/type.js'

type ExpectedRow = Readonly<Record<string, unknown>>

/** One state of a table with the rows that the reference reads. */
export interface ExpectedState {
  readonly snapshot_id: string | null
  /** Left out where the rows were not read by Spark. */
  readonly columns?: readonly { readonly name: string }[]
  readonly rows?: readonly ExpectedRow[]
  /** v3: the rows with `_row_id` and `_last_updated_sequence_number`. */
  readonly lineage?: readonly ExpectedRow[]
  readonly row_count?: number
  readonly rows_sha256?: string
}

interface Expected {
  readonly location: string
  readonly current: ExpectedState
  readonly refs: Readonly<Record<string, ExpectedState & { readonly type: 'branch' | 'tag' }>>
  readonly snapshots: readonly ExpectedState[]
}

/** A state to read: the schema is the table's for branches, the snapshot's for ids and tags. */
export interface GoldenState {
  readonly label: string
  readonly snapshotId: bigint | undefined
  readonly schema: Schema
  readonly expected: ExpectedState
}

export interface GoldenTable {
  readonly name: string
  readonly metadata: TableMetadata
  readonly store: Store
  readonly states: readonly GoldenState[]
}

const env = systemEnv()
const root = import.meta.dirname

export const goldenNames: readonly string[] = ['tables', 'random'].flatMap((kind) =>
  readdirSync(join(root, kind))
    .sort()
    .map((name) => `${kind}/${name}`),
)

export async function openGolden(name: string): Promise<GoldenTable> {
  const folder = join(root, name)
  const kind = join(root, name.split('/')[0] ?? '')
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const store = relocate(localStore({ env }), { '/warehouse': kind })
  const opened = await openMetadata(expected.location, { store, env })
  const { metadata } = opened.table
  return { name, metadata, store, states: statesOf(metadata, expected) }
}

function statesOf(metadata: TableMetadata, expected: Expected): readonly GoldenState[] {
  const state = (label: string, of: ExpectedState, atSnapshot: boolean): GoldenState => {
    const snapshotId = of.snapshot_id === null ? undefined : BigInt(of.snapshot_id)
    const schema =
      atSnapshot && snapshotId !== undefined
        ? schemaOfSnapshot(metadata, requireSnapshot(metadata, snapshotId))
        : currentSchema(metadata)
    return { label, snapshotId, schema, expected: of }
  }
  return [
    state('current', expected.current, false),
    // Where Spark cannot read a type, refs come without rows; `current` has those of main.
    ...Object.entries(expected.refs)
      .filter(([, ref]) => ref.rows !== undefined || ref.row_count !== undefined)
      .map(([name, ref]) => state(`${ref.type} ${name}`, ref, ref.type === 'tag')),
    ...expected.snapshots.map((snapshot) =>
      state(`snapshot ${snapshot.snapshot_id}`, snapshot, true),
    ),
  ]
}

export function scanGolden(table: GoldenTable, state: GoldenState, options?: ScanOptions): Scan {
  const { metadata, store } = table
  const snapshot =
    state.snapshotId === undefined ? undefined : requireSnapshot(metadata, state.snapshotId)
  return createScan(
    { metadata, snapshot, schema: state.schema, store, env, pool: inlinePool },
    options,
  )
}

/** Rows as comparable text, sorted: `1.0` and `1` are one number in JSON. */
export function normalised(rows: Iterable<string>): readonly string[] {
  return Array.from(rows, (row) => JSON.stringify(JSON.parse(row))).sort()
}

export function expectedRows(state: ExpectedState): readonly string[] {
  return (state.rows ?? []).map((row) => JSON.stringify(row)).sort()
}
