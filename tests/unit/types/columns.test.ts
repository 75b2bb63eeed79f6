import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData } from '../../../src/errors.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import {
  findMapped,
  nameMappingOf,
  nameMappingText,
  parseNameMapping,
  updateNameMapping,
} from '../../../src/types/name-mapping.js'
import { fromNestedDatum } from '../../../src/types/nested-value.js'
import { projectColumns, writeDefault } from '../../../src/types/project-columns.js'
import type { Field, Type } from '../../../src/types/type.js'

const field = (id: number, name: string, type: Type, rest: Partial<Field> = {}): Field => ({
  id,
  name,
  required: false,
  type,
  ...rest,
})
const INT: Type = { kind: 'int' }

describe('spec: Column Projection', () => {
  test('the example: renamed, reordered, and a missing column as null', () => {
    const file = new Set([1, 2, 3])
    const wanted = [
      field(3, 'measurement', { kind: 'double' }),
      field(2, 'name', { kind: 'string' }),
      field(4, 'a', INT),
    ]
    const plan = projectColumns(wanted, file, new Map())
    expect(plan.map((column) => [column.field.name, column.source.kind])).toEqual([
      ['measurement', 'file'],
      ['name', 'file'],
      ['a', 'null'],
    ])
  })

  test('a missing column comes from identity partitions, then its initial default, then null', () => {
    const wanted = [
      field(1, 'p', INT, { initialDefault: 'never' }),
      field(2, 'd', { kind: 'string' }, { initialDefault: 'x' }),
      field(3, 'n', INT),
      field(4, 'pn', INT),
    ]
    const constants = new Map([
      [1, 5],
      [4, null],
    ])
    expect(projectColumns(wanted, new Set(), constants).map((column) => column.source)).toEqual([
      { kind: 'constant', datum: 5 },
      { kind: 'default', value: 'x' },
      { kind: 'null' },
      { kind: 'constant', datum: null },
    ])
  })

  test('a column in the file wins over the partition value', () => {
    const plan = projectColumns([field(1, 'p', INT)], new Set([1]), new Map([[1, 5]]))
    expect(plan[0]?.source).toEqual({ kind: 'file' })
  })

  test('unknown is null even when a file has such a column', () => {
    const plan = projectColumns([field(1, 'u', { kind: 'unknown' })], new Set([1]), new Map())
    expect(plan[0]?.source).toEqual({ kind: 'null' })
  })

  test('nested fields are resolved one by one', () => {
    const { schema } = buildSchema({
      s: t.struct({ a: t.int(), b: t.int() }),
      l: t.list(t.struct({ x: t.int() })),
      m: t.map(t.string(), t.int()),
    })
    const plan = projectColumns(schema.fields, new Set([1, 4, 2, 6, 3, 8, 9]), new Map())
    expect(plan[0]?.children?.map((child) => [child.field.name, child.source.kind])).toEqual([
      ['a', 'file'],
      ['b', 'null'],
    ])
    expect(plan[1]?.children?.[0]).toMatchObject({
      source: { kind: 'file' },
      children: [{ source: { kind: 'null' } }],
    })
    expect(plan[2]?.children?.map((child) => child.field.name)).toEqual(['key', 'value'])
  })

  test.each<[string, unknown, unknown, unknown]>([
    ['null', undefined, undefined, null],
    ['{}', new Map(), new Map([['x', 0]]), { x: 0, y: 0 }],
  ])(
    'spec: Default values, the struct table: point default %s',
    (_name, structDefault, _partial, expected) => {
      const point = field(
        1,
        'point',
        {
          kind: 'struct',
          fields: [
            field(2, 'x', INT, { writeDefault: jsonInt0() }),
            field(3, 'y', INT, { writeDefault: jsonInt0() }),
          ],
        },
        structDefault === undefined ? {} : { writeDefault: new Map() },
      )
      expect(fromNestedDatum(point.type, writeDefault(point))).toEqual(expected)
    },
  )
})

