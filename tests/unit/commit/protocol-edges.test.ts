/** Rare states of a table folder, and commits on them: each as another writer or a crash may leave it. */
import { describe, expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import type { Action } from '../../../src/commit/action.js'
import { updateProperties } from '../../../src/commit/actions/update-properties.js'
import { columnPropertyChanges } from '../../../src/commit/column-properties.js'
import { commitToken, parseCommitToken } from '../../../src/commit/commit-token.js'
import { commitActions } from '../../../src/commit/committer.js'
import { keysOf } from '../../../src/commit/idempotency.js'
import { readBack } from '../../../src/commit/publish.js'
import { resolveCommit } from '../../../src/commit/resolve-outcome.js'
import { retireSlot } from '../../../src/commit/retire.js'
import { parseSlot } from '../../../src/commit/slot-content.js'
import { findHead, readHint } from '../../../src/commit/slots.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import {
  CorruptData,
  InvalidArgument,
  LimitExceeded,
  NotFound,
  StoreUnavailable,
} from '../../../src/errors.js'
import type { Snapshot } from '../../../src/format/model.js'
import { sha256Hex } from '../../../src/util/sha256.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import {
  hint,
  location,
  type Scenario,
  scenario,
  slot,
  table,
  warehouse,
  withCalls,
} from '../../support/scenario.js'
import { appendOf, idSchema, newTable } from '../../support/tables.js'

const setting = (...entries: [string, string][]): Action =>
  updateProperties({ set: new Map(entries) })
const folderOf = (base: Scenario, store = base.store as Parameters<Scenario['process']>[0]) => ({
  store: store ?? base.store,
  env: base.env,
  location,
})

describe('properties', () => {
  test('a malformed retry setting does not keep the commit that mends it from happening', async () => {
    const base = await scenario({ 'commit.retry.num-retries': 'often' })
    const context = { env: base.env, store: base.catalog.storeFor(table) }
    const mend = setting(['commit.retry.num-retries', '3'])
    const report = await commitActions(base.catalog.target(table), [mend], context)
    expect(report.published).toBe(true)
  })

  test('write.metadata.path may name the folder that it is anyway', async () => {
    const base = await scenario({ 'write.metadata.path': `${location}/metadata` })
    await base.append('a')
    expect(await base.live()).toEqual(['a'])
  })

  test('metadata that would pass a limit is not published', async () => {
    const base = await scenario()
    const env = seededEnv(3, { limits: { properties: 1 } })
    const catalog = fileCatalog({ warehouse, store: base.store, env })
    const context = { env, store: catalog.storeFor(table) }
    const commit = commitActions(catalog.target(table), [setting(['a', '1'], ['b', '2'])], context)
    await expect(commit).rejects.toThrow(LimitExceeded)
    expect((await base.catalog.loadTable(table)).version).toBe(1)
  })

  test('properties of other columns stay, and so does a name mapping that does not parse', () => {
    const properties = new Map([
      ['write.metadata.metrics.column.other', 'none'],
      ['write.metadata.metrics.column.id', 'full'],
      ['schema.name-mapping.default', '{'],
    ])
    const change = { schema: idSchema, renamed: new Map([['id', 'key']]), dropped: [] }
    const { limits } = seededEnv(1)
    expect(columnPropertyChanges(properties, idSchema, change, limits)).toEqual({
      set: new Map([['write.metadata.metrics.column.key', 'full']]),
      remove: ['write.metadata.metrics.column.id'],
    })
  })

  test('idempotency keys that nobody could have written are none', () => {
    const { limits } = seededEnv(1)
    const of = (text: string): Snapshot =>
      ({ summary: new Map([['moraine.idempotency-keys', text]]) }) as unknown as Snapshot
    expect(keysOf(of('["a",1,"b"]'), limits)).toEqual(['a', 'b'])
    expect(keysOf(of('{"a":1}'), limits)).toEqual([])
    expect(keysOf(of('["a"'), limits)).toEqual([])
  })
})

