import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Decimal,
  Dictionary,
  FixedSizeBinary,
  Int8,
  Int32,
  Null,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { arrowSchemaOf } from '../../../src/arrow/schema.js'
import { InvalidArgument, NotFound, Unsupported } from '../../../src/errors.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { SchemaEditorOptions } from '../../../src/types/schema-draft.js'
import { SchemaEditor } from '../../../src/types/schema-editor.js'
import type { Field } from '../../../src/types/type.js'
import { formatType } from '../../../src/types/type-text.js'

const shape = {
  id: t.long().required(),
  n: t.int(),
  d: t.date(),
  s: t.struct({ a: t.int(), b: t.string() }),
  l: t.list(t.struct({ x: t.float() }).required()),
  m: t.map(t.string(), t.struct({ p: t.int() })),
}
const base = buildSchema(shape, { identifier: ['id'] })

function edit(options: Partial<SchemaEditorOptions> = {}): SchemaEditor<typeof shape> {
  return new SchemaEditor(base.schema, {
    lastColumnId: base.lastColumnId,
    formatVersion: 2,
    ...options,
  })
}

function show(fields: readonly Field[]): string {
  return fields
    .map(
      (field) => `${field.id}:${field.name}${field.required ? '!' : ''} ${formatType(field.type)}`,
    )
    .join(', ')
}

