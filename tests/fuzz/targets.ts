/** Every parser that meets bytes of others, and samples that it accepts. */
import { readdirSync, readFileSync } from 'node:fs'
import { openAvro } from '../../src/codec/avro/container.js'
import { parseAvroSchema } from '../../src/codec/avro/schema-json.js'
import { type Codec, compress, decompress } from '../../src/codec/compression.js'
import { ObjectReader } from '../../src/codec/json/object-reader.js'
import { parseJson } from '../../src/codec/json/parse.js'
import {
  decodeDeletionVector,
  encodeDeletionVector,
} from '../../src/codec/puffin/deletion-vector.js'
import { parsePuffinFooter, puffinFooterBytes } from '../../src/codec/puffin/puffin.js'
import { PositionBitmap } from '../../src/codec/roaring/position-bitmap.js'
import { decodePositions, encodePositions } from '../../src/codec/roaring/serialize.js'
import { CompactReader } from '../../src/codec/thrift/compact-reader.js'
import { readThrift } from '../../src/codec/thrift/generic.js'
import { checkVariant } from '../../src/codec/variant/fold.js'
import { VariantMetadata } from '../../src/codec/variant/metadata.js'
import { commitToken, parseCommitToken } from '../../src/commit/commit-token.js'
import { parseSlot } from '../../src/commit/slot-content.js'
import { readHint } from '../../src/commit/slots.js'
import { defaultLimits, type Limits } from '../../src/env/limits.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import { parsePredicate } from '../../src/expr/sql.js'
import { openManifest } from '../../src/format/read-manifest.js'
import { readManifestList } from '../../src/format/read-manifest-list.js'
import { readBloomFilter } from '../../src/parquet/bloom-filter.js'
import { readFooter } from '../../src/parquet/footer.js'
import { PageHeaderReader } from '../../src/parquet/page-header.js'
import { readColumnIndex, readOffsetIndex } from '../../src/parquet/page-index.js'
import { parseTransform } from '../../src/partition/transform.js'
import { confine } from '../../src/store/confine.js'
import { isUnder, parseLocation, parseRecorded } from '../../src/store/location.js'
import { memoryStore } from '../../src/store/memory.js'
import { parseNameMapping } from '../../src/types/name-mapping.js'
import { parseSchema } from '../../src/types/schema-json.js'
import { tryDecodeSingleValue } from '../../src/types/single-value.js'
import { parseSingleValueJson } from '../../src/types/single-value-json.js'
import type { Type } from '../../src/types/type.js'
import { parseTypeText } from '../../src/types/type-text.js'
import { assert } from '../../src/util/assert.js'
import { encodeUtf8 } from '../../src/util/utf8.js'
import { bytesSource } from '../unit/parquet/read-support.js'

/** Small, so that a bomb is noticed by its limit and not by the memory of the machine. */
const small: Limits = {
  ...defaultLimits,
  metadataBytes: 1 << 20,
  manifestListBytes: 1 << 20,
  manifestBytes: 1 << 20,
  avroBlockBytes: 1 << 20,
  parquetFooterBytes: 1 << 20,
  jsonNodes: 20_000,
}

export interface Target {
  readonly name: string
  readonly samples: readonly Uint8Array[]
  readonly read: (bytes: Uint8Array) => unknown
}

const corpus = new URL('./corpus/', import.meta.url)

