/** Small parts that schema changes share: refusals, names, places, defaults. */
import { InvalidArgument, NotFound, Unsupported, ValidationError } from '../errors.js'
import type { Datum } from './datum.js'
import { toNestedDatum } from './nested-value.js'
import { promoteDatum } from './promote.js'
import type { IndexedField, SchemaIndex } from './schema-index.js'
import { parseSingleValueJson, singleValueJson } from './single-value-json.js'
import type { Field, Type } from './type.js'
import { locateError } from './value-error.js'

/** A column path: names joined by dots, or the names one by one where they hold dots. */
export type ColumnPath = string | readonly string[]

/** Where a column goes among the members of its struct; at the end when nothing is said. */
export interface ColumnPosition {
  /** Name of the sibling that it comes after or before. */
  readonly after?: string
  readonly before?: string
  readonly first?: boolean
}

/** The error of every change that is not allowed; `details.column` names the column. */
export function refused(column: string, reason: string): InvalidArgument {
  return new InvalidArgument(`cannot change column '${column}': ${reason}`, { details: { column } })
}

/** A path as text, for messages. */
export function pathText(path: ColumnPath): string {
  return typeof path === 'string' ? path : path.join('.')
}

/** Refuses what is no path at all. */
export function checkPath(path: unknown): void {
  if (typeof path === 'string') return
  if (Array.isArray(path) && path.length > 0 && path.every((name) => typeof name === 'string')) {
    return
  }
  throw new InvalidArgument('a column path must be a string or an array of strings')
}

/** Refuses a name that a sibling has, by any spelling of its case. `self` may keep its own. */
export function checkName(
  siblings: readonly Field[],
  name: unknown,
  path: string,
  self: number | undefined,
): asserts name is string {
  if (typeof name !== 'string') throw refused(path, 'a column name must be a string')
  if (name === '') throw refused(path, 'a column name must not be empty')
  const lower = name.toLowerCase()
  for (const sibling of siblings) {
    if (sibling.id === self) continue
    if (sibling.name === name) throw refused(path, `column '${name}' exists already`)
    if (sibling.name.toLowerCase() === lower) {
      throw refused(
        path,
        `'${name}' differs from '${sibling.name}' only in case, which other engines cannot tell apart`,
      )
    }
  }
}

/** The index at which a new member is put. */
export function insertionPoint(
  siblings: readonly Field[],
  position: ColumnPosition,
  path: string,
): number {
  const { after, before, first } = position
  const given = [after, before, first].filter((option) => option !== undefined)
  if (given.length > 1) throw refused(path, "give one of 'after', 'before' and 'first'")
  if (first === true) return 0
  const sibling = after ?? before
  if (sibling === undefined) return siblings.length
  const at = siblings.findIndex((field) => field.name === sibling)
  if (at < 0) {
    throw new NotFound('column', `no column '${sibling}' beside the new column '${path}'`, {
      details: { column: sibling },
    })
  }
  return after === undefined ? at : at + 1
}

/** Whether a field is a map's key or lies inside one: keys never change (spec: "Schema Evolution"). */
export function isInMapKey(index: SchemaIndex, field: IndexedField): boolean {
  return [field, ...index.ancestors(field.id)].some((part) => {
    const parent = part.parentId === undefined ? undefined : index.byId.get(part.parentId)
    return parent?.type.kind === 'map' && parent.type.keyId === part.id
  })
}

/** Types whose default is always null (spec: "Default values"). */
const WITHOUT_DEFAULT: ReadonlySet<Type['kind']> = new Set([
  'unknown',
  'variant',
  'geometry',
  'geography',
])

/**
 * The field at a path that leaves out `element` and `value` in front of a struct's members, as the
 * reference allows: `stops.lat` for `stops.element.lat`. Undefined unless exactly one fits.
 */
export function findByShortPath(index: SchemaIndex, path: ColumnPath): IndexedField | undefined {
  const text = pathText(path)
  const fitting = [...index.byId.values()].filter((field) => shortPath(index, field) === text)
  return fitting.length === 1 ? fitting[0] : undefined
}

function shortPath(index: SchemaIndex, field: IndexedField): string {
  const names = [field, ...index.ancestors(field.id)].flatMap((part) => {
    const isSkipped = part !== field && part.field === undefined && part.type.kind === 'struct'
    return isSkipped ? [] : [part.name]
  })
  return names.reverse().join('.')
}

/** A default in JSON single-value form. Errors name the column. */
export function defaultJson(type: Type, value: unknown, column: string): Field['writeDefault'] {
  if (WITHOUT_DEFAULT.has(type.kind)) {
    throw refused(column, `type ${type.kind} has no default but null`)
  }
  try {
    return singleValueJson(type, toNestedDatum(type, value))
  } catch (error) {
    if (error instanceof ValidationError) throw locateError(error, { default: column })
    if (!(error instanceof Unsupported)) throw error
    throw new Unsupported(error.feature, `default of column '${column}': ${error.message}`, {
      cause: error,
      details: { column },
    })
  }
}

/**
 * The defaults of a field that was promoted, as values of its new type: a date becomes midnight, a
 * float the double of the same value.
 */
export function promoteDefaults(field: Field, from: Type, column: string): Field {
  const convert = (json: Field['writeDefault']): Field['writeDefault'] => {
    if (json === undefined || json === null) return json
    try {
      const datum = parseSingleValueJson(from, json)
      return singleValueJson(field.type, promoteDatum(from, field.type, datum as Datum))
    } catch (error) {
      throw locateError(error, { default: column })
    }
  }
  const initialDefault = convert(field.initialDefault)
  const writeDefault = convert(field.writeDefault)
  return {
    ...field,
    ...(initialDefault === undefined ? {} : { initialDefault }),
    ...(writeDefault === undefined ? {} : { writeDefault }),
  }
}