describe('spec: Schema Evolution', () => {
  test('nothing done is nothing changed', () => {
    expect(edit().result()).toMatchObject({ changed: false, lastColumnId: 13, dropped: [] })
    expect(edit().renameColumn('n', 'k').renameColumn('k', 'n').result().changed).toBe(false)
  })

  test('added columns get new ids after the last, nested ones too, at a chosen place', () => {
    const { schema, lastColumnId } = edit()
      .addColumn('tags', t.list(t.string()), { after: 'id', doc: 'words' })
      .addColumn('first', t.int(), { first: true })
      .addColumn('before', t.int(), { before: 'n' })
      .result()
    expect(schema.fields.slice(0, 4).map((field) => [field.name, field.id])).toEqual([
      ['first', 16],
      ['id', 1],
      ['tags', 14],
      ['before', 17],
    ])
    expect(schema.fields[2]).toMatchObject({ doc: 'words', type: { elementId: 15 } })
    expect(lastColumnId).toBe(17)
  })

  test('columns are added inside structs, list elements and map values', () => {
    const { schema } = edit()
      .addColumn('s.c', t.double())
      .addColumn('l.y', t.int())
      .addColumn(['m', 'q.r'], t.int())
      .result()
    expect(show(schema.fields.slice(3))).toBe(
      '4:s struct<a: int, b: string, c: double>, 5:l list<struct<x: float, y: int>>, 6:m map<string, struct<p: int, q.r: int>>',
    )
  })

  test('an id is never used again', () => {
    const { schema } = edit().dropColumn('n').addColumn('n', t.int()).result()
    expect(schema.fields.find((field) => field.name === 'n')?.id).toBe(14)
  })

  test('drop, rename, widen, optional, doc and identifier, nested too', () => {
    const change = edit()
      .dropColumn('s.a')
      .renameColumn('s.b', 'bb')
      .renameColumn('s', 'ss')
      .widenColumn('n', t.long())
      .widenColumn('l.element.x', t.double())
      .makeOptional('l.element')
      .updateDoc('ss.bb', 'inner')
      .setIdentifier()
      .makeOptional('id')
      .result()
    expect(show(change.schema.fields)).toBe(
      '1:id long, 2:n long, 3:d date, 4:ss struct<bb: string>, 5:l list<struct<x: double>>, 6:m map<string, struct<p: int>>',
    )
    expect(change.schema.fields[4]?.type).toMatchObject({ elementRequired: false })
    expect(change.schema.fields[3]?.type).toMatchObject({ fields: [{ doc: 'inner', id: 8 }] })
    expect(change.dropped).toEqual(['s.a'])
    expect([...change.renamed]).toEqual([
      ['s', 'ss'],
      ['s.b', 'ss.bb'],
    ])
    expect(change.schema.identifierFieldIds).toEqual([])
  })

  test('moves stay within a struct', () => {
    const { schema } = edit()
      .moveFirst('d')
      .moveBefore('m', 'n')
      .moveAfter('id', 'l')
      .moveFirst('s.b')
      .result()
    expect(show(schema.fields)).toBe(
      '3:d date, 6:m map<string, struct<p: int>>, 2:n int, 4:s struct<b: string, a: int>, 5:l list<struct<x: float>>, 1:id! long',
    )
    expect(() => edit().moveBefore('n', 's.a')).toThrow('not in the same struct')
    expect(() => edit().moveAfter('n', 'n')).toThrow('beside itself')
  })

  test.each<[string, (editor: SchemaEditor) => unknown, string]>([
    ['a taken name', (e) => e.addColumn('n', t.int()), "column 'n' exists already"],
    ['a name that differs in case', (e) => e.addColumn('N', t.int()), 'only in case'],
    ['a rename onto a sibling', (e) => e.renameColumn('n', 'id'), "column 'id' exists already"],
    ['an empty name', (e) => e.renameColumn('n', ''), 'must not be empty'],
    [
      'a required column without default',
      (e) => e.addColumn('r', t.int().required()),
      'needs a default',
    ],
    ['adding to a primitive', (e) => e.addColumn('n.x', t.int()), 'cannot be added to int'],
    ['a narrowing', (e) => e.widenColumn('id', t.int()), 'long does not widen to int'],
    ['date to timestamp in v2', (e) => e.widenColumn('d', t.timestamp()), 'does not widen'],
    ['an identifier field', (e) => e.dropColumn('id').result(), 'it is an identifier field'],
    ['a list element', (e) => e.dropColumn('l.element'), 'part of a list or map'],
    ['a map key', (e) => e.makeOptional('m.key'), 'map keys never change'],
    ['the last member', (e) => e.dropColumn('m.value.p').result(), 'a struct needs a member'],
    ['two places', (e) => e.addColumn('x', t.int(), { first: true, after: 'n' }), 'give one of'],
    [
      'an optional identifier',
      (e) => e.makeOptional('id').result(),
      'cannot be an identifier field',
    ],
    [
      'a default in v2',
      (e) => e.addColumn('x', t.int().default(1)).result(),
      'needs format version 3',
    ],
  ])('%s is refused', (_name, change, message) => {
    expect(() => change(edit() as unknown as SchemaEditor)).toThrow(message)
  })

  test('a missing column, parent or sibling is not found', () => {
    expect(() => (edit() as unknown as SchemaEditor).dropColumn('nope')).toThrow(NotFound)
    expect(() => (edit() as unknown as SchemaEditor).addColumn('stpo.lat', t.int())).toThrow(
      NotFound,
    )
    expect(() => edit().addColumn('x', t.int(), { after: 'nope' })).toThrow(NotFound)
  })

  test('fields in use are kept, and keep their type where it matters', () => {
    const uses = new Map([
      [3, [{ description: "partition field 'd_day'", allowsPromotion: () => false }]],
      [7, [{ description: 'the sort order' }]],
    ])
    expect(() => edit({ uses }).dropColumn('d')).toThrow("partition field 'd_day' needs it")
    expect(() => edit({ uses }).dropColumn('s')).toThrow('the sort order needs it')
    expect(() => edit({ uses, formatVersion: 3 }).widenColumn('d', t.timestamp())).toThrow(
      'would change its values',
    )
    expect(() => edit({ uses }).dropColumn('d')).toThrow(InvalidArgument)
  })

  test('v3: defaults are kept, changed and carried through a promotion', () => {
    const added = edit({ formatVersion: 3 })
      .addColumn('x', t.date().default('2024-01-31').required())
      .widenColumn('x', t.timestamp())
      .updateDefault('n', 5)
      .result().schema
    expect(added.fields.at(-1)).toMatchObject({
      required: true,
      initialDefault: '2024-01-31T00:00:00.000000',
      writeDefault: '2024-01-31T00:00:00.000000',
    })
    expect(added.fields[1]?.writeDefault).toMatchObject({ text: '5' })
    expect(added.fields[1]?.initialDefault).toBeUndefined()
    expect(() => edit({ formatVersion: 2 }).updateDefault('n', 5).result()).toThrow(Unsupported)
  })

  test('element and value may be left out in front of members, as the reference allows', () => {
    const editor = edit() as unknown as SchemaEditor
    const { schema } = editor.renameColumn('l.x', 'y').widenColumn('m.p', t.long()).result()
    expect(show(schema.fields.slice(4))).toBe(
      '5:l list<struct<y: float>>, 6:m map<string, struct<p: long>>',
    )
    const twice = edit().addColumn('q', t.list(t.struct({ element: t.struct({ z: t.int() }) })))
    expect(() => (twice as unknown as SchemaEditor).dropColumn('q.z')).toThrow(NotFound)
  })

  test('a struct may lose all it has and gain anew, and the identifier change, in one go', () => {
    const { schema } = edit()
      .dropColumn('m.value.p')
      .addColumn('m.r', t.string())
      .dropColumn('id')
      .setIdentifier()
      .result()
    expect(show(schema.fields.slice(-1))).toBe('6:m map<string, struct<r: string>>')
    expect(schema.identifierFieldIds).toEqual([])
  })

  test('required: by a default of its own change, or when asked for as incompatible', () => {
    const v3 = edit({ formatVersion: 3 })
      .addColumn('z', t.int().default(1))
      .makeRequired('z')
      .makeRequired('n', { allowIncompatible: true })
      .makeRequired('id')
      .makeRequired('m.value', { allowIncompatible: true })
      .result().schema
    expect(v3.fields.map((field) => field.required)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      true,
    ])
    expect(v3.fields[5]?.type).toMatchObject({ valueRequired: true })
    expect(() => edit().makeRequired('n')).toThrow('allowIncompatible')
  })

  test('unknown becomes anything, nested types with ids of their own', () => {
    const { schema, lastColumnId } = edit({ formatVersion: 3 })
      .addColumn('u', t.unknown())
      .addColumn('w', t.unknown())
      .widenColumn('u', t.struct({ a: t.int(), b: t.list(t.string()) }))
      .widenColumn('w', t.decimal(5, 2))
      .result()
    const [u, w] = schema.fields.slice(-2)
    expect(u).toMatchObject({
      id: 14,
      type: { fields: [{ id: 16 }, { id: 17, type: { elementId: 18 } }] },
    })
    expect(w).toMatchObject({ id: 15, type: { kind: 'decimal' } })
    expect(lastColumnId).toBe(18)
  })

  test('a promoted default is the same value: a float as its double, the dates of a list refused', () => {
    const { schema } = edit({ formatVersion: 3 })
      .addColumn('f', t.float().default(0.1))
      .widenColumn('f', t.double())
      .result()
    expect(schema.fields.at(-1)?.initialDefault).toMatchObject({ text: '0.10000000149011612' })
    expect(() =>
      edit({ formatVersion: 3 })
        .addColumn('dates', t.list(t.date()).default(['2024-01-01']))
        .widenColumn('dates.element', t.timestamp()),
    ).toThrow("the default of 'dates' holds dates")
  })
})

