import { InvalidArgument } from '../errors.js'
import { type ArrowSchemaLike, fieldsOfArrow, isArrowSchema } from './arrow-fields.js'
import { assignFreshTypeIds, FieldIdSequence } from './assign-ids.js'
import { buildAddedField, isSchema } from './build-schema.js'
import { shapeEntries } from './builder.js'
import { checkSchemaParts } from './check-parts.js'
import type { SchemaShape } from './infer.js'
import { canPromote } from './promote.js'
import type { SchemaDraft } from './schema-draft.js'
import { pathText, refused } from './schema-edit.js'
import type { IndexedField } from './schema-index.js'
import type { Field, MapType, Schema, Type } from './type.js'
import { typesEqual } from './type-equal.js'
import { formatType } from './type-text.js'

/** A schema to be made part of another: columns, a ready schema, or an Arrow schema. */
export type UnionInput = SchemaShape | Schema | ArrowSchemaLike

export interface UnionOptions {
  /** Whether names that differ only in case are different columns. Default true. */
  readonly caseSensitive?: boolean
}

/** The other schema's fields; their ids mean nothing. */
function unionFields(other: UnionInput): readonly Field[] {
  if (typeof other !== 'object' || other === null) {
    throw new InvalidArgument('unionByName takes columns, a schema or an Arrow schema')
  }
  const ids = new FieldIdSequence(0)
  if (isArrowSchema(other)) return fieldsOfArrow(other, ids.next)
  if (isSchema(other)) {
    checkSchemaParts(other)
    return other.fields
  }
  return shapeEntries(other).map(([name, column]) => buildAddedField(name, column, ids.next))
}

/** Makes the draft hold another schema too; see `SchemaEditor.unionByName`. */
export function unionByName(draft: SchemaDraft, other: UnionInput, options: UnionOptions): void {
  const ignoreCase = options.caseSensitive === false
  new Union(draft, ignoreCase).members(undefined, unionFields(other))
}

class Union {
  readonly #draft: SchemaDraft
  readonly #ignoreCase: boolean

  constructor(draft: SchemaDraft, ignoreCase: boolean) {
    this.#draft = draft
    this.#ignoreCase = ignoreCase
  }

  /** What exists first, deepest first; then what is new, so that ids come in the reference's order. */
  members(structId: number | undefined, wanted: readonly Field[]): void {
    const missing: Field[] = []
    for (const field of wanted) {
      const existing = this.#find(structId, field.name)
      if (existing === undefined) missing.push(field)
      else this.#member(existing, field)
    }
    for (const field of missing) this.#add(structId, field)
  }

  #find(structId: number | undefined, name: string): Field | undefined {
    const members = this.#draft.membersOf(structId)
    const same = members.find((field) => field.name === name)
    if (same !== undefined || !this.#ignoreCase) return same
    return members.find((field) => field.name.toLowerCase() === name.toLowerCase())
  }

  #add(structId: number | undefined, field: Field): void {
    const { ids } = this.#draft
    // The index is made anew after each change: not for nothing.
    const parent = structId === undefined ? '' : `${this.#draft.index.pathText(structId)}.`
    const id = ids.next()
    const type = assignFreshTypeIds(field.type, ids.next)
    const { extra: _extra, ...rest } = field
    const added: Field = { ...rest, id, type, required: false }
    const place = { parent: structId, name: field.name, text: parent + field.name }
    this.#draft.insert(place, added, {})
  }

  #member(existing: Field, wanted: Field): void {
    this.#part(existing.id, wanted.type, wanted.required)
    const field = this.#current(existing.id)
    if (wanted.doc !== undefined) this.#draft.setDoc(field, wanted.doc)
    if ((wanted.writeDefault ?? null) !== null && typesEqual(field.type, wanted.type)) {
      this.#draft.setWriteDefault(field, wanted.writeDefault)
    }
  }

  /** A member, list element or map value that both have. */
  #part(id: number, wanted: Type, required: boolean): void {
    const field = this.#current(id)
    if (!required && field.required) this.#draft.setRequired(field, false)
    const { type } = field
    if (type.kind === 'struct' && wanted.kind === 'struct') this.members(id, wanted.fields)
    else if (type.kind === 'list' && wanted.kind === 'list') {
      this.#part(type.elementId, wanted.element, wanted.elementRequired)
    } else if (type.kind === 'map' && wanted.kind === 'map') this.#map(field, type, wanted)
    else if (!this.#isNarrower(wanted, type)) this.#draft.widen(field, wanted)
  }

  #map(field: IndexedField, type: MapType, wanted: MapType): void {
    if (!this.#sameKey(type.key, wanted.key)) {
      throw refused(
        `${pathText(field.path)}.key`,
        `map keys never change: ${formatType(type.key)} is not ${formatType(wanted.key)}`,
      )
    }
    this.#part(type.valueId, wanted.value, wanted.valueRequired)
  }

  /** Keys compare without ids; a narrower primitive key fits too. */
  #sameKey(key: Type, wanted: Type): boolean {
    return formatType(key) === formatType(wanted) || this.#isNarrower(wanted, key)
  }

  /** Whether values of the other type fit as they are. */
  #isNarrower(wanted: Type, existing: Type): boolean {
    if (wanted.kind === 'unknown') return true
    return canPromote(wanted, existing, this.#draft.options.formatVersion)
  }

  #current(id: number): IndexedField {
    const field = this.#draft.index.byId.get(id)
    if (field === undefined) throw new InvalidArgument(`there is no field ${id}`)
    return field
  }
}
