/** Counts of tables that have deletes: what counts rows of files says so, and what counts rows leaves them out. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { col, connect, t } from '../../../src/index.js'
import { fakeTerminal } from './fake-terminal.js'

let folder = ''
const at = (name: string): string => join(folder, 'wh/ns', name)
const schema = { id: t.long().required(), n: t.int() }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-deleted-'))
  const catalog = await connect(join(folder, 'wh'), { workers: 0 })
  for (const formatVersion of [2, 3] as const) {
    const table = await catalog.createTable(`ns.v${formatVersion}`, { schema, formatVersion })
    await table.append(Array.from({ length: 10 }, (_, id) => ({ id, n: id % 2 })))
    await table.delete(col('id').lt(3), { mode: 'merge-on-read' })
    if (formatVersion === 2) await table.deleteKeys([{ id: 9 }, { id: 77 }], { on: ['id'] })
  }
  const plain = await catalog.createTable('ns.plain', { schema })
  await plain.append([{ id: 1, n: 1 }])
  await catalog.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]): Promise<string> {
  const fake = fakeTerminal()
  expect(await runCli(args, fake.terminal)).toBe(0)
  return fake.out()
}

test('log tells rows of files from rows and keys that are marked as deleted', async () => {
  const two = await run('log', at('v2'))
  expect(two).toMatch(/rows in files +marked as deleted/)
  expect(two).toMatch(/ 10 +3 rows, 2 keys +1/)
  expect(await run('log', at('v3'))).toMatch(/ 10 +3 rows +1/)
  const plain = await run('log', at('plain'))
  expect(plain).not.toMatch(/deleted +rows in files|marked/)
  const [, last] = (await run('log', at('v3'), '--json')).trim().split('\n')
  expect(JSON.parse(last as string)).toMatchObject({ totalRows: '10', positionDeletes: '3' })
})

test('describe says how many of the rows are deleted', async () => {
  const text = await run('describe', at('v2'))
  expect(text).toMatch(/^rows +10\nof these deleted +3 rows, 2 keys$/m)
  expect(await run('describe', at('plain'))).not.toContain('of these deleted')
})

test('verify counts rows of files', async () => {
  expect(await run('verify', at('v3'))).toContain('10 rows in files: clean')
})

test('counts leave deleted rows out, unless they are asked for', async () => {
  const catalog = await connect(join(folder, 'wh'), { workers: 0 })
  for (const [name, live, all] of [
    ['v2', 6, 10],
    ['v3', 7, 10],
  ] as const) {
    const table = await catalog.loadTable(`ns.${name}`, { schema })
    const counts = async (options: object): Promise<number> => {
      const scan = () => table.scan(options as { select: ['id'] })
      const count = await scan().count()
      expect((await scan().toArray()).length, JSON.stringify(options)).toBe(count)
      let batches = 0
      for await (const batch of scan().batches()) batches += batch.numRows
      expect(batches).toBe(count)
      return count
    }
    expect(await counts({})).toBe(live)
    expect(await counts({ select: ['id', '_deleted'] })).toBe(all)
    expect(await counts({ select: ['_deleted'] })).toBe(all)
    expect(await counts({ select: ['id'], where: '_deleted = true' })).toBe(all - live)
    expect(await counts({ select: ['id'], where: '_deleted = false' })).toBe(live)
    expect(await counts({ where: 'id < 5' })).toBe(2)
    expect(await counts({ select: ['id', '_deleted'], where: 'id < 5' })).toBe(5)
    expect(await counts({ select: ['_deleted'], limit: 9 })).toBe(9)
    expect(await counts({ limit: 9 })).toBe(live)
  }
  await catalog.close()
})
