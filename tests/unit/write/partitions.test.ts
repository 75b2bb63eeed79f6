import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowBatchBuilder } from '../../../src/arrow/row-builder.js'
import { withLimits } from '../../../src/env/env.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { Unsupported } from '../../../src/errors.js'
import { partitionKey } from '../../../src/format/partition-key.js'
import type { Transform } from '../../../src/partition/model.js'
import { transformOps } from '../../../src/partition/ops.js'
import { memoryStore } from '../../../src/store/memory.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { PrimitiveType, Schema } from '../../../src/types/type.js'
import { rowOf, schemaOf } from '../arrow/random-rows.js'
import { rowsIn, rowsOfAll, type SpecFields, specOf, tableOf, write } from './write-support.js'

const identity: Transform = { kind: 'identity' }
const temporal = ['year', 'month', 'day'] as const

/** Types with the transforms that take them. */
const partitionable: [PrimitiveType, Transform[]][] = [
  [{ kind: 'boolean' }, [identity]],
  [{ kind: 'int' }, [identity, { kind: 'bucket', buckets: 4 }, { kind: 'truncate', width: 10 }]],
  [{ kind: 'long' }, [identity, { kind: 'bucket', buckets: 4 }, { kind: 'truncate', width: 10 }]],
  [{ kind: 'double' }, [identity]],
  [
    { kind: 'decimal', precision: 9, scale: 2 },
    [identity, { kind: 'bucket', buckets: 3 }, { kind: 'truncate', width: 50 }],
  ],
  [{ kind: 'decimal', precision: 30, scale: 2 }, [{ kind: 'bucket', buckets: 3 }]],
  [{ kind: 'date' }, [identity, ...temporal.map((kind) => ({ kind }))]],
  [{ kind: 'time' }, [{ kind: 'bucket', buckets: 5 }]],
  [{ kind: 'timestamp' }, [{ kind: 'hour' }, ...temporal.map((kind) => ({ kind }))]],
  [
    { kind: 'timestamptz' },
    [{ kind: 'bucket', buckets: 2 }, ...temporal.map((kind) => ({ kind }))],
  ],
  [{ kind: 'string' }, [identity, { kind: 'bucket', buckets: 4 }, { kind: 'truncate', width: 2 }]],
  [{ kind: 'uuid' }, [{ kind: 'bucket', buckets: 4 }]],
  [{ kind: 'binary' }, [identity, { kind: 'truncate', width: 1 }, { kind: 'bucket', buckets: 4 }]],
  [{ kind: 'int' }, [{ kind: 'void' }]],
]
const pairs = partitionable.flatMap(([type, transforms]) =>
  transforms.map((transform) => ({ type, transform })),
)