/** Samples whose file begins with this name. */
function samples(name: string): readonly Uint8Array[] {
  return readdirSync(corpus)
    .filter((file) => file.startsWith(name))
    .map((file) => new Uint8Array(readFileSync(new URL(file, corpus))))
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const path = 'f'

const metadata = {
  schemas: [{ schemaId: 0, fields: [], identifierFieldIds: [] }],
  currentSchemaId: 0,
  partitionSpecs: [{ specId: 0, fields: [] }],
}

const manifestFile = {
  path,
  length: 1n,
  specId: 0,
  content: 'data',
  sequenceNumber: 1n,
  minSequenceNumber: 1n,
  addedSnapshotId: 1n,
} as const

const TYPES: readonly Type[] = [
  { kind: 'boolean' },
  { kind: 'int' },
  { kind: 'long' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'decimal', precision: 38, scale: 10 },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp' },
  { kind: 'timestamptz_ns' },
  { kind: 'string' },
  { kind: 'uuid' },
  { kind: 'fixed', length: 3 },
  { kind: 'binary' },
]

async function readParquet(bytes: Uint8Array, limits: Limits): Promise<unknown> {
  const source = bytesSource(bytes)
  const footer = await readFooter(source, { limits })
  for (const group of footer.rowGroups) {
    for (const [index, chunk] of group.columns.entries()) {
      const leaf = footer.leaves[index]
      await readOffsetIndex(source, chunk, group, { limits })
      if (leaf !== undefined) await readColumnIndex(source, chunk, leaf, { limits })
      await readBloomFilter(source, chunk, { limits })
    }
  }
  return footer
}

/** Header after header, as a scan does. */
function readPageHeaders(bytes: Uint8Array): number {
  const reader = new PageHeaderReader(bytes, path)
  let at = 0
  for (let pages = 0; pages < 100; pages++) {
    reader.read(at)
    at = reader.end + Math.max(0, reader.compressedBytes)
    if (at >= bytes.length) return pages
  }
  return at
}

/** A path is refused, or it stays where it may be; the store behind is never asked for another. */
async function readConfined(bytes: Uint8Array, limits: Limits): Promise<void> {
  const root = parseLocation('s3://bucket/wh/ns/t')
  const asked: string[] = []
  const store = memoryStore()
  const head = store.head.bind(store)
  store.head = (name, options) => {
    asked.push(name)
    return head(name, options)
  }
  const confined = confine(store, { readRoots: [], writeRoots: ['s3://bucket/wh/ns/t'], limits })
  parseRecorded(text(bytes), limits)
  await confined.head(text(bytes))
  for (const name of asked) {
    assert(isUnder(parseLocation(name), root), `${name} is outside`)
    // A percent-encoded slash is part of a name; a segment of dots is not, however it is spelled.
    assert(!/(^|[/\\])(\.|%2e){1,2}([/\\]|$)|\0/i.test(name), `${name} leads outside`)
  }
}

async function readHintOf(bytes: Uint8Array): Promise<void> {
  const store = memoryStore()
  await store.put('memory:/t/metadata/version-hint.text', bytes)
  const hint = await readHint({ store, env: seededEnv(1), location: 'memory:/t' })
  assert(hint === undefined || (Number.isSafeInteger(hint) && hint > 0), `the hint ${hint}`)
}

function readPuffin(bytes: Uint8Array, limits: Limits): unknown {
  const size = puffinFooterBytes(bytes.subarray(-12), { limits })
  return parsePuffinFooter(bytes.subarray(-size), bytes.length, { limits, path })
}

const bitmap = PositionBitmap.of([1, 2, 3, 70_000, 2 ** 32 + 5, 2 ** 33])
const words = encodeUtf8('a table of tables of tables of a table '.repeat(8))
const CODECS: readonly Codec[] = ['snappy', 'gzip', 'deflate', 'lz4_raw']

function codecs(limits: Limits): readonly Target[] {
  const bounds = { limit: limits.metadataBytes, limitName: 'metadataBytes', path } as const
  return [
    ...CODECS.map((codec) => ({
      name: `codec ${codec}`,
      samples: [compress(codec, words)],
      read: (bytes: Uint8Array) => {
        const out = decompress(codec, bytes, bounds)
        assert(out.length <= bounds.limit, 'more than the limit')
      },
    })),
    ...(['zstd', 'lz4_frame', 'lz4_hadoop', 'brotli'] as const).map((codec) => ({
      name: `codec ${codec}`,
      samples: FRAMES,
      read: (bytes: Uint8Array) => decompress(codec, bytes, bounds),
    })),
  ]
}

/** A frame of nothing, and one that is none. */
const FRAMES = [
  Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x01, 0x09, 0x00, 0x00, 0x41),
  Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 1, 0, 0, 0x80, 0x41, 0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 6, 0x50, 1, 2, 3, 4, 5),
  Uint8Array.of(0x0b, 0x02, 0x80, 0x61, 0x62, 0x63, 0x64, 0x03),
]

