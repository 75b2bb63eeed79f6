/** A table in memory whose commits are published at once, and data files that exist in name only. */

import type { Action, ActionContext } from '../../../../src/commit/action.js'
import { type AppliedActions, applyActions } from '../../../../src/commit/apply-actions.js'
import { type SeededEnv, seededEnv } from '../../../../src/env/seeded-env.js'
import { bind } from '../../../../src/expr/bind.js'
import type { BoundPredicate, Predicate } from '../../../../src/expr/predicate.js'
import { branchHead, currentSchema } from '../../../../src/format/lookup.js'
import type {
  DataFile,
  FormatVersion,
  ManifestEntry,
  ManifestFile,
  PartitionTuple,
  Snapshot,
  TableMetadata,
} from '../../../../src/format/model.js'
import { newTableMetadata } from '../../../../src/format/new-table.js'
import { readTableMetadata } from '../../../../src/format/read-table-metadata.js'
import { encodeTableMetadata } from '../../../../src/format/write-table-metadata.js'
import { buildPartitionSpec } from '../../../../src/partition/spec-builder.js'
import type { PartitionTerm } from '../../../../src/partition/terms.js'
import { loadManifests, readEntries } from '../../../../src/scan/plan/load-manifests.js'
import { type MemoryStore, memoryStore } from '../../../../src/store/memory.js'
import { buildSchema } from '../../../../src/types/build-schema.js'
import { t } from '../../../../src/types/builder.js'
import { encodeSingleValue } from '../../../../src/types/single-value.js'

export interface TableOptions {
  readonly formatVersion?: FormatVersion
  readonly partitionBy?: readonly PartitionTerm[]
  readonly properties?: Readonly<Record<string, string>>
}

export class TestTable {
  readonly env: SeededEnv = seededEnv(7)
  readonly store: MemoryStore = memoryStore()
  metadata: TableMetadata
  version = 1
  #commits = 0

  constructor(options: TableOptions = {}) {
    const { schema } = buildSchema({ id: t.long().required(), city: t.string(), n: t.int() })
    const { spec } = buildPartitionSpec(schema, options.partitionBy ?? [])
    this.metadata = newTableMetadata({
      schema,
      spec,
      location: 'memory:/w/t',
      uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
      nowMs: this.env.nowMs(),
      formatVersion: options.formatVersion ?? 2,
      properties: new Map(Object.entries(options.properties ?? {})),
    })
  }

  /** A logical commit that can be attempted several times before it is published. */
  start(...actions: Action[]): TestCommit {
    this.#commits += 1
    return new TestCommit(
      this,
      actions,
      `c0ffee00-0000-4000-8000-${`${this.#commits}`.padStart(12, '0')}`,
    )
  }

  /** One attempt, published. */
  async commit(...actions: Action[]): Promise<AppliedActions> {
    return this.start(...actions).publish()
  }

  where(predicate: Predicate): BoundPredicate {
    return bind(predicate, currentSchema(this.metadata))
  }

  head(branch = 'main'): Snapshot {
    const head = branchHead(this.metadata, branch)
    if (head === undefined) throw new RangeError(`branch ${branch} is empty`)
    return head
  }

  async manifests(snapshot = this.head()): Promise<readonly ManifestFile[]> {
    const { metadata, store, env } = this
    return loadManifests({ metadata, snapshot, store, env })
  }

  async entries(snapshot = this.head()): Promise<readonly ManifestEntry[]> {
    const { metadata, store, env } = this
    const entries: ManifestEntry[] = []
    for (const manifest of await this.manifests(snapshot)) {
      entries.push(...(await readEntries({ metadata, store, env }, manifest, {})))
    }
    return entries
  }

  /** Paths of live data files, sorted. */
  async live(snapshot = this.head()): Promise<readonly string[]> {
    const entries = await this.entries(snapshot)
    const live = entries.filter((e) => e.status !== 'deleted' && e.file.content === 'data')
    return live.map((entry) => entry.file.path).sort()
  }
}

export class TestCommit {
  readonly table: TestTable
  readonly actions: readonly Action[]
  readonly created: string[] = []
  readonly #uuid: string
  #attempt = 0

  constructor(table: TestTable, actions: readonly Action[], uuid: string) {
    this.table = table
    this.actions = actions
    this.#uuid = uuid
  }

  /** Applies to the table's present head without publishing. */
  async attempt(): Promise<AppliedActions> {
    this.#attempt += 1
    const attempt = this.#attempt
    const { env, store, metadata, version } = this.table
    const contextOf = (actionIndex: number): ActionContext => ({
      env,
      store,
      commitUuid: this.#uuid,
      attempt,
      actionIndex,
      creating: (path) => this.created.push(path),
    })
    return applyActions(this.actions, metadata, contextOf, {
      nowMs: env.nowMs(),
      previousMetadataLocation: `memory:/w/t/metadata/v${version}.metadata.json`,
    })
  }

  async publish(): Promise<AppliedActions> {
    const applied = await this.attempt()
    if (applied.updates.length > 0) {
      // What is published is what can be read back.
      const { limits } = this.table.env
      this.table.metadata = readTableMetadata(encodeTableMetadata(applied.metadata), { limits })
      this.table.version += 1
      this.table.env.advance(10)
    }
    return applied
  }
}

export interface FakeFile {
  readonly partition?: PartitionTuple
  readonly specId?: number
  readonly rows?: number
  /** Bounds of `n`, field 3. */
  readonly n?: readonly [number, number]
  /** Bounds of `city`, field 2. */
  readonly city?: readonly [string, string]
}

/** A data file of the test schema. */
export function dataFile(name: string, fake: FakeFile = {}): DataFile {
  const rows = BigInt(fake.rows ?? 10)
  const lowerBounds = new Map<number, Uint8Array>()
  const upperBounds = new Map<number, Uint8Array>()
  const counts = new Map<number, bigint>()
  const nulls = new Map<number, bigint>()
  const put = (
    id: number,
    kind: 'int' | 'string',
    bounds: readonly [number | string, number | string],
  ) => {
    lowerBounds.set(id, encodeSingleValue({ kind }, bounds[0]))
    upperBounds.set(id, encodeSingleValue({ kind }, bounds[1]))
    counts.set(id, rows)
    nulls.set(id, 0n)
  }
  if (fake.n !== undefined) put(3, 'int', fake.n)
  if (fake.city !== undefined) put(2, 'string', fake.city)
  return {
    content: 'data',
    path: `memory:/w/t/data/${name}.parquet`,
    format: 'parquet',
    specId: fake.specId ?? 0,
    partition: fake.partition ?? [],
    recordCount: rows,
    sizeBytes: rows * 100n,
    valueCounts: counts,
    nullValueCounts: nulls,
    lowerBounds,
    upperBounds,
    splitOffsets: [4n],
    sortOrderId: 0,
  }
}

export const pathOf = (name: string): string => `memory:/w/t/data/${name}.parquet`

/** The counts of a snapshot's summary. */
export function summaryOf(snapshot: Snapshot): Readonly<Record<string, string>> {
  return Object.fromEntries(snapshot.summary ?? [])
}
