import { describe, expect, test } from 'vitest'
import { type CommitResult, connect, t } from '../../../src/index.js'

const schema = { id: t.long().required(), city: t.string() }

async function catalogOf(groupCommit?: boolean | { maxCalls?: number; maxDelayMs?: number }) {
  return connect('memory:', { workers: 0, ...(groupCommit !== undefined && { groupCommit }) })
}

/** A delay that only a stuck writer would see the end of. */
const patient = { maxDelayMs: 30_000 }
const rowsOf = (n: number) => [{ id: BigInt(n), city: `c${n}` }]

describe('groupCommit', () => {
  test('appends at the same time become one snapshot; each caller has its result', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => table.append(rowsOf(n))))
    expect(table.snapshots()).toHaveLength(1)
    const [head] = table.snapshots()
    for (const result of results) {
      expect(result).toMatchObject({ snapshotId: head?.snapshotId, published: true, groupSize: 20 })
      expect(result.summary['added-records']).toBe('20')
      expect(result.version).toBe(2)
    }
    const ids = (await table.scan().toArray()).map((row) => row.id)
    expect(ids.sort((a, b) => Number(a - b))).toEqual(
      Array.from({ length: 20 }, (_, n) => BigInt(n)),
    )
    expect((await table.verify()).violations).toEqual([])
  })

  test('handles of one connection share the group; without the option nobody does', async () => {
    await using catalog = await catalogOf()
    const one = await catalog.createTable('ns.t', { schema })
    const two = await catalog.loadTable('ns.t', { schema })
    const lone = await Promise.all([one.append(rowsOf(1)), two.append(rowsOf(2))])
    expect(lone.map((result) => result.groupSize)).toEqual([1, 1])
    expect((await one.refresh()).snapshots()).toHaveLength(2)
    const together = { groupCommit: true }
    const both = await Promise.all([
      one.append(rowsOf(3), together),
      two.append(rowsOf(4), together),
    ])
    expect(both.map((result) => result.groupSize)).toEqual([2, 2])
    expect((await one.refresh()).snapshots()).toHaveLength(3)
  })

  test('a call may keep out of the group', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    await Promise.all([
      table.append(rowsOf(1)),
      table.append(rowsOf(2)),
      table.append(rowsOf(3), { groupCommit: false }),
    ])
    expect(table.snapshots()).toHaveLength(2)
    expect(await table.scan().count()).toBe(3)
  })

  test('maxCalls bounds a group', async () => {
    await using catalog = await catalogOf({ ...patient, maxCalls: 4 })
    const table = await catalog.createTable('ns.t', { schema })
    const results = await Promise.all(Array.from({ length: 10 }, (_, n) => table.append(rowsOf(n))))
    expect(Math.max(...results.map((result) => result.groupSize))).toBe(4)
    expect(table.snapshots().length).toBeGreaterThanOrEqual(3)
    expect(await table.scan().count()).toBe(10)
  })

  test('a bad member fails alone, and says why', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    const settled = await Promise.allSettled([
      table.append(rowsOf(1)),
      table.append([{ id: 'no number' }] as never),
      table.append(rowsOf(2)),
    ])
    expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((settled[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'VALIDATION' })
    expect((settled[0] as PromiseFulfilledResult<CommitResult>).value.groupSize).toBe(2)
    expect(await table.scan().count()).toBe(2)
  })

  test('summaries and branches are never mixed', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    await table.append(rowsOf(0))
    await table.createBranch('audit')
    const results = await Promise.all([
      table.append(rowsOf(1), { summary: { job: 'a', by: 'x' } }),
      table.append(rowsOf(2), { summary: { job: 'b' } }),
      table.append(rowsOf(3), { summary: { by: 'x', job: 'a' } }),
      table.append(rowsOf(4), { branch: 'audit', summary: { job: 'a' } }),
    ])
    expect(results.map((result) => result.summary.job)).toEqual(['a', 'b', 'a', 'a'])
    expect(results.map((result) => result.groupSize)).toEqual([2, 1, 2, 1])
    await table.refresh()
    expect(await table.scan().count()).toBe(4)
    expect(await (await table.asOf({ ref: 'audit' })).scan().count()).toBe(2)
    expect((await table.verify()).violations).toEqual([])
  })

  test('ifSnapshot always has a snapshot of its own', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    const { snapshotId } = await table.append(rowsOf(0))
    const settled = await Promise.allSettled([
      table.append(rowsOf(1), { ifSnapshot: snapshotId ?? null }),
      table.append(rowsOf(2), { ifSnapshot: snapshotId ?? null }),
    ])
    const [won] = settled.filter((one) => one.status === 'fulfilled')
    const [lost] = settled.filter((one) => one.status === 'rejected')
    expect(won?.value).toMatchObject({ groupSize: 1, published: true })
    expect(lost?.reason).toMatchObject({ code: 'COMMIT_CONFLICT', conflict: 'head-moved' })
    expect(await table.scan().count()).toBe(2)
  })

  test('idempotency keys hold inside a group and against the history', async () => {
    await using catalog = await catalogOf(patient)
    const table = await catalog.createTable('ns.t', { schema })
    const first = await table.append(rowsOf(0), { idempotencyKey: 'k0' })
    const results = await Promise.all([
      table.append(rowsOf(0), { idempotencyKey: 'k0' }),
      table.append(rowsOf(1), { idempotencyKey: 'k1' }),
      table.append(rowsOf(1), { idempotencyKey: 'k1' }),
      table.append(rowsOf(2), { idempotencyKey: 'k2' }),
      table.append(rowsOf(3)),
    ])
    expect(results.map((result) => result.published)).toEqual([false, true, false, true, true])
    expect(results.map((result) => result.groupSize)).toEqual([1, 3, 1, 3, 3])
    expect(results[0]?.snapshotId).toBe(first.snapshotId)
    expect(results[2]?.snapshotId).toBe(results[1]?.snapshotId)
    const ids = (await table.scan().toArray()).map((row) => Number(row.id))
    expect(ids.sort()).toEqual([0, 1, 2, 3])
    // Later, and in another connection's eyes too: the keys of the group are all known.
    for (const key of ['k1', 'k2']) {
      const again = await table.append(rowsOf(9), { idempotencyKey: key, groupCommit: false })
      expect(again).toMatchObject({ published: false, snapshotId: results[1]?.snapshotId })
    }
    expect((await table.verify()).violations).toEqual([])
    expect(results[1]?.summary).toMatchObject({ 'moraine.idempotency-keys': '["k1","k2"]' })
  })

  test('unknown options and values are refused', async () => {
    const bad = (groupCommit: unknown) => connect('memory:', { groupCommit } as never)
    await expect(bad({ size: 3 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(bad({ maxCalls: 0 })).rejects.toThrow('maxCalls')
    await expect(bad({ maxCalls: 1.5 })).rejects.toThrow('maxCalls')
    await expect(bad({ maxDelayMs: -1 })).rejects.toThrow('maxDelayMs')
    await expect(bad('yes')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await using catalog = await catalogOf(false)
    const table = await catalog.createTable('ns.t', { schema })
    await expect(table.append(rowsOf(1), { groupCommit: 1 } as never)).rejects.toThrow(
      'groupCommit',
    )
    await expect(
      table.append(rowsOf(1), { groupCommit: true, summary: { operation: 'x' } }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(
      table.overwrite(rowsOf(1), { all: true, groupCommit: true } as never),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
