/** Reading with random delete files of every kind, against a plain model (spec: "Scan Planning"). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/codec/json/parse.js'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import { defaultLimits } from '../../src/env/limits.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import { col } from '../../src/expr/build.js'
import { currentSchema, currentSnapshot, defaultSpec } from '../../src/format/lookup.js'
import type { DataFile } from '../../src/format/model.js'
import { partitionKey } from '../../src/format/partition-key.js'
import { loadManifests, readEntries } from '../../src/scan/plan/load-manifests.js'
import { taskFromJson, taskToJson } from '../../src/scan/task-json.js'
import { t } from '../../src/types/builder.js'
import type { Field } from '../../src/types/type.js'
import {
  commitDeletes,
  deletionVectors,
  equalityDeletes,
  type Positions,
  positionDeletes,
} from '../support/delete-files.js'
import { type WrittenTable, writtenTable } from '../support/written-table.js'
import { DeleteModel } from './delete-model.js'

const FIELDS: readonly Field[] = [
  { id: 1, name: 'id', required: true, type: { kind: 'int' } },
  { id: 2, name: 'p', required: false, type: { kind: 'string' } },
  { id: 3, name: 'k', required: false, type: { kind: 'int' } },
  { id: 4, name: 'f', required: false, type: { kind: 'double' } },
  { id: 5, name: 's', required: false, type: { kind: 'string' } },
  {
    id: 6,
    name: 'st',
    required: false,
    type: {
      kind: 'struct',
      fields: [
        { id: 7, name: 'a', required: false, type: { kind: 'int' } },
        { id: 8, name: 'b', required: false, type: { kind: 'boolean' } },
      ],
    },
  },
]
const EQUALITY_SETS = [[3], [5], [3, 5], [4], [7], [7, 8], [5, 8], [1], [9]] as const

const value = fc.record({
  p: fc.constantFrom('x', 'y', null),
  k: fc.constantFrom(0, 1, 2, null),
  f: fc.constantFrom(0, -0, 1.5, Number.NaN, null),
  s: fc.constantFrom('', 'a', 'ab', '\u{1f600}', null),
  st: fc.option(fc.record({ a: fc.constantFrom(1, 2, null), b: fc.constantFrom(true, null) })),
  c: fc.constantFrom(1, 2, null),
})
type Value = typeof value extends fc.Arbitrary<infer T> ? T : never

const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('append' as const),
      rows: fc.array(value, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('equality' as const),
      set: fc.nat(EQUALITY_SETS.length - 1),
      keys: fc.array(value, { minLength: 1, maxLength: 3 }),
      isGlobal: fc.boolean(),
      pick: fc.nat(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('positions' as const),
      every: fc.integer({ min: 1, max: 5 }),
      from: fc.nat(4),
      format: fc.constantFrom('parquet' as const, 'avro' as const),
      granularity: fc.constantFrom('file' as const, 'partition' as const),
      anonymous: fc.boolean(),
      pick: fc.nat(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'widen' as const,
        'rename' as const,
        'drop' as const,
        'add' as const,
        'respec' as const,
      ),
    }),
  },
)

const program = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  isPartitioned: fc.boolean(),
  operations: fc.array(operation, { minLength: 3, maxLength: 12 }),
})

class Run {
  readonly table: WrittenTable
  readonly model = new DeleteModel()
  readonly #version: 2 | 3
  #nextId = 0
  #hasColumn = false
  #isDropped = false
  #stringName = 's'
  readonly #vectors = new Map<
    string,
    { readonly file: DataFile; readonly positions: Set<number> }
  >()

  constructor(table: WrittenTable, version: 2 | 3) {
    this.table = table
    this.#version = version
  }

  async #sequence(): Promise<bigint> {
    return (await this.table.metadata()).lastSequenceNumber
  }

  /** Files by path, read from the manifests. */
  async #files(): Promise<ReadonlyMap<string, DataFile>> {
    const metadata = await this.table.metadata()
    const snapshot = currentSnapshot(metadata)
    const files = new Map<string, DataFile>()
    if (snapshot === undefined) return files
    const source = { metadata, store: this.table.store, env: seededEnv(1) }
    for (const manifest of await loadManifests({ ...source, snapshot })) {
      if (manifest.content !== 'data') continue
      for (const entry of await readEntries(source, manifest, { live: true })) {
        files.set(entry.file.path, entry.file)
      }
    }
    return files
  }

  async append(values: readonly Value[]): Promise<void> {
    const from = this.#nextId
    const rows = values.map((one) => {
      const row: Record<string, unknown> = {
        id: this.#nextId++,
        p: one.p,
        k: one.k,
        f: one.f,
        st: one.st,
      }
      if (!this.#isDropped) row[this.#stringName] = one.s
      if (this.#hasColumn) row['c'] = one.c
      return row
    })
    await this.table.append(rows)
    const sequence = await this.#sequence()
    const files = await this.#files()
    const scan = await this.table.scan({
      select: ['id', '_file', '_pos'],
      where: col('id').gte(from),
    })
    for (const row of await scan.toArray()) {
      const id = row['id'] as number
      const one = values[id - from]!
      const entries: [number, unknown][] = [
        [1, id],
        [2, one.p],
        [3, one.k],
        [4, one.f],
        [7, one.st?.a],
        [8, one.st?.b],
      ]
      if (!this.#isDropped) entries.push([5, one.s])
      if (this.#hasColumn) entries.push([9, one.c])
      this.model.rows.push({
        id,
        values: new Map(entries),
        file: files.get(row['_file'] as string)!,
        position: Number(row['_pos']),
        sequence,
      })
    }
  }

  async equality(
    set: number,
    keys: readonly Value[],
    isGlobal: boolean,
    pick: number,
  ): Promise<void> {
    const ids = EQUALITY_SETS[set]!
    if ((ids as readonly number[]).includes(9) && !this.#hasColumn) return
    const metadata = await this.table.metadata()
    // A dropped column is written by the schema that had it.
    const schema = metadata.schemas.findLast((one) =>
      ids.every(
        (id) =>
          JSON.stringify(one.fields.map((field) => [field.id, field.type])).includes(`${id}`) &&
          hasField(one.fields, id),
      ),
    )
    if (schema === undefined) return
    const row = this.model.rows[pick % Math.max(1, this.model.rows.length)]
    const spec =
      isGlobal || row === undefined
        ? metadata.partitionSpecs.find(({ fields }) => fields.length === 0)
        : metadata.partitionSpecs.find(({ specId }) => specId === row.file.specId)
    if (spec === undefined) return
    const partition = spec.fields.length === 0 ? [] : (row?.file.partition ?? [])
    const name = schema.fields.find(({ id }) => id === 5)?.name ?? 's'
    const rows = keys.map((one) => ({
      id: pick % 20,
      k: one.k,
      f: one.f,
      [name]: one.s,
      st: one.st,
      c: one.c,
    }))
    const file = await equalityDeletes(this.table, rows, { schema, ids, spec, partition })
    await commitDeletes(this.table, [file])
    this.model.deletes.push({
      kind: 'equality',
      sequence: await this.#sequence(),
      ids,
      scope: spec.fields.length === 0 ? undefined : partitionKey(spec.specId, partition),
      values: keys.map((one) =>
        ids.map((id) =>
          id === 1
            ? pick % 20
            : id === 3
              ? one.k
              : id === 4
                ? one.f
                : id === 5
                  ? one.s
                  : id === 7
                    ? one.st?.a
                    : id === 8
                      ? one.st?.b
                      : one.c,
        ),
      ),
    })
  }

  async positions(one: {
    every: number
    from: number
    format: 'parquet' | 'avro'
    granularity: 'file' | 'partition'
    anonymous: boolean
    pick: number
  }): Promise<void> {
    const { rows } = this.model
    const row = rows[one.pick % Math.max(1, rows.length)]
    if (row === undefined) return
    const key = partitionKey(row.file.specId, row.file.partition)
    const inPartition = [...new Map(rows.map(({ file }) => [file.path, file])).values()].filter(
      (file) => partitionKey(file.specId, file.partition) === key,
    )
    const files = this.#version === 3 || one.granularity === 'file' ? [row.file] : inPartition
    const chosen: Positions[] = files.map((file) => ({
      file,
      positions: Array.from({ length: 14 }, (_, at) => at).filter(
        (at) => at >= one.from && at % one.every === 0,
      ),
    }))
    if (this.#version === 3) return this.#vector(chosen[0]!)
    const deletes = await positionDeletes(this.table, chosen, one)
    await commitDeletes(this.table, deletes)
    const sequence = await this.#sequence()
    for (const { file, positions } of chosen) {
      this.model.deletes.push({
        kind: 'positions',
        sequence,
        path: file.path,
        positions: new Set(positions),
      })
    }
  }

  /** A vector takes the place of the one before it, and holds its positions. */
  async #vector({ file, positions }: Positions): Promise<void> {
    const known = this.#vectors.get(file.path)
    const all = new Set([...(known?.positions ?? []), ...positions])
    const [vector] = await deletionVectors(this.table, [{ file, positions: [...all] }])
    await commitDeletes(
      this.table,
      [vector!],
      known === undefined ? {} : { replaced: [known.file] },
    )
    this.#vectors.set(file.path, { file: vector!, positions: all })
    this.model.deletes.push({
      kind: 'positions',
      sequence: await this.#sequence(),
      path: file.path,
      positions: all,
    })
  }

  async reshape(op: 'widen' | 'rename' | 'drop' | 'add' | 'respec'): Promise<void> {
    const { table } = this
    if (op === 'add' && !this.#hasColumn) {
      await table.reshape((s) => s.addColumn('c', t.int()))
      this.#hasColumn = true
    } else if (op === 'widen') {
      await table.reshape((s) => s.widenColumn('k', t.long()))
    } else if (op === 'rename' && !this.#isDropped) {
      const name = `${this.#stringName}2`
      await table.reshape((s) => s.renameColumn(this.#stringName as never, name))
      this.#stringName = name
    } else if (op === 'drop' && !this.#isDropped) {
      await table.reshape((s) => s.dropColumn(this.#stringName as never))
      this.#isDropped = true
    }
  }

  async check(): Promise<void> {
    const metadata = await this.table.metadata()
    const ids = async (options: object, snapshot?: bigint): Promise<number[]> =>
      (await (await this.table.scan({ select: ['id'], ...options }, snapshot)).toArray())
        .map((row) => row['id'] as number)
        .sort((a, b) => a - b)
    for (const { snapshotId, sequenceNumber } of metadata.snapshots) {
      expect(await ids({}, snapshotId)).toEqual(this.model.live(sequenceNumber))
    }
    const live = this.model.live(metadata.lastSequenceNumber)
    const low = live.filter((id) => id < 9)
    expect(await ids({ where: col('id').lt(9) })).toEqual(low)
    expect(await (await this.table.scan()).count()).toBe(live.length)
    expect(await (await this.table.scan({ where: col('id').lt(9) })).count()).toBe(low.length)
    expect(await (await this.table.scan({ limit: 5 })).toArray()).toHaveLength(
      Math.min(5, live.length),
    )
    await this.#checkMarked(live)
    await this.#checkTasks(live)
  }

  /** With `_deleted` every row comes, marked. */
  async #checkMarked(live: readonly number[]): Promise<void> {
    const rows = await (await this.table.scan({ select: ['id', '_deleted'] })).toArray()
    expect(rows).toHaveLength(this.model.rows.length)
    const kept = rows.filter((row) => row['_deleted'] === false).map((row) => row['id'] as number)
    expect(kept.sort((a, b) => a - b)).toEqual(live)
    const gone = await this.table.scan({ where: col('_deleted').eq(true) })
    expect(await gone.count()).toBe(this.model.rows.length - live.length)
  }

  /** Deletes travel with their tasks, through JSON. */
  async #checkTasks(live: readonly number[]): Promise<void> {
    const scan = await this.table.scan({ select: ['id'] })
    const schema = currentSchema(await this.table.metadata())
    const found: number[] = []
    for (const task of (await scan.plan()).tasks) {
      const text = stringifyJson(taskToJson(task))
      const again = taskFromJson(parseJson(text, { limits: defaultLimits }), schema)
      for await (const batch of scan.readTask(again)) {
        for (const id of batch.getChildAt(0)!) found.push(id as number)
      }
    }
    expect(found.sort((a, b) => a - b)).toEqual(live)
  }
}

function hasField(fields: readonly Field[], id: number): boolean {
  return fields.some(
    (field) => field.id === id || (field.type.kind === 'struct' && hasField(field.type.fields, id)),
  )
}

describe('deletes of every kind', () => {
  test('give the rows of the model at every snapshot', async () => {
    const runs = Number(process.env['MORAINE_DELETE_PROGRAMS'] ?? 25)
    await fc.assert(
      fc.asyncProperty(program, async ({ version, isPartitioned, operations }) => {
        const table = await writtenTable({
          fields: FIELDS,
          formatVersion: version,
          ...(isPartitioned && { partitionBy: [{ path: ['p'] }] }),
        })
        const run = new Run(table, version)
        for (const one of operations) {
          if (one.op === 'append') await run.append(one.rows)
          else if (one.op === 'equality')
            await run.equality(one.set, one.keys, one.isGlobal, one.pick)
          else if (one.op === 'positions') await run.positions(one)
          else if (one.op === 'respec') {
            const { fields } = defaultSpec(await table.metadata())
            await table.respec((s) =>
              fields.length === 0 ? s.addField({ path: ['k'] }) : s.removeField(fields[0]!.name),
            )
          } else await run.reshape(one.op)
        }
        await run.check()
      }),
      { numRuns: runs, seed: 20261123 },
    )
  }, 120_000)
})
