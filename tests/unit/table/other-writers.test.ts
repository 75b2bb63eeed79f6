/**
 * What real writers leave behind that the specification does not say, or leaves open; and what is
 * refused by name. Tables of our own are rewritten into the shape that others give them.
 */
import { describe, expect, test } from 'vitest'
import { openAvro } from '../../../src/codec/avro/container.js'
import type { AvroRecord, AvroRow, AvroSchema, AvroValue } from '../../../src/codec/avro/schema.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { connect, openTable, t } from '../../../src/index.js'
import { type MemoryStore, memoryStore } from '../../../src/testing/index.js'
import { decodeSingleValue } from '../../../src/types/single-value.js'
import { decodeUtf8, encodeUtf8 } from '../../../src/util/utf8.js'
import { handFile } from '../parquet/handmade.js'

const place = 'memory:/wh/a/t'

async function written() {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const schema = { id: t.long().required(), p: t.string(), d: t.decimal(9, 2) }
  const table = await catalog.createTable('a.t', { schema, partitionBy: ['p'] })
  await table.append([
    { id: 1, p: 'x', d: '-1.28' },
    { id: 2, p: 'y', d: null },
  ])
  return { store, catalog, table }
}

const ids = async (scan: { toArray(): Promise<readonly object[]> }): Promise<unknown[]> =>
  (await scan.toArray()).map((row) => ('id' in row ? row.id : undefined)).sort()

type Change = (value: AvroValue, fieldId: number | undefined) => AvroValue

/** Every value of a row, inner ones first, through `change`. */
function changed(value: AvroValue, schema: AvroSchema, change: Change, id?: number): AvroValue {
  const inner = (): AvroValue => {
    if (value === null || value === undefined) return value
    if (schema.kind === 'record') {
      const fields = schema.fields
      return (value as AvroRow).map((item, i) =>
        changed(item, fields[i]?.type ?? schema, change, fields[i]?.fieldId),
      )
    }
    const branch =
      schema.kind === 'union' ? schema.branches.find((b) => b.kind !== 'null') : undefined
    return branch === undefined ? value : changed(value, branch, (v) => v, id)
  }
  if (schema.kind === 'union') {
    const branch = schema.branches.find((b) => b.kind !== 'null')
    if (value !== null && branch?.kind === 'record') return changed(value, branch, change, id)
    return change(value, id)
  }
  return change(inner(), id)
}

/** Writes an Avro file of the store anew. */
async function rewrite(
  store: MemoryStore,
  path: string,
  change: Change,
  header: (metadata: Map<string, Uint8Array>) => void = () => {},
): Promise<void> {
  const file = openAvro(await store.read(path), { limits: defaultLimits })
  const metadata = new Map([...file.metadata].filter(([key]) => !key.startsWith('avro.')))
  header(metadata)
  const schema = file.schema as AvroRecord
  const writer = new AvroWriter({ schema, metadata, sync: new Uint8Array(16), codec: 'null' })
  for (const row of file.rows()) writer.append(changed(row, schema, change) as AvroRow)
  await store.put(path, writer.finish())
}

const avroFiles = (store: MemoryStore): string[] =>
  [...store.files().keys()].filter((path) => path.endsWith('.avro'))
const manifestFiles = (store: MemoryStore): string[] =>
  avroFiles(store).filter((path) => !path.includes('/snap-'))

