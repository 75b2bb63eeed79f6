/**
 * Every change of a table's shape that is refused: with its documented error (spec/evolution.md),
 * naming the field, and the metadata stays as it is to the last byte.
 */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { MoraineError } from '../../../src/errors.js'
import { bucket, day, t, truncate } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import { connect } from '../../../src/table/connect.js'
import type { SchemaEditor } from '../../../src/types/schema-editor.js'
import type { AnyTable } from '../../support/refused-change.js'
import { columnCases } from '../../support/refused-column-changes.js'
import { tableCases } from '../../support/refused-table-changes.js'

/** The table that a change is tried on: format version, and partitioned or not. */
const tables = new Map<string, AnyTable>()
const store = memoryStore({ env: systemEnv() })

beforeAll(async () => {
  const catalog = await connect('memory:/refused', { workers: 0, store })
  for (const formatVersion of [1, 2, 3] as const) {
    const shape = {
      id: t.long().required(),
      n: t.int(),
      x: t.double(),
      d: t.date(),
      at: t.timestamptz(),
      city: t.string(),
      s: t.struct({ a: t.int(), only: t.struct({ leaf: t.int() }) }),
      l: t.list(t.struct({ p: t.int(), q: t.date() }).required()),
      m: t.map(t.struct({ k: t.int() }), t.struct({ v: t.int() })),
      'dot.ted': t.int(),
    }
    const table = await catalog.createTable(`a.v${formatVersion}`, {
      schema: shape,
      partitionBy: [day('at'), bucket(4, 'city'), 's.a', 'd'],
      sortBy: ['n', truncate(3, 'city')],
      formatVersion,
    })
    const row = { id: 1, n: 2, at: '2024-01-01T00:00:00Z', city: 'Oslo', d: '2024-01-02' }
    await table.append([{ ...row, s: { a: 1, only: { leaf: 3 } }, 'dot.ted': 4 }])
    await table.updateSchema((s) => s.setIdentifier('id'))
    tables.set(`v${formatVersion}`, table as unknown as AnyTable)
  }
  const lone = await catalog.createTable('a.lone', { schema: { only: t.int() } })
  tables.set('lone', lone as unknown as AnyTable)
  const old = await catalog.createTable('a.old', {
    schema: { d: t.date(), n: t.int() },
    partitionBy: ['d'],
    formatVersion: 3,
  })
  await old.updateSpec((s) => s.removeField('d'))
  tables.set('old', old as unknown as AnyTable)
})

const CASES = [...columnCases, ...tableCases]

describe('changes that are refused', () => {
  test('there are at least 80 of them, of every rule that is documented', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(80)
    expect(new Set(CASES.map(({ rule, what, on }) => `${rule} ${what} ${on}`)).size).toBe(
      CASES.length,
    )
    const text = readFileSync('spec/evolution.md', 'utf8')
    const documented = [...text.matchAll(/^\| ([SPO]\d+) \|/gm)].map((match) => match[1])
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual(documented.sort())
  })

  test.each(CASES.map((one) => [`${one.rule} ${one.on}: ${one.what}`, one] as const))(
    '%s',
    async (_title, { rule, on, change, message, names }) => {
      const table = tables.get(on ?? 'v2') as AnyTable
      const before = await bytesOf(table)
      const files = [...store.files().keys()].sort()
      const error = await change(table).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(MoraineError)
      const { code, message: said, details, committed } = error as MoraineError
      expect(said).toContain(message)
      expect(codesOf(rule)).toContain(code)
      expect(committed).toBe('no')
      if (names !== undefined) {
        expect(details['column'] ?? details['field'] ?? details['property']).toBe(names)
      }
      expect(await bytesOf(await table.refresh())).toEqual(before)
      expect([...store.files().keys()].sort()).toEqual(files)
    },
  )

  test('the table still takes what is allowed', async () => {
    const table = tables.get('v2') as AnyTable
    await table.updateSchema(((s: SchemaEditor) => s.addColumn('z', t.int())) as never)
    expect((await table.verify()).violations).toEqual([])
    expect(await table.scan().toArray()).toMatchObject([{ n: 2, z: null }])
  })
})

async function bytesOf(table: AnyTable): Promise<string> {
  const bytes = store.files().get(table.metadataLocation)
  expect(bytes).toBeDefined()
  return Buffer.from(bytes as Uint8Array).toString('utf8')
}

/** The error codes that spec/evolution.md promises for a rule. */
function codesOf(rule: string): readonly string[] {
  const line = readFileSync('spec/evolution.md', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`| ${rule} |`))
  return [...(line ?? '').matchAll(/`([A-Z_]+)`/g)].map((match) => match[1] as string)
}
