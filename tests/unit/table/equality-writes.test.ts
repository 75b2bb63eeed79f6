/** Upserts and deletes by key that read nothing of the table. */
import { beforeEach, describe, expect, test } from 'vitest'
import { bucket, type Catalog, col, connect, identity, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'

const schema = {
  id: t.long(),
  city: t.string(),
  stop: t.struct({ n: t.int(), s: t.string() }),
  v: t.double(),
}
type Handle = Table<typeof schema>

let catalog: Catalog
beforeEach(async () => {
  catalog = await connect('memory:', { store: memoryStore(), workers: 0 })
})

const row = (id: number | null, city: string | null = 'Oslo', n: number | null = null) => ({
  id,
  city,
  stop: n === null ? null : { n, s: `s${n}` },
  v: id ?? -1,
})

async function tableOf(options: object = {}): Promise<Handle> {
  return catalog.createTable('ns.t', { schema, formatVersion: 2, ...options })
}

async function shown(table: Handle): Promise<string[]> {
  const rows = await table.scan().toArray()
  return rows.map(({ id, city, v }) => `${id} ${city} ${v}`).sort()
}

async function deleteFiles(table: Handle) {
  const files = (await table.inspect.files().toArray()) as Record<string, unknown>[]
  return files.filter(({ content }) => content !== 0 && content !== 'data')
}

describe.each([2, 3] as const)('format %i', (formatVersion) => {
  test('an upsert replaces older rows of its keys and adds the others', async () => {
    const table = await tableOf({ formatVersion })
    await table.append([row(1), row(2), row(3)])
    const result = await table.upsert([row(2, 'Rome'), row(4)], {
      on: ['id'],
      mode: 'equality-deletes',
    })
    expect(await shown(table)).toEqual(['1 Oslo 1', '2 Rome 2', '3 Oslo 3', '4 Oslo 4'])
    expect(result.operation).toBe('overwrite')
    expect(result.summary).toMatchObject({
      'added-equality-delete-files': '1',
      'added-delete-files': '1',
      'added-equality-deletes': '2',
      'total-equality-deletes': '2',
      'total-delete-files': '1',
      'added-data-files': '1',
      'added-records': '2',
    })
    // A second upsert deletes the rows of the first.
    await table.upsert([row(2, 'Bern')], { on: ['id'], mode: 'equality-deletes' })
    expect(await shown(table)).toEqual(['1 Oslo 1', '2 Bern 2', '3 Oslo 3', '4 Oslo 4'])
    expect(table.currentSnapshotId).toBeDefined()
    expect((await table.verify()).violations).toEqual([])
  })

  test('deletes by key: nulls equal nulls, keys may lie in structs', async () => {
    const table = await tableOf({ formatVersion })
    await table.append([row(1, 'a', 1), row(2, 'a', 2), row(3, null, null), row(null, 'x')])
    const result = await table.deleteKeys([{ id: null }, { id: 2 }], { on: ['id'] })
    expect(result.operation).toBe('delete')
    expect(await shown(table)).toEqual(['1 a 1', '3 null 3'])
    await table.deleteKeys([{ stop: { n: 1 } as never }], { on: ['stop.n'] })
    expect(await shown(table)).toEqual(['3 null 3'])
    // A null struct has a null member.
    await table.deleteKeys([{ stop: null }], { on: ['stop.n'] })
    expect(await shown(table)).toEqual([])
  })

  test('rows that come later are not deleted', async () => {
    const table = await tableOf({ formatVersion })
    await table.append([row(1)])
    await table.deleteKeys([{ id: 1 }], { on: ['id'] })
    await table.append([row(1, 'again')])
    expect(await shown(table)).toEqual(['1 again 1'])
  })
})

describe('two rows with one key', () => {
  test('are refused, and nothing is left behind', async () => {
    const table = await tableOf()
    await table.append([row(1)])
    const call = table.upsert([row(5), row(6), row(5)], { on: ['id'], mode: 'equality-deletes' })
    await expect(call).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining('row 2: another row has the same key (id)'),
    })
    expect(table.snapshots()).toHaveLength(1)
    expect(await shown(table)).toEqual(['1 Oslo 1'])
  })

  test('the last wins when asked', async () => {
    const table = await tableOf()
    await table.append([row(5)])
    const rows = [row(5, 'first'), row(null, 'n1'), row(6), row(5, 'second'), row(null, 'n2')]
    const options = { on: ['id'], mode: 'equality-deletes', duplicates: 'last' } as const
    await table.upsert(rows, { ...options, on: ['id'] })
    expect(await shown(table)).toEqual(['5 second 5', '6 Oslo 6', 'null n2 -1'])
  })

  test('need more memory than is allowed: a typed error, nothing written', async () => {
    const small = await connect('memory:', {
      store: memoryStore(),
      workers: 0,
      memoryLimit: 100_000,
    })
    const table = await small.createTable('ns.t', { schema })
    const many = Array.from({ length: 20_000 }, (_, at) => row(at))
    for (const duplicates of ['refuse', 'last'] as const) {
      const call = table.upsert(many, { on: ['id'], mode: 'equality-deletes', duplicates })
      await expect(call, duplicates).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    }
    // Deletes by key stream.
    await table
      .deleteKeys(many, { on: ['id'] })
      .catch((error: Error) => expect(error.message).toContain('city'))
    await table.deleteKeys(
      many.map(({ id }) => ({ id })),
      { on: ['id'] },
    )
    expect(table.snapshots()).toHaveLength(1)
    await small.close()
  })

  test('`duplicates` belongs to equality deletes', async () => {
    const table = await tableOf()
    const call = table.upsert([row(1)], { on: ['id'], duplicates: 'last' })
    await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('where deletes apply', () => {
  test('in their partition when the key tells it', async () => {
    const table = await tableOf({ partitionBy: [identity('city'), bucket(4, 'id')] })
    await table.append([row(1, 'a'), row(1, 'b'), row(2, null)])
    await table.upsert([row(1, 'a'), row(2, null)], {
      on: ['id', 'city'],
      mode: 'equality-deletes',
    })
    const files = await deleteFiles(table)
    expect(files).toHaveLength(2)
    expect(files.map(({ spec_id }) => spec_id)).toEqual([0, 0])
    expect(await shown(table)).toEqual(['1 a 1', '1 b 1', '2 null 2'])
    await table.deleteKeys([{ id: 2, city: null }], { on: ['id', 'city'] })
    expect(await shown(table)).toEqual(['1 a 1', '1 b 1'])
  })

  test('in the whole table when it does not: by a spec without partitions', async () => {
    const table = await tableOf({ partitionBy: [identity('city')] })
    await table.append([row(1, 'a'), row(2, 'b')])
    await table.upsert([row(1, 'c')], { on: ['id'], mode: 'equality-deletes' })
    expect(await shown(table)).toEqual(['1 c 1', '2 b 2'])
    expect(table.spec.fields).toHaveLength(1)
    expect(table.metadata.partitionSpecs.map(({ fields }) => fields.length)).toEqual([1, 0])
    // The spec is there now.
    await table.upsert([row(2, 'd')], { on: ['id'], mode: 'equality-deletes' })
    expect(table.metadata.partitionSpecs).toHaveLength(2)
    expect(await shown(table)).toEqual(['1 c 1', '2 d 2'])
    expect((await table.verify()).violations).toEqual([])
  })

  test('in every spec that has files', async () => {
    const table = await tableOf({ partitionBy: [identity('city')] })
    await table.append([row(1, 'a'), row(2, 'b')])
    await table.updateSpec((s) => s.removeField('city').addField(bucket(2, 'id')))
    await table.append([row(1, 'a'), row(3, 'b')])
    await table.deleteKeys([{ id: 1, city: 'a' }], { on: ['id', 'city'] })
    const specs = (await deleteFiles(table)).map(({ spec_id }) => Number(spec_id)).sort()
    expect(specs).toEqual([0, 1])
    expect(await shown(table)).toEqual(['2 b 2', '3 b 3'])
  })
})

test('an append of another partition spec meanwhile is a conflict where deletes are scoped', async () => {
  const mine = await tableOf({ partitionBy: [identity('city')] })
  await mine.append([row(1, 'a')])
  const theirs = await catalog.loadTable('ns.t', { schema })
  await theirs.updateSpec((s) => s.addField(bucket(2, 'id')))
  await theirs.append([row(2, 'a')])
  const call = mine.deleteKeys([{ id: 2, city: 'a' }], { on: ['id', 'city'] })
  await expect(call).rejects.toMatchObject({ code: 'COMMIT_CONFLICT', conflict: 'spec-changed' })
})

test('deletes whatever is there by then, unless a level is named', async () => {
  const mine = await tableOf()
  await mine.append([row(1)])
  const theirs = await catalog.loadTable('ns.t', { schema })
  await theirs.append([row(2)])
  const call = mine.deleteKeys([{ id: 2 }], { on: ['id'], isolation: 'serializable' })
  await expect(call).rejects.toMatchObject({ code: 'COMMIT_CONFLICT', conflict: 'rows-added' })
  await mine.deleteKeys([{ id: 2 }], { on: ['id'] })
  expect(await shown(mine)).toEqual(['1 Oslo 1'])
})

test('columns that cannot be keys are refused by name', async () => {
  const table = await tableOf()
  for (const [on, name] of [
    [['v'], '`v`'],
    [['stop'], '`stop`'],
    [['nope'], "'nope'"],
    [['id', 'id'], '`id`'],
    [[], '`on`'],
  ] as const) {
    const call = table.deleteKeys([{ id: 1 }], { on: on as never })
    await expect(call).rejects.toThrow(name)
  }
  await expect(table.deleteKeys([{ id: 1 }])).rejects.toThrow('no identifier fields to match by')
  const old = await catalog.createTable('ns.old', { schema, formatVersion: 1 })
  await expect(old.deleteKeys([{ id: 1 }], { on: ['id'] })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    feature: 'equality-deletes-v1',
  })
})

test('delete files have metrics, are rolled at their size and written as asked', async () => {
  const table = await tableOf({
    properties: {
      'write.delete.target-file-size-bytes': '2000',
      'write.delete.parquet.compression-codec': 'uncompressed',
      'write.parquet.compression-codec': 'zstd',
    },
  })
  await table.append([row(1), row(2000)])
  const keys = Array.from({ length: 3000 }, (_, id) => ({ id: id * 7919 }))
  await table.deleteKeys(keys, { on: ['id'] })
  const files = await deleteFiles(table)
  expect(files.length).toBeGreaterThan(2)
  const total = files.reduce((sum, { record_count }) => sum + Number(record_count), 0)
  expect(total).toBe(3000)
  for (const file of files) {
    expect(Number(file.file_size_in_bytes)).toBeLessThan(8000)
    expect(file.equality_ids).toEqual([1])
    expect(file.lower_bounds).toBeTruthy()
  }
  const orc = { 'write.delete.format.default': 'orc' }
  await table.updateProperties({ set: orc })
  await expect(table.deleteKeys([{ id: 1 }], { on: ['id'] })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    feature: 'write-orc-deletes',
  })
})

test('identifier fields are the key by default, on a branch too', async () => {
  const table = await catalog.createTable('ns.k', {
    schema: { id: t.long().required(), city: t.string() },
    identifier: ['id'],
  })
  await table.append([{ id: 1, city: 'a' }])
  await table.createBranch('audit')
  await table.upsert([{ id: 1, city: 'b' }], { mode: 'equality-deletes', branch: 'audit' })
  expect(await table.scan().toArray()).toEqual([{ id: 1n, city: 'a' }])
  const audit = await table.asOf({ ref: 'audit' })
  expect(await audit.scan({ where: col('id').eq(1) }).toArray()).toEqual([{ id: 1n, city: 'b' }])
})

test('in a transaction, after what was staged', async () => {
  const table = await tableOf({ partitionBy: [identity('city')] })
  await table.append([row(1), row(2)])
  await table.transaction(async (tx) => {
    await tx.append([row(3)])
    await tx.upsert([row(3, 'Rome')], { on: ['id'], mode: 'equality-deletes' })
    await tx.deleteKeys([{ id: 1 }], { on: ['id'] })
    expect(await tx.scan().count()).toBe(2)
  })
  expect(await shown(table)).toEqual(['2 Oslo 2', '3 Rome 3'])
  expect((await table.verify()).violations).toEqual([])
})