describe('manifests', () => {
  test('without a schema id, or with a schema that cannot be read, are read by the table metadata', async () => {
    const { store } = await written()
    for (const path of manifestFiles(store)) {
      await rewrite(
        store,
        path,
        (value) => value,
        (metadata) => {
          metadata.delete('schema-id')
          metadata.set('schema', encodeUtf8('{"type":"struct","fields":[{"broken'))
        },
      )
    }
    expect(await ids((await openTable(place, { store })).scan())).toEqual([1n, 2n])
  })

  const [sizes, values, nulls, nans, lower, upper] = [108, 109, 110, 137, 125, 128]
  test.each([
    ['no statistics at all', [sizes, values, nulls, nans, lower, upper, 132, 140]],
    ['counts without bounds', [lower, upper]],
    ['a lower bound alone', [upper]],
    ['bounds without counts', [values, nulls, nans]],
  ])('%s: every predicate still gives its rows', async (_, without) => {
    const { store } = await written()
    for (const path of manifestFiles(store)) {
      await rewrite(store, path, (value, id) => (without.includes(id ?? -1) ? null : value))
    }
    const table = await openTable(place, { store })
    expect(await ids(table.scan({ where: 'id = 1' }))).toEqual([1n])
    expect(await ids(table.scan({ where: 'd is null' }))).toEqual([2n])
    expect(await ids(table.scan({ where: "d < '0.00'" }))).toEqual([1n])
    expect(await ids(table.scan({ where: "p = 'y'" }))).toEqual([2n])
  })

  test('a list without partition summaries prunes nothing and loses nothing', async () => {
    const { store } = await written()
    for (const path of avroFiles(store).filter((name) => name.includes('/snap-'))) {
      await rewrite(store, path, (value, id) => (id === 507 ? null : value))
    }
    const table = await openTable(place, { store })
    expect(await ids(table.scan({ where: "p = 'y'" }))).toEqual([2n])
    expect(await ids(table.scan({ where: "p = 'z'" }))).toEqual([])
  })
})

test.each([
  [
    'an unknown transform',
    '"transform":"identity","source-id":2',
    '"transform":"zorder[3]","source-id":2',
  ],
  [
    'a transform of several columns',
    '"transform":"identity","source-id":2',
    '"transform":"bucket[4]","source-ids":[1,2]',
  ],
])('a spec with %s is read without pruning by it, and not written with', async (_, from, to) => {
  const { store } = await written()
  const head = `${place}/metadata/v2.metadata.json`
  const text = decodeUtf8(await store.read(head)) ?? ''
  expect(text).toContain(from)
  await store.put(head, encodeUtf8(text.replaceAll(from, to)))
  const table = await openTable(place, { store })
  expect(await ids(table.scan({ where: "p = 'y'" }))).toEqual([2n])
  const { levels } = await table.scan({ where: "p = 'nowhere'" }).explain()
  const skipped = levels.filter(({ level }) => level.includes('partition')).map((at) => at.skipped)
  expect(skipped).toEqual([0, 0])
  await expect(table.append([{ id: 3 }])).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

describe('places', () => {
  test.each(['data/persistent/t', '/warehouse/a/t', 'hdfs://old:8020/wh/a/t'])(
    'a table that says it is at %s is read where it is',
    async (recorded) => {
      const { store } = await written()
      const moved: Change = (value) =>
        typeof value === 'string' ? value.replace(place, recorded) : value
      for (const path of avroFiles(store)) await rewrite(store, path, moved)
      const head = `${place}/metadata/v2.metadata.json`
      const text = decodeUtf8(await store.read(head)) ?? ''
      await store.put(head, encodeUtf8(text.replaceAll(place, recorded)))
      const table = await openTable(place, { store })
      expect(await ids(table.scan())).toEqual([1n, 2n])
      await expect(table.append([{ id: 3 }])).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    },
  )

  test('a metadata file named by the second of its export, the only one there', async () => {
    const { store } = await written()
    const there = 'memory:/export/t'
    for (const [path, bytes] of store.files()) {
      const name = path.replace(place, there)
      if (!/v1\.metadata|version-hint/.test(name))
        await store.put(name.replace('/v2.', '/v1749025517.'), bytes)
    }
    const opened = await openTable(there, { store })
    expect(await ids(opened.scan())).toEqual([1n, 2n])
    const named = await openTable(`${there}/metadata/v1749025517.metadata.json`, { store })
    expect(await ids(named.scan())).toEqual([1n, 2n])
  })
})

test('decimal bounds in more bytes than they need, or in the fewest', () => {
  const type = { kind: 'decimal', precision: 9, scale: 2 } as const
  expect(decodeSingleValue(type, Uint8Array.of(0x80))).toBe(-128n)
  expect(decodeSingleValue(type, Uint8Array.of(0xff, 0x80))).toBe(-128n)
  expect(decodeSingleValue(type, Uint8Array.of(0xff, 0xff, 0xff, 0x80))).toBe(-128n)
})

test('INT96 timestamps of an adopted file are exact, and give no bounds', async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0, readRoots: ['memory:/in'] })
  const table = await catalog.createTable('a.t', { schema: { at: t.timestamp() } })
  // Nanoseconds of the day, then the Julian day: 1969-12-31T23:59:59.999999 and 2026-01-31.
  const body = new Uint8Array(24)
  const view = new DataView(body.buffer)
  view.setBigUint64(0, 86_399_999_999_000n, true)
  view.setUint32(8, 2_440_587, true)
  view.setBigUint64(12, 0n, true)
  view.setUint32(20, 2_440_588 + 20_484, true)
  const file = handFile({
    schema: [{ name: 'at', type: 'int96', repetition: 'required' }],
    rows: 2,
    columns: [{ path: ['at'], type: 'int96', values: 2, pages: [{ values: 2, body }] }],
  })
  await store.put('memory:/in/old.parquet', file)
  await table.addFiles(['memory:/in/old.parquet'])
  const rows = (await table.scan().toArray()).map((row) => row.at).sort()
  expect(rows).toEqual(['1969-12-31T23:59:59.999999', '2026-01-31T00:00:00.000000'])
  expect(await table.scan({ where: "at < '1970-01-01T00:00:00'" }).count()).toBe(1)
})

