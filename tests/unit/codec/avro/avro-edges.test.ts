/** Rare and damaged Avro: single-branch unions, wrapped types, blocks that lie, files without a path. */
import { describe, expect, test } from 'vitest'
import { type AvroFile, openAvro } from '../../../../src/codec/avro/container.js'
import type { AvroTypeProjection } from '../../../../src/codec/avro/decoder.js'
import { compileDecoder } from '../../../../src/codec/avro/decoder.js'
import { compileEncoder } from '../../../../src/codec/avro/encoder.js'
import { AvroInput } from '../../../../src/codec/avro/input.js'
import {
  AVRO,
  type AvroSchema,
  type AvroValue,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../../../../src/codec/avro/schema.js'
import { parseAvroSchema } from '../../../../src/codec/avro/schema-json.js'
import { AvroWriter } from '../../../../src/codec/avro/writer.js'
import { defaultLimits as limits } from '../../../../src/env/limits.js'
import { type NativeZlib, nativeZlib, setNativeZlib } from '../../../../src/env/native-zlib.js'
import { CorruptData, InvalidArgument, LimitExceeded, Unsupported } from '../../../../src/errors.js'
import { ByteWriter } from '../../../../src/util/byte-writer.js'
import { concatBytes } from '../../../../src/util/bytes.js'
import { encodeUtf8 } from '../../../../src/util/utf8.js'

const sync = new Uint8Array(16).fill(7)
const bytes = (...all: number[]): Uint8Array => Uint8Array.from(all)
const zigzag = (value: number): Uint8Array => {
  const out = new ByteWriter()
  out.zigzag32(value)
  return out.toBytes()
}

/** A file by hand: any schema text, one block of `count` rows. */
function avroFile(schema: string, codec: string, count: number, block: Uint8Array): Uint8Array {
  const text = (value: string): Uint8Array => concatBytes([zigzag(value.length), encodeUtf8(value)])
  return concatBytes([
    encodeUtf8('Obj\u0001'),
    zigzag(2),
    ...['avro.schema', schema, 'avro.codec', codec].map(text),
    bytes(0),
    sync,
    zigzag(count),
    zigzag(block.length),
    block,
    sync,
  ])
}

const decode = (schema: AvroSchema, data: Uint8Array, wanted: AvroTypeProjection = {}): AvroValue =>
  compileDecoder(schema, wanted, undefined)(new AvroInput(data, undefined))
const encode = (schema: AvroSchema, value: AvroValue): Uint8Array => {
  const out = new ByteWriter()
  compileEncoder(schema, '')(out, value)
  return out.toBytes()
}
const parse = (value: unknown, path?: string): AvroSchema =>
  parseAvroSchema(JSON.stringify(value), { limits, ...(path !== undefined && { path }) })
const record = JSON.stringify({
  type: 'record',
  name: 'r',
  fields: [{ name: 'a', type: 'int', 'field-id': 1 }],
})

describe('files', () => {
  test('a block larger than avroBlockBytes is refused though it is not packed', () => {
    const file = avroFile(record, 'null', 4, bytes(2, 4, 6, 8))
    const open = (avroBlockBytes: number): AvroFile =>
      openAvro(file, { limits: { ...limits, avroBlockBytes } })
    expect([...open(4).rows()]).toEqual([[1], [2], [3], [4]])
    expect(() => [...open(3).rows()]).toThrow(LimitExceeded)
  })

  test('a snappy block shorter than its checksum', () => {
    const file = avroFile(record, 'snappy', 1, bytes(1, 2, 3))
    expect(() => [...openAvro(file, { limits }).rows()]).toThrow('shorter than its checksum')
  })

  test('a snappy block with the wrong checksum', () => {
    const schema = avroRecord('r', [avroField(1, 'a', AVRO.int)])
    const writer = new AvroWriter({ schema, sync, codec: 'snappy' })
    writer.append([1])
    const file = writer.finish()
    expect([...openAvro(file, { limits }).rows()]).toEqual([[1]])
    const last = file.length - sync.length - 1
    file[last] = (file[last] as number) ^ 1
    expect(() => [...openAvro(file, { limits }).rows()]).toThrow('the wrong checksum')
  })

  test('a header that says something twice', () => {
    const file = avroFile(record, 'null', 0, bytes())
    // The length of a name goes before it, zig-zag.
    const text = String.fromCharCode(...file)
    const twice = text.replace('\u0014avro.codec', '\u0016avro.schema')
    const damaged = Uint8Array.from(twice, (char) => char.charCodeAt(0))
    expect(() => openAvro(damaged, { limits })).toThrow('a metadata key appears twice')
  })

  test('rows that are not records', () => {
    const file = avroFile('"int"', 'null', 1, bytes(2))
    expect(() => openAvro(file, { limits })).toThrow('the rows are not records')
    expect(() => openAvro(file, { limits, path: 'f.avro' })).toThrow('not records in f.avro')
  })

  test('zstandard blocks where the platform packs them', () => {
    const before = nativeZlib()
    setNativeZlib({ ...(before as NativeZlib), zstdCompressSync: () => bytes(1, 2) })
    try {
      const schema = avroRecord('r', [avroField(1, 'a', AVRO.int)])
      const writer = new AvroWriter({ schema, sync, codec: 'zstandard' })
      writer.append([1])
      expect(writer.finish()).toEqual(
        concatBytes(
          [new AvroWriter({ schema, sync, codec: 'zstandard' }).finish()].concat([
            concatBytes([zigzag(1), zigzag(2), bytes(1, 2), sync]),
          ]),
        ),
      )
    } finally {
      setNativeZlib(before)
    }
  })
})

describe('decoding', () => {
  test('an int that ends too soon', () => {
    expect(() => decode(AVRO.int, bytes())).toThrow('an int is cut off')
    expect(() => decode(AVRO.int, bytes(0x80, 0x80))).toThrow('an int is cut off')
  })

  test('a union of one branch', () => {
    const only = parse(['int'])
    expect(decode(only, bytes(0, 6))).toBe(3)
    expect(() => decode(only, bytes(2, 6))).toThrow('no such branch')
  })

  test('a union that iceberg does not have is Unsupported', () => {
    expect(() => decode(parse(['null', 'int', 'string']), bytes(0))).toThrow(Unsupported)
  })

  test('a field that is found by id and by name for two slots', () => {
    const schema = parse({ type: 'record', name: 'r', fields: [{ name: 'a', type: 'int' }] })
    const wanted = { fields: [{ name: 'a' }, { name: 'a' }] }
    expect(() => decode(schema, bytes(2), wanted)).toThrow('asked for twice')
  })

  test('only some keys of a map in either form', () => {
    const map = avroKeyValueMap(1, AVRO.int, 2, AVRO.string)
    const all = new Map([
      [1, 'one'],
      [2, 'two'],
    ])
    const data = encode(map, all)
    expect(decode(map, data, { keys: new Set([2]) })).toEqual(new Map([[2, 'two']]))
    const plain = parse({ type: 'map', values: 'int' })
    const named = encode(
      plain,
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    )
    expect(decode(plain, named, { keys: new Set(['b']) })).toEqual(new Map([['b', 2]]))
  })

  test('another kind than is wanted', () => {
    expect(() => decode(AVRO.string, bytes(0), { kind: 'int' })).toThrow(
      'has the type string instead of int',
    )
    expect(() => compileDecoder(AVRO.string, { kind: 'int' }, 'm.avro')).toThrow('in m.avro')
  })

  test.each([
    ['a number that is skipped', AVRO.long, bytes(0x80)],
    ['a boolean', AVRO.boolean, bytes()],
  ])('%s is cut off', (_, type, data) => {
    const schema = avroRecord('r', [avroField(1, 'a', type)])
    const wanted = type === AVRO.long ? { fields: [{ id: 9 }] } : {}
    expect(() => decode(schema, data, wanted)).toThrow('cut off')
  })
})

describe('encoding what does not fit', () => {
  const list = avroArray(1, AVRO.int)
  const choice = parse({ type: 'enum', name: 'e', symbols: ['x', 'y'] })
  test.each([
    ['no array for a row', avroRecord('r', [avroField(1, 'a', AVRO.int)]), null, 'of the row'],
    ['no array inside a row', avroRecord('r', [avroField(1, 'a', list)]), [3], 'a needs an array'],
    ['an array for a number', AVRO.int, [1], 'given an array'],
    ['a number for a symbol', choice, 3, 'one of x, y'],
    ['an unknown symbol', choice, 'z', 'one of x, y'],
  ])('%s', (_, schema, value, message) => {
    expect(() => encode(schema, value as AvroValue)).toThrow(InvalidArgument)
    expect(() => encode(schema, value as AvroValue)).toThrow(message)
  })

  test('a record inside a record is named by its place', () => {
    const inner = avroRecord('i', [avroField(2, 'b', AVRO.int)])
    const schema = avroRecord('r', [avroField(1, 'a', inner)])
    expect(() => encode(schema, [null])).toThrow('avro field a needs an array of 1 fields')
  })

  test('a union inside a union', () => {
    expect(() => avroOptional(avroOptional(AVRO.int))).toThrow(InvalidArgument)
  })
})

describe('schemas', () => {
  test('a type inside a type is that type', () => {
    expect(parse({ type: { type: 'int' } })).toEqual({ kind: 'int' })
    expect(parse({ type: ['null', 'int'] }).kind).toBe('union')
  })

  test('names are cut to a length that can be shown', () => {
    const error = () => parse('n'.repeat(500))
    expect(error).toThrow(CorruptData)
    expect(error).toThrow(`'${'n'.repeat(80)}…'`)
  })

  test('named types used inside each other are as deep as they are written out', () => {
    const nested = (name: string, depth: number, inner: unknown): unknown => {
      let type = inner
      for (let at = 0; at < depth; at++) type = { type: 'array', items: type }
      return { type: 'record', name, fields: [{ name: 'f', type }] }
    }
    const fields = [
      { name: 'a', type: nested('deep', 40, 'int') },
      { name: 'b', type: nested('deeper', 40, 'deep') },
    ]
    expect(() => parse({ type: 'record', name: 'r', fields })).toThrow(LimitExceeded)
  })
})

test('a field tells what it is for, where that is known', () => {
  expect(avroField(7, 'a', AVRO.long, { doc: 'what it is' })).toMatchObject({ doc: 'what it is' })
  expect(avroField(7, 'a', AVRO.long)).not.toHaveProperty('doc')
})

test('a metadata value is bytes; as a text it must be one', () => {
  const schema = avroRecord('r', [avroField(1, 'a', AVRO.long)])
  const metadata = new Map([['k', bytes(0xff)]])
  const file = openAvro(new AvroWriter({ schema, codec: 'null', metadata, sync }).finish(), {
    limits,
  })
  expect(file.metadata.get('k')).toEqual(bytes(0xff))
  expect(file.text('other')).toBeUndefined()
  expect(() => file.text('k')).toThrow("the metadata value 'k' is not valid utf-8")
})