describe('union by name', () => {
  const other = {
    n: t.long(),
    id: t.int().required(),
    s: t.struct({ b: t.string().doc('text'), c: t.struct({ k: t.int() }) }),
    l: t.list(t.struct({ x: t.double(), y: t.int().required() }).required()),
    m: t.map(t.string(), t.struct({ p: t.int(), q: t.list(t.int()) })),
    fresh: t.struct({ a: t.int().required() }).required(),
  }
  const united =
    '1:id! long, 2:n long, 3:d date, 4:s struct<a: int, b: string, c: struct<k: int>>, ' +
    '5:l list<struct<x: double, y: int>>, 6:m map<string, struct<p: int, q: list<int>>>, 19:fresh struct<a: int>'

  test('columns, a schema and an Arrow schema give the same', () => {
    const { schema } = buildSchema(other)
    for (const input of [other, schema, arrowSchemaOf(schema)]) {
      const change = (edit() as unknown as SchemaEditor).unionByName(input).result()
      expect(show(change.schema.fields)).toBe(united)
      expect(change.lastColumnId).toBe(20)
      expect(change.schema.fields[4]?.type).toMatchObject({
        element: { fields: [{ id: 10 }, { name: 'y', required: false }] },
      })
      const fresh = change.schema.fields[6]
      expect(fresh).toMatchObject({
        required: false,
        type: { fields: [{ required: true, id: 20 }] },
      })
    }
    const docs = edit().unionByName(other).result().schema.fields[3]?.type
    expect(docs).toMatchObject({ fields: [{}, { doc: 'text' }, {}] })
  })

  test('with itself, or with less, nothing changes', () => {
    expect(edit().unionByName(shape).result().changed).toBe(false)
    expect(edit().unionByName(base.schema).result().changed).toBe(false)
    expect(edit().unionByName({ n: t.int() }).result().changed).toBe(false)
  })

  test('optional there is optional here; the case may be ignored; unknown is whatever there is', () => {
    const optional = edit({ formatVersion: 3 })
      .setIdentifier()
      .unionByName({ id: t.long(), n: t.unknown() })
    expect(show(optional.result().schema.fields.slice(0, 2))).toBe('1:id long, 2:n int')
    const cased = edit().unionByName(
      { N: t.long(), S: t.struct({ A: t.long() }) },
      { caseSensitive: false },
    )
    expect(show(cased.result().schema.fields.slice(1, 4))).toBe(
      '2:n long, 3:d date, 4:s struct<a: long, b: string>',
    )
  })

  test('defaults come along: of new columns for rows that are there, of others for rows to come', () => {
    const { schema } = edit({ formatVersion: 3 })
      .unionByName({ n: t.int().default(4), z: t.string().default('z') })
      .result()
    expect(schema.fields[1]).toMatchObject({ writeDefault: { text: '4' } })
    expect(schema.fields[1]?.initialDefault).toBeUndefined()
    expect(schema.fields.at(-1)).toMatchObject({ initialDefault: 'z', writeDefault: 'z' })
  })
})