describe('tokens', () => {
  const { limits } = seededEnv(1)
  const token = { location, slot: 3, hash: 'a'.repeat(64), uuid: 'u' }

  test('what no token says is refused', () => {
    expect(parseCommitToken(commitToken(token), limits)).toEqual(token)
    const bad = (change: object): string =>
      JSON.stringify({ ...JSON.parse(commitToken(token)), ...change })
    for (const change of [{ slot: 0 }, { hash: 'x' }, { kind: 'rest' }, { 'moraine-commit': 2 }]) {
      expect(() => parseCommitToken(bad(change), limits)).toThrow(InvalidArgument)
    }
    expect(() => parseCommitToken('{', limits)).toThrow('not a commit token')
  })

  test('a store that is away for a moment is asked again', async () => {
    const base = await scenario()
    let away = 2
    const view = withCalls(base.store, {
      head: async (path, options) => {
        if (away-- > 0) throw new StoreUnavailable('away')
        return base.store.head(path, options)
      },
    })
    const settled = await resolveCommit(folderOf(base, view), { ...token, slot: 2 })
    expect(settled).toEqual({ outcome: 'not-committed' })
    expect((await base.catalog.loadTable(table)).version).toBe(2)
  })

  test('an error that is no answer of the store is asked again too, and is the cause in the end', async () => {
    const base = await scenario()
    const view = withCalls(base.store, {
      head: async () => {
        throw new RangeError('what is this')
      },
    })
    await expect(resolveCommit(folderOf(base, view), token)).rejects.toMatchObject({
      code: 'COMMIT_STATE_UNKNOWN',
      cause: new RangeError('what is this'),
    })
  })

  test('damage does not get better by asking again', async () => {
    const base = await scenario()
    await base.put(slot(2), 'nonsense')
    await base.put(`${location}/metadata/v2.gz.metadata.json`, 'nonsense')
    await expect(resolveCommit(folderOf(base), { ...token, slot: 2 })).rejects.toThrow(CorruptData)
  })

  test('a slot whose neighbour below is gone cannot be settled', async () => {
    const base = await scenario()
    await expect(resolveCommit(folderOf(base), { ...token, slot: 9 })).rejects.toThrow(
      'the outcome cannot be settled',
    )
  })

  test('a slot that is taken while the fence is put up, and one that was emptied', async () => {
    const base = await scenario()
    const late = { late: true }
    const view = withCalls(base.store, {
      head: async (path, options) => {
        const found = await base.store.head(path, options)
        // The first look finds the slot free; then the late request arrives.
        if (path === slot(2) && late.late) {
          late.late = false
          await base.append('late', base.process())
        }
        return found
      },
    })
    const bytes = async (): Promise<Uint8Array> => base.store.read(slot(2))
    expect(await resolveCommit(folderOf(base, view), { ...token, slot: 2 })).toEqual({
      outcome: 'not-committed',
    })
    const hash = sha256Hex(await bytes())
    await expect(resolveCommit(folderOf(base), { ...token, slot: 2, hash })).resolves.toMatchObject(
      { outcome: 'committed' },
    )
    await base.put(slot(2), '')
    expect(await readBack(folderOf(base), { version: 2, hash })).toMatchObject({
      outcome: 'unknown',
      cause: 'the slot was emptied',
    })
    await expect(resolveCommit(folderOf(base), { ...token, slot: 2, hash })).rejects.toMatchObject({
      code: 'COMMIT_STATE_UNKNOWN',
    })
  })
})

