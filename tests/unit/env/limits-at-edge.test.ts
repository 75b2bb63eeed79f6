/**
 * Every limit at n − 1, n and n + 1: what has n of something is refused by a limit of n − 1, naming
 * the limit, and taken by n and n + 1. A limit without a case fails to compile.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { openAvro } from '../../../src/codec/avro/container.js'
import { AVRO } from '../../../src/codec/avro/schema.js'
import { parseAvroSchema } from '../../../src/codec/avro/schema-json.js'
import { AvroWriter } from '../../../src/codec/avro/writer.js'
import { gzip } from '../../../src/codec/gzip.js'
import { ObjectReader } from '../../../src/codec/json/object-reader.js'
import { parseJson } from '../../../src/codec/json/parse.js'
import { CompactReader } from '../../../src/codec/thrift/compact-reader.js'
import { readThrift } from '../../../src/codec/thrift/generic.js'
import { defaultLimits, type Limits, withLimits } from '../../../src/env/env.js'
import { LimitExceeded } from '../../../src/errors.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'
import { connect, openTable, t } from '../../../src/index.js'
import { readFooter } from '../../../src/parquet/footer.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import { parseLocation } from '../../../src/store/location.js'
import { memoryStore } from '../../../src/testing/index.js'
import { parseNameMapping } from '../../../src/types/name-mapping.js'
import { parseSchema } from '../../../src/types/schema-json.js'
import { Variant } from '../../../src/types/variant.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { handFile, int32s } from '../parquet/handmade.js'
import { bytesSource } from '../parquet/read-support.js'

interface Case {
  readonly of: string
  /** How much of it there is; a function where only a file tells, once it is written. */
  readonly n: number | (() => number)
  readonly read: (limits: Limits) => unknown
}

/** A small table: its files by what they are, and reads of it under other limits. */
const store = memoryStore()
const place = 'memory:/wh/a/t'
const sizes = new Map<string, number>()

beforeAll(async () => {
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('a.t', {
    schema: { id: t.long().required(), s: t.struct({ l: t.list(t.string()) }) },
    properties: { 'write.parquet.compression-codec': 'gzip' },
  })
  await table.append([{ id: 1, s: { l: ['a', 'b'] } }, { id: 2 }])
  const [manifest] = await table.inspect.manifests().toArray()
  const files = store.files()
  const size = (path: string): number => files.get(path)?.length ?? 0
  sizes.set('metadata', size(table.metadataLocation))
  sizes.set('manifest', size(String(manifest?.path)))
  sizes.set('list', size(table.metadata.snapshots[0]?.manifestList ?? ''))
})

const scan = async (limits: Limits): Promise<unknown> =>
  (await openTable(place, { store, workers: 0, limits })).scan().toArray()
const verify = async (limits: Limits): Promise<unknown> => {
  const table = await openTable(place, { store, workers: 0, limits })
  const { violations } = await table.verify()
  return violations
}

/** A case of the table above; its size is known only once it is written. */
const ofTable = (of: string, file: string, read: Case['read']): Case => ({
  of,
  n: () => sizes.get(file) ?? 0,
  read,
})

const repeat = <T>(n: number, make: (index: number) => T): T[] =>
  Array.from({ length: n }, (_, index) => make(index))

const schemaOfFields = (n: number): string =>
  `{"fields":[${repeat(n, (i) => `{"id":${i + 1},"name":"c${i}","required":false,"type":"int"}`).join(',')}]}`
const schemaOfDepth = (depth: number): string => {
  let type = '"int"'
  for (let i = depth; i > 1; i--) {
    type = `{"type":"list","element-id":${i + 100},"element":${type},"element-required":false}`
  }
  return `{"fields":[{"id":1,"name":"a","required":false,"type":${type}}]}`
}
const mappingOfDepth = (depth: number): string =>
  depth === 0 ? '[]' : `[{"names":["a"],"fields":${mappingOfDepth(depth - 1)}}]`
const schemaCase = (of: string, n: number, text: string): Case => ({
  of,
  n,
  read: (limits) =>
    parseSchema(new ObjectReader(parseJson(text, { limits: defaultLimits })), limits),
})

