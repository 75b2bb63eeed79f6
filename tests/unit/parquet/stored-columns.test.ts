/** Members of type unknown are left out of files (spec: appendix A, "Parquet"), however deep. */
import { expect, test } from 'vitest'
import { InternalBug } from '../../../src/errors.js'
import { storedColumns } from '../../../src/parquet/stored-columns.js'
import type { Field, Schema, Type } from '../../../src/types/type.js'
import { bytesSource, columnsOf, readAll } from './read-support.js'
import { physicalBatch, writeImage } from './write-support.js'

let nextId = 1
const field = (name: string, type: Type): Field => ({ id: nextId++, name, required: false, type })
const int: Type = { kind: 'int' }
const unknown: Type = { kind: 'unknown' }
const structOf = (...fields: Field[]): Type => ({ kind: 'struct', fields })
const listOf = (element: Type): Type => ({
  kind: 'list',
  elementId: nextId++,
  elementRequired: false,
  element,
})
const mapOf = (key: Type, value: Type): Type => ({
  kind: 'map',
  keyId: nextId++,
  key,
  valueId: nextId++,
  valueRequired: false,
  value,
})

const schema: Schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [
    field('nothing', unknown),
    field('plain', structOf(field('a', int))),
    field('s', structOf(field('u', unknown), field('a', int))),
    field('l', listOf(structOf(field('x', int), field('u', unknown)))),
    field('ll', listOf(listOf(int))),
    field('m', mapOf({ kind: 'string' }, structOf(field('u', unknown), field('v', int)))),
    field('k', mapOf(structOf(field('a', int), field('u', unknown)), int)),
    field('mm', mapOf({ kind: 'string' }, listOf(int))),
  ],
}
const rows = [
  {
    nothing: null,
    plain: { a: 1 },
    s: { u: null, a: 2 },
    l: [{ x: 3, u: null }, null],
    ll: [[4], null],
    m: new Map([['k', { u: null, v: 5 }]]),
    k: new Map([[{ a: 6, u: null }, 7]]),
    mm: new Map([['k', [8]]]),
  },
  { nothing: null, plain: null, s: null, l: null, ll: null, m: null, k: null, mm: null },
  {
    nothing: null,
    plain: { a: null },
    s: { u: null, a: null },
    l: [],
    ll: [],
    m: new Map(),
    k: new Map(),
    mm: new Map(),
  },
]

test('unknown members do not get into the file, and the others are as they were', async () => {
  const { bytes } = await writeImage(schema, rows)
  const columns = columnsOf(await readAll(bytesSource(bytes)))
  expect(Object.fromEntries(columns)).toEqual({
    plain: [[1], null, [null]],
    s: [[2], null, [null]],
    l: [[[3], null], null, []],
    ll: [[[4], null], null, []],
    m: [[['k', [5]]], null, []],
    k: [[[[6], 7]], null, []],
    mm: [[['k', [8]]], null, []],
  })
})

test('what has nothing unknown keeps its type', () => {
  const stored = storedColumns(schema).schema
  const typeOf = (from: Schema, name: string) => from.fields.find((one) => one.name === name)?.type
  for (const name of ['plain', 'll', 'mm']) expect(typeOf(stored, name)).toBe(typeOf(schema, name))
  for (const name of ['s', 'l', 'm', 'k'])
    expect(typeOf(stored, name)).not.toBe(typeOf(schema, name))
})

test('a batch of another schema is a bug of the caller', () => {
  const few = { ...schema, fields: schema.fields.slice(0, 2) }
  const batch = physicalBatch(few, [{ nothing: null, plain: null }])
  expect(() => storedColumns(schema).select(batch)).toThrow(InternalBug)
})
