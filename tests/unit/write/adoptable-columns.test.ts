/** Which files may stand for rows of a table: each way a column may not fit is told by its name. */
import {
  Field as ArrowField,
  Binary,
  type DataType,
  Int32,
  Int64,
  List,
  Null,
  Struct,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { InvalidArgument } from '../../../src/errors.js'
import type { FileColumn } from '../../../src/scan/columns/file-tree.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { Schema } from '../../../src/types/type.js'
import { checkAdoptable } from '../../../src/write/adopt/check-adoptable.js'

const leaf = (name: string, id: number | undefined, type: DataType): FileColumn => ({
  name,
  id,
  type,
  children: [],
})
const group = (name: string, id: number, ...children: readonly FileColumn[]): FileColumn => ({
  name,
  id,
  type: new Struct(children.map((child) => new ArrowField(child.name, child.type, true))),
  children,
})
const facts = (nullCount: bigint | undefined) => ({
  nullCount,
  valueCount: 3n,
  lower: undefined,
  upper: undefined,
  isExact: true,
})

function check(
  schema: Schema,
  tree: readonly FileColumn[],
  nulls: ReadonlyMap<number, bigint | undefined> = new Map(),
  fromPath: readonly number[] = [],
): void {
  checkAdoptable({
    path: 'in/a.parquet',
    schema,
    tree,
    spec: { specId: 0, fields: [] },
    fromPath: new Set(fromPath),
    metrics: new Map([...nulls].map(([id, count]) => [id, facts(count)])),
  })
}

const schemaOf = (type: Parameters<typeof buildSchema>[0]) => buildSchema(type).schema

describe('columns of a file that is adopted', () => {
  const plain = schemaOf([['id', t.long().required()]])

  test('fits as it is, promoted, or always null', () => {
    expect(() => check(plain, [leaf('id', 1, new Int64())])).not.toThrow()
    expect(() => check(plain, [leaf('id', 1, new Int32())])).not.toThrow()
    expect(() => check(schemaOf([['id', t.long()]]), [leaf('id', 1, new Null())])).not.toThrow()
    expect(() => check(schemaOf([['id', t.long()]]), [])).not.toThrow()
    expect(() => check(plain, [], new Map(), [1])).not.toThrow()
    expect(() => check(plain, [leaf('id', 1, new Int64())], new Map([[1, 0n]]))).not.toThrow()
  })

  const nested = {
    struct: schemaOf([['c', t.struct({ a: t.long() })]]),
    list: schemaOf([['c', t.list(t.long())]]),
    map: schemaOf([['c', t.map(t.string(), t.long())]]),
    variant: schemaOf([['c', t.variant()]]),
  }
  const a = leaf('a', 2, new Int64())
  const text = leaf('a', 2, new Utf8())

  test('nested columns that fit', () => {
    expect(() => check(nested.struct, [group('c', 1, a)])).not.toThrow()
    const list: FileColumn = {
      name: 'c',
      id: 1,
      type: new List(new ArrowField('element', new Int64(), true)),
      children: [a],
    }
    expect(() => check(nested.list, [list])).not.toThrow()
    expect(() =>
      check(nested.map, [group('c', 1, leaf('key', 2, new Utf8()), leaf('value', 3, new Int64()))]),
    ).not.toThrow()
    for (const part of ['value', 'typed_value']) {
      const variant = group(
        'c',
        1,
        leaf('metadata', undefined, new Binary()),
        leaf(part, undefined, new Binary()),
      )
      expect(() => check(nested.variant, [variant])).not.toThrow()
    }
  })

  test.each<[string, Schema, readonly FileColumn[], string]>([
    ['required and missing', plain, [], "column 'id' is required, and the file does not have it"],
    ['another type', plain, [leaf('id', 1, new Utf8())], 'cannot be read as long'],
    [
      'a column of its own',
      plain,
      [leaf('id', 1, new Int64()), leaf('more', 9, new Utf8())],
      "column 'more' is in the file and not in the table; add it to the schema first",
    ],
    ['no struct', nested.struct, [leaf('c', 1, new Int64())], "column 'c' is a struct"],
    ['another member', nested.struct, [group('c', 1, text)], 'column `c.a` of type'],
    [
      'one more member',
      nested.struct,
      [group('c', 1, a, leaf('b', 8, new Int64()))],
      "column 'c.b' is in the file and not in the table",
    ],
    ['no list', nested.list, [leaf('c', 1, new Int64())], "column 'c' is a list"],
    ['a list of texts', nested.list, [group('c', 1, text)], 'column `c.element` of type'],
    ['no map', nested.map, [leaf('c', 1, new Int64())], "column 'c' is a map"],
    ['half a map', nested.map, [group('c', 1, text)], "column 'c' is a map"],
    [
      'a map of texts',
      nested.map,
      [group('c', 1, leaf('key', 2, new Utf8()), leaf('value', 3, new Utf8()))],
      'column `c.value` of type',
    ],
    ['no variant', nested.variant, [leaf('c', 1, new Binary())], "column 'c' is a variant"],
    [
      'half a variant',
      nested.variant,
      [group('c', 1, leaf('metadata', undefined, new Binary()))],
      "column 'c' is a variant",
    ],
  ])('%s', (_name, schema, tree, message) => {
    expect(() => check(schema, tree)).toThrow(InvalidArgument)
    expect(() => check(schema, tree)).toThrow(message)
    expect(() => check(schema, tree)).toThrow('in/a.parquet')
  })

  test('required columns must be known to hold no null', () => {
    for (const count of [1n, undefined]) {
      expect(() => check(plain, [leaf('id', 1, new Int64())], new Map([[1, count]]))).toThrow(
        "column 'id' is required, and the file may hold nulls in it",
      )
    }
  })
})
