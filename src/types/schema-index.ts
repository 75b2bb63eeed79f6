import { CorruptData, InvalidArgument, NotFound } from '../errors.js'
import { nearest } from '../util/check-options.js'
import type { Field, Schema, Type } from './type.js'
import { formatType } from './type-text.js'

/** A field anywhere in a schema: a struct member, a list element, a map key or a map value. */
export interface IndexedField {
  readonly id: number
  /** Its own name; `element`, `key` and `value` for the parts of lists and maps. */
  readonly name: string
  readonly path: readonly string[]
  readonly type: Type
  readonly required: boolean
  /** Id of the field whose type holds this one; undefined at the top level. */
  readonly parentId: number | undefined
  /** Whether it, or a struct, list or map around it, can be null. */
  readonly nullable: boolean
  /** Whether it lies under a list or a map. */
  readonly inRepeated: boolean
  /** The struct member itself; undefined for the parts of lists and maps. */
  readonly field: Field | undefined
}

export interface FindOptions {
  /** Default true. */
  readonly caseSensitive?: boolean
}

/** Lookups over the fields of a schema, nested ones included. */
export class SchemaIndex {
  readonly byId: ReadonlyMap<number, IndexedField>
  readonly #byText: ReadonlyMap<string, readonly IndexedField[]>
  #byLowerText: ReadonlyMap<string, readonly IndexedField[]> | undefined

  constructor(fields: readonly Field[]) {
    const byId = new Map<number, IndexedField>()
    addFields(byId, fields, undefined)
    this.byId = byId
    this.#byText = groupByText(byId.values(), (text) => text)
  }

  /**
   * The field at a path, or `undefined`. A string is the whole path with dots between names, which
   * may hold dots themselves; an array gives the names one by one.
   *
   * @throws InvalidArgument when more than one field fits.
   */
  find(path: string | readonly string[], options: FindOptions = {}): IndexedField | undefined {
    const caseSensitive = options.caseSensitive ?? true
    const text = typeof path === 'string' ? path : path.join('.')
    const found = this.#candidates(text, caseSensitive)
    const fitting =
      typeof path === 'string' ? found : found.filter((f) => samePath(f.path, path, caseSensitive))
    if (fitting.length > 1) throw ambiguous(text, fitting)
    return fitting[0]
  }

  /** Like {@link find}, but a missing field throws `NotFound('column')` that names what exists. */
  require(path: string | readonly string[], options: FindOptions = {}): IndexedField {
    const field = this.find(path, options)
    if (field !== undefined) return field
    const text = typeof path === 'string' ? path : path.join('.')
    throw new NotFound('column', `no column '${text}'${this.#suggestion(text)}`, {
      details: { column: text },
    })
  }

  /** A path, as text, that more than one field has. */
  sharedPath(): string | undefined {
    for (const [text, fields] of this.#byText) if (fields.length > 1) return text
    return undefined
  }

  /** The path of a field id as text, for messages; `#id` when it is not in the schema. */
  pathText(id: number): string {
    return this.byId.get(id)?.path.join('.') ?? `#${id}`
  }

  /** The fields around one, from its parent outwards. */
  ancestors(id: number): readonly IndexedField[] {
    const ancestors: IndexedField[] = []
    let parent = this.byId.get(id)?.parentId
    while (parent !== undefined) {
      const field = this.byId.get(parent)
      if (field === undefined) break
      ancestors.push(field)
      parent = field.parentId
    }
    return ancestors
  }

  /** What is wrong with a path that goes on where a column ends, or leaves a step out. */
  #pathInto(text: string): string | undefined {
    for (let dot = text.lastIndexOf('.'); dot > 0; dot = text.lastIndexOf('.', dot - 1)) {
      const outer = this.#byText.get(text.slice(0, dot))?.[0]
      if (outer === undefined) continue
      const [name, rest] = [outer.path.join('.'), text.slice(dot + 1)]
      switch (outer.type.kind) {
        case 'struct':
          return undefined
        case 'variant':
          return `'${name}' is a variant, whose members are no columns: take it whole and look inside`
        case 'list':
        case 'map': {
          const part = outer.type.kind === 'list' ? 'element' : 'value'
          const whole = `${name}.${part}.${rest}`
          const hint = this.#byText.has(whole) ? `: did you mean '${whole}'?` : ''
          return `'${name}' is a ${outer.type.kind}, whose parts are called '${name}.${part}'${hint}`
        }
        default:
          return `'${name}' is of type ${formatType(outer.type)}, which has no members`
      }
    }
    return undefined
  }

