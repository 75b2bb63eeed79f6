import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, t } from '../../../src/index.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'moraine-purge-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const schema = { p: t.string(), q: t.int() }

async function filled() {
  const catalog = await connect(join(root, 'wh'), { workers: 0, unsafeNoSync: true })
  const table = await catalog.createTable('a.t', { schema, partitionBy: ['p', 'q'] })
  await table.append([
    { p: 'x', q: 1 },
    { p: 'x', q: 2 },
    { p: 'y', q: 1 },
  ])
  return { catalog, table }
}

test('a purge leaves no empty folders, and the slots stay taken', async () => {
  const { catalog } = await filled()
  await catalog.dropTable('a.t', { purge: true })
  const left = readdirSync(join(root, 'wh/a/t'), { recursive: true }).sort()
  expect(left.filter((name) => !String(name).endsWith('.json'))).toEqual([
    'metadata',
    'metadata/version-hint.text',
  ])
  const again = await catalog.createTable('a.t', { schema, partitionBy: ['p', 'q'] })
  await again.append([{ p: 'x', q: 1 }])
  expect(await again.scan().count()).toBe(1)
})

test('folders that hold something else stay, and links lead nowhere', async () => {
  const { catalog } = await filled()
  const outside = mkdtempSync(join(root, 'outside-'))
  rmSync(join(root, 'wh/a/t/data/p=y'), { recursive: true })
  symlinkSync(outside, join(root, 'wh/a/t/data/p=y'))
  writeFileSync(join(root, 'wh/a/t/data/p=x/.keep'), '')
  await catalog.dropTable('a.t', { purge: true }).catch(() => undefined)
  expect(readdirSync(root)).toContain(outside.split('/').at(-1))
})
