/** The JSON of scenarios as what moraine's public functions take. */

import { alwaysFalse, alwaysTrue } from '../../src/expr/build.js'
import {
  and as allOf,
  or as anyOf,
  asc,
  bucket,
  type Column,
  col,
  day,
  desc,
  hour,
  identity,
  month,
  not,
  type PartitionTerm,
  type Predicate,
  type SortTerm,
  t,
  truncate,
  Variant,
  year,
} from '../../src/index.js'
import { parseTypeText } from '../../src/types/type-text.js'
import type {
  FieldJson,
  Json,
  PartitionJson,
  Path,
  Pred,
  Row,
  SortJson,
  TypeJson,
} from './scenario.js'

/** A column of a type in the JSON of the table format. */
export function column(kind: TypeJson): Column {
  if (typeof kind === 'string') return t.of(parseTypeText(kind))
  if (kind.type === 'struct') return t.struct(shape(kind.fields))
  if (kind.type === 'list') {
    const element = column(kind.element)
    return t.list(kind['element-required'] === true ? element.required() : element)
  }
  const value = column(kind.value)
  return t.map(column(kind.key), kind['value-required'] === true ? value.required() : value)
}

export function shape(fields: readonly FieldJson[]): readonly (readonly [string, Column])[] {
  return fields.map((field) => {
    let made = column(field.type)
    if (field.required === true) made = made.required()
    if (field.doc !== undefined) made = made.doc(field.doc)
    return [field.name, made] as const
  })
}

/** The type at a path of a schema. */
export function typeAt(fields: readonly FieldJson[], path: Path): TypeJson {
  let at: TypeJson = { type: 'struct', fields }
  for (const name of path) {
    if (typeof at === 'string') throw new Error(`nothing inside ${at}`)
    if (at.type === 'struct') {
      const field: FieldJson | undefined = at.fields.find((one) => one.name === name)
      if (field === undefined) throw new Error(`no field ${name}`)
      at = field.type
    } else if (at.type === 'list') at = at.element
    else at = name === 'key' ? at.key : at.value
  }
  return at
}

/** A value in canonical JSON as a write takes it. */
export function inputValue(kind: TypeJson, value: Json | undefined): unknown {
  if (value === null || value === undefined) return null
  if (typeof kind === 'string') return simpleValue(kind, value)
  if (kind.type === 'struct') return inputRow(kind.fields, value as Row)
  const items = value as readonly Json[]
  if (kind.type === 'list') return items.map((item) => inputValue(kind.element, item))
  return new Map(
    (items as readonly (readonly [Json, Json])[]).map(([key, item]) => [
      inputValue(kind.key, key),
      inputValue(kind.value, item),
    ]),
  )
}

function simpleValue(kind: string, value: Json): unknown {
  if (kind === 'long') return BigInt(value as string)
  if (kind === 'float' || kind === 'double') {
    return value === '-0.0' ? -0 : Number(value)
  }
  if (kind === 'variant') {
    const { metadata, value: body } = value as { readonly metadata: string; readonly value: string }
    return new Variant(bytesOf(metadata), bytesOf(body))
  }
  const isBinary = kind === 'binary' || kind.startsWith('fixed') || kind.startsWith('geo')
  return isBinary ? bytesOf(String(value)) : value
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'))
}

export function inputRow(fields: readonly FieldJson[], row: Row): Record<string, unknown> {
  const known = fields.filter((field) => row[field.name] !== undefined)
  return Object.fromEntries(
    known.map((field) => [field.name, inputValue(field.type, row[field.name])]),
  )
}

const TERMS = { year, month, day, hour, identity } as const

/** A partition or sort term: the column under a transform. */
export function term(source: Path, transform: string) {
  const [, kind = '', argument] = /^(\w+)(?:\[(\d+)\])?$/.exec(transform) ?? []
  if (kind === 'bucket') return bucket(Number(argument), source)
  if (kind === 'truncate') return truncate(Number(argument), source)
  const make = TERMS[kind as keyof typeof TERMS]
  if (make === undefined) throw new Error(`no way to partition by ${transform}`)
  return make(source)
}

export function partitionTerm(field: PartitionJson): PartitionTerm {
  const made = term(field.source, field.transform)
  return field.name === undefined ? made : made.as(field.name)
}

export function sortTerm(field: SortJson): SortTerm {
  const made = term(field.source, field.transform)
  return (field.direction === 'asc' ? asc : desc)(made, `nulls-${field.nulls}`)
}

/** A sort order in SQL's words: `s DESC NULLS LAST, id`. */
export function sortTerms(text: string): readonly SortTerm[] {
  return text.split(',').map((one) => {
    const [name = '', ...words] = one.trim().split(/\s+/)
    const direction = words.includes('DESC') ? 'desc' : 'asc'
    const byDefault = direction === 'asc' ? 'first' : 'last'
    const nulls = words.includes('NULLS') ? (words.includes('FIRST') ? 'first' : 'last') : byDefault
    return sortTerm({ source: [name], transform: 'identity', direction, nulls })
  })
}

export function predicate(fields: readonly FieldJson[], tree: Pred): Predicate {
  if (tree === true) return alwaysTrue
  if (tree === false) return alwaysFalse
  if ('arg' in tree) return not(predicate(fields, tree.arg))
  if ('args' in tree) {
    const parts = tree.args.map((part) => predicate(fields, part))
    return tree.op === 'and' ? allOf(...parts) : anyOf(...parts)
  }
  const start = col(tree.path)
  if ('values' in tree) {
    const kind = typeAt(fields, tree.path)
    return start[tree.op](tree.values.map((value) => inputValue(kind, value)))
  }
  if (!('value' in tree)) return start[tree.op]()
  const value = inputValue(typeAt(fields, tree.path), tree.value)
  if (tree.op === 'startsWith' || tree.op === 'notStartsWith') return start[tree.op](String(value))
  return start[tree.op](value)
}
