/** The Iceberg schema of Arrow data, and which types a format version allows. */
import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  DurationMillisecond,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int32,
  Int64,
  LargeBinary,
  LargeList,
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
import { describe, expect, test } from 'vitest'
import { InvalidArgument, Unsupported } from '../../../src/errors.js'
import { fieldsOfArrow, isArrowSchema } from '../../../src/types/arrow-fields.js'
import type { Field, Type } from '../../../src/types/type.js'
import { formatType } from '../../../src/types/type-text.js'
import { checkSchema, minFormatVersion } from '../../../src/types/type-version.js'

function typeOf(type: DataType, metadata?: Map<string, string>): Type {
  let id = 0
  const schema = new ArrowSchema([new ArrowField('c', type, true, metadata)])
  const [field] = fieldsOfArrow(schema as never, () => ++id)
  return (field as Field).type
}
const item = (type: DataType, nullable = true): ArrowField => new ArrowField('item', type, nullable)
const entries = new Struct([
  new ArrowField('k', new Utf8(), false),
  new ArrowField('v', new Int32(), true),
])

describe('Arrow types', () => {
  test.each<[DataType, string]>([
    [new Null(), 'unknown'],
    [new Bool(), 'boolean'],
    [new Int8(), 'int'],
    [new Int32(), 'int'],
    [new Uint32(), 'long'],
    [new Int64(), 'long'],
    [new Uint64(), 'decimal(20, 0)'],
    [new Float16(), 'float'],
    [new Float32(), 'float'],
    [new Float64(), 'double'],
    [new Decimal(2, 9, 128), 'decimal(9, 2)'],
    [new Utf8(), 'string'],
    [new LargeUtf8(), 'string'],
    [new Binary(), 'binary'],
    [new LargeBinary(), 'binary'],
    [new FixedSizeBinary(16), 'fixed[16]'],
    [new DateDay(), 'date'],
    [new TimeMicrosecond(), 'time'],
    [new TimestampMicrosecond(), 'timestamp'],
    [new TimestampMicrosecond('UTC'), 'timestamptz'],
    [new TimestampNanosecond(), 'timestamp_ns'],
    [new TimestampNanosecond('Europe/Oslo'), 'timestamptz_ns'],
    [new Dictionary(new Utf8(), new Int32()), 'string'],
  ])('%s', (type, text) => {
    expect(formatType(typeOf(type)).replaceAll(', ', ',')).toBe(text.replaceAll(', ', ','))
  })

  test('extensions and nested types, ids given from outside in', () => {
    const extension = (name: string) => new Map([['ARROW:extension:name', name]])
    expect(typeOf(new FixedSizeBinary(16), extension('arrow.uuid'))).toEqual({ kind: 'uuid' })
    expect(typeOf(new FixedSizeBinary(8), extension('arrow.uuid'))).toEqual({
      kind: 'fixed',
      length: 8,
    })
    const variant = new Struct([new ArrowField('metadata', new Binary(), false)])
    expect(typeOf(variant, extension('arrow.parquet.variant'))).toEqual({ kind: 'variant' })
    const list = { kind: 'list', elementId: 2, element: { kind: 'int' } }
    expect(typeOf(new List(item(new Int32(), false)))).toEqual({ ...list, elementRequired: true })
    expect(typeOf(new FixedSizeList(2, item(new Int32())))).toEqual({
      ...list,
      elementRequired: false,
    })
    expect(typeOf(new LargeList(item(new Int32())))).toEqual({ ...list, elementRequired: false })
    expect(typeOf(new Map_(new ArrowField('entries', entries, false) as never))).toEqual({
      kind: 'map',
      keyId: 2,
      key: { kind: 'string' },
      valueId: 3,
      valueRequired: false,
      value: { kind: 'int' },
    })
    expect(typeOf(entries)).toMatchObject({
      kind: 'struct',
      fields: [{ id: 2, required: true }, { id: 3 }],
    })
  })

  test('what Iceberg has not is refused with the column’s name', () => {
    expect(() => typeOf(new DurationMillisecond())).toThrow(Unsupported)
    expect(() => typeOf(new List(item(new DurationMillisecond())))).toThrow(/c\.element/)
    const bare = (type: object) =>
      fieldsOfArrow({ fields: [{ name: 'c', nullable: true, type }] } as never, () => 1)
    // Lists, maps and dictionaries of no type at all, as other copies of the library may give them.
    for (const typeId of [12, 17, -1]) expect(() => bare({ typeId })).toThrow(Unsupported)
    expect(() => fieldsOfArrow({ fields: [{ type: { typeId: 2 } }] } as never, () => 1)).toThrow(
      InvalidArgument,
    )
  })

  test('a schema of Arrow is told from one of Iceberg', () => {
    expect(isArrowSchema(new ArrowSchema([item(new Int32())]))).toBe(true)
    expect(isArrowSchema({ fields: [{ name: 'a' }] })).toBe(false)
    expect(isArrowSchema({ fields: [undefined] })).toBe(false)
    expect(isArrowSchema({ schemaId: 0, fields: [] })).toBe(false)
    expect(isArrowSchema({})).toBe(false)
  })
})

