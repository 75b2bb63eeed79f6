import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { connect, t } from '../../../src/index.js'
import { fakeTerminal } from './fake-terminal.js'

const folder = mkdtempSync(join(tmpdir(), 'moraine-cli-compact-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]) {
  const fake = fakeTerminal()
  const code = await runCli(args, fake.terminal)
  return { code, out: fake.out(), err: fake.err() }
}

test('compact tells, then does, what a table needs', async () => {
  const catalog = await connect(join(folder, 'wh'), { unsafeNoSync: true, workers: 0 })
  const schema = { id: t.long(), city: t.string() }
  const table = await catalog.createTable('ns.t', { schema, partitionBy: ['city'] })
  for (const id of [1, 2, 3])
    await table.append([
      { id, city: 'Oslo' },
      { id, city: 'Rome' },
    ])
  await table.deleteKeys([{ id: 2 }], { on: ['id'] })
  const dry = await run('compact', table.location, '--dry-run', '--all')
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out).toMatch(/city=Oslo: 3 files, 3 rows, [\s\S]*2 groups would be rewritten/)
  const one = await run('compact', table.location, '--all', '--where', "city = 'Oslo'", '--json')
  expect(JSON.parse(one.out)).toMatchObject({ rewrittenFiles: 3, addedFiles: 1 })
  const rest = await run('compact', table.location, '--all')
  expect(rest.out).toContain('4 data files became 2; 1 delete files went')
  await table.refresh()
  expect(await table.scan().count()).toBe(4)
  expect((await run('compact', table.location, '--everything')).code).toBe(2)
  await catalog.close()
})
