import { expect, test } from 'vitest'
import { commitActions } from '../../../src/commit/committer.js'
import type { LoadedTable } from '../../../src/commit/contract.js'
import { newerOf, Turns } from '../../../src/commit/turns.js'
import { eventLoopTurn } from '../../../src/env/seeded-env.js'
import { location, scenario, table } from '../../support/scenario.js'
import { appendOf } from '../../support/tables.js'

const loaded = (tableUuid: string, lastUpdatedMs: number) =>
  ({ metadata: { tableUuid, lastUpdatedMs } }) as unknown as LoadedTable

test('jobs run one after another, in the order they came, whatever becomes of them', async () => {
  const turns = new Turns()
  const seen: string[] = []
  const job =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`)
      await eventLoopTurn()
      seen.push(`${name} ends`)
      if (fails) throw new RangeError(name)
      return name
    }
  const settled = await Promise.allSettled([
    turns.run(undefined, job('a')),
    turns.run(undefined, job('b', true)),
    turns.run(undefined, job('c')),
  ])
  expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(await turns.run(undefined, job('d'))).toBe('d')
})

test('who waits can give up, and holds up nobody', async () => {
  const turns = new Turns()
  let finish = (): void => undefined
  const first = turns.run(undefined, () => new Promise<void>((resolve) => (finish = resolve)))
  const aborts = new AbortController()
  const second = turns.run(aborts.signal, async () => 'second')
  const third = turns.run(new AbortController().signal, async () => 'third')
  aborts.abort()
  await expect(second).rejects.toMatchObject({ code: 'ABORTED' })
  finish()
  await first
  expect(await third).toBe('third')
  const over = AbortSignal.abort()
  await expect(turns.run(over, async () => 'never')).rejects.toMatchObject({ code: 'ABORTED' })
  let block = (): void => undefined
  const blocked = turns.run(undefined, () => new Promise<void>((resolve) => (block = resolve)))
  await expect(turns.run(over, async () => 'never')).rejects.toMatchObject({ code: 'ABORTED' })
  block()
  await blocked
})

test('the newest version of the same table is remembered', () => {
  const turns = new Turns()
  expect(turns.latest).toBe(undefined)
  for (const table of [loaded('a', 2), loaded('a', 1)]) turns.saw(table)
  expect(turns.latest?.metadata.lastUpdatedMs).toBe(2)
  turns.saw(loaded('b', 1))
  expect(turns.latest?.metadata.tableUuid).toBe('b')
  expect(newerOf(loaded('a', 1), loaded('b', 2)).metadata.tableUuid).toBe('a')
})

test('a change that fits on any base skips a base that was left behind', async () => {
  const { append, process, env } = await scenario()
  const early = process()
  const base = await early.loadTable(table)
  await append('a')
  const target = early.target(table)
  const report = await commitActions(target, [appendOf(location, 'b')], {
    env,
    store: early.storeFor(table),
    base,
  })
  expect(report).toMatchObject({ attempts: 1, published: true })
  expect(report.table.version).toBe(3)
  expect(await target.hasMovedOn?.(report.table)).toBe(false)
  // An answer that cannot be had is left to the attempt.
  const gone = { ...base, version: undefined, metadataLocation: 'memory:/x.json' }
  expect(await target.hasMovedOn?.(gone)).toBe(false)
})
