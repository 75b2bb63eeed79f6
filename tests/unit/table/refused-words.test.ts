/** What a caller gets wrong is told by name, before anything is read or written. */
import { beforeAll, describe, expect, test } from 'vitest'
import { connect, InvalidArgument, t } from '../../../src/index.js'

const schema = { id: t.long().required(), name: t.string() }

async function makeTable() {
  const catalog = await connect('memory:', { workers: 0 })
  const table = await catalog.createTable('n.t', { schema })
  await table.append([{ id: 1, name: 'one' }])
  return table
}

let table: Awaited<ReturnType<typeof makeTable>>
beforeAll(async () => {
  table = await makeTable()
})

/** The options of a write as a caller without types may give them. */
type Loose = Parameters<typeof table.append>[1]

describe('the options of a write', () => {
  test.each<[string, unknown]>([
    ['retryConflicts', 1.5],
    ['retryConflicts', -1],
    ['retryConflicts', 1001],
    ['groupCommit', 'yes'],
    ['summary', { rows: 5 }],
    ['ifSnapshot', 5],
    ['idempotencyKey', ''],
    ['idempotencyKey', 5],
    ['branch', ''],
    ['branch', null],
    ['signal', {}],
    ['onProgress', 'log'],
  ])('%s: %j', async (option, value) => {
    const failed = table.append([{ id: 2, name: null }], { [option]: value } as Loose)
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { where: 'append', option },
    })
  })

  test('isolation of a change', async () => {
    const options = { isolation: 'chaos' } as unknown as { isolation: 'snapshot' }
    await expect(table.delete('id = 1', options)).rejects.toThrow("'serializable' or 'snapshot'")
  })

  test('nothing was written', async () => {
    expect(await table.scan().count()).toBe(1)
  })
})

describe('where to look', () => {
  test.each<[string, unknown, string]>([
    ['a fraction of a version', { version: 1.5 }, 'whole number'],
    ['a version before the first', { version: -1 }, 'whole number'],
    ['a ref that is no name', { ref: 5 }, 'must be a name'],
    ['a snapshot that was rounded', { snapshot: 5 }, 'bigint'],
    ['a snapshot in words', { snapshot: 'newest' }, 'bigint'],
    ['an id of twenty digits', { snapshot: '12345678901234567890' }, 'bigint'],
    ['a time in words', { time: 'yesterday' }, 'not a point in time'],
    ['no time', { time: Number.NaN }, 'not a point in time'],
    ['nothing', {}, 'exactly one'],
    ['two at once', { ref: 'main', version: 1 }, 'exactly one'],
  ])('%s', async (_, at, message) => {
    const looked = (async () => {
      const seen = table.asOf(at as { readonly ref: string })
      return (await seen).scan().toArray()
    })()
    await expect(looked).rejects.toThrow(message)
    await expect(looked).rejects.toBeInstanceOf(InvalidArgument)
  })

  test('the id of a snapshot may be text, as JSON has it', async () => {
    const id = table.currentSnapshotId
    const seen = await table.asOf({ snapshot: `${id}` as unknown as bigint })
    expect(await seen.scan().toArray()).toEqual([{ id: 1n, name: 'one' }])
  })
})

describe('refs and rollback', () => {
  test.each([0, -1, 1.5, Number.NaN])('a ref that may live for %d ms', async (maxRefAgeMs) => {
    await expect(table.createTag('t', { maxRefAgeMs })).rejects.toMatchObject({
      details: { where: 'create tag', option: 'maxRefAgeMs' },
    })
    await expect(table.createBranch('b', { maxRefAgeMs })).rejects.toMatchObject({
      details: { where: 'create branch', option: 'maxRefAgeMs' },
    })
  })

  test.each([{}, { snapshot: 5 }, { snapshot: 'x' }])('a rollback to %j', async (to) => {
    await expect(table.rollback(to as { snapshot: bigint })).rejects.toThrow(
      'rollback takes { snapshot: id } or { time }',
    )
  })
})

describe('a merge', () => {
  const rows = [{ id: 1, name: 'uno' }]

  test('matches by columns that are named once', () => {
    expect(() => table.merge(rows).on()).toThrow('names of the columns')
    expect(() => table.merge(rows).on('id').on('name')).toThrow('once')
  })

  test('has a clause, and is run once', async () => {
    await expect(table.merge(rows).on('id').run()).rejects.toThrow('what is to be done')
    const merge = table.merge(rows).on('id').whenMatched({ update: 'all' })
    await merge.run()
    await expect(merge.run()).rejects.toThrow('it has been run')
    expect(await table.scan().toArray()).toEqual([{ id: 1n, name: 'uno' }])
  })

  test('has no source row where none matched', () => {
    const all = { update: 'all' } as unknown as { update: { name: string } }
    expect(() => table.merge(rows).on('id').whenNotMatchedBySource(all)).toThrow('no source row')
  })
})
