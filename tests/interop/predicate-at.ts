/** A predicate on the columns of one schema, as one on the same columns of another. */
import type { FieldJson, Json, Path, Pred, TypeJson } from './scenario.js'

/** A field of a schema in a metadata file. */
type StoredField = FieldJson & { readonly id?: number }

/**
 * The predicate with the names that its columns have in `to`; undefined where one of them is not
 * there. Columns are the same when their ids are: a name may have been given to another column.
 */
export function predicateAt(
  where: Pred,
  from: readonly FieldJson[],
  to: readonly FieldJson[],
): Pred | undefined {
  if (typeof where === 'boolean') return where
  if ('args' in where) {
    const args = where.args.map((one) => predicateAt(one, from, to))
    return args.some((one) => one === undefined) ? undefined : { ...where, args: args as Pred[] }
  }
  if ('arg' in where) {
    const arg = predicateAt(where.arg, from, to)
    return arg === undefined ? undefined : { ...where, arg }
  }
  const found = pathAt(where.path, from, to)
  if (found === undefined) return undefined
  const { path, is, was } = found
  if ('value' in where) {
    const value = literalAt(where.value, is, was)
    return value === undefined ? undefined : { ...where, path, value }
  }
  if (!('values' in where)) return { ...where, path }
  const values = where.values.map((value) => literalAt(value, is, was))
  if (values.some((value) => value === undefined)) return undefined
  return { ...where, path, values: values as Json[] }
}

/** A value of a widened column as one of the type that it had; undefined where there is none. */
function literalAt(value: Json, is: TypeJson, was: TypeJson): Json | undefined {
  if (JSON.stringify(is) === JSON.stringify(was)) return value
  if (is === 'long' && was === 'int') return Number(value)
  if (is === 'double' && was === 'float') return value
  const scale = (type: TypeJson) => /^decimal\(\d+,\s*(\d+)\)$/.exec(String(type))?.[1]
  return scale(is) !== undefined && scale(is) === scale(was) ? value : undefined
}

interface Found {
  readonly path: Path
  /** The column's type in the newest schema, and in the other one. */
  readonly is: TypeJson
  readonly was: TypeJson
}

function pathAt(
  [name, ...rest]: Path,
  from: readonly FieldJson[],
  to: readonly FieldJson[],
): Found | undefined {
  const field = from.find((one) => one.name === name) as StoredField | undefined
  const other = (to as readonly StoredField[]).find((one) => one.id === field?.id)
  if (field === undefined || other === undefined) return undefined
  if (rest.length === 0) return { path: [other.name], is: field.type, was: other.type }
  const below = pathAt(rest, members(field.type), members(other.type))
  return below === undefined ? undefined : { ...below, path: [other.name, ...below.path] }
}

/** Predicates go into structs only. */
function members(type: TypeJson): readonly FieldJson[] {
  return typeof type !== 'string' && type.type === 'struct' ? type.fields : []
}
