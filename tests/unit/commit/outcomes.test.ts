import { describe, expect, test } from 'vitest'
import { slotVersion } from '../../../src/commit/slots.js'
import { CommitConflict, CommitStateUnknown, CorruptData, NotFound } from '../../../src/errors.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import {
  location,
  type Scenario,
  scenario,
  slot,
  table,
  warehouse,
  withCalls,
} from '../../support/scenario.js'
import { newTable } from '../../support/tables.js'

const isSlot = (path: string): boolean => slotVersion(path.replace(/^.*\//, '')) !== undefined

describe('unknown outcomes (C10, C11, C13)', () => {
  /** Every create of a slot is answered `unknown`; `apply` says whether it happened. */
  function doubtful(
    base: Scenario,
    apply: (attempt: number) => boolean,
    readable = false,
  ): ReturnType<Scenario['process']> {
    let attempt = 0
    const blocked = (path: string): boolean => isSlot(path) && attempt > 0 && !readable
    return base.process(
      withCalls(base.store, {
        create: async (path, bytes) => {
          if (!isSlot(path)) return base.store.create(path, bytes)
          if (apply(attempt++)) await base.store.create(path, bytes)
          return { outcome: 'unknown', cause: 'the answer was lost' }
        },
        read: async (path, range, options) => {
          if (blocked(path)) throw new NotFound('file', 'unreachable')
          return base.store.read(path, range, options)
        },
      }),
    )
  }

  async function unknownToken(base: Scenario, apply: boolean): Promise<string> {
    const catalog = doubtful(base, (attempt) => apply && attempt === 0)
    const files = new Set(base.store.files().keys())
    const error = await base.append('a', catalog).then(
      () => undefined,
      (caught: unknown) => caught,
    )
    expect(error).toBeInstanceOf(CommitStateUnknown)
    expect(error).toMatchObject({ committed: 'maybe' })
    const added = [...base.store.files().keys()].filter((path) => !files.has(path))
    expect(added.some((path) => path.includes('/snap-'))).toBe(true)
    return (error as CommitStateUnknown).token
  }

  test('lost, but readable: settled as committed', async () => {
    const base = await scenario()
    const report = await base.append(
      'a',
      doubtful(base, (attempt) => attempt === 0, true),
    )
    expect(report.published).toBe(true)
    expect(await base.live()).toEqual(['a'])
  })

  test('not applied at first: the same bytes are sent to the same slot again', async () => {
    const base = await scenario()
    const report = await base.append(
      'a',
      doubtful(base, (attempt) => attempt === 1, true),
    )
    expect(report.table.metadataLocation).toBe(slot(2))
    expect(await base.live()).toEqual(['a'])
  })

  test('C13 a token of a commit that happened says so, in another process', async () => {
    const base = await scenario()
    const token = await unknownToken(base, true)
    await base.append('later')
    const resolved = await base.process().resolveCommit(token)
    expect(resolved).toMatchObject({ outcome: 'committed', table: { version: 2 } })
    expect(await base.live()).toEqual(['a', 'later'])
  })

  test('C13 a token of a commit that did not happen: the slot is fenced first', async () => {
    const base = await scenario()
    const token = await unknownToken(base, false)
    const before = (await base.process().loadTable(table)).metadata
    expect(await base.process().resolveCommit(token)).toEqual({ outcome: 'not-committed' })
    const fenced = await base.process().loadTable(table)
    expect(fenced.version).toBe(2)
    const { lastUpdatedMs: _a, metadataLog: _b, ...same } = before
    expect(fenced.metadata).toMatchObject(same)
    expect(fenced.metadata.metadataLog.at(-1)?.metadataFile).toBe(slot(1))
    expect(await base.process().resolveCommit(token)).toEqual({ outcome: 'not-committed' })
    // The late request meets a name that is taken.
    expect((await base.store.create(slot(2), encodeUtf8('late'))).outcome).toBe('exists')
    await base.append('b')
    expect(await base.live()).toEqual(['b'])
  })

  test('C13 a token whose slot another writer took', async () => {
    const base = await scenario()
    const token = await unknownToken(base, false)
    await base.append('b')
    expect(await base.process().resolveCommit(token)).toEqual({ outcome: 'not-committed' })
    expect(await base.live()).toEqual(['b'])
  })

  test('C13 a token of the first creation, and of a drop', async () => {
    const base = await scenario()
    const blind = doubtful(base, () => false)
    const other = { namespace: ['ns'], name: 'u' }
    const creating = blind.createTable(other, newTable(base.env, `${warehouse}/ns/u`))
    const token = await creating.then(
      () => '',
      (error: CommitStateUnknown) => error.token,
    )
    expect(await base.process().resolveCommit(token)).toEqual({ outcome: 'not-committed' })
    expect(await base.process().tableExists(other)).toBe(false)
    const again = await base.process().createTable(other, newTable(base.env, `${warehouse}/ns/u`))
    expect(again.version).toBe(2)

    const dropped = await doubtful(base, () => true)
      .dropTable(table)
      .then(
        () => '',
        (error: CommitStateUnknown) => error.token,
      )
    expect(await base.process().resolveCommit(dropped)).toEqual({
      outcome: 'committed',
      table: undefined,
    })
    expect(await base.process().tableExists(table)).toBe(false)
  })

  test('C13 while the store is away the token stays', async () => {
    const base = await scenario()
    const token = await unknownToken(base, false)
    const away = base.process(
      withCalls(base.store, {
        head: () => Promise.reject(new CommitConflict('not used')),
        create: async () => ({ outcome: 'unknown', cause: 'away' }),
      }),
    )
    await expect(away.resolveCommit(token)).rejects.toThrow(CommitConflict)
    const dark = base.process(
      withCalls(base.store, { create: async () => ({ outcome: 'unknown', cause: 'away' }) }),
    )
    await expect(dark.resolveCommit(token)).rejects.toMatchObject({
      code: 'COMMIT_STATE_UNKNOWN',
      token,
    })
    expect(await base.process().resolveCommit(token)).toEqual({ outcome: 'not-committed' })
  })

  test.each(['', '{}', 'x', '{"moraine-commit":2}', '[]'])('%j is not a token', async (token) => {
    const { process } = await scenario()
    await expect(process().resolveCommit(token)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('a token of another warehouse is not looked at', async () => {
    const base = await scenario()
    const token = (await unknownToken(base, false)).replace(location, 'memory:/elsewhere/t')
    await expect(base.process().resolveCommit(token)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test.each([1, 2])(
    'C10.3 %i damaged read-backs are not taken for another writer',
    async (times) => {
      const base = await scenario()
      let damaged = 0
      const catalog = base.process(
        withCalls(base.store, {
          create: async (path, bytes) => {
            const outcome = await base.store.create(path, bytes)
            return isSlot(path) ? { outcome: 'unknown', cause: outcome } : outcome
          },
          read: async (path, range, options) => {
            const bytes = await base.store.read(path, range, options)
            if (path !== slot(2) || damaged++ >= times) return bytes
            // One digit of a number, another each time: still well-formed metadata.
            const text = new TextDecoder().decode(bytes)
            return encodeUtf8(
              text.replace(/"last-updated-ms":\d/, `"last-updated-ms":${6 + damaged}`),
            )
          },
        }),
      )
      const report = await base.append('a', catalog)
      expect(damaged).toBeGreaterThan(times)
      expect(report).toMatchObject({ attempts: 1, published: true })
      expect(await base.live()).toEqual(['a'])
    },
  )
})

describe('retired markers (C20)', () => {
  const properties = {
    'write.metadata.delete-after-commit.enabled': 'true',
    'write.metadata.previous-versions-max': '2',
  }

  test('what leaves the log is retired; names stay, the head never is', async () => {
    const { append, live, text, store } = await scenario(properties)
    for (let i = 0; i < 6; i++) await append(`f${i}`)
    const kinds = [1, 2, 3, 4, 5, 6, 7].map((version) =>
      (text(slot(version)) as string).startsWith('{"moraine-retired"') ? 'retired' : 'metadata',
    )
    expect(kinds).toEqual([...Array(4).fill('retired'), ...Array(3).fill('metadata')])
    expect(await live()).toHaveLength(6)
    expect((await store.create(slot(1), encodeUtf8('late'))).outcome).toBe('exists')
  })

  test('a version that was retired is gone by name', async () => {
    const { append, catalog } = await scenario(properties)
    for (let i = 0; i < 5; i++) await append(`f${i}`)
    await expect(catalog.loadVersion(table, 1)).rejects.toThrow(/left the metadata log/)
    await expect(catalog.loadVersion(table, 9)).rejects.toThrow(/does not exist/)
    expect((await catalog.loadVersion(table, 5)).metadata.snapshots).toHaveLength(4)
  })

  test('a token is still answered from the marker', async () => {
    const { append, process, store, env } = await scenario(properties)
    const dark = process(
      withCalls(store, {
        create: async (path, bytes) => {
          const outcome = await store.create(path, bytes)
          return isSlot(path) ? { outcome: 'unknown', cause: 'lost' } : outcome
        },
        read: async (path, range, options) => {
          if (path === slot(2)) throw new NotFound('file', 'away')
          return store.read(path, range, options)
        },
      }),
    )
    const error = await append('mine', dark).then(
      () => undefined,
      (caught: CommitStateUnknown) => caught,
    )
    for (let i = 0; i < 6; i++) await append(`f${i}`)
    expect(new TextDecoder().decode(store.files().get(slot(2)))).toContain('moraine-retired')
    expect(await process().resolveCommit(error?.token ?? '')).toEqual({
      outcome: 'committed',
      table: undefined,
    })
    expect(env.nowMs()).toBeGreaterThan(0)
  })

  test('an emptied slot is a marker; an emptied head is CorruptData', async () => {
    const { append, put, process } = await scenario()
    await append('a')
    await put(slot(1), '')
    expect((await process().loadTable(table)).version).toBe(2)
    await put(slot(2), '')
    await expect(process().loadTable(table)).rejects.toThrow(CorruptData)
  })
})