describe('slots', () => {
  test('a hint to a slot that is not there leads to a listing, past folders and other files', async () => {
    const base = await scenario()
    await base.append('a')
    await base.put(hint, '40')
    await base.put(
      `${location}/metadata/v9.metadata.json/inner`,
      'a folder with the name of a slot',
    )
    expect(await findHead(folderOf(base))).toBe(2)
  })

  test('a hint is read or not: an error of the store is no hint, an abort is an abort', async () => {
    const base = await scenario()
    const failing = (error: Error) =>
      folderOf(base, withCalls(base.store, { read: () => Promise.reject(error) }))
    expect(await readHint(failing(new StoreUnavailable('away')))).toBeUndefined()
    await expect(readHint(failing(new RangeError('bug')))).rejects.toThrow(RangeError)
    await base.store.put(hint, Uint8Array.of(0xff, 0xfe))
    expect(await readHint(folderOf(base))).toBeUndefined()
    await expect(readHint(folderOf(base), AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test('the head is read though its spelling is gone when it is looked for again', async () => {
    const base = await scenario()
    let looks = 0
    const view = withCalls(base.store, {
      head: async (path, options) => {
        // Found by the search, not seen by the look before the read.
        if (path === slot(1) && looks++ === 1) return undefined
        return base.store.head(path, options)
      },
    })
    expect((await base.process(view).loadTable(table)).version).toBe(1)
  })

  test('what looks like a marker and is none is read as metadata, a later one is refused', () => {
    const { limits } = seededEnv(1)
    const parse = (text: string) => parseSlot(encodeUtf8(text), 'v1.metadata.json', limits)
    expect(() => parse('{"moraine-other":1}')).toThrow(CorruptData)
    expect(() => parse('{"moraine-retired":2,"sha256":"x"}')).toThrow('later version of moraine')
    expect(() => parse('{"moraine-tombstone":2}')).toThrow('later version of moraine')
    expect(() => parse(`{"moraine-retired":1,"sha256":"${'x'.repeat(70_000)}"}`)).toThrow(
      CorruptData,
    )
  })

  test('only old slots of this folder are retired', async () => {
    const base = await scenario()
    await base.append('a')
    const before = base.text(slot(1))
    await retireSlot(folderOf(base), slot(1), 1)
    await retireSlot(folderOf(base), `${location}/metadata/other.json`, 2)
    await retireSlot(folderOf(base), 'memory:/elsewhere/metadata/v1.metadata.json', 2)
    expect(base.text(slot(1))).toBe(before)
    await retireSlot(folderOf(base), slot(1), 2)
    expect(base.text(slot(1))).toContain('moraine-retired')
    await retireSlot(folderOf(base), slot(1), 2)
    expect(base.text(slot(1))).toContain('moraine-retired')
  })
})

describe('a store that refuses', () => {
  const refusing = (base: Scenario, error: Error, sent: (path: string) => void = () => undefined) =>
    base.process(
      withCalls(base.store, {
        create: async (path, bytes) => {
          sent(path)
          if (path === slot(2)) throw error
          return base.store.create(path, bytes)
        },
      }),
    )

  test('S3 a request that was surely not applied fails the commit at once, and it cleans up', async () => {
    const base = await scenario()
    const before = [...base.store.files().keys()]
    for (const error of [new StoreUnavailable('full'), new LimitExceeded('too large')]) {
      let tries = 0
      const process = refusing(base, error, () => tries++)
      await expect(base.append('a', process)).rejects.toBe(error)
      expect(tries).toBe(1)
      expect([...base.store.files().keys()]).toEqual(before)
    }
  })

  test('B4 an error that may come after the request was applied is asked about', async () => {
    const base = await scenario()
    for (const error of [new CorruptData('bad answer'), new RangeError('socket')]) {
      await expect(base.append('a', refusing(base, error))).rejects.toMatchObject({
        code: 'COMMIT_STATE_UNKNOWN',
      })
    }
    expect(await base.live()).toEqual([])
  })
})

describe('the newest version after a conflict', () => {
  /** A commit that loses its first try, over a store that is then away. */
  function losing(base: Scenario, error: Error, times: number) {
    const target = base.catalog.target(table)
    const pending = { lost: false, away: times }
    return {
      load: async () => {
        if (pending.lost && pending.away-- > 0) throw error
        return target.load()
      },
      publish: async (...[on, request]: Parameters<typeof target.publish>) => {
        if (pending.lost) return target.publish(on, request)
        pending.lost = true
        return { outcome: 'conflict', reason: 'another was first' } as const
      },
    }
  }
  const commit = async (base: Scenario, error: Error, times: number) =>
    commitActions(losing(base, error, times), [appendOf(location, 'a')], {
      env: base.env,
      store: base.catalog.storeFor(table),
    })

  test('a store that is away for a moment does not fail the commit', async () => {
    const base = await scenario()
    const report = await commit(base, new StoreUnavailable('away'), 3)
    expect(report).toMatchObject({ published: true, attempts: 2 })
    expect(await base.live()).toEqual(['a'])
  })

  test('one that stays away does, and so does what no waiting mends; it cleans up', async () => {
    const base = await scenario({ 'commit.retry.num-retries': '2' })
    const before = [...base.store.files().keys()]
    const away = new StoreUnavailable('away')
    await expect(commit(base, away, Number.POSITIVE_INFINITY)).rejects.toBe(away)
    const damage = new CorruptData('damaged')
    await expect(commit(base, damage, 1)).rejects.toBe(damage)
    const fault = new RangeError('not ours')
    await expect(commit(base, fault, 1)).rejects.toBe(fault)
    expect([...base.store.files().keys()]).toEqual(before)
  })
})

describe('a base whose manifests are gone', () => {
  test('gives way to the table as it is now', async () => {
    const base = await scenario()
    await base.append('a')
    const stale = await base.process().loadTable(table)
    await base.catalog.dropTable(table, { purge: true })
    const again = await base.catalog.createTable(table, newTable(base.env, location))
    await expect(base.append('b', base.process(), { base: stale })).rejects.toMatchObject({
      conflict: 'table-replaced',
    })
    expect(again.version).toBe(4)
  })

  test('and is the newest there is: the loss is told', async () => {
    const base = await scenario()
    await base.append('a')
    const head = await base.catalog.loadTable(table)
    const list = head.metadata.snapshots[0]?.manifestList as string
    await base.store.delete(list)
    await expect(base.append('b', base.process(), { base: head })).rejects.toThrow(NotFound)
  })

  test('gone for another reason than being gone', async () => {
    const base = await scenario()
    await base.append('a')
    const view = withCalls(base.store, {
      read: async (path, range, options) => {
        if (path.endsWith('.avro')) throw new StoreUnavailable('away')
        return base.store.read(path, range, options)
      },
    })
    await expect(base.append('b', base.process(view))).rejects.toThrow(StoreUnavailable)
  })

  test('a newer version of the same table takes its place', async () => {
    const base = await scenario()
    await base.append('a')
    const stale = await base.process().loadTable(table)
    await base.append('b')
    const list = stale.metadata.snapshots[0]?.manifestList as string
    await base.store.delete(list)
    const report = await base.append('c', base.process(), { base: stale })
    expect(report).toMatchObject({ published: true, attempts: 2 })
  })
})
