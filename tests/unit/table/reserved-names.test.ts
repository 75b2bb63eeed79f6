/** Columns with the names of metadata columns: not made anew, and read where other writers made them. */
import { describe, expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { randomUuid } from '../../../src/env/ids.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { InvalidArgument } from '../../../src/errors.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import { t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import { connect } from '../../../src/table/connect.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import type { SchemaShape } from '../../../src/types/infer.js'

const warehouse = 'memory:/reserved'

async function foreignTable(shape: SchemaShape, formatVersion: 2 | 3) {
  const env = seededEnv(7)
  const store = memoryStore({ env })
  const { schema } = buildSchema(shape)
  const location = `${warehouse}/a/t`
  await fileCatalog({ warehouse, store, env }).createTable(
    { namespace: ['a'], name: 't' },
    newTableMetadata({ schema, location, formatVersion, uuid: randomUuid(env), nowMs: 0 }),
  )
  const catalog = await connect(warehouse, { workers: 0, store })
  return catalog.loadTable('a.t')
}

describe('a table of another writer with columns of such names', () => {
  test('they hide the metadata columns, for reading and for filters', async () => {
    const table = await foreignTable({ id: t.int(), _pos: t.long(), _file: t.string() }, 2)
    await table.append([
      { id: 1, _pos: 70, _file: 'x' },
      { id: 2, _pos: 80, _file: 'y' },
    ])
    expect(await table.scan({ ordered: true }).toArray()).toEqual([
      { id: 1, _pos: 70n, _file: 'x' },
      { id: 2, _pos: 80n, _file: 'y' },
    ])
    expect(await table.scan({ select: ['_pos'], where: "_file = 'y'" }).toArray()).toEqual([
      { _pos: 80n },
    ])
  })

  test.each(['copy-on-write', 'merge-on-read'] as const)(
    'rows are never changed by the wrong positions: %s',
    async (mode) => {
      const table = await foreignTable({ id: t.int(), _pos: t.long() }, 2)
      await table.append([
        { id: 1, _pos: 1 },
        { id: 2, _pos: 0 },
      ])
      const refused = table.delete('id = 1', { mode })
      await expect(refused).rejects.toThrow(InvalidArgument)
      await expect(refused).rejects.toThrow("column '_pos' hides the metadata column")
      await expect(table.update('id = 1', { id: 5 }, { mode })).rejects.toThrow(
        "column '_pos' hides",
      )
      const renamed = await table.updateSchema((s) => s.renameColumn('_pos', 'pos'))
      await renamed.delete('id = 1', { mode })
      expect(await renamed.scan().toArray()).toEqual([{ id: 2, pos: 0n }])
      expect(await renamed.scan({ select: ['pos', '_pos'] }).toArray()).toEqual([
        { pos: 0n, _pos: mode === 'copy-on-write' ? 0n : 1n },
      ])
    },
  )

  test('version 3: rows that move keep their lineage, or stay', async () => {
    const table = await foreignTable({ id: t.int(), _row_id: t.long() }, 3)
    await table.append([{ id: 1, _row_id: 70 }])
    await expect(table.update('id = 1', { id: 5 })).rejects.toThrow("column '_row_id' hides")
    const wider = await table.updateSchema((s) => s.addColumn('n', t.int()))
    expect(await wider.scan().toArray()).toEqual([{ id: 1, _row_id: 70n, n: null }])
  })
})

test.each<[string, SchemaShape, string]>([
  ['_pos', { _pos: t.long() }, "column '_pos' cannot be created: '_pos' is the name of a metadata"],
  ['_Change_Type', { a: t.int(), _Change_Type: t.string() }, "'_change_type' is the name"],
  ['no columns', {}, 'the table cannot be created: a table needs a column'],
  ['only unknown', { u: t.unknown() }, 'a table needs a column that is stored in files'],
  [
    'list(unknown)',
    { l: t.list(t.unknown()) },
    "column 'l' cannot be created: elements of type unk",
  ],
  ['map(_, unknown)', { m: t.map(t.string(), t.unknown()) }, 'values of type unknown are not'],
  ['struct({})', { a: t.int(), s: t.struct({}) }, "column 's' cannot be created: a struct needs a"],
  ['struct(unknown)', { a: t.int(), s: t.struct({ u: t.unknown() }) }, 'a member that is stored'],
  ['map(variant, _)', { m: t.map(t.variant(), t.int()) }, 'map keys cannot be variants'],
])('a table is not created with %s', async (_what, schema, message) => {
  const catalog = await connect('memory:/none', { workers: 0 })
  const created = catalog.createTable('a.t', { schema, formatVersion: 3 })
  await expect(created).rejects.toThrow(InvalidArgument)
  await expect(created).rejects.toThrow(message)
  expect(await catalog.tableExists('a.t')).toBe(false)
})

test('inside a struct the names are free, and unknown columns may stand beside others', async () => {
  const catalog = await connect('memory:/free', { workers: 0 })
  const table = await catalog.createTable('a.t', {
    schema: { s: t.struct({ _pos: t.int(), u: t.unknown() }), u: t.unknown(), row: t.int() },
    formatVersion: 3,
  })
  await table.append([{ s: { _pos: 1 }, row: 2 }])
  expect(await table.scan().toArray()).toEqual([{ s: { _pos: 1, u: null }, u: null, row: 2 }])
})
