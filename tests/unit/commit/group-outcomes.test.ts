/** What the callers of a group are told when its commit does not simply go through (C27–C29). */
import { describe, expect, test } from 'vitest'
import { appendFiles } from '../../../src/commit/actions/append-files.js'
import type { CommitTarget } from '../../../src/commit/commit-target.js'
import { commitActions } from '../../../src/commit/committer.js'
import {
  type GroupCall,
  type GroupLimits,
  GroupQueue,
  type GroupReport,
} from '../../../src/commit/group-commit.js'
import { IDEMPOTENCY_KEYS, keysOf } from '../../../src/commit/idempotency.js'
import { CommitStateUnknown } from '../../../src/errors.js'
import type { DataFile, Snapshot } from '../../../src/format/model.js'
import { location, type Scenario, scenario, table } from '../../support/scenario.js'
import { appendOf, dataFile } from '../../support/tables.js'

const limits = { maxCalls: 10, maxDelayMs: 1000 }

interface Caller {
  readonly name: string
  readonly key?: string
  readonly file?: Partial<DataFile>
  readonly signal?: AbortSignal
}

/** Calls that come together, and how often the files of each were discarded. */
async function together(base: Scenario, target: CommitTarget, callers: readonly Caller[]) {
  const queue = new GroupQueue(target, base.env, base.catalog.storeFor(table))
  const loaded = await base.catalog.loadTable(table)
  const discarded = new Map<string, number>()
  const settled = await Promise.allSettled(
    callers.map(({ name, key, file, signal }) =>
      queue.append(
        limits,
        async (): Promise<GroupCall> => ({
          files: [{ ...dataFile(`${location}/data/${name}.parquet`), ...file }],
          branch: 'main',
          base: loaded,
          discard: async () => {
            discarded.set(name, (discarded.get(name) ?? 0) + 1)
            throw new RangeError('it cannot be removed now')
          },
          ...(key !== undefined && { idempotencyKey: key }),
          ...(signal !== undefined && { signal }),
        }),
      ),
    ),
  )
  const reports = settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined))
  const errors = settled.map((one) => (one.status === 'rejected' ? one.reason : undefined))
  return { reports: reports as (GroupReport | undefined)[], errors, discarded }
}