describe('partitioning', () => {
  test('each row is in the file whose tuple its values give, and in no other', async () => {
    const column = fc.constantFrom(...pairs)
    await fc.assert(
      fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 3 }), async (columns) => {
        const schema = schemaOf([
          ['n', { kind: 'int' }, true],
          ...columns.map(({ type }, i) => [`c${i}`, type] as const),
        ])
        const fields: SpecFields = columns.map(({ transform }, i) => [i + 2, transform, `p${i}`])
        const samples = fc.sample(rowOf(schema.fields), { numRuns: 25, seed: columns.length })
        const rows = samples.map((row, n) => ({ ...row, n })) as Record<string, unknown>[]
        const metadata = tableOf(schema, { spec: specOf(fields) })
        const result = await write(metadata, rows)
        const seen: Record<string, unknown>[] = []
        for (const file of result.files) {
          for (const row of await rowsIn(result.store, schema, file)) {
            const tuple = columns.map(({ type, transform }, i) => {
              const value = row[`c${i}`]
              return value === null
                ? null
                : transformOps(transform, type).apply(toDatum(type, value))
            })
            expect(partitionKey(0, file.partition)).toBe(partitionKey(0, tuple))
            seen.push(row)
          }
        }
        seen.sort((a, b) => (a['n'] as number) - (b['n'] as number))
        expect(seen).toEqual(rows)
        const keys = result.files.map((file) => partitionKey(0, file.partition))
        expect(new Set(keys).size).toBe(keys.length)
      }),
      { numRuns: 15 },
    )
  })

  test('a source inside a struct, nulls around it included', async () => {
    const inner = schemaOf([['x', { kind: 'int' }]]).fields.map((field) => ({ ...field, id: 10 }))
    const schema = schemaOf([['s', { kind: 'struct', fields: inner }]])
    const rows = [{ s: { x: 1 } }, { s: null }, { s: { x: null } }, { s: { x: 1 } }]
    const result = await write(tableOf(schema, { spec: specOf([[10, identity, 'x']]) }), rows)
    const byTuple = new Map(result.files.map((file) => [file.partition[0], file.recordCount]))
    expect(byTuple).toEqual(
      new Map([
        [1, 2n],
        [null, 2n],
      ]),
    )
  })

  test('what stands below a null struct is not a partition', async () => {
    const inner = schemaOf([['x', { kind: 'int' }]]).fields.map((field) => ({ ...field, id: 10 }))
    const schema = schemaOf([['s', { kind: 'struct', fields: inner }]])
    const builder = new RowBatchBuilder(schema)
    builder.append([{ s: { x: 1 } }, { s: { x: 2 } }])
    const batch = builder.finish()
    const column = batch.data.children[0] as typeof batch.data
    column.setValid(1, false)
    const result = await write(tableOf(schema, { spec: specOf([[10, identity, 'x']]) }), batch)
    expect(result.files.map((file) => file.partition)).toEqual([[1], [null]])
  })

  test('the two zeros are two partitions', async () => {
    const schema = schemaOf([['d', { kind: 'double' }]])
    const rows = [{ d: 0 }, { d: -0 }, { d: 0 }, { d: Number.NaN }, { d: Number.NaN }]
    const result = await write(tableOf(schema, { spec: specOf([[1, identity, 'd']]) }), rows)
    expect(result.files.map((file) => file.partition[0])).toEqual([0, -0, Number.NaN])
    expect(result.files.map((file) => file.recordCount)).toEqual([2n, 1n, 2n])
  })

  test('paths are the reference ones', async () => {
    const schema = schemaOf([
      ['city', { kind: 'string' }],
      ['at', { kind: 'timestamptz' }],
    ])
    const spec = specOf([
      [1, identity, 'city'],
      [2, { kind: 'day' }, 'at_day'],
    ])
    const rows = [
      { city: 'a b/ä', at: '2024-01-31T23:59:59Z' },
      { city: null, at: null },
    ]
    const result = await write(tableOf(schema, { spec }), rows)
    const paths = result.files.map((file) => file.path)
    expect(paths[0]).toMatch(
      /^memory:\/w\/t\/data\/city=a\+b%2F%C3%A4\/at_day=2024-01-31\/00000-0-[0-9a-f-]{36}-00001\.parquet$/,
    )
    expect(paths[1]).toMatch(
      /\/data\/city=null\/at_day=null\/00000-0-[0-9a-f-]{36}-00002\.parquet$/,
    )
    expect([...result.store.files().keys()].sort()).toEqual(paths.toSorted())
  })

  test('object-storage paths are hashed', async () => {
    const schema = schemaOf([['city', { kind: 'string' }]])
    const spec = specOf([[1, identity, 'city']])
    const on = { 'write.object-storage.enabled': 'true' }
    const { files } = await write(tableOf(schema, { spec, properties: on }), [{ city: 'x' }])
    expect(files[0]?.path).toMatch(/\/data(\/[01]{4}){3}\/[01]{8}\/city=x\/00000-0-.*\.parquet$/)
    const flat = { ...on, 'write.object-storage.partitioned-paths': 'false' }
    const without = await write(tableOf(schema, { spec, properties: flat }), [{ city: 'x' }])
    expect(without.files[0]?.path).toMatch(/\/data(\/[01]{4}){3}\/[01]{8}-00000-0-.*\.parquet$/)
    const elsewhere = { ...on, 'write.data.path': 'memory:/else' }
    const outside = await write(tableOf(schema, { spec, properties: elsewhere }), [{ city: 'x' }])
    expect(outside.files[0]?.path).toMatch(/^memory:\/else(\/[01]{4}){3}\/[01]{8}\/w\/t\/city=x\//)
  })

  test('partition columns are in the data files too', async () => {
    const schema = schemaOf([['a', { kind: 'int' }]])
    const result = await write(tableOf(schema, { spec: specOf([[1, identity, 'a']]) }), [{ a: 7 }])
    const [file] = result.files
    expect(file?.partition).toEqual([7])
    expect(file && (await rowsIn(result.store, schema, file))).toEqual([{ a: 7 }])
  })

  test('a transform that is not known is not guessed at', async () => {
    const schema = schemaOf([['a', { kind: 'int' }]])
    const metadata = tableOf(schema)
    const spec = specOf([[1, { kind: 'unknown', text: 'zorder' }, 'z']])
    await expect(write(metadata, [{ a: 1 }], { spec })).rejects.toThrow(Unsupported)
  })
})

