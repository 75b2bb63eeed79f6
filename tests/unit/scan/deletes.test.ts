/** Delete files at work: shared, bounded, and refused with typed errors when they lie. */
import { describe, expect, test } from 'vitest'
import { AVRO, avroField, avroOptional, avroRecord } from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { PositionBuilder } from '../../../src/codec/roaring/position-builder.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../../src/errors.js'
import { col } from '../../../src/expr/build.js'
import { currentSchema, currentSnapshot } from '../../../src/format/lookup.js'
import type { DataFile } from '../../../src/format/model.js'
import { createPool } from '../../../src/parquet/pool.js'
import { createScan } from '../../../src/scan/scan.js'
import { observe } from '../../../src/store/observe.js'
import type { Field } from '../../../src/types/type.js'
import {
  commitDeletes,
  deletionVectors,
  equalityDeletes,
  positionDeletes,
} from '../../support/delete-files.js'
import { type WrittenTable, writtenTable } from '../../support/written-table.js'

const FIELDS: readonly Field[] = [
  { id: 1, name: 'id', required: true, type: { kind: 'long' } },
  { id: 2, name: 's', required: false, type: { kind: 'string' } },
  {
    id: 3,
    name: 'l',
    required: false,
    type: { kind: 'list', elementId: 4, element: { kind: 'int' }, elementRequired: false },
  },
]

async function made(formatVersion: 2 | 3, rows = 20, files = 1): Promise<WrittenTable> {
  const table = await writtenTable({ fields: FIELDS, formatVersion })
  for (let file = 0; file < files; file += 1) {
    await table.append(
      Array.from({ length: rows }, (_, at) => ({ id: file * rows + at, s: `s${at % 3}`, l: null })),
    )
  }
  return table
}

async function dataFiles(table: WrittenTable): Promise<readonly DataFile[]> {
  const { tasks } = await (await table.scan()).plan()
  return tasks.map(({ file }) => file)
}

const ids = async (table: WrittenTable, options = {}): Promise<number[]> =>
  (await (await table.scan({ select: ['id'], ...options })).toArray())
    .map((row) => Number(row['id']))
    .sort((a, b) => a - b)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

async function store(table: WrittenTable, name: string, bytes: Uint8Array): Promise<string> {
  const path = `${(await table.metadata()).location}/data/${name}`
  const out = await table.store.writer(path)
  await out.write(bytes)
  await out.close()
  return path
}

/** A delete file of any rows at all. */
async function avroDeletes(
  table: WrittenTable,
  rows: readonly (readonly [string | null, bigint | null])[],
): Promise<DataFile> {
  const schema = avroRecord('d', [
    avroField(2147483546, 'file_path', avroOptional(AVRO.string)),
    avroField(2147483545, 'pos', avroOptional(AVRO.long)),
  ])
  const writer = new AvroWriter({ schema, sync: new Uint8Array(16), blockBytes: 64 })
  for (const row of rows) writer.append(row)
  const bytes = writer.finish()
  return {
    content: 'position-deletes',
    path: await store(table, `d-${rows.length}.avro`, bytes),
    format: 'avro',
    specId: 0,
    partition: [],
    recordCount: BigInt(rows.length),
    sizeBytes: BigInt(bytes.length),
  }
}

