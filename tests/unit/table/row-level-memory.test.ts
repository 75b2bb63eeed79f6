/** Changes of rows keep to `memoryLimit`: they stream, or say what to do before anything is written. */
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Float64, Int64, Table, Utf8, vectorFromArray } from 'apache-arrow'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, LimitExceeded, t } from '../../../src/index.js'

const ROWS = 60_000
const LIMIT = 1024 * 1024
const SCHEMA = [
  ['id', t.long().required()],
  ['amount', t.double()],
  ['name', t.string()],
] as const

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moraine-row-memory-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** About 2 MiB for each 60,000 rows: twice the limit. */
function arrow(ids: readonly number[], mark: string): Table {
  return new Table({
    id: vectorFromArray(ids.map(BigInt), new Int64()),
    amount: vectorFromArray(
      ids.map((id) => id / 2),
      new Float64(),
    ),
    name: vectorFromArray(
      ids.map((id) => `${mark} of ${id}`),
      new Utf8(),
    ),
  })
}

function range(count: number, step = 1, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i * step)
}

async function open(version: 2 | 3) {
  const catalog = await connect(folder, { workers: 0, memoryLimit: LIMIT, unsafeNoSync: true })
  const table = await catalog.createTable('n.rows', { schema: SCHEMA, formatVersion: version })
  await table.append(arrow(range(ROWS), 'first'))
  return { catalog, table }
}

describe('with less memory than the table has bytes', () => {
  test.each([
    [2, 'copy-on-write'],
    [2, 'merge-on-read'],
    [3, 'merge-on-read'],
  ] as const)('v%i, %s: upsert, delete and scan', async (version, mode) => {
    const { catalog, table } = await open(version)
    // Every 20th row changes, and a thousand come; then one in four goes.
    const ids = [...range(ROWS / 20, 20), ...range(1000, 1, ROWS)]
    await table.upsert(arrow(ids, 'second'), { on: ['id'], mode })
    await table.delete('amount >= 100 and amount < 7600', { mode })
    const marks = new Map<string, number>()
    let sum = 0
    let wrong = 0
    for await (const { id, name } of table.scan().rows()) {
      sum += Number(id)
      const mark = name?.split(' ')[0] ?? ''
      marks.set(mark, (marks.get(mark) ?? 0) + 1)
      if (name !== `${mark} of ${id}`) wrong += 1
    }
    expect(wrong).toBe(0)
    const left = range(ROWS + 1000).filter((id) => id < 200 || id >= 15_200)
    const changed = left.filter((id) => id >= ROWS || id % 20 === 0)
    expect(Object.fromEntries(marks)).toEqual({
      first: left.length - changed.length,
      second: changed.length,
    })
    expect(sum).toBe(left.reduce((total, id) => total + id, 0))
    await catalog.close()
  })

  test('what is written waits in no more memory than that', async () => {
    const { catalog, table } = await open(2)
    await table.upsert(arrow(range(3000, 20), 'second'), { on: ['id'] })
    const files = await table.inspect.files().toArray()
    // A row group is written whenever half of the limit is held; there would be one otherwise.
    const groups = files.flatMap(({ split_offsets: offsets }) => offsets ?? [])
    expect(groups.length).toBeGreaterThanOrEqual(2)
    await catalog.close()
  })

  test('source rows that do not fit are refused before anything is written', async () => {
    const { catalog, table } = await open(2)
    const before = readdirSync(folder, { recursive: true })
    const failed = table.upsert(arrow(range(20_000, 3), 'second'), { on: ['id'] })
    const error = await failed.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LimitExceeded)
    expect((error as LimitExceeded).message).toMatch(/several calls, or raise it/)
    expect((error as LimitExceeded).details).toMatchObject({
      limit: 'memoryLimit',
      max: (LIMIT * 3) / 4,
    })
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
    // As it says: in several calls.
    for (let from = 0; from < 20_000; from += 4000) {
      await table.upsert(arrow(range(4000, 3, from * 3), 'second'), { on: ['id'] })
    }
    const second = await table.scan({ where: "name >= 'second'" }).count()
    expect(Number(second)).toBe(20_000)
    await catalog.close()
  })
})