describe('Arrow types by their shape', () => {
  test('are what apache-arrow says they are', () => {
    const arrow = new ArrowSchema([
      new ArrowField('i8', new Int8(), true),
      new ArrowField('u32', new Uint32(), true),
      new ArrowField('u64', new Uint64(), false),
      new ArrowField('ms', new TimestampMillisecond('UTC'), true),
      new ArrowField('ns', new TimestampNanosecond(), true),
      new ArrowField('dict', new Dictionary(new Utf8(), new Int32()), true),
      new ArrowField('dec', new Decimal(2, 9, 128), true),
      new ArrowField(
        'uuid',
        new FixedSizeBinary(16),
        true,
        new Map([['ARROW:extension:name', 'arrow.uuid']]),
      ),
      new ArrowField('fixed', new FixedSizeBinary(16), true),
      new ArrowField('none', new Null(), true),
    ])
    const { schema } = new SchemaEditor(base.schema, { lastColumnId: 13, formatVersion: 3 })
      .unionByName(arrow)
      .result()
    expect(show(schema.fields.slice(6))).toBe(
      '14:i8 int, 15:u32 long, 16:u64 decimal(20,0), 17:ms timestamptz, 18:ns timestamp_ns, 19:dict string, ' +
        '20:dec decimal(9,2), 21:uuid uuid, 22:fixed fixed[16], 23:none unknown',
    )
  })
})