describe('delete files', () => {
  test('are read once, however many data files they apply to', async () => {
    const table = await made(2, 20, 6)
    const files = await dataFiles(table)
    const sets = files.map((file) => ({ file, positions: [0, 1] }))
    const options = { format: 'parquet', granularity: 'partition', anonymous: true } as const
    const [positions] = await positionDeletes(table, sets, options)
    const metadata = await table.metadata()
    const target = {
      schema: currentSchema(metadata),
      ids: [1],
      spec: { specId: 0, fields: [] },
      partition: [],
    }
    const equality = await equalityDeletes(table, [{ id: 5 }, { id: 45 }], target)
    await commitDeletes(table, [positions!, equality])
    const env = seededEnv(1)
    const watched = observe(table.store)
    const base = await table.metadata()
    const source = {
      metadata: base,
      snapshot: currentSnapshot(base),
      schema: currentSchema(base),
      store: watched,
      env,
    }
    const pool = createPool({ workers: 1 })
    const scan = createScan({ ...source, pool }, { select: ['s'] })
    expect((await scan.toArray()).length).toBe(120 - 12 - 2)
    await pool.close()
    for (const { path } of [positions!, equality]) {
      const reads = watched
        .calls()
        .filter((call) => call.path === path && call.operation === 'read')
      // The footer and the column chunks, each a range of its own.
      expect(reads.length).toBeLessThanOrEqual(4)
      expect(reads.length).toBeGreaterThan(0)
    }
  })

  test.each([
    ['as it is', (size: bigint) => size, 1],
    ['too small', () => 1n, 12],
    // Each tries a block that ends beyond the file, then the blob itself.
    ['too large', (size: bigint) => size + 1000n, 24],
  ])('vectors of one Puffin file, whose size is told %s', async (_, told, readsMax) => {
    const table = await made(3, 10, 12)
    const files = await dataFiles(table)
    const vectors = await deletionVectors(
      table,
      files.map((file, at) => ({ file, positions: [at % 10] })),
    )
    await commitDeletes(
      table,
      vectors.map((vector) => ({ ...vector, sizeBytes: told(vector.sizeBytes) })),
    )
    const watched = observe(table.store)
    const base = await table.metadata()
    const pool = createPool({ workers: 0 })
    const source = {
      metadata: base,
      snapshot: currentSnapshot(base),
      schema: currentSchema(base),
      store: watched,
      env: seededEnv(1),
      pool,
    }
    const rows = await createScan(source, { select: ['id'] }).toArray()
    await pool.close()
    expect(rows).toHaveLength(120 - 12)
    const [path] = new Set(vectors.map((vector) => vector.path))
    const reads = watched.calls().filter((call) => call.path === path && call.operation === 'read')
    expect(reads.length).toBeGreaterThan(0)
    expect(reads.length).toBeLessThanOrEqual(readsMax)
  })

  test('far positions cost what they are, not what they span', () => {
    const builder = new PositionBuilder()
    for (let at = 0; at < 20_000; at += 1) builder.add(at * 1_000_003)
    expect(builder.bytes).toBeLessThan(6_000_000)
    expect(builder.finish().cardinality).toBe(20_000)
    const mixed = new PositionBuilder()
    const wanted = new Set<number>()
    for (let at = 0; at < 200_000; at += 1) {
      const position = (at * 7919) % 150_000
      wanted.add(position)
      mixed.add(position)
      mixed.add(position)
    }
    expect(mixed.finish().toArray()).toEqual([...wanted].sort((a, b) => a - b))
  })

  test('position delete files that lie are refused', async () => {
    const bad: readonly (readonly [string | null, bigint | null])[] = [
      [null, 1n],
      ['x', null],
      ['x', -1n],
      ['x', 2n ** 60n],
    ]
    for (const row of bad) {
      const table = await made(2)
      await commitDeletes(table, [await avroDeletes(table, [['x', 0n], row])])
      await expect(ids(table)).rejects.toBeInstanceOf(CorruptData)
      await expect((await table.scan()).count()).rejects.toBeInstanceOf(CorruptData)
    }
    const cut = await made(2)
    const good = await avroDeletes(cut, [['x', 0n]])
    const path = await store(cut, 'cut.avro', new Uint8Array(30))
    await commitDeletes(cut, [{ ...good, path }])
    await expect(ids(cut)).rejects.toBeInstanceOf(CorruptData)
    const foreign = await made(2)
    await commitDeletes(foreign, [{ ...good, path, format: 'orc' }])
    await expect(ids(foreign)).rejects.toBeInstanceOf(Unsupported)
  })

  test('positions beyond the end, twice and unsorted delete what is there', async () => {
    const table = await made(2)
    const [file] = await dataFiles(table)
    const path = file!.path
    const rows = [19n, 3n, 3n, 1_000_000n, 0n].map((pos) => [path, pos] as const)
    await commitDeletes(table, [await avroDeletes(table, rows)])
    expect(await ids(table)).toEqual(upTo(20).filter((id) => ![0, 3, 19].includes(id)))
  })

  test('more deletes than memory allows are LimitExceeded', async () => {
    const table = await made(2)
    const rows = upTo(3000).map((at) => [`file-${at}`, BigInt(at)] as const)
    await commitDeletes(table, [await avroDeletes(table, rows)])
    await expect(ids(table, { memoryLimit: 1_000_000 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'memoryLimit' },
    })
    expect(await ids(table)).toHaveLength(20)
    const wide = await made(2)
    const schema = currentSchema(await wide.metadata())
    const target = { schema, ids: [2], spec: { specId: 0, fields: [] }, partition: [] }
    // One key is among the table's, or bounds would leave the file out.
    const keys = [{ s: 'a' }, ...upTo(5000).map((at) => ({ s: `${at}`.padStart(100, 'x') }))]
    await commitDeletes(wide, [await equalityDeletes(wide, keys, target)])
    await expect(ids(wide, { memoryLimit: 1_000_000 })).rejects.toBeInstanceOf(LimitExceeded)
  })

  test('deletion vectors that lie are refused', async () => {
    const lies: readonly ((file: DataFile) => Partial<DataFile>)[] = [
      (file) => ({ recordCount: file.recordCount + 1n }),
      (file) => ({ contentOffset: file.contentOffset! + 1n }),
      (file) => ({ contentSizeBytes: file.contentSizeBytes! - 1n }),
      (file) => ({ contentSizeBytes: file.contentSizeBytes! + 1_000_000n }),
      () => ({ contentOffset: 2n ** 60n }),
    ]
    for (const lie of lies) {
      const table = await made(3)
      const [file] = await dataFiles(table)
      const [vector] = await deletionVectors(table, [{ file: file!, positions: [1, 2, 3] }])
      await commitDeletes(table, [{ ...vector!, ...lie(vector!) }])
      await expect(ids(table)).rejects.toBeInstanceOf(CorruptData)
    }
    const flipped = await made(3)
    const [file] = await dataFiles(flipped)
    const [vector] = await deletionVectors(flipped, [{ file: file!, positions: [1, 2, 3] }])
    const bytes = await flipped.store.read(vector!.path)
    const at = Number(vector!.contentOffset) + 20
    bytes[at] = bytes[at]! ^ 1
    const path = await store(flipped, 'flipped.puffin', bytes)
    await commitDeletes(flipped, [{ ...vector!, path }])
    await expect(ids(flipped)).rejects.toThrow(/checksum/)
  })

  test('columns that cannot be compared are refused by name', async () => {
    const table = await made(2)
    const schema = currentSchema(await table.metadata())
    const target = { schema, ids: [1], spec: { specId: 0, fields: [] }, partition: [] }
    const good = await equalityDeletes(table, [{ id: 5 }], target)
    for (const equalityIds of [[3], [4], [77]]) {
      const one = await made(2)
      const path = await store(one, 'e.parquet', await table.store.read(good.path))
      await commitDeletes(one, [{ ...good, path, equalityIds }])
      await expect(ids(one)).rejects.toMatchObject({ feature: 'equality-delete-column' })
    }
    const none = await made(2)
    const { equalityIds: _, ...unnamed } = good
    const path = await store(none, 'e.parquet', await table.store.read(good.path))
    await commitDeletes(none, [{ ...unnamed, path }])
    await expect(ids(none)).rejects.toBeInstanceOf(CorruptData)
  })

  test('a missing delete file is an error, never rows that were deleted', async () => {
    const table = await made(3)
    const [file] = await dataFiles(table)
    const [vector] = await deletionVectors(table, [{ file: file!, positions: [1] }])
    await table.store.delete(vector!.path)
    await commitDeletes(table, [vector!])
    await expect(ids(table)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect((await table.scan()).count()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    // Files that the predicate excludes need no deletes.
    expect(await ids(table, { where: col('id').gt(1000) })).toEqual([])
  })

  test('leaving a scan early frees what is under way', async () => {
    const table = await made(2, 50, 4)
    const files = await dataFiles(table)
    const sets = files.map((file) => ({ file, positions: [0] }))
    const options = { format: 'avro', granularity: 'partition' } as const
    await commitDeletes(table, await positionDeletes(table, sets, options))
    for await (const row of (await table.scan()).rows()) {
      expect(row['id']).toBeDefined()
      break
    }
    expect(await (await table.scan({ limit: 7 })).toArray()).toHaveLength(7)
  })
})
