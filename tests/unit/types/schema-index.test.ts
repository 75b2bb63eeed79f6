import { describe, expect, test } from 'vitest'
import { InvalidArgument, NotFound } from '../../../src/errors.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { maxFieldId, schemaIndex } from '../../../src/types/schema-index.js'

const { schema, lastColumnId } = buildSchema([
  ['id', t.long().required()],
  ['stop', t.struct({ lat: t.double().required(), 'a.b': t.int() })],
  ['tags', t.list(t.struct({ k: t.string() }))],
  ['m', t.map(t.string(), t.list(t.int().required()))],
  ['stop.lat', t.string()],
  ['Town', t.string()],
])

describe('schema index', () => {
  const index = schemaIndex(schema)

  test('spec: fresh ids number all fields of a struct before the types inside', () => {
    const ids = [...index.byId.values()].map((field) => [field.path.join('/'), field.id])
    expect(Object.fromEntries(ids)).toEqual({
      id: 1,
      stop: 2,
      tags: 3,
      m: 4,
      'stop.lat': 5,
      Town: 6,
      'stop/lat': 7,
      'stop/a.b': 8,
      'tags/element': 9,
      'tags/element/k': 10,
      'm/key': 11,
      'm/value': 12,
      'm/value/element': 13,
    })
    expect(lastColumnId).toBe(13)
    expect(maxFieldId(schema)).toBe(13)
  })

  test('paths are found as text and as names', () => {
    expect(index.find('stop')?.id).toBe(2)
    expect(index.find('stop.a.b')?.id).toBe(8)
    expect(index.find(['stop', 'a.b'])?.id).toBe(8)
    expect(index.find('tags.element.k')?.id).toBe(10)
    expect(index.find('m.value.element')?.id).toBe(13)
    expect(index.find('nope')).toBeUndefined()
  })

  test('an ambiguous text is an error; names settle it', () => {
    expect(() => index.find('stop.lat')).toThrow(InvalidArgument)
    expect(() => index.find('stop.lat')).toThrow('ambiguous')
    expect(index.find(['stop', 'lat'])?.id).toBe(7)
    expect(index.find(['stop.lat'])?.id).toBe(5)
  })

  test('case may be ignored', () => {
    expect(index.find('town')).toBeUndefined()
    expect(index.find('TOWN', { caseSensitive: false })?.id).toBe(6)
    expect(index.find(['STOP', 'A.B'], { caseSensitive: false })?.id).toBe(8)
  })

  test('a missing column is named, with what is like it', () => {
    expect(() => index.require('town')).toThrow(NotFound)
    expect(() => index.require('town')).toThrow("no column 'town'; did you mean 'Town'?")
    expect(() => index.require('xyz')).toThrow('columns are id, stop, tags, m, stop.lat, Town')
  })

  test('nullability, repetition and ancestors', () => {
    const lat = index.byId.get(7)
    expect(lat).toMatchObject({ required: true, nullable: true, inRepeated: false, parentId: 2 })
    expect(index.byId.get(1)).toMatchObject({ nullable: false, inRepeated: false })
    expect(index.byId.get(10)).toMatchObject({ inRepeated: true })
    expect(index.byId.get(9)).toMatchObject({ inRepeated: true, name: 'element' })
    expect(index.ancestors(13).map((field) => field.name)).toEqual(['value', 'm'])
    expect(index.pathText(13)).toBe('m.value.element')
    expect(index.pathText(99)).toBe('#99')
  })
})
