import { describe, expect, test } from 'vitest'
import { InvalidArgument, NotFound, Unsupported, ValidationError } from '../../../src/errors.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { checkShape } from '../../../src/types/check-shape.js'
import type { Schema, Type } from '../../../src/types/type.js'
import { formatType } from '../../../src/types/type-text.js'
import { checkSchema, minFormatVersion } from '../../../src/types/type-version.js'

describe('schema builder', () => {
  test('columns become fields with docs, defaults and requiredness', () => {
    const { schema } = buildSchema({
      id: t.long().required().doc('the key'),
      n: t.int().default(3),
      k: t.map(t.string(), t.int().required()),
    })
    expect(schema.fields[0]).toEqual({
      id: 1,
      name: 'id',
      required: true,
      type: { kind: 'long' },
      doc: 'the key',
    })
    // A new table has no rows, so no initial default (spec: "Default values").
    expect(schema.fields[1]?.writeDefault).toMatchObject({ text: '3' })
    expect(schema.fields[1]?.initialDefault).toBeUndefined()
    expect(schema.fields[2]?.type).toMatchObject({ keyId: 4, valueId: 5, valueRequired: true })
  })

  test('every primitive has its builder', () => {
    const { schema } = buildSchema({
      a: t.boolean(),
      b: t.int(),
      c: t.long(),
      d: t.float(),
      e: t.double(),
      f: t.date(),
      g: t.time(),
      h: t.timestamp(),
      i: t.timestamptz(),
      j: t.timestampNs(),
      k: t.timestamptzNs(),
      l: t.string(),
      m: t.uuid(),
      n: t.binary(),
      o: t.unknown(),
      p: t.variant(),
      q: t.decimal(38, 10),
      r: t.fixed(16),
      s: t.geometry('EPSG:4326'),
      u: t.geography('EPSG:4326', 'karney'),
      v: t.of({ kind: 'list', elementId: 7, elementRequired: true, element: { kind: 'int' } }),
    })
    expect(schema.fields.map((field) => formatType(field.type)).join(' ')).toBe(
      'boolean int long float double date time timestamp timestamptz timestamp_ns timestamptz_ns string ' +
        'uuid binary unknown variant decimal(38,10) fixed[16] geometry(EPSG:4326) geography(EPSG:4326, karney) list<int>',
    )
    expect(schema.fields.at(-1)?.type).toMatchObject({ elementId: 22, elementRequired: true })
  })

  test('a ready schema is numbered anew, identifier fields included', () => {
    const ready: Schema = {
      schemaId: 7,
      fields: [
        { id: 40, name: 'a', required: true, type: { kind: 'int' } },
        { id: 50, name: 'b', required: false, type: { kind: 'int' } },
      ],
      identifierFieldIds: [40],
    }
    const { schema, lastColumnId } = buildSchema(ready)
    expect(schema.fields.map((field) => field.id)).toEqual([1, 2])
    expect(schema.identifierFieldIds).toEqual([1])
    expect(schema.schemaId).toBe(0)
    expect(lastColumnId).toBe(2)
  })

  test('identifier columns are found by path', () => {
    const shape = { s: t.struct({ k: t.int().required() }).required() }
    expect(buildSchema(shape, { identifier: ['s.k'] }).schema.identifierFieldIds).toEqual([2])
    expect(() => buildSchema(shape, { identifier: ['nope'] })).toThrow(NotFound)
  })

  test('mistakes are named', () => {
    expect(() => t.decimal(39, 0)).toThrow(InvalidArgument)
    expect(() => t.decimal(5, 6)).toThrow('scale of a decimal must be a whole number from 0 to 5')
    expect(() => t.fixed(0)).toThrow(InvalidArgument)
    expect(() =>
      buildSchema([
        ['a', t.int()],
        ['a', t.int()],
      ]),
    ).toThrow("column 'a' is there twice")
    expect(() => buildSchema({ '': t.int() })).toThrow('a column needs a name')
    expect(() => buildSchema({ a: 'long' as never })).toThrow(
      "column 'a' needs a type, and the string 'long' is none",
    )
    expect(() => buildSchema({ a: t.struct({ b: t.int().default('x' as never) }) })).toThrow(
      ValidationError,
    )
    expect(() => buildSchema({ a: t.struct({ b: t.int().default('x' as never) }) })).toThrow(
      "'a.b'",
    )
  })

  test('spec: Primitive Types, v3 types need v3', () => {
    for (const column of [
      t.timestampNs(),
      t.unknown(),
      t.variant(),
      t.geometry(),
      t.list(t.timestamptzNs()),
    ]) {
      const { schema } = buildSchema({ c: column })
      expect(minFormatVersion(schema.fields[0]?.type ?? { kind: 'int' })).toBe(3)
      expect(() => checkSchema(schema, 2)).toThrow(Unsupported)
      expect(() => checkSchema(schema, 3)).not.toThrow()
    }
    expect(() => checkSchema(buildSchema({ c: t.int().default(1) }).schema, 2)).toThrow(
      "default of column 'c'",
    )
    expect(() => checkSchema(buildSchema({ c: t.unknown().required() }).schema, 3)).toThrow(
      'must be optional',
    )
  })

  test.each<[string, () => unknown, string]>([
    ['an empty CRS', () => t.geometry(''), "a CRS is a text such as 'EPSG:3857'"],
    ['a CRS in spaces', () => t.geography(' x'), 'without spaces around it'],
    ['a CRS that is no text', () => t.geometry(4326 as never), "such as 'EPSG:3857'"],
    ['parentheses in a CRS', () => t.geometry('a)'), "a CRS cannot hold any of ( ): 'a)'"],
    ['a comma before an algorithm', () => t.geography('a,b)', 'karney'), 'any of ( ) ,'],
    ['a CRS without end', () => t.geometry('x'.repeat(2000)), 'is too long'],
    ['an algorithm', () => t.geography('OGC:CRS84', 'flat' as never), "karney, not 'flat'"],
    ['a precision', () => t.decimal(39, 0), 'from 1 to 38, not 39'],
    ['a scale', () => t.decimal(4, 5), 'from 0 to 4, not 5'],
    ['a length', () => t.fixed(0), 'from 1 to 2147483647, not 0'],
  ])('%s that a type cannot have is refused', (_name, make, message) => {
    expect(make).toThrow(InvalidArgument)
    expect(make).toThrow(message)
  })

  test.each<[string, unknown, string]>([
    [
      'a type as text',
      [{ id: 1, name: 'x', required: false, type: 'long' }],
      "bad column 'x': a type is an object such as { kind: 'long' }, not the string 'long'",
    ],
    ['no type', [{ id: 1, name: 'x', required: false }], 'not undefined'],
    ['no field', [null], 'a field is an object, not null'],
    [
      'no name',
      [{ id: 1, required: false, type: { kind: 'int' } }],
      'a field needs a name that is not empty',
    ],
    [
      'no id',
      [{ name: 'x', required: false, type: { kind: 'int' } }],
      "bad column 'x': its id is a whole number",
    ],
    [
      'no requiredness',
      [{ id: 1, name: 'x', type: { kind: 'int' } }],
      'its `required` is true or false, not undefined',
    ],
    [
      'a doc',
      [{ id: 1, name: 'x', required: false, doc: 3, type: { kind: 'int' } }],
      'its doc is a text, not the number 3',
    ],
    [
      'a struct',
      [{ id: 1, name: 'x', required: false, type: { kind: 'struct' } }],
      'its fields are a list, not undefined',
    ],
    [
      'a list',
      [
        {
          id: 1,
          name: 'x',
          required: false,
          type: { kind: 'list', elementId: 2, element: { kind: 'int' } },
        },
      ],
      'its `elementRequired` is true or false',
    ],
    [
      'a map',
      [{ id: 1, name: 'x', required: false, type: { kind: 'map', key: { kind: 'int' } } }],
      "bad column 'x': its keyId is undefined, no id",
    ],
    ['no list of fields', 'x', 'its fields are a list'],
  ])('a schema made by hand is looked at before it is used: %s', (_name, fields, message) => {
    const schema = { schemaId: 0, fields, identifierFieldIds: [] } as unknown as Schema
    if (!Array.isArray(fields)) {
      expect(() => buildSchema(schema)).toThrow(InvalidArgument)
      return
    }
    expect(() => buildSchema(schema)).toThrow(InvalidArgument)
    expect(() => buildSchema(schema)).toThrow(message)
  })

  test('so are identifiers of one, and columns that are no columns', () => {
    const fields = [{ id: 1, name: 'x', required: false, type: { kind: 'int' } }] as const
    expect(() => buildSchema({ schemaId: 0, fields, identifierFieldIds: [7] })).toThrow(
      'the field id 7, which no column has',
    )
    expect(() => buildSchema({ schemaId: 0, fields } as never)).toThrow('identifierFieldIds')
    expect(() => buildSchema(new (class Table {})() as never)).toThrow(
      'not an object of class Table',
    )
    expect(() => t.of({ kind: 'list' } as never)).toThrow("bad column 'element'")
    expect(() => t.of({ kind: 'struct' } as never)).toThrow('its fields are a list')
  })

  test('parameters of ready types are checked with the schema', () => {
    const types: readonly Type[] = [
      { kind: 'geography', crs: 'x', algorithm: 'flat' as never },
      { kind: 'geometry', crs: '' },
      { kind: 'decimal', precision: 50, scale: 2 },
      { kind: 'fixed', length: 1.5 },
    ]
    for (const type of types) {
      const { schema } = buildSchema({ c: t.list(t.of(type)) })
      expect(() => checkSchema(schema, 3)).toThrow("column 'c.element': ")
    }
    expect(formatType(t.geometry('a,b').draft as Type)).toBe('geometry(a,b)')
  })

  test.each<[string, Parameters<typeof buildSchema>[0], string]>([
    ['float', { k: t.double().required() }, 'floating point'],
    ['optional', { k: t.int() }, 'not required'],
    ['nested type', { k: t.list(t.int()).required() }, 'not primitive'],
  ])('spec: Identifier Field IDs, %s is refused', (_name, shape, message) => {
    const { schema } = buildSchema(shape, { identifier: ['k'] })
    expect(() => checkSchema(schema, 2)).toThrow(message)
  })

  test('spec: Identifier Field IDs, not in an optional struct, list or map', () => {
    const optional = buildSchema(
      { s: t.struct({ k: t.int().required() }) },
      { identifier: ['s.k'] },
    )
    expect(() => checkSchema(optional.schema, 2)).toThrow('a struct around it is not required')
    const repeated = buildSchema(
      { l: t.list(t.int().required()).required() },
      { identifier: ['l.element'] },
    )
    expect(() => checkSchema(repeated.schema, 2)).toThrow('it lies in a list or map')
  })

  test('spec: Reserved Field IDs', () => {
    const reserved: Schema = {
      schemaId: 0,
      fields: [{ id: 2147483448, name: 'a', required: false, type: { kind: 'int' } }],
      identifierFieldIds: [],
    }
    expect(() => checkSchema(reserved, 2)).toThrow('reserved')
  })
})

describe('checkShape', () => {
  const shape = { id: t.long().required(), s: t.struct({ x: t.int() }), l: t.list(t.string()) }
  const { schema } = buildSchema(shape)

  test('the same columns in any order fit; required is more than optional', () => {
    expect(() =>
      checkShape(schema, { l: t.list(t.string()), s: t.struct({ x: t.int() }), id: t.long() }),
    ).not.toThrow()
  })

  test('every difference is named', () => {
    const other = {
      id: t.int(),
      s: t.struct({ y: t.int() }),
      l: t.list(t.string().required()),
      z: t.int(),
    }
    expect(() => checkShape(schema, other)).toThrow(
      "column 'id' is long, not int; column 's.y' is missing; column 'l.element' is optional; column 'z' is missing",
    )
  })
})