describe('format versions', () => {
  const field = (type: Type, change: Partial<Field> = {}): Field => ({
    id: 1,
    name: 'a',
    required: false,
    type,
    ...change,
  })
  const int: Type = { kind: 'int' }
  const nano: Type = { kind: 'timestamp_ns' }
  const list = (element: Type): Type => ({
    kind: 'list',
    elementId: 7,
    elementRequired: false,
    element,
  })
  const map = (key: Type, value: Type): Type => ({
    kind: 'map',
    keyId: 8,
    key,
    valueId: 9,
    valueRequired: false,
    value,
  })

  test.each<[Type, 1 | 3]>([
    [int, 1],
    [nano, 3],
    [{ kind: 'unknown' }, 3],
    [{ kind: 'struct', fields: [field(int)] }, 1],
    [{ kind: 'struct', fields: [field(int), field(nano, { id: 2, name: 'b' })] }, 3],
    [list(int), 1],
    [list(nano), 3],
    [map(int, int), 1],
    [map(nano, int), 3],
    [map(int, list(nano)), 3],
  ])('%j needs %i', (type, version) => {
    expect(minFormatVersion(type)).toBe(version)
  })

  const check = (fields: readonly Field[], identifierFieldIds: readonly number[] = []) =>
    checkSchema({ schemaId: 0, fields, identifierFieldIds }, 3)
  const struct = (...fields: Field[]): Type => ({ kind: 'struct', fields })

  test('identifier fields are there, required, and no floats', () => {
    expect(() => check([field(int, { required: true })], [1])).not.toThrow()
    expect(() => check([field(int, { required: true })], [2])).toThrow(/2 does not exist/)
    expect(() => check([field(int)], [1])).toThrow(/not required/)
    expect(() => check([field({ kind: 'double' }, { required: true })], [1])).toThrow(
      /floating point/,
    )
    expect(() => check([field(struct(field(int, { id: 2, required: true })))], [1])).toThrow(
      /not primitive/,
    )
    expect(() => check([field(struct(field(int, { id: 2, required: true })))], [2])).toThrow(
      /struct around it/,
    )
    expect(() => check([field(list(int))], [7])).toThrow(/list or map/)
  })

  test('names, ids and defaults', () => {
    expect(() => check([field(int, { name: '' })])).toThrow(/empty/)
    expect(() => check([field(int, { id: 0 })])).toThrow(/reserved/)
    expect(() => check([field({ kind: 'unknown' }, { required: true })])).toThrow(/optional/)
    expect(() => check([field(int, { writeDefault: 'x' })])).toThrow(/default of column 'a'/)
    const inner = struct(field(int, { id: 2, name: 'b' }))
    expect(() => check([field(inner, { writeDefault: new Map() as never })])).not.toThrow()
    expect(() => check([field(inner, { writeDefault: 'x' })])).toThrow(InvalidArgument)
    expect(() =>
      checkSchema({ schemaId: 0, fields: [field(nano)], identifierFieldIds: [] }, 2),
    ).toThrow(Unsupported)
  })
})