  #candidates(text: string, caseSensitive: boolean): readonly IndexedField[] {
    if (caseSensitive) return this.#byText.get(text) ?? []
    this.#byLowerText ??= groupByText(this.byId.values(), (path) => path.toLowerCase())
    const all = this.#byLowerText.get(text.toLowerCase()) ?? []
    const exact = all.filter((field) => field.path.join('.') === text)
    return exact.length > 0 ? exact : all
  }

  #suggestion(text: string): string {
    const similar = this.#candidates(text, false)[0]
    if (similar !== undefined) return `; did you mean '${similar.path.join('.')}'?`
    const inside = this.#pathInto(text)
    if (inside !== undefined) return `; ${inside}`
    const near = nearest(text, [...this.#byText.keys()])
    if (near !== undefined) return `; did you mean '${near}'?`
    const names = [...this.byId.values()].filter((f) => f.parentId === undefined).map((f) => f.name)
    const shown = names.slice(0, 20).join(', ')
    return `; columns are ${shown}${names.length > 20 ? ', …' : ''}`
  }
}

function samePath(a: readonly string[], b: readonly string[], caseSensitive: boolean): boolean {
  if (a.length !== b.length) return false
  return a.every((name, index) => {
    const other = b[index] as string
    return caseSensitive ? name === other : name.toLowerCase() === other.toLowerCase()
  })
}

function ambiguous(text: string, fields: readonly IndexedField[]): InvalidArgument {
  const shown = fields
    .map((field) => `[${field.path.map((n) => `'${n}'`).join(', ')}]`)
    .join(' and ')
  return new InvalidArgument(
    `column '${text}' is ambiguous: it fits ${shown}; give the names as an array`,
    { details: { column: text } },
  )
}

function groupByText(
  fields: Iterable<IndexedField>,
  keyOf: (text: string) => string,
): Map<string, IndexedField[]> {
  const groups = new Map<string, IndexedField[]>()
  for (const field of fields) {
    const key = keyOf(field.path.join('.'))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [field])
    else group.push(field)
  }
  return groups
}

function addFields(
  byId: Map<number, IndexedField>,
  fields: readonly Field[],
  parent: IndexedField | undefined,
): void {
  for (const field of fields) {
    add(byId, parent, field.id, field.name, field.type, field.required, field)
  }
}

function add(
  byId: Map<number, IndexedField>,
  parent: IndexedField | undefined,
  id: number,
  name: string,
  type: Type,
  required: boolean,
  field: Field | undefined,
): void {
  if (byId.has(id)) throw new CorruptData(`duplicate field id ${id} in a schema`)
  const indexed: IndexedField = {
    id,
    name,
    path: parent === undefined ? [name] : [...parent.path, name],
    type,
    required,
    parentId: parent?.id,
    nullable: !required || (parent?.nullable ?? false),
    inRepeated: parent !== undefined && (parent.inRepeated || parent.type.kind !== 'struct'),
    field,
  }
  byId.set(id, indexed)
  if (type.kind === 'struct') addFields(byId, type.fields, indexed)
  else if (type.kind === 'list') {
    add(byId, indexed, type.elementId, 'element', type.element, type.elementRequired, undefined)
  } else if (type.kind === 'map') {
    add(byId, indexed, type.keyId, 'key', type.key, true, undefined)
    add(byId, indexed, type.valueId, 'value', type.value, type.valueRequired, undefined)
  }
}

const indexes = new WeakMap<object, SchemaIndex>()

/** The index of a schema (or of anything with its fields), made once per object. */
export function schemaIndex(schema: Pick<Schema, 'fields'>): SchemaIndex {
  let index = indexes.get(schema)
  if (index === undefined) {
    index = new SchemaIndex(schema.fields)
    indexes.set(schema, index)
  }
  return index
}

/** The highest field id in a schema, nested ones included; 0 when it has none. */
export function maxFieldId(schema: Pick<Schema, 'fields'>): number {
  let max = 0
  for (const id of schemaIndex(schema).byId.keys()) max = Math.max(max, id)
  return max
}
