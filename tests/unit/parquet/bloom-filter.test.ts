import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { xxhash64 } from '../../../src/codec/xxhash64.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { MoraineError } from '../../../src/errors.js'
import { type BloomFilter, readBloomFilter } from '../../../src/parquet/bloom-filter.js'
import { duckFile, fileSource, openFooter } from './read-support.js'

const limits = defaultLimits
const utf8 = (text: string) => new TextEncoder().encode(text)
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-bloom-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('xxhash64 of published vectors', () => {
  expect(xxhash64(utf8(''))).toBe(0xef46db3751d8e999n)
  expect(xxhash64(utf8('a'))).toBe(0xd24ec4f1a98c6e5bn)
  expect(xxhash64(utf8('abc'))).toBe(0x44bc2cf5ad770999n)
  expect(xxhash64(utf8('abcdefghijklmnopqrstuvwxyz0123456789'))).toBe(0x64f23ecf1609b766n)
  expect(xxhash64(utf8('Nobody inspects the spammish repetition'))).toBe(0xfbcea83c8a378bf1n)
})

test('finds every value that DuckDB put in, and few others', async () => {
  const path = await duckFile(
    join(folder, 'bloom.parquet'),
    "select (i % 500 * 1000)::bigint l, 'key ' || (i % 300) s from range(20000) t(i)",
  )
  const source = fileSource(path)
  const footer = await openFooter(source)
  const [longs, strings] = footer.rowGroups[0]?.columns ?? []
  const ofLongs = (await readBloomFilter(source, longs!, { limits })) as BloomFilter
  const ofStrings = (await readBloomFilter(source, strings!, { limits })) as BloomFilter
  const long = (value: bigint) => new Uint8Array(BigInt64Array.of(value).buffer)
  for (let i = 0n; i < 500n; i++) expect(ofLongs.mightContain(long(i * 1000n))).toBe(true)
  for (let i = 0; i < 300; i++) expect(ofStrings.mightContain(utf8(`key ${i}`))).toBe(true)
  let wrong = 0
  for (let i = 1n; i < 1000n; i++) if (ofLongs.mightContain(long(i))) wrong++
  for (let i = 0; i < 1000; i++) if (ofStrings.mightContain(utf8(`no ${i}`))) wrong++
  expect(wrong).toBeLessThan(100)
})

test('a chunk without a filter has none, and a filter at a wrong place is refused', async () => {
  const path = await duckFile(join(folder, 'none.parquet'), 'select i::double d from range(9) t(i)')
  const source = fileSource(path)
  const footer = await openFooter(source)
  const chunk = footer.rowGroups[0]!.columns[0]!
  expect(await readBloomFilter(source, { ...chunk, bloomFilter: undefined }, { limits })).toBe(
    undefined,
  )
  const lies = { ...chunk, bloomFilter: { offset: 4, length: 20 } }
  await expect(readBloomFilter(source, lies, { limits })).rejects.toBeInstanceOf(MoraineError)
})