describe('a group', () => {
  test('that cannot be begun because of one member goes on without it', async () => {
    const base = await scenario()
    const bad: Caller = { name: 'b', file: { content: 'position-deletes' } }
    const callers = [{ name: 'a' }, bad, { name: 'c' }]
    const { reports, errors, discarded } = await together(base, base.catalog.target(table), callers)
    expect(reports.map((report) => report?.published)).toEqual([true, undefined, true])
    expect(errors[1]).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect([...discarded]).toEqual([['b', 1]])
    expect(await base.live()).toEqual(['a', 'c'])
  })

  test('that landed although the catalog said conflict is found in the history', async () => {
    const base = await scenario()
    const target = base.catalog.target(table)
    const liar: CommitTarget = {
      load: () => target.load(),
      publish: async (on, request) => {
        await target.publish(on, request)
        return { outcome: 'conflict', reason: 'so it says' }
      },
    }
    const callers = [{ name: 'a', key: 'k' }, { name: 'b' }, { name: 'c', key: 'k' }]
    const { reports, discarded } = await together(base, liar, callers)
    expect(reports.map((report) => report?.published)).toEqual([true, true, false])
    expect(reports.map((report) => report?.groupSize)).toEqual([2, 2, 1])
    expect([...discarded]).toEqual([['c', 1]])
    expect(await base.live()).toEqual(['a', 'b'])
  })

  test('of unknown outcome: who was no part of it has an answer, the rest a token', async () => {
    const base = await scenario()
    const target = base.catalog.target(table)
    await commitActions(
      target,
      [appendFiles({ files: [dataFile(`${location}/data/x.parquet`)], idempotencyKey: 'old' })],
      { env: base.env, store: base.catalog.storeFor(table) },
    )
    const dark: CommitTarget = {
      load: () => target.load(),
      publish: async () => ({ outcome: 'unknown', token: 'token', cause: 'dark' }),
    }
    const callers: Caller[] = [
      { name: 'a' },
      { name: 'b', key: 'old' },
      { name: 'c', file: { specId: 7 } },
      { name: 'd' },
    ]
    const { reports, errors, discarded } = await together(base, dark, callers)
    expect(errors[0]).toBeInstanceOf(CommitStateUnknown)
    expect(errors[3]).toMatchObject({ token: 'token' })
    expect(errors[2]).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(reports[1]).toMatchObject({ published: false, groupSize: 1 })
    expect([...discarded].sort()).toEqual([
      ['b', 1],
      ['c', 1],
    ])
  })

  test('of which every member gave up publishes nothing', async () => {
    const base = await scenario()
    const over = AbortSignal.abort()
    const target = base.catalog.target(table)
    const { errors } = await together(base, target, [{ name: 'a', signal: over }])
    expect(errors[0]).toMatchObject({ code: 'ABORTED' })
    const none = await together(base, target, [{ name: 'b', file: { specId: 7 } }])
    expect(none.errors[0]).toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect((await base.catalog.loadTable(table)).version).toBe(1)
  })

  describe('gathers', () => {
    /** Appends whose files take a while to write, each in milliseconds; the limits are for all. */
    async function writing(
      base: Scenario,
      bounds: GroupLimits,
      callers: readonly { readonly name: string; readonly ms: number; signal?: AbortSignal }[],
    ) {
      const { env, catalog } = base
      const queue = new GroupQueue(catalog.target(table), env, catalog.storeFor(table))
      const loaded = await catalog.loadTable(table)
      const began = env.monotonicMs()
      return Promise.all(
        callers.map(async ({ name, ms, signal }) => {
          const discarded: string[] = []
          const joined = queue.append(bounds, async () => {
            await env.sleep(ms)
            return {
              files: [dataFile(`${location}/data/${name}.parquet`)],
              branch: 'main',
              base: loaded,
              discard: async () => void discarded.push(name),
              ...(signal !== undefined && { signal }),
            }
          })
          const report = await joined.catch((error: { code: string }) => error.code)
          const size = typeof report === 'string' ? report : report.groupSize
          return { size, ms: env.monotonicMs() - began, discarded }
        }),
      )
    }

    test('those who are still writing, and goes as soon as the last of them has joined', async () => {
      const base = await scenario()
      const reports = await writing(base, { maxCalls: 10, maxDelayMs: 60_000 }, [
        { name: 'a', ms: 0 },
        { name: 'b', ms: 500 },
        { name: 'c', ms: 1000 },
      ])
      expect(reports.map(({ size }) => size)).toEqual([3, 3, 3])
      for (const { ms } of reports) expect(ms).toBeLessThan(60_000)
      expect((await base.catalog.loadTable(table)).version).toBe(2)
    })

    test('as many as fit, without waiting for more', async () => {
      const base = await scenario()
      const reports = await writing(base, { maxCalls: 2, maxDelayMs: 60_000 }, [
        { name: 'a', ms: 0 },
        { name: 'b', ms: 500 },
        { name: 'c', ms: 30_000 },
      ])
      expect(reports.map(({ size }) => size)).toEqual([2, 2, 1])
      expect(reports[0]?.ms).toBeLessThan(30_000)
    })

    test('no longer than the delay', async () => {
      const base = await scenario()
      const reports = await writing(base, { maxCalls: 10, maxDelayMs: 1000 }, [
        { name: 'a', ms: 0 },
        { name: 'b', ms: 30_000 },
      ])
      expect(reports.map(({ size }) => size)).toEqual([1, 1])
      expect(reports[0]?.ms).toBeLessThan(30_000)
      expect(await base.live()).toEqual(['a', 'b'])
    })

    test('and publishes nothing when the only one who waits gives up', async () => {
      const base = await scenario()
      const leaving = new AbortController()
      void base.env.sleep(500).then(() => leaving.abort())
      const reports = await writing(base, { maxCalls: 10, maxDelayMs: 60_000 }, [
        { name: 'a', ms: 0, signal: leaving.signal },
        { name: 'b', ms: 1000 },
      ])
      expect(reports.map(({ size }) => size)).toEqual(['ABORTED', 1])
      expect(reports[0]).toMatchObject({ discarded: ['a'] })
      expect(reports[0]?.ms).toBeLessThan(1000)
      expect(await base.live()).toEqual(['b'])
      expect((await base.catalog.loadTable(table)).version).toBe(2)
    })
  })

  test('without hurry: with no delay the first goes alone, the others after it', async () => {
    const base = await scenario()
    await commitActions(base.catalog.target(table), [appendOf(location, 'z')], {
      env: base.env,
      store: base.catalog.storeFor(table),
    })
    const queue = new GroupQueue(base.catalog.target(table), base.env, base.catalog.storeFor(table))
    const loaded = await base.catalog.loadTable(table)
    const call = (name: string, ms: number) =>
      queue.append({ maxCalls: 10, maxDelayMs: 0 }, async () => {
        await base.env.sleep(ms)
        return {
          files: [dataFile(`${location}/data/${name}.parquet`)],
          branch: 'main',
          base: loaded,
          discard: async () => undefined,
        }
      })
    const reports = await Promise.all([call('a', 0), call('b', 50)])
    expect(reports.map((report) => report.groupSize)).toEqual([1, 1])
    expect(await base.live()).toEqual(['a', 'b', 'z'])
  })
})

test('a list of keys that nobody could have written has none', async () => {
  const { env } = await scenario()
  const of = (text: string) =>
    keysOf({ summary: new Map([[IDEMPOTENCY_KEYS, text]]) } as unknown as Snapshot, env.limits)
  expect(of('["a","b"]')).toEqual(['a', 'b'])
  expect(of('["a",1,null]')).toEqual(['a'])
  for (const text of ['', '{"a":1}', 'a', '["a"']) expect(of(text)).toEqual([])
})
