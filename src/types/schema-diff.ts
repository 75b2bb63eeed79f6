/** What changed between two schemas, in words and by kind. */
import { stringifyJson } from '../codec/json/stringify.js'
import { type IndexedField, type SchemaIndex, schemaIndex } from './schema-index.js'
import type { Field, Schema } from './type.js'
import { formatType, isPrimitive } from './type-text.js'

export type ShapeChangeKind =
  | 'added'
  | 'dropped'
  | 'renamed'
  | 'moved'
  | 'retyped'
  | 'made optional'
  | 'made required'
  | 'doc'
  | 'default'
  | 'identifier'
  | 'order'
  | 'format'

/** One difference between two states of a table's shape. */
export interface ShapeChange {
  readonly of: 'column' | 'partition field' | 'sort order' | 'table'
  readonly kind: ShapeChangeKind
  /** Path of the column or name of the field, as it is called afterwards (dropped: before). */
  readonly name: string
  /** The whole in words: `added column 'tip' (double)`. */
  readonly text: string
}

/**
 * The differences between two schemas of one table, columns told by their ids: dropped, then added,
 * then changed ones, then the identifier. What lies inside an added or dropped column is not listed.
 */
export function schemaDiff(before: Schema, after: Schema): readonly ShapeChange[] {
  const [old, now] = [schemaIndex(before), schemaIndex(after)]
  const changes: ShapeChange[] = []
  for (const field of old.byId.values()) {
    if (!now.byId.has(field.id) && !isInside(old, field, now)) {
      changes.push(change('dropped', pathOf(field), `dropped column ${shown(field)}`))
    }
  }
  for (const field of now.byId.values()) {
    if (!old.byId.has(field.id) && !isInside(now, field, old)) {
      changes.push(change('added', pathOf(field), `added column ${shown(field)} ${typeOf(field)}`))
    }
  }
  for (const field of now.byId.values()) {
    const was = old.byId.get(field.id)
    if (was !== undefined) changes.push(...fieldDiff(was, field))
  }
  changes.push(...moves(before.fields, after.fields, now))
  for (const field of now.byId.values()) {
    const was = old.byId.get(field.id)?.type
    if (was?.kind === 'struct' && field.type.kind === 'struct') {
      changes.push(...moves(was.fields, field.type.fields, now))
    }
  }
  changes.push(...identifierDiff(old, before, now, after))
  return changes
}

/** Whether a field lies in a column that the other schema does not have either. */
function isInside(index: SchemaIndex, field: IndexedField, other: SchemaIndex): boolean {
  return index.ancestors(field.id).some((ancestor) => !other.byId.has(ancestor.id))
}

function fieldDiff(was: IndexedField, now: IndexedField): ShapeChange[] {
  const name = pathOf(now)
  const column = `column ${shown(now)}`
  const changes: ShapeChange[] = []
  if (was.name !== now.name) {
    changes.push(change('renamed', name, `renamed column ${shown(was)} to '${now.name}'`))
  }
  const [from, to] = [formatType(was.type), formatType(now.type)]
  if (from !== to && (isPrimitive(was.type) || was.type.kind !== now.type.kind)) {
    changes.push(change('retyped', name, `changed ${column} from ${from} to ${to}`))
  }
  if (was.required !== now.required) {
    const kind = now.required ? 'made required' : 'made optional'
    changes.push(change(kind, name, `made ${column} ${now.required ? 'required' : 'optional'}`))
  }
  if (was.field?.doc !== now.field?.doc) {
    const verb = now.field?.doc === undefined ? 'removed' : 'changed'
    changes.push(change('doc', name, `${verb} the doc of ${column}`))
  }
  changes.push(...defaultDiff(was.field, now.field, name, column, from === to))
  return changes
}

function defaultDiff(
  was: Field | undefined,
  now: Field | undefined,
  name: string,
  column: string,
  sameType: boolean,
): ShapeChange[] {
  const text = (field: Field | undefined): string => stringifyJson(field?.writeDefault ?? null)
  // A promotion only spells the same default otherwise.
  if (!sameType || text(was) === text(now)) return []
  const said =
    (now?.writeDefault ?? null) === null
      ? `removed the default of ${column}`
      : `set the default of ${column} to ${text(now)}`
  return [change('default', name, said)]
}

/** The fewest members of a struct that must have moved to give the new order. */
function moves(
  before: readonly Field[],
  after: readonly Field[],
  index: SchemaIndex,
): ShapeChange[] {
  const places = new Map(before.map((field, place) => [field.id, place]))
  const common = after.filter((field) => places.has(field.id))
  const stayed = longestRise(common.map((field) => places.get(field.id) as number))
  return common.flatMap((field) => {
    if (stayed.has(places.get(field.id) as number)) return []
    const at = after.indexOf(field)
    const before = after[at - 1]
    const where = before === undefined ? 'first' : `after '${before.name}'`
    const name = index.pathText(field.id)
    return [change('moved', name, `moved column '${name}' ${where}`)]
  })
}

/** A longest rising subsequence of distinct numbers. */
function longestRise(values: readonly number[]): ReadonlySet<number> {
  const best: { readonly length: number; readonly previous: number }[] = []
  for (const [index, value] of values.entries()) {
    let found = { length: 1, previous: -1 }
    for (let i = 0; i < index; i++) {
      const length = (best[i]?.length ?? 0) + 1
      if ((values[i] as number) < value && length > found.length) found = { length, previous: i }
    }
    best.push(found)
  }
  const longest = Math.max(0, ...best.map((item) => item.length))
  const kept = new Set<number>()
  let at = best.findIndex((item) => item.length === longest)
  while (at >= 0) {
    kept.add(values[at] as number)
    at = best[at]?.previous ?? -1
  }
  return kept
}

function identifierDiff(
  old: SchemaIndex,
  before: Schema,
  now: SchemaIndex,
  after: Schema,
): ShapeChange[] {
  const ids = (schema: Schema): string => [...schema.identifierFieldIds].sort().join()
  if (ids(before) === ids(after)) return []
  const names = (index: SchemaIndex, schema: Schema): string =>
    schema.identifierFieldIds.map((id) => `'${index.pathText(id)}'`).join(', ') || 'nothing'
  const text = `changed the identifier from ${names(old, before)} to ${names(now, after)}`
  return [change('identifier', '', text)]
}

const pathOf = (field: IndexedField): string => field.path.join('.')
const shown = (field: IndexedField): string => `'${pathOf(field)}'`

function typeOf({ type, required, field }: IndexedField): string {
  const filled = field?.initialDefault ?? null
  const rest = filled === null ? '' : `, ${stringifyJson(filled)} in earlier rows`
  return `(${required ? 'required ' : ''}${formatType(type)}${rest})`
}

function change(kind: ShapeChangeKind, name: string, text: string): ShapeChange {
  return { of: 'column', kind, name, text }
}
