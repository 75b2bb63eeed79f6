/**
 * PyIceberg reads the metadata, manifest lists and manifests that we write: every partition type,
 * names that Avro does not allow, all format versions, several specs. Data files are not touched.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Action, ActionContext } from '../../src/commit/action.js'
import { appendFiles } from '../../src/commit/actions/append-files.js'
import { overwriteFiles } from '../../src/commit/actions/overwrite-files.js'
import { upgradeFormat } from '../../src/commit/actions/upgrade-format.js'
import { applyActions } from '../../src/commit/apply-actions.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import { currentSchema } from '../../src/format/lookup.js'
import type { DataFile, FormatVersion, TableMetadata } from '../../src/format/model.js'
import { newTableMetadata } from '../../src/format/new-table.js'
import { encodeTableMetadata } from '../../src/format/write-table-metadata.js'
import { buildPartitionSpec } from '../../src/partition/spec-builder.js'
import { memoryStore } from '../../src/store/memory.js'
import { buildSchema } from '../../src/types/build-schema.js'
import { t } from '../../src/types/builder.js'
import type { Datum } from '../../src/types/datum.js'

const python = join(import.meta.dirname, '../../.ci/.venv/bin/python')
const root = mkdtempSync(join(tmpdir(), 'moraine-manifests-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 37 + 200) & 255)

/** Columns, each an identity partition, and a value of each. */
const columns: readonly (readonly [string, ReturnType<typeof t.long>, Datum])[] = [
  ['boolean', t.boolean(), true],
  ['int', t.int(), -7],
  ['long', t.long(), -(2n ** 63n)],
  ['float', t.float(), 1.5],
  ['double', t.double(), -2.25],
  ['date', t.date(), -1],
  ['time', t.time(), 45_296_123_456n],
  ['ts', t.timestamp(), -1n],
  ['tstz', t.timestamptz(), 1_577_836_800_000_001n],
  ['string', t.string(), 'zażółć 😀'],
  ['uuid', t.uuid(), bytes(16)],
  ['fixed', t.fixed(5), bytes(5)],
  ['binary', t.binary(), bytes(3)],
  ['small', t.decimal(4, 2), -12n],
  ['large', t.decimal(38, 10), 10n ** 37n],
  ['odd name-ü', t.int(), 3],
] as unknown as readonly (readonly [string, ReturnType<typeof t.long>, Datum])[]

const READ = `
import json, sys
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
snapshot = table.current_snapshot()
rows = []
for manifest in snapshot.manifests(table.io):
    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
        file = entry.data_file
        rows.append({
            'status': int(entry.status), 'seq': entry.sequence_number, 'path': file.file_path,
            'records': file.record_count, 'spec': file.spec_id,
            'partition': [None if v is None else str(v) for v in (file.partition[i] for i in range(len(file.partition)))],
            'sizes': {k: v for k, v in (file.column_sizes or {}).items()}, 'lower': {k: v.hex() for k, v in (file.lower_bounds or {}).items()},
        })
lists = [{'path': m.manifest_path, 'counts': [m.added_files_count, m.existing_files_count, m.deleted_files_count],
          'summaries': [[p.contains_null, p.contains_nan] for p in (m.partitions or [])]}
         for m in snapshot.manifests(table.io)]
print(json.dumps({'rows': rows, 'manifests': lists, 'format': table.metadata.format_version,
                  'summary': {k: v for k, v in snapshot.summary.additional_properties.items()}}))
`

interface Read {
  readonly format: number
  readonly rows: readonly {
    readonly status: number
    readonly seq: number
    readonly path: string
    readonly spec: number
    readonly records: number
    readonly partition: readonly (string | null)[]
    readonly sizes: Readonly<Record<string, number>> | null
    readonly lower: Readonly<Record<string, string>>
  }[]
  readonly manifests: readonly { readonly counts: readonly number[] }[]
  readonly summary: Readonly<Record<string, string>>
}

class Table {
  readonly env = seededEnv(3)
  readonly store = memoryStore()
  readonly folder: string
  metadata: TableMetadata
  #attempts = 0

  constructor(name: string, formatVersion: FormatVersion) {
    this.folder = join(root, name)
    const { schema } = buildSchema(columns.map(([column, type]) => [column, type] as const))
    const { spec } = buildPartitionSpec(
      schema,
      columns.map(([column]) => ({ path: [column] })),
    )
    const location = this.folder
    const [uuid, nowMs] = ['0f8fad5b-d9cb-469f-a165-70867728950e', this.env.nowMs()]
    this.metadata = newTableMetadata({ schema, spec, location, uuid, nowMs, formatVersion })
  }