function jsonInt0() {
  const built = buildSchema({ x: t.int().default(0) }).schema.fields[0]?.writeDefault
  if (built === undefined) throw new RangeError('no default was built')
  return built
}

describe('spec: Name Mapping Serialization', () => {
  const TEXT =
    '[{"field-id":1,"names":["id","record_id"]},{"field-id":2,"names":["data"]},{"field-id":3,"names":["location"],"fields":[{"field-id":4,"names":["latitude","lat"]},{"field-id":5,"names":["longitude","long"]}]}]'

  test('the example is read, looked up and written back', () => {
    const mapping = parseNameMapping(TEXT, defaultLimits)
    expect(findMapped(mapping, 'record_id')?.id).toBe(1)
    expect(findMapped(findMapped(mapping, 'location')?.fields ?? [], 'long')?.id).toBe(5)
    expect(findMapped(mapping, 'location.lat')).toBeUndefined()
    expect(nameMappingText(mapping)).toBe(TEXT)
  })

  test('a column of the files that the schema lacks has no id; names may be empty', () => {
    const mapping = parseNameMapping('[{"names":["x"]},{"field-id":2,"names":[]}]', defaultLimits)
    expect(findMapped(mapping, 'x')).toEqual({ id: undefined, names: ['x'], fields: [] })
    expect(mapping[1]).toEqual({ id: 2, names: [], fields: [] })
  })

  test.each([
    '{}',
    '[1]',
    '[{"names":["a"]},{"names":["a"]}]',
    '[{"names":[1]}]',
    '[{"field-id":"x"}]',
  ])('%s is corrupt', (text) => {
    expect(() => parseNameMapping(text, defaultLimits)).toThrow(CorruptData)
  })

  test('a schema gives its own mapping, lists and maps with their parts', () => {
    const { schema } = buildSchema({ l: t.list(t.int()), m: t.map(t.string(), t.int()) })
    expect(nameMappingText(nameMappingOf(schema.fields))).toBe(
      '[{"field-id":1,"names":["l"],"fields":[{"field-id":3,"names":["element"]}]},{"field-id":2,"names":["m"],"fields":[{"field-id":4,"names":["key"]},{"field-id":5,"names":["value"]}]}]',
    )
  })

  test('a rename adds a name, an added column is mapped and takes its name from others', () => {
    const before = [field(1, 'a', INT), field(2, 'b', INT)]
    const after = [field(1, 'aa', INT), field(2, 'b', INT), field(3, 'a', INT)]
    const updated = updateNameMapping(nameMappingOf(before), before, after)
    expect(nameMappingText(updated)).toBe(
      '[{"field-id":1,"names":["aa"]},{"field-id":2,"names":["b"]},{"field-id":3,"names":["a"]}]',
    )
  })

  test('a name has one owner at each level: renames onto dropped names, and swaps', () => {
    const struct = (fields: readonly Field[]): Type => ({ kind: 'struct', fields })
    const before = [
      field(1, 'a', INT),
      field(2, 'b', INT),
      field(3, 's', struct([field(4, 'x', INT), field(5, 'y', INT)])),
    ]
    const mapping = nameMappingOf(before)
    const text = (after: readonly Field[]): string =>
      nameMappingText(updateNameMapping(mapping, before, after))
    const renamed = text([field(1, 'b', INT), field(3, 's', struct([field(4, 'y', INT)]))])
    expect(renamed).toBe(
      '[{"field-id":1,"names":["a","b"]},{"field-id":2,"names":[]},{"field-id":3,"names":["s"],"fields":[{"field-id":4,"names":["x","y"]},{"field-id":5,"names":[]}]}]',
    )
    expect(parseNameMapping(renamed, defaultLimits)).toHaveLength(3)
    const swapped = text([field(1, 'b', INT), field(2, 'a', INT), ...before.slice(2)])
    expect(swapped).toContain('[{"field-id":1,"names":["b"]},{"field-id":2,"names":["a"]}')
  })
})