describe('fan-out', () => {
  const schema = schemaOf([
    ['k', { kind: 'int' }, true],
    ['n', { kind: 'int' }, true],
  ])
  const metadata = tableOf(schema, { spec: specOf([[1, identity, 'k']]) })
  const few = (openWriters: number) => {
    const env = seededEnv(1)
    return { ...env, limits: withLimits(defaultLimits, { openWriters }) }
  }

  test('clustered input makes one file a partition, however few writers may be open', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => ({ k: Math.floor(n / 10), n }))
    const result = await write(metadata, rows, { env: few(1) })
    expect(result.files.map((file) => file.partition)).toEqual(
      Array.from({ length: 20 }, (_, k) => [k]),
    )
    expect(await rowsOfAll(result, schema)).toEqual(rows)
  })

  test('clustered input is noticed: partitions that are over are closed while more rows come', async () => {
    const run = async (partitionOf: (batch: number) => number[]): Promise<number[]> => {
      const store = memoryStore()
      const seen: number[] = []
      async function* batches(): AsyncGenerator<object> {
        for (let i = 0; i < 20; i++) {
          // Closing goes on beside the input: a turn of the loop lets it end.
          await new Promise((done) => setImmediate(done))
          seen.push(store.files().size)
          const builder = new RowBatchBuilder(schema)
          builder.append(partitionOf(i).map((k) => ({ k, n: i })))
          yield builder.finish()
        }
      }
      const result = await write(metadata, batches(), { store })
      const all = await rowsOfAll({ ...result, store }, schema)
      const given = Array.from({ length: 20 }, (_, i) => partitionOf(i).length)
      expect(all).toHaveLength(given.reduce((sum, n) => sum + n))
      return seen
    }
    // Each batch ends one partition and begins the next.
    const clustered = await run((i) => [i, i, i + 1])
    expect(clustered.at(-1)).toBeGreaterThanOrEqual(8)
    // The same partitions in every batch: all stay open to the end.
    expect(await run(() => [1, 2, 3])).toEqual(Array.from({ length: 20 }, () => 0))
    // Clustered for a while, then back to an early partition: from there on nothing is closed early.
    const turned = await run((i) => (i < 10 ? [i] : [0, 1, 2]))
    expect(new Set(turned.slice(12))).toHaveProperty('size', 1)
  })

  test('scattered input closes the writer that waited longest', async () => {
    const batch = Array.from({ length: 12 }, (_, n) => ({ k: n % 4, n }))
    async function* batches(): AsyncGenerator<object> {
      // Batches, so that partitions come again: rows alone would be gathered first.
      for (let i = 0; i < 3; i++) {
        const builder = new RowBatchBuilder(schema)
        builder.append(batch)
        yield builder.finish()
      }
    }
    const wide = await write(metadata, batches(), { env: few(4) })
    expect(wide.files.map((file) => file.recordCount)).toEqual([9n, 9n, 9n, 9n])
    const narrow = await write(metadata, batches(), { env: few(3) })
    expect(narrow.files.length).toBe(12)
    const counts = new Map<unknown, bigint>()
    for (const { partition, recordCount } of narrow.files) {
      counts.set(partition[0], (counts.get(partition[0]) ?? 0n) + recordCount)
    }
    expect([...counts.values()]).toEqual([9n, 9n, 9n, 9n])
  })

  test('memory is bounded: row groups are flushed, files are not split', async () => {
    const wide: Schema = schemaOf([
      ['k', { kind: 'int' }, true],
      ['s', { kind: 'string' }],
    ])
    const table = tableOf(wide, { spec: specOf([[1, identity, 'k']]) })
    function* rows(): Generator<object> {
      for (let n = 0; n < 150_000; n++) yield { k: n % 3, s: `some text ${n}` }
    }
    const result = await write(table, rows(), { memoryBytes: 500_000 })
    expect(result.files.length).toBe(3)
    for (const file of result.files) {
      expect(file.recordCount).toBe(50_000n)
      expect(file.splitOffsets?.length).toBeGreaterThan(1)
    }
  })
})
