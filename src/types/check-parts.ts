/** Schemas and types that callers write by hand: checked before anything is built from them. */
import { InvalidArgument } from '../errors.js'
import { isTypeKind } from './type-text.js'
import { describeValue } from './value-error.js'

type Parts = Readonly<Record<string, unknown>>

/**
 * Checks that a value is a schema as `table.schema` gives it. Whether its ids, types and defaults are
 * right is checked with the schema that is made of it.
 *
 * @throws InvalidArgument naming the column
 */
export function checkSchemaParts(schema: object): void {
  const { fields, identifierFieldIds } = schema as Parts
  checkFields(fields, '')
  if (Array.isArray(identifierFieldIds) && identifierFieldIds.every(Number.isInteger)) return
  throw new InvalidArgument('a schema has a list identifierFieldIds, empty where there are none')
}

/**
 * Checks that a value is a type: `{ kind: 'long' }`, nested ones with all their parts.
 *
 * @throws InvalidArgument
 */
export function checkTypeParts(type: unknown, path: string): void {
  if (typeof type !== 'object' || type === null || !isTypeKind((type as Parts).kind)) {
    const kind = (type as Parts | null | undefined)?.kind
    const found = describeValue(typeof type === 'object' && kind !== undefined ? kind : type)
    throw problem(path, `a type is an object such as { kind: 'long' }, not ${found}`)
  }
  const parts = type as Parts
  switch (parts.kind) {
    case 'struct':
      checkFields(parts.fields, path === '' ? '' : `${path}.`)
      return
    case 'list':
      checkPart(parts, 'element', path)
      checkFlag(parts, 'elementRequired', path)
      return
    case 'map':
      checkPart(parts, 'key', path)
      checkPart(parts, 'value', path)
      checkFlag(parts, 'valueRequired', path)
      return
    default:
  }
}

function checkPart(parts: Parts, name: 'element' | 'key' | 'value', path: string): void {
  checkTypeParts(parts[name], path === '' ? name : `${path}.${name}`)
  const id = parts[`${name}Id`]
  if (!Number.isInteger(id)) throw problem(path, `its ${name}Id is ${describeValue(id)}, no id`)
}

function checkFlag(parts: Parts, name: string, path: string): void {
  if (typeof parts[name] === 'boolean') return
  throw problem(path, `its \`${name}\` is true or false, not ${describeValue(parts[name])}`)
}

function checkFields(fields: unknown, prefix: string): void {
  if (!Array.isArray(fields)) {
    throw problem(prefix.slice(0, -1), `its fields are a list, not ${describeValue(fields)}`)
  }
  for (const field of fields as readonly unknown[]) {
    if (typeof field !== 'object' || field === null) {
      throw problem(prefix.slice(0, -1), `a field is an object, not ${describeValue(field)}`)
    }
    checkField(field as Parts, prefix)
  }
}

function checkField(field: Parts, prefix: string): void {
  const { id, name, doc } = field
  if (typeof name !== 'string' || name === '') {
    const parent = prefix.slice(0, -1)
    throw problem(parent, `a field needs a name that is not empty, not ${describeValue(name)}`)
  }
  const path = prefix + name
  if (!Number.isInteger(id))
    throw problem(path, `its id is a whole number, not ${describeValue(id)}`)
  checkFlag(field, 'required', path)
  if (doc !== undefined && typeof doc !== 'string') {
    throw problem(path, `its doc is a text, not ${describeValue(doc)}`)
  }
  checkTypeParts(field.type, path)
}

function problem(path: string, reason: string): InvalidArgument {
  return path === ''
    ? new InvalidArgument(`this is no schema or type: ${reason}`)
    : new InvalidArgument(`bad column '${path}': ${reason}`, { details: { column: path } })
}