const snapshot = (id: number) => ({
  'snapshot-id': id,
  'sequence-number': 1,
  'timestamp-ms': 1000,
  'manifest-list': `/w/t/metadata/snap-${id}.avro`,
  summary: { operation: 'append' },
})
const metadataText = JSON.stringify({
  'format-version': 2,
  'table-uuid': '12345678-0000-4000-8000-000000000000',
  location: '/w/t',
  'last-sequence-number': 1,
  'last-updated-ms': 1000,
  'last-column-id': 1,
  'current-schema-id': 0,
  schemas: [{ type: 'struct', 'schema-id': 0, fields: [] }],
  'default-spec-id': 0,
  'partition-specs': [{ 'spec-id': 0, fields: [] }],
  'last-partition-id': 999,
  'default-sort-order-id': 0,
  'sort-orders': [{ 'order-id': 0, fields: [] }],
  properties: { a: '1', b: '2', c: '3' },
  'current-snapshot-id': 1,
  refs: Object.fromEntries(
    repeat(4, (i) => [i === 0 ? 'main' : `r${i}`, { 'snapshot-id': 1, type: 'branch' }]),
  ),
  snapshots: repeat(5, (i) => snapshot(i + 1)),
})
const metadataCase = (of: string, n: number, bytes = encodeUtf8(metadataText)): Case => ({
  of,
  n,
  read: (limits) => readTableMetadata(bytes, { limits }),
})

const avroFile = (text: string): Uint8Array => {
  const schema = { kind: 'record', name: 'r', fields: [{ name: 's', type: AVRO.string }] } as const
  const sync = new Uint8Array(16)
  const writer = new AvroWriter({ schema, sync, codec: 'deflate' })
  writer.append([text])
  return writer.finish()
}
const avroCase = (of: string, n: number): Case => ({
  of,
  n,
  read: (limits) => [...openAvro(avroFile('x'.repeat(998)), { limits }).rows()],
})
const avroText = '{"type":"array","items":{"type":"array","items":"int"}}'

const parquet = handFile({
  schema: [{ name: 'i', type: 'int32', repetition: 'required' }],
  rows: 4,
  columns: [
    { path: ['i'], type: 'int32', values: 4, pages: [{ values: 4, body: int32s(1, 2, 3, 4) }] },
  ],
})
const footerBytes = new DataView(parquet.buffer).getUint32(parquet.length - 8, true)
const parquetCase = (of: string, n: number): Case => ({
  of,
  n,
  read: async (limits) => {
    const source = bytesSource(parquet)
    const footer = await readFooter(source, { limits })
    return readRowGroup(source, footer, { rowGroup: 0, limits })
  },
})
const thriftOfDepth = (depth: number): Uint8Array =>
  Uint8Array.from([...new Array<number>(depth - 1).fill(0x1c), ...new Uint8Array(depth)])

const jsonCase = (of: string, n: number, text: string): Case => ({
  of,
  n,
  read: (limits) => parseJson(text, { limits }),
})

