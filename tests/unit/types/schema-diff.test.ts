import { describe, expect, test } from 'vitest'
import { bucket, day, identity } from '../../../src/expr/terms.js'
import type { PartitionField } from '../../../src/partition/model.js'
import {
  buildPartitionSpec,
  buildSortOrder,
  UNSORTED,
} from '../../../src/partition/spec-builder.js'
import { orderDiff, specDiff } from '../../../src/partition/spec-diff.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { schemaDiff } from '../../../src/types/schema-diff.js'
import { SchemaEditor } from '../../../src/types/schema-editor.js'

const base = buildSchema(
  {
    id: t.long().required(),
    n: t.int(),
    d: t.date(),
    s: t.struct({ a: t.int(), b: t.string() }),
    l: t.list(t.struct({ x: t.float() }).required()),
    m: t.map(t.string(), t.struct({ p: t.int(), q: t.int() })),
  },
  { identifier: ['id'] },
)

function words(change: (editor: SchemaEditor) => unknown): readonly string[] {
  const editor = new SchemaEditor(base.schema, {
    lastColumnId: base.lastColumnId,
    formatVersion: 3,
  })
  change(editor)
  return schemaDiff(base.schema, editor.result().schema).map(({ text }) => text)
}

describe('what changed between two schemas', () => {
  test('nothing', () => {
    expect(schemaDiff(base.schema, base.schema)).toEqual([])
  })

  test('columns come and go, each said once, whatever they hold', () => {
    expect(
      words((s) =>
        s
          .dropColumn('m')
          .addColumn('s.c', t.struct({ deep: t.int() }))
          .addColumn('v', t.int().required().default(7)),
      ),
    ).toEqual([
      "dropped column 'm'",
      "added column 's.c' (struct<deep: int>)",
      "added column 'v' (required int, 7 in earlier rows)",
    ])
  })

  test('names, types, nulls, docs, defaults and the identifier', () => {
    expect(
      words((s) =>
        s
          .renameColumn('n', 'k')
          .widenColumn('k', t.long())
          .makeOptional('l.element')
          .widenColumn('l.x', t.double())
          .updateDoc('d', 'when')
          .updateDefault('s.b', 'x')
          .setIdentifier()
          .makeOptional('id')
          .makeRequired('m.value', { allowIncompatible: true }),
      ),
    ).toEqual([
      "made column 'id' optional",
      "renamed column 'n' to 'k'",
      "changed column 'k' from int to long",
      "changed the doc of column 'd'",
      'set the default of column \'s.b\' to "x"',
      "made column 'l.element' optional",
      "changed column 'l.element.x' from float to double",
      "made column 'm.value' required",
      "changed the identifier from 'id' to nothing",
    ])
  })

  test('the fewest moves, nested ones too', () => {
    expect(words((s) => s.moveFirst('m').moveAfter('id', 'd').moveFirst('s.b'))).toEqual([
      "moved column 'm' first",
      "moved column 'id' after 'd'",
      "moved column 's.a' after 'b'",
    ])
    expect(words((s) => s.addColumn('z', t.int(), { first: true }))).toEqual([
      "added column 'z' (int)",
    ])
  })

  test('a column dropped and added again under its name is another one', () => {
    expect(words((s) => s.dropColumn('n').addColumn('n', t.int()))).toEqual([
      "dropped column 'n'",
      "added column 'n' (int)",
    ])
  })
})

describe('what changed between two specs or orders', () => {
  const { schema } = base
  const spec = (terms: Parameters<typeof buildPartitionSpec>[1]) =>
    buildPartitionSpec(schema, terms).spec

  test('fields by their ids; void is none', () => {
    const before = spec([identity('n'), bucket(4, 'id')])
    const [first, second] = before.fields
    const after = {
      specId: 1,
      fields: [
        { ...(first as PartitionField), transform: { kind: 'void' } as const },
        { ...(second as PartitionField), name: 'shard' },
        { sourceIds: [3], fieldId: 1002, name: 'd_day', transform: { kind: 'day' } as const },
      ],
    }
    expect(specDiff(before, after, schema).map(({ text }) => text)).toEqual([
      'removed partition field n',
      "renamed partition field 'id_bucket' to 'shard'",
      'added partition field d_day = day(d)',
    ])
    expect(specDiff(after, after, schema)).toEqual([])
    const gone = { ...schema, fields: schema.fields.filter((field) => field.id !== 1) }
    expect(specDiff(before, spec([]), gone).map(({ text }) => text)).toContain(
      'removed partition field id_bucket = bucket[4](dropped column 1)',
    )
  })

  test('a field that is void from the start was added so', () => {
    const before = spec([identity('n')])
    const born = {
      sourceIds: [1],
      fieldId: 1001,
      name: 'id_null',
      transform: { kind: 'void' },
    } as const
    const after = { specId: 1, fields: [...before.fields, born] }
    expect(specDiff(before, after, schema).map(({ text }) => text)).toEqual([
      'added partition field id_null = void(id)',
    ])
    expect(specDiff(after, { ...after, specId: 2 }, schema)).toEqual([])
    expect(specDiff(after, before, schema)).toEqual([])
  })

  test('sort orders as a whole', () => {
    const order = buildSortOrder(schema, ['n', day('d')])
    expect(orderDiff(UNSORTED, order, schema).map(({ text }) => text)).toEqual([
      'now sorted by n asc nulls-first, day(d) asc nulls-first',
    ])
    expect(orderDiff(order, UNSORTED, schema)[0]?.text).toBe('no longer sorted')
    expect(orderDiff(order, { ...order, orderId: 9 }, schema)).toEqual([])
  })
})