/** All of them, within these limits: small ones unless told. */
export function targetsWithin(limits: Limits = small): readonly Target[] {
  return [
    {
      name: 'json',
      samples: [
        ...samples('schema'),
        encodeUtf8('{"a":[1,-2.5e3,"\\u00e9\\ud83d\\ude80"],"__proto__":{}}'),
      ],
      read: (bytes) => parseJson(bytes, { limits }),
    },
    {
      name: 'table metadata and slots',
      samples: samples('table-metadata'),
      read: (bytes) => parseSlot(bytes, path, limits),
    },
    {
      name: 'schema',
      samples: samples('schema'),
      read: (bytes) => parseSchema(new ObjectReader(parseJson(bytes, { limits })), limits),
    },
    {
      name: 'avro schema',
      samples: samples('avro-schema'),
      read: (bytes) => parseAvroSchema(bytes, { limits }),
    },
    {
      name: 'avro container',
      samples: samples('manifest'),
      read: (bytes) => [...openAvro(bytes, { limits, path }).rows()].length,
    },
    {
      name: 'manifest list',
      samples: samples('manifest-list'),
      read: (bytes) => readManifestList(bytes, { limits, path }),
    },
    {
      name: 'manifest',
      samples: samples('manifest.'),
      read: async (bytes) => {
        const reader = await openManifest(bytes, { limits, path, manifest: manifestFile, metadata })
        return [...reader.entries({ metrics: 'all' })]
      },
    },
    {
      name: 'thrift',
      samples: samples('parquet').map((bytes) => bytes.slice(-700, -8)),
      read: (bytes) => readThrift(new CompactReader(bytes, { limits, path })),
    },
    {
      name: 'parquet footer, page index, bloom filter',
      samples: samples('parquet'),
      read: (bytes) => readParquet(bytes, limits),
    },
    {
      name: 'page headers',
      samples: samples('parquet').map((bytes) => bytes.slice(4)),
      read: readPageHeaders,
    },
    { name: 'puffin', samples: samples('puffin'), read: (bytes) => readPuffin(bytes, limits) },
    {
      name: 'deletion vector',
      samples: [encodeDeletionVector(bitmap)],
      read: (bytes) => decodeDeletionVector(bytes).has(5),
    },
    {
      name: 'roaring',
      samples: [encodePositions(bitmap)],
      read: (bytes) => decodePositions(bytes).has(5),
    },
    {
      name: 'predicate',
      samples: samples('predicate'),
      read: (bytes) => parsePredicate(text(bytes)),
    },
    {
      name: 'name mapping',
      samples: samples('name-mapping'),
      read: (bytes) => parseNameMapping(text(bytes), limits),
    },
    {
      name: 'single values',
      samples: [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0x80), words],
      read: (bytes) => TYPES.map((type) => tryDecodeSingleValue(type, bytes)),
    },
    {
      name: 'single values as JSON',
      samples: ['"2017-11-16"', '"14.20"', '"2017-11-16T22:31:08.000001+00:00"', '34', 'true'].map(
        encodeUtf8,
      ),
      read: (bytes) => {
        const json = parseJson(bytes, { limits })
        const errors = TYPES.flatMap((type) => {
          try {
            parseSingleValueJson(type, json)
            return []
          } catch (error) {
            return [error]
          }
        })
        // Each by itself must be typed; the first stands for the rest.
        if (errors.length > 0) throw errors.find((error) => !isCoded(error)) ?? errors[0]
      },
    },
    {
      name: 'types and transforms',
      samples: [...samples('type-text'), ...samples('transform')],
      read: (bytes) => {
        try {
          parseTypeText(text(bytes))
        } catch (error) {
          if (!isCoded(error)) throw error
        }
        return parseTransform(text(bytes))
      },
    },
    {
      name: 'locations',
      samples: samples('location'),
      read: (bytes) => readConfined(bytes, limits),
    },
    {
      name: 'commit tokens',
      samples: [
        encodeUtf8(
          commitToken({
            location: '/t',
            slot: 3,
            hash: 'a'.repeat(64),
            uuid: 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
          }),
        ),
      ],
      read: (bytes) => parseCommitToken(text(bytes), limits),
    },
    { name: 'version hint', samples: samples('hint'), read: readHintOf },
    {
      name: 'variant',
      samples: [Uint8Array.of(1, 1, 0, 1, 97, 2, 1, 0, 0, 2, 12, 7), Uint8Array.of(1, 0, 0, 5, 65)],
      read: (bytes) => {
        const dictionary = new VariantMetadata(bytes, limits)
        checkVariant(dictionary, bytes.subarray(dictionary.length), limits)
      },
    },
    ...codecs(limits),
  ]
}

export function isCoded(error: unknown): error is { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