const cases: { readonly [L in keyof Limits]: readonly Case[] } = {
  metadataBytes: [
    metadataCase('a metadata file', encodeUtf8(metadataText).length),
    ofTable('the metadata of a table that is opened', 'metadata', scan),
  ],
  metadataInflatedBytes: [
    metadataCase(
      'a gzipped metadata file',
      encodeUtf8(metadataText).length,
      gzip(encodeUtf8(metadataText)),
    ),
  ],
  jsonDepth: [jsonCase('arrays', 3, '[[[]]]'), jsonCase('objects', 3, '{"a":{"a":{}}}')],
  jsonStringLength: [
    jsonCase('a string', 5, '"abcde"'),
    jsonCase('a name', 5, '{"abcde":1}'),
    jsonCase('a number', 5, '12345'),
    jsonCase('escapes', 5, '"\\n\\n\\n\\n\\n"'),
  ],
  jsonNodes: [jsonCase('an array', 6, '[1,2,3,4,5]'), jsonCase('an object', 3, '{"a":1,"b":2}')],
  schemaFields: [
    schemaCase('a schema', 10, schemaOfFields(10)),
    {
      of: 'a name mapping',
      n: 3,
      read: (limits) =>
        parseNameMapping(`[${repeat(3, (i) => `{"names":["${i}"]}`).join(',')}]`, limits),
    },
  ],
  schemaDepth: [
    schemaCase('a schema', 8, schemaOfDepth(8)),
    { of: 'a name mapping', n: 4, read: (limits) => parseNameMapping(mappingOfDepth(3), limits) },
  ],
  manifestListBytes: [ofTable('the list of a scan', 'list', scan)],
  manifestBytes: [ofTable('the manifest of a scan', 'manifest', scan)],
  avroSchemaBytes: [
    { of: 'a schema', n: avroText.length, read: (limits) => parseAvroSchema(avroText, { limits }) },
  ],
  avroHeaderEntries: [avroCase('a header with a schema and a codec', 2)],
  avroBlockBytes: [avroCase('a deflated block', 1000)],
  avroDepth: [{ of: 'a schema', n: 3, read: (limits) => parseAvroSchema(avroText, { limits }) }],
  snapshots: [metadataCase('table metadata', 5)],
  refs: [metadataCase('table metadata', 4)],
  properties: [metadataCase('table metadata', 3)],
  parquetFooterBytes: [parquetCase('a footer', footerBytes)],
  parquetPageBytes: [parquetCase('a page', 16)],
  parquetPageValues: [parquetCase('a page', 4)],
  thriftDepth: [
    {
      of: 'structs',
      n: 5,
      read: (limits) => readThrift(new CompactReader(thriftOfDepth(5), { limits })),
    },
  ],
  variantDepth: [
    { of: 'a value written', n: 3, read: (limits) => Variant.of([{ a: [] }], limits) },
    { of: 'a value read', n: 3, read: (limits) => Variant.of([{ a: [] }]).toValue({}, limits) },
    {
      of: 'a variant inside a value',
      n: 3,
      read: (limits) => Variant.of([Variant.of([[]])], limits),
    },
  ],
  variantBytes: [
    { of: 'a value written', n: 8, read: (limits) => Variant.of('1234567', limits) },
    { of: 'a value read', n: 8, read: (limits) => Variant.of('1234567').toValue({}, limits) },
    { of: 'names read', n: 8, read: (limits) => Variant.of({ abcd: 1 }).toJsonText(limits) },
  ],
  pathBytes: [
    { of: 'ASCII', n: 9, read: (limits) => parseLocation('/abcdefgh', limits) },
    { of: 'other letters', n: 9, read: (limits) => parseLocation('/éééé', limits) },
  ],
  metadataVersion: [
    { of: 'the head of a table', n: 2, read: scan },
    { of: 'a table that is verified', n: 2, read: verify },
  ],
  openWriters: [],
}

const named = Object.entries(cases).flatMap(([limit, all]) =>
  all.map((one) => [limit as keyof Limits, one.of, one] as const),
)

describe.each(named)('%s: %s', (limit, _, { n, read }) => {
  const size = (): number => (typeof n === 'number' ? n : n())
  const under = (max: number): Limits => withLimits(defaultLimits, { [limit]: max })

  test('n − 1 refuses it by name', async () => {
    const max = size() - 1
    const refused = Promise.resolve().then(() => read(under(max)))
    await expect(refused).rejects.toBeInstanceOf(LimitExceeded)
    await expect(refused).rejects.toMatchObject({ details: { limit, max } })
  })

  test.each([0, 1])('n + %i takes it', async (more) => {
    expect(await read(under(size() + more))).toBeDefined()
  })
})

/** `openWriters` refuses nothing: the writer that waited longest is closed, and its file ends there. */
test.each([
  [2, 6],
  [3, 3],
  [4, 3],
])('openWriters %i: three partitions that come again make %i files', async (openWriters, files) => {
  const catalog = await connect('memory:/wh', { workers: 0, limits: { openWriters } })
  const table = await catalog.createTable('a.t', { schema: { p: t.int() }, partitionBy: ['p'] })
  const { tableToIPC, tableFromArrays } = await import('apache-arrow')
  const batch = tableToIPC(tableFromArrays({ p: Int32Array.of(1, 2, 3) }))
  await table.append([batch, batch])
  expect(await table.inspect.files().toArray()).toHaveLength(files)
  expect(await table.scan().count()).toBe(6)
})

test('every limit has a case', () => {
  const without = Object.keys(defaultLimits).filter(
    (limit) => !named.some(([name]) => name === limit),
  )
  expect(without).toEqual(['openWriters'])
})
