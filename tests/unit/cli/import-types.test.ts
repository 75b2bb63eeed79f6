/** Types of columns that an import finds, joins and reads from text. */
import {
  Field as ArrowField,
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  DurationSecond,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  LargeBinary,
  LargeUtf8,
  List,
  Map_,
  Null,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { UUID_EXTENSION, VARIANT_EXTENSION } from '../../../src/arrow/schema.js'
import { UsageError } from '../../../src/cli/exit-code.js'
import { icebergTypeOf } from '../../../src/cli/import/arrow-type.js'
import { parsePartitionTerm } from '../../../src/cli/import/partition-term.js'
import type { ImportSource } from '../../../src/cli/import/source.js'
import { textReader } from '../../../src/cli/import/text-value.js'
import { unifyColumns } from '../../../src/cli/import/unify.js'
import { variantOfText } from '../../../src/cli/import/variant-value.js'
import { InvalidArgument, Unsupported, ValidationError } from '../../../src/errors.js'
import { bucket, hour, identity, month, truncate } from '../../../src/expr/terms.js'
import type { Type } from '../../../src/types/type.js'
import { formatType, parseTypeText } from '../../../src/types/type-text.js'
import { VariantScalar } from '../../../src/types/variant-scalar.js'

const field = (name: string, type: DataType, nullable = true): ArrowField =>
  new ArrowField(name, type, nullable)

function found(type: DataType, extension?: string): string {
  let id = 0
  return formatType(icebergTypeOf(type, { path: 'c', extension }, () => ++id))
}

describe('the type of an Arrow column', () => {
  it.each<[DataType, string]>([
    [new Null(), 'string'],
    [new Utf8(), 'string'],
    [new LargeUtf8(), 'string'],
    [new Dictionary(new Utf8(), new Int32()), 'string'],
    [new Bool(), 'boolean'],
    [new Int16(), 'int'],
    [new Int32(), 'int'],
    [new Uint32(), 'long'],
    [new Int64(), 'long'],
    [new Uint64(), 'decimal(20,0)'],
    [new Float32(), 'float'],
    [new Float64(), 'double'],
    [new Decimal(2, 9, 128), 'decimal(9,2)'],
    [new Binary(), 'binary'],
    [new LargeBinary(), 'binary'],
    [new FixedSizeBinary(16), 'fixed[16]'],
    [new DateDay(), 'date'],
    [new TimeMicrosecond(), 'time'],
    [new TimestampMicrosecond(), 'timestamp'],
    [new TimestampMicrosecond(''), 'timestamp'],
    [new TimestampMicrosecond('UTC'), 'timestamptz'],
    [new TimestampNanosecond(), 'timestamp_ns'],
    [new TimestampNanosecond('UTC'), 'timestamptz_ns'],
    [new List(field('item', new Int32(), false)), 'list<int>'],
    [new FixedSizeList(2, field('item', new Int32())), 'list<int>'],
    [new Struct([field('a', new Utf8())]), 'struct<a: string>'],
    [
      new Map_(
        field('entries', new Struct([field('key', new Utf8()), field('value', new Bool())])),
      ),
      'map<string, boolean>',
    ],
  ])('%s is a %s', (type, text) => {
    expect(found(type).replace(/\d+: | (required|optional)/g, '')).toBe(text)
  })

  it('an element that is never null is required', () => {
    const type = (nullable: boolean): Type =>
      icebergTypeOf(
        new List(field('item', new Int32(), nullable)),
        { path: 'c', extension: undefined },
        () => 1,
      )
    expect(type(false)).toMatchObject({ kind: 'list', elementRequired: true })
    expect(type(true)).toMatchObject({ kind: 'list', elementRequired: false })
  })

  it('extensions say what the bytes are', () => {
    expect(found(new FixedSizeBinary(16), UUID_EXTENSION)).toBe('uuid')
    expect(found(new FixedSizeBinary(4), UUID_EXTENSION)).toBe('fixed[4]')
    const whole = new Struct([field('metadata', new Binary()), field('value', new Binary())])
    expect(found(whole, VARIANT_EXTENSION)).toBe('variant')
    const inside = new ArrowField(
      'u',
      new FixedSizeBinary(16),
      true,
      new Map([['ARROW:extension:name', UUID_EXTENSION]]),
    )
    expect(found(new Struct([inside]))).toContain('uuid')
  })

  it('what no table holds is refused by name', () => {
    const shredded = new Struct([
      field('metadata', new Binary()),
      field('typed_value', new Int32()),
      field('value', new Binary()),
    ])
    expect(() => found(shredded, VARIANT_EXTENSION)).toThrow('column c is a shredded variant')
    expect(() => found(new Utf8(), VARIANT_EXTENSION)).not.toThrow()
    expect(() => found(new DurationSecond())).toThrow(Unsupported)
    const nested = new Struct([field('d', new List(field('item', new DurationSecond())))])
    expect(() => found(nested)).toThrow('column c.d.element has type')
  })
})

describe('a partition term as text', () => {
  it('names a transform and a column', () => {
    expect(parsePartitionTerm(' city ')).toBe('city')
    expect(parsePartitionTerm('month(date)')).toEqual(month('date'))
    expect(parsePartitionTerm(' Hour ( at ) ')).toEqual(hour('at'))
    expect(parsePartitionTerm('identity(a.b)')).toEqual(identity('a.b'))
    expect(parsePartitionTerm('bucket(16, id)')).toEqual(bucket(16, 'id'))
    expect(parsePartitionTerm('TRUNCATE(4,name)')).toEqual(truncate(4, 'name'))
  })

  it.each([
    ['month()', 'write month(column)'],
    ['month(a, b)', 'write month(column)'],
    ['mnth(date)', 'write month(column)'],
    ['buckt(16, id)', 'write bucket(16, column)'],
    ['bucket(id)', 'write bucket(16, column)'],
    ['bucket(0, id)', 'write bucket(16, column)'],
    ['truncate(4, a, b)', 'write truncate(16, column)'],
    ['yeer(date', 'write year(column)'],
    ['(date)', 'write month(column)'],
    ['quite_else(date)', 'write month(column)'],
  ])('%s is none', (text, advice) => {
    expect(() => parsePartitionTerm(text)).toThrow(UsageError)
    expect(() => parsePartitionTerm(text)).toThrow(`"${text}" is no partition term; ${advice}`)
  })
})

const STRUCTS: ReadonlyMap<string, Type> = new Map([['struct', { kind: 'struct', fields: [] }]])

describe('one column in several files', () => {
  const joined = (paths: readonly string[], types: readonly string[]): string => {
    const sources = paths.map((path) => ({ path }) as ImportSource)
    const columns = types.map((type) => [
      { name: 'c', type: STRUCTS.get(type) ?? parseTypeText(type) },
    ])
    return unifyColumns(sources, columns)
      .map(({ type }) => formatType(type))
      .join()
  }

  it.each([
    [['a.parquet', 'b.parquet'], ['int', 'int'], 'int'],
    [['a.parquet', 'b.parquet'], ['int', 'long'], 'long'],
    [['a.parquet', 'b.parquet'], ['double', 'float'], 'double'],
    [['a.csv', 'b.csv'], ['long', 'double'], 'double'],
    [['a.csv', 'b.csv'], ['double', 'boolean'], 'string'],
    [['a.csv', 'b.csv'], ['timestamp', 'date'], 'timestamp'],
  ])('%j of %j is %s', (paths, types, type) => expect(joined(paths, types)).toBe(type))

  it('two that no type holds are refused', () => {
    const message = 'column "c" is int in one file and string in b.PARQUET'
    expect(() => joined(['a.csv', 'b.PARQUET'], ['int', 'string'])).toThrow(InvalidArgument)
    expect(() => joined(['a.csv', 'b.PARQUET'], ['int', 'string'])).toThrow(message)
    expect(() => joined(['a.jsonl', 'b.jsonl'], ['int', 'struct'])).toThrow('in b.jsonl')
    expect(() => joined(['a.jsonl', 'b.jsonl'], ['struct', 'int'])).toThrow('in b.jsonl')
  })
})

describe('a value as text', () => {
  const read = (type: string, text: string): unknown => textReader(parseTypeText(type))(text)

  it.each<[string, string, unknown]>([
    ['boolean', 'T', true],
    ['boolean', '1', true],
    ['boolean', 'False', false],
    ['boolean', 'f', false],
    ['boolean', '0', false],
    ['int', '-7', -7],
    ['long', '+9223372036854775807', 9223372036854775807n],
    ['float', '.5', 0.5],
    ['double', '-Infinity', Number.NEGATIVE_INFINITY],
    ['double', 'NaN', Number.NaN],
    ['timestamp', '2001-02-03', '2001-02-03T00:00:00'],
    ['timestamp_ns', '2001-02-03T04:05:06', '2001-02-03T04:05:06'],
    ['binary', '0x00ff', Uint8Array.of(0, 255)],
    ['fixed[2]', '00ff', Uint8Array.of(0, 255)],
    ['date', '2001-02-03', '2001-02-03'],
  ])('%s %s', (type, text, value) => expect(read(type, text)).toEqual(value))

  it.each([
    ['boolean', 'yes', '"yes" is no boolean'],
    ['int', '1.5', '"1.5" is no int'],
    ['long', '1e3', '"1e3" is no long'],
    ['float', 'ten', '"ten" is no float'],
    ['binary', '0x0', 'is no binary value in hex'],
    ['int', 'x'.repeat(70), `"${'x'.repeat(60)}…" is no int`],
  ])('%s: %s is refused', (type, text, message) => {
    expect(() => read(type, text)).toThrow(ValidationError)
    expect(() => read(type, text)).toThrow(message)
  })

  it.each(['struct<1: a: optional int>', 'list<int>', 'map<string, int>'])(
    'no text fills a %s',
    (text) => {
      const nested: Type = text.startsWith('struct')
        ? { kind: 'struct', fields: [] }
        : text.startsWith('list')
          ? { kind: 'list', elementId: 1, elementRequired: false, element: { kind: 'int' } }
          : {
              kind: 'map',
              keyId: 1,
              key: { kind: 'string' },
              valueId: 2,
              valueRequired: false,
              value: { kind: 'int' },
            }
      expect(() => textReader(nested)).toThrow('a text file cannot fill a column of type')
    },
  )

  it('JSON is a variant, numbers exactly', () => {
    expect(variantOfText('{"a": [1, true, null]}')).toEqual(new Map([['a', [1n, true, null]]]))
    expect(variantOfText('1.50')).toEqual(new VariantScalar('decimal', '1.50'))
    expect(variantOfText('1e3')).toEqual(new VariantScalar('double', 1000))
    const long = `0.${'1'.repeat(39)}`
    expect(variantOfText(long)).toEqual(new VariantScalar('double', Number(long)))
  })

  it('what is no JSON is no variant', () => {
    expect(() => variantOfText('{oops')).toThrow('{oops is no JSON')
    expect(() => variantOfText('['.repeat(70))).toThrow(`${'['.repeat(60)}… is no JSON`)
  })
})
