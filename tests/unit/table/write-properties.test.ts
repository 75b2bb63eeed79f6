/** What table properties ask of writes is what the files are. */
import { expect, test } from 'vitest'
import { openAvro } from '../../../src/codec/avro/container.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { connect, t } from '../../../src/index.js'
import { readFooter } from '../../../src/parquet/footer.js'
import type { ParquetFooter } from '../../../src/parquet/model.js'
import {
  PAGE_DATA,
  PAGE_DATA_V2,
  PAGE_DICTIONARY,
  PageHeaderReader,
} from '../../../src/parquet/page-header.js'
import { memoryStore } from '../../../src/testing/index.js'
import { bytesSource } from '../parquet/read-support.js'

const rows = Array.from({ length: 4000 }, (_, id) => ({ id, word: `word ${id % 7}` }))

async function written(properties: Record<string, string>) {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0, writeRoots: ['memory:/else'] })
  const schema = { id: t.long().required(), word: t.string() }
  const table = await catalog.createTable('a.t', { schema, properties })
  await table.append(rows)
  expect(await table.scan().count()).toBe(rows.length)
  const files: { path: string; bytes: Uint8Array; footer: ParquetFooter }[] = []
  for (const file of await table.inspect.files().toArray()) {
    const path = String(file.file_path)
    const bytes = await store.read(path)
    files.push({
      path,
      bytes,
      footer: await readFooter(bytesSource(bytes), { limits: defaultLimits }),
    })
  }
  return { store, table, files }
}

test.each([
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
  ['gzip', 'gzip'],
  ['lz4', 'lz4_raw'],
  ['uncompressed', 'uncompressed'],
  ['none', 'uncompressed'],
])('write.parquet.compression-codec %s gives chunks of %s', async (codec, stored) => {
  const { files, table } = await written({ 'write.parquet.compression-codec': codec })
  const codecs = files.flatMap(({ footer }) =>
    footer.rowGroups.flatMap((group) => group.columns.map((chunk) => chunk.codec)),
  )
  expect(new Set(codecs)).toEqual(new Set([stored]))
  expect(await table.scan({ where: 'id = 3999' }).toArray()).toEqual([
    { id: 3999n, word: 'word 2' },
  ])
})

/** The types of a chunk's pages. */
function pageTypes(bytes: Uint8Array, { rowGroups }: ParquetFooter, column: number): number[] {
  const types: number[] = []
  for (const group of rowGroups) {
    const chunk = group.columns[column]
    if (chunk === undefined) continue
    const header = new PageHeaderReader(bytes, 'f')
    const end = chunk.start + chunk.compressedBytes
    for (let at = chunk.start; at < end; at = header.end + header.compressedBytes) {
      header.read(at)
      types.push(header.type)
    }
  }
  return types
}

test.each([
  ['v1', PAGE_DATA],
  ['v2', PAGE_DATA_V2],
])('write.parquet.page-version %s', async (version, type) => {
  const { files } = await written({
    'write.parquet.page-version': version,
    'write.parquet.page-size-bytes': '2048',
  })
  const [file] = files
  if (file === undefined) throw new RangeError('no file')
  const data = pageTypes(file.bytes, file.footer, 0).filter((one) => one !== PAGE_DICTIONARY)
  expect(new Set(data)).toEqual(new Set([type]))
  expect(data.length).toBeGreaterThan(1)
})

test('write.parquet.dict-size-bytes: 0 writes no dictionary', async () => {
  const pages = async (bytes: string): Promise<number[]> => {
    const { files } = await written({ 'write.parquet.dict-size-bytes': bytes })
    return files.flatMap((file) => pageTypes(file.bytes, file.footer, 1))
  }
  expect(await pages('2097152')).toContain(PAGE_DICTIONARY)
  expect(await pages('0')).not.toContain(PAGE_DICTIONARY)
})

test('write.parquet.row-group-size-bytes and write.target-file-size-bytes', async () => {
  const one = await written({})
  expect(one.files.map(({ footer }) => footer.rowGroups.length)).toEqual([1])
  const groups = await written({ 'write.parquet.row-group-size-bytes': '20000' })
  expect(groups.files).toHaveLength(1)
  expect(groups.files[0]?.footer.rowGroups.length).toBeGreaterThan(2)
  const files = await written({
    'write.parquet.compression-codec': 'uncompressed',
    'write.target-file-size-bytes': '10000',
  })
  expect(files.files.length).toBeGreaterThan(2)
})

test.each([
  ['gzip', 'deflate'],
  ['snappy', 'snappy'],
  ['uncompressed', 'null'],
])('write.manifest.compression-codec %s', async (codec, stored) => {
  const { store } = await written({ 'write.manifest.compression-codec': codec })
  const avro = [...store.files()].filter(([path]) => path.endsWith('.avro'))
  expect(avro.length).toBe(2)
  for (const [path, bytes] of avro) {
    expect(openAvro(bytes, { limits: defaultLimits }).codec, path).toBe(stored)
  }
})

test('write.data.path and write.object-storage.enabled say where files go', async () => {
  const elsewhere = await written({ 'write.data.path': 'memory:/else/t' })
  expect(elsewhere.files[0]?.path).toMatch(/^memory:\/else\/t\//)
  const hashed = await written({ 'write.object-storage.enabled': 'true' })
  expect(hashed.files[0]?.path).toMatch(/^memory:\/wh\/a\/t\/data(\/[01]{4}){3}\/[01]{8}\//)
})

test('write.format.default: formats that are not written are refused before anything is', async () => {
  await expect(written({ 'write.format.default': 'orc' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    feature: 'write-orc',
  })
})
