/**
 * The smaller things that a table is made of, damaged: a value or a typed error, never an error of
 * the platform and never without end.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseJson } from '../../src/codec/json/parse.js'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import {
  decodeDeletionVector,
  encodeDeletionVector,
} from '../../src/codec/puffin/deletion-vector.js'
import {
  parsePuffinFooter,
  puffinFooterBytes,
  unpackPuffinBlob,
} from '../../src/codec/puffin/puffin.js'
import { PositionBitmap } from '../../src/codec/roaring/position-bitmap.js'
import { decodePositions, encodePositions } from '../../src/codec/roaring/serialize.js'
import { loadZstd } from '../../src/codec/zstd.js'
import { commitToken, parseCommitToken } from '../../src/commit/commit-token.js'
import { defaultLimits } from '../../src/env/limits.js'
import { LimitExceeded, MoraineError } from '../../src/errors.js'
import { bind } from '../../src/expr/bind.js'
import { and, col, not } from '../../src/expr/build.js'
import { readBloomFilter } from '../../src/parquet/bloom-filter.js'
import { readFooter } from '../../src/parquet/footer.js'
import type { ScanTask } from '../../src/scan/contract.js'
import { taskFromJson, taskToJson } from '../../src/scan/task-json.js'
import { parseNameMapping } from '../../src/types/name-mapping.js'
import { parseTypeText } from '../../src/types/type-text.js'
import { encodeUtf8 } from '../../src/util/utf8.js'
import { bytesSource, duckFile } from '../unit/parquet/read-support.js'

const limits = { ...defaultLimits, metadataBytes: 1 << 20, parquetFooterBytes: 1 << 20 }
const bitmap = PositionBitmap.of([1, 2, 3, 70_000, 2 ** 32 + 5, 2 ** 33])
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function readPuffin(bytes: Uint8Array): unknown {
  const size = puffinFooterBytes(bytes.subarray(-12), { limits })
  const footer = parsePuffinFooter(bytes.subarray(-size), bytes.length, { limits, path: 'p' })
  return footer.blobs.map((blob) => {
    const stored = bytes.subarray(blob.offset, blob.offset + blob.length)
    return unpackPuffinBlob(blob, stored, { limit: 1 << 20, limitName: 'metadataBytes' })
  })
}

const schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [{ id: 1, name: 'id', required: false, type: { kind: 'long' as const } }],
}

const task: ScanTask = {
  file: {
    content: 'data',
    path: '/t/a.parquet',
    format: 'parquet',
    specId: 0,
    partition: [5n, 'x', null],
    recordCount: 1n,
    sizeBytes: 9n,
    splitOffsets: [4n],
  },
  sequenceNumber: 1n,
  fileSequenceNumber: 1n,
  addedSnapshotId: 2n ** 62n,
  deletes: [],
  residual: bind(and(col('id').in([1n, 2n]), not(col('id').isNull())), schema),
}

type Target = readonly [name: string, bytes: () => Uint8Array, read: (bytes: Uint8Array) => unknown]

const targets: readonly Target[] = [
  [
    'puffin',
    () => {
      const golden = new URL('../golden/tables/statistics_puffin/metadata/', import.meta.url)
      const name = readdirSync(golden).find((file) => file.endsWith('.stats')) ?? ''
      return new Uint8Array(readFileSync(new URL(name, golden)))
    },
    readPuffin,
  ],
  ['deletion vector', () => encodeDeletionVector(bitmap), (bytes) => decodeDeletionVector(bytes)],
  ['positions', () => encodePositions(bitmap), (bytes) => decodePositions(bytes)],
  [
    'name mapping',
    () => encodeUtf8('[{"field-id":1,"names":["a","b"],"fields":[{"names":["c"]}]}]'),
    (bytes) => parseNameMapping(text(bytes), limits),
  ],
  [
    'commit token',
    () => {
      const uuid = 'f79c3e09-677c-4bbd-a479-3f349cb785e7'
      return encodeUtf8(commitToken({ location: '/t', slot: 3, hash: 'a'.repeat(64), uuid }))
    },
    (bytes) => parseCommitToken(text(bytes), limits),
  ],
  [
    'scan task',
    () => encodeUtf8(stringifyJson(taskToJson(task))),
    (bytes) => taskFromJson(parseJson(bytes, { limits }), schema),
  ],
  ['type', () => encodeUtf8('decimal(9,2)'), (bytes) => parseTypeText(text(bytes))],
]

beforeAll(() => loadZstd())

function valueOrTyped(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof MoraineError)) throw error
    expect(error.code).toMatch(
      /^(CORRUPT_DATA|LIMIT_EXCEEDED|UNSUPPORTED|INVALID_ARGUMENT|NOT_FOUND)$/,
    )
  }
}

describe.each(targets)('%s', (_, bytes, read) => {
  test('cut short anywhere', () => {
    const whole = bytes()
    const step = Math.max(1, Math.floor(whole.length / 400))
    for (let end = 0; end < whole.length; end += step) valueOrTyped(() => read(whole.slice(0, end)))
  })

  test('with flipped bits and bytes put in', () => {
    const whole = bytes()
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255), more: fc.nat(2) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = [...whole]
        for (const { at, to, more } of changes) {
          if (more === 0) damaged[at] = (damaged[at] ?? 0) ^ (1 << (to & 7))
          else if (more === 1) damaged[at] = to
          else damaged.splice(at, 0, to, to)
        }
        valueOrTyped(() => read(Uint8Array.from(damaged)))
      }),
      { numRuns: 400 },
    )
  })
})

test('what is damaged above is whole to begin with', () => {
  for (const [name, bytes, read] of targets) expect(read(bytes()), name).toBeDefined()
})

/** A zstd frame of a few bytes for each 128 KiB of zeros. */
function zstdBomb(blocks: number): Uint8Array {
  const blockBytes = 1 << 17
  const out = [0x28, 0xb5, 0x2f, 0xfd, 0xa0]
  const total = blocks * blockBytes
  for (let shift = 0; shift < 32; shift += 8) out.push((total >>> shift) & 0xff)
  for (let block = 1; block <= blocks; block++) {
    const header = (blockBytes << 3) | 2 | (block === blocks ? 1 : 0)
    out.push(header & 0xff, (header >> 8) & 0xff, (header >> 16) & 0xff, 0)
  }
  return Uint8Array.from(out)
}

