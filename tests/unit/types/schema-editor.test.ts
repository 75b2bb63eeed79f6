import { describe, expect, test } from 'vitest'
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
})