describe('a handle and the table it was opened for', () => {
  test('a table made again under the same name is another one: refresh says so', async () => {
    const { catalog, table } = await written()
    const uuid = table.uuid
    await catalog.dropTable('a.t')
    const again = await catalog.createTable('a.t', { schema: { id: t.long().required() } })
    await expect(table.refresh()).rejects.toMatchObject({ code: 'NOT_FOUND', kind: 'table' })
    expect(table.uuid).toBe(uuid)
    await expect(table.append([{ id: 3 }])).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    expect(await again.scan().count()).toBe(0)
  })
})

describe('what is refused by name', () => {
  test('a view', async () => {
    const { store } = await written()
    const view = {
      'view-uuid': 'fa6506c3-7681-40c8-86dc-e36561f83385',
      'format-version': 1,
      location: 'memory:/wh/a/v',
      'current-version-id': 1,
      versions: [],
      'version-log': [],
      schemas: [],
    }
    const name = '00001-fa6506c3-7681-40c8-86dc-e36561f83385.metadata.json'
    await store.put(`memory:/wh/a/v/metadata/${name}`, encodeUtf8(JSON.stringify(view)))
    await expect(openTable('memory:/wh/a/v', { store })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      feature: 'view',
      message: expect.stringMatching(/metadata of a view/),
    })
  })

  test('an encrypted manifest list, and data files that say they are encrypted', async () => {
    const { store } = await written()
    for (const path of manifestFiles(store)) {
      await rewrite(store, path, (value, id) => (id === 131 ? Uint8Array.of(1) : value))
    }
    const encrypted = { code: 'UNSUPPORTED', feature: 'encryption' }
    const table = await openTable(place, { store })
    await expect(table.scan().toArray()).rejects.toMatchObject(encrypted)

    const head = `${place}/metadata/v2.metadata.json`
    const text = decodeUtf8(await store.read(head)) ?? ''
    await store.put(
      head,
      encodeUtf8(text.replace('"manifest-list"', '"key-id":"k","manifest-list"')),
    )
    const keyed = await openTable(place, { store })
    await expect(keyed.scan().toArray()).rejects.toMatchObject(encrypted)
    await expect(keyed.append([{ id: 3 }])).rejects.toMatchObject(encrypted)
  })

  test('writing plain files to a table whose files are to be encrypted', async () => {
    const { store, catalog, table } = await written()
    await table.updateProperties({ set: { 'encryption.key-id': 'k' } })
    const before = store.files().size
    const encrypted = { code: 'UNSUPPORTED', feature: 'encryption' }
    await expect(table.append([{ id: 3, p: 'x', d: null }])).rejects.toMatchObject(encrypted)
    const added = table.addFiles([`${place}/data/x.parquet`])
    await expect(added).rejects.toMatchObject(encrypted)
    expect(store.files().size).toBe(before)
    expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(2)
  })
})