  async commit(...actions: Action[]): Promise<void> {
    this.#attempts += 1
    const uuid = `00000000-0000-4000-8000-${`${this.#attempts}`.padStart(12, '0')}`
    const contextOf = (actionIndex: number): ActionContext => ({
      env: this.env,
      store: this.store,
      commitUuid: uuid,
      attempt: 1,
      actionIndex,
      creating: () => undefined,
    })
    const applied = await applyActions(actions, this.metadata, contextOf, {
      nowMs: this.env.nowMs(),
    })
    this.metadata = applied.metadata
  }

  read(): Read {
    const path = join(this.folder, 'metadata/v1.metadata.json')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, encodeTableMetadata(this.metadata))
    for (const [file, content] of this.store.files()) writeFileSync(file, content)
    return JSON.parse(execFileSync(python, ['-c', READ, path], { encoding: 'utf8' })) as Read
  }

  file(name: string, partition: readonly (Datum | null)[], rows = 5): DataFile {
    return {
      content: 'data',
      path: join(this.folder, `data/${name}.parquet`),
      format: 'parquet',
      specId: 0,
      partition,
      recordCount: BigInt(rows),
      sizeBytes: 100n,
      columnSizes: new Map([[1, 33n]]),
      valueCounts: new Map([[1, 5n]]),
      nullValueCounts: new Map([[1, 0n]]),
      lowerBounds: new Map([[2, Uint8Array.of(249, 255, 255, 255)]]),
      upperBounds: new Map([[2, Uint8Array.of(249, 255, 255, 255)]]),
      splitOffsets: [4n],
      sortOrderId: 0,
    }
  }
}

describe('PyIceberg reads what we write', () => {
  test('the interpreter of the interoperability tests is there', () => {
    expect(existsSync(python)).toBe(true)
  })

  test.each([1, 2, 3] as const)('format version %i', async (formatVersion) => {
    const table = new Table(`v${formatVersion}`, formatVersion)
    const values = columns.map(([, , value]) => value)
    const nulls = columns.map(() => null)
    await table.commit(appendFiles({ files: [table.file('a', values), table.file('n', nulls)] }))
    await table.commit(appendFiles({ files: [table.file('b', values)] }))
    const schema = currentSchema(table.metadata)
    const int = {
      fieldId: 2,
      path: ['int'],
      sourceType: { kind: 'int' },
      type: { kind: 'int' },
      required: false,
    } as const
    const where = { op: 'isNull', term: int } as const
    await table.commit(overwriteFiles({ where, schema, files: [] }))
    const read = table.read()
    expect(read.format).toBe(formatVersion)
    const seq = (n: number): number => (formatVersion === 1 ? 0 : n)
    expect(read.rows.map((r) => [r.status, r.seq, r.path.split('/').at(-1)])).toEqual([
      [1, seq(2), 'b.parquet'],
      [0, seq(1), 'a.parquet'],
      [2, seq(1), 'n.parquet'],
    ])
    expect(read.manifests.map((m) => m.counts)).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ])
    expect(read.rows[2]?.partition).toEqual(nulls)
    expect(read.rows[0]?.partition).toMatchInlineSnapshot(`
      [
        "True",
        "-7",
        "-9223372036854775808",
        "1.5",
        "-2.25",
        "-1",
        "45296123456",
        "-1",
        "1577836800000001",
        "zażółć 😀",
        "c8ed1237-5c81-a6cb-f015-3a5f84a9cef3",
        "b'\\xc8\\xed\\x127\\\\'",
        "b'\\xc8\\xed\\x12'",
        "-0.12",
        "1000000000000000000000000000.0000000000",
        "3",
      ]
    `)
    expect(read.rows[0]?.lower).toEqual({ '2': 'f9ffffff' })
    expect(read.rows[0]?.sizes).toEqual({ '1': 33 })
    expect(read.summary['total-records']).toBe('10')
  })

  test('a table upgraded from v1 through v2 to v3', async () => {
    const table = new Table('upgraded', 1)
    const values = columns.map(([, , value]) => value)
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      if (index > 0) await table.commit(upgradeFormat(index === 1 ? 2 : 3))
      await table.commit(appendFiles({ files: [table.file(name, values)] }))
    }
    const read = table.read()
    expect(read.rows.map((r) => [r.status, r.seq])).toEqual([
      [1, 2],
      [1, 1],
      [1, 0],
    ])
  })
})