test('a blob that unpacks to far more than it may is refused', () => {
  const bounds = { limit: 1 << 20, limitName: 'metadataBytes' } as const
  const blob = { compressionCodec: 'zstd' }
  expect(unpackPuffinBlob(blob, zstdBomb(8), bounds)).toHaveLength(1 << 20)
  expect(() => unpackPuffinBlob(blob, zstdBomb(9), bounds)).toThrow(LimitExceeded)
  expect(() => unpackPuffinBlob(blob, zstdBomb(4096), bounds)).toThrow(LimitExceeded)
})

test('bloom filters that are damaged give an answer or a typed error', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-hostile-bloom-'))
  const path = join(folder, 'bloom.parquet')
  await duckFile(path, 'select (i % 500 * 1000)::bigint l from range(20000) t(i)')
  const whole = new Uint8Array(readFileSync(path))
  rmSync(folder, { recursive: true })
  const footer = await readFooter(bytesSource(whole), { limits })
  const [chunk] = footer.rowGroups[0]?.columns ?? []
  if (chunk?.bloomFilter === undefined) throw new RangeError('DuckDB wrote no filter')
  const { offset, length } = chunk.bloomFilter
  const codes = new Set<string>()
  for (let at = 0; at < 64; at++) {
    for (const to of [0, 1, 0x7f, 0x80, 0xff]) {
      const bytes = whole.slice()
      bytes[offset + at] = to
      try {
        const filter = await readBloomFilter(bytesSource(bytes), chunk, { limits })
        expect(filter?.mightContain(new Uint8Array(8))).toBeTypeOf('boolean')
        codes.add('read')
      } catch (error) {
        if (!(error instanceof MoraineError)) throw error
        codes.add(error.code)
      }
    }
  }
  for (const lie of [
    { offset: whole.length - 3, length },
    { offset: 2 ** 40, length },
    { offset: 4, length: 3 },
  ]) {
    const read = readBloomFilter(bytesSource(whole), { ...chunk, bloomFilter: lie }, { limits })
    await expect(read).rejects.toBeInstanceOf(MoraineError)
  }
  expect(codes).toContain('read')
  expect(codes).toContain('CORRUPT_DATA')
})
