import { InvalidArgument } from '../errors.js'
import { assignFreshTypeIds, FieldIdSequence } from './assign-ids.js'
import { changeField, changeMembers, changeTypeOf, setPartRequired } from './field-tree.js'
import { canPromote, promotionsOf } from './promote.js'
import {
  type ColumnPath,
  type ColumnPosition,
  checkName,
  checkPath,
  findByShortPath,
  insertionPoint,
  isInMapKey,
  pathText,
  promoteDefaults,
  refused,
} from './schema-edit.js'
import { type IndexedField, type SchemaIndex, schemaIndex } from './schema-index.js'
import type { Field, Schema, Type } from './type.js'
import { typesEqual } from './type-equal.js'
import { formatType, isPrimitive } from './type-text.js'

/** Why a field may not be dropped, and which promotions its users survive. */
export interface FieldUse {
  /** Such as `partition field 'at_day'`. */
  readonly description: string
  /** False when old rows are used by it only: the column may go, but not change its values. */
  readonly needsColumn?: boolean
  /** False when the promotion would change what the user computes. Default: all are fine. */
  readonly allowsPromotion?: (from: Type, to: Type) => boolean
}

export interface SchemaEditorOptions {
  /** Highest field id that the table ever assigned; ids are never used again. */
  readonly lastColumnId: number
  readonly formatVersion: number
  /** Fields that partition specs and the sort order need, by id. */
  readonly uses?: ReadonlyMap<number, readonly FieldUse[]>
  /** Names that a partition field has, with its source: no other column may take one. */
  readonly reservedNames?: ReadonlyMap<string, number>
}

/** The struct that a new column goes into, and its name there. */
export interface NewPlace {
  readonly parent: number | undefined
  readonly name: string
  readonly text: string
}

/** Why nothing can be added inside a type. */
function noMembers(type: Type): string {
  return type.kind === 'variant'
    ? 'a variant has no columns inside; write any members into its values'
    : `columns cannot be added to ${formatType(type)}, only to structs`
}

/** A schema under change: every step checked against those before it. */
export class SchemaDraft {
  readonly options: SchemaEditorOptions
  readonly ids: FieldIdSequence
  schema: Schema

  constructor(base: Schema, options: SchemaEditorOptions) {
    this.schema = base
    this.options = options
    this.ids = new FieldIdSequence(options.lastColumnId)
  }

  get index(): SchemaIndex {
    return schemaIndex(this.schema)
  }

  /** The field at a path, for a change of it: parts of map keys are refused. */
  find(path: ColumnPath): IndexedField {
    checkPath(path)
    const { index } = this
    const field = index.find(path) ?? findByShortPath(index, path) ?? index.require(path)
    if (isInMapKey(this.index, field)) throw refused(pathText(field.path), 'map keys never change')
    return field
  }

  /** Like {@link find}, but not the element of a list nor the value of a map. */
  member(path: ColumnPath): IndexedField {
    const field = this.find(path)
    if (field.field !== undefined) return field
    throw refused(pathText(field.path), 'it is part of a list or map, and no column of its own')
  }

  placeOf(path: ColumnPath): NewPlace {
    checkPath(path)
    const dot = typeof path === 'string' ? path.lastIndexOf('.') : -1
    const [parent, name] =
      typeof path === 'string'
        ? [dot < 0 ? '' : path.slice(0, dot), path.slice(dot + 1)]
        : [path.slice(0, -1), path.at(-1) ?? '']
    const text = pathText(path)
    if (dot < 0 && parent.length === 0) return { parent: undefined, name, text }
    return { parent: this.structId(parent), name, text }
  }

  /** The id whose type is the struct that a path stands for. */
  structId(path: ColumnPath): number {
    const field = this.find(path)
    const { type } = field
    if (type.kind === 'struct') return field.id
    if (type.kind === 'list' && type.element.kind === 'struct') return type.elementId
    if (type.kind === 'map' && type.value.kind === 'struct') return type.valueId
    throw refused(pathText(field.path), noMembers(type))
  }

  membersOf(structId: number | undefined): readonly Field[] {
    if (structId === undefined) return this.schema.fields
    const type = this.index.byId.get(structId)?.type
    return type?.kind === 'struct' ? type.fields : []
  }

  /** Puts a field into a struct. Its ids must be fresh. */
  insert(place: NewPlace, field: Field, position: ColumnPosition): void {
    if (field.required && (field.initialDefault ?? null) === null) {
      throw refused(place.text, 'a required column needs a default, since rows exist without it')
    }
    const members = this.membersOf(place.parent)
    checkName(members, place.name, place.text, undefined)
    const at = insertionPoint(members, position, place.text)
    this.setFields(
      changeMembers(this.schema.fields, place.parent, (list) => list.toSpliced(at, 0, field)),
    )
  }

  drop(field: IndexedField): void {
    for (const [id, uses] of this.options.uses ?? []) {
      const use = uses.find((item) => item.needsColumn !== false)
      if (use !== undefined && this.#isInside(id, field.id)) {
        throw refused(pathText(field.path), `${use.description} needs it`)
      }
    }
    this.setFields(changeField(this.schema.fields, field.id, () => undefined))
  }

  rename(field: IndexedField, name: string): void {
    const parent = field.path.slice(0, -1).join('.')
    if (parent !== '' && typeof name === 'string' && name.startsWith(`${parent}.`)) {
      const last = name.slice(parent.length + 1)
      throw refused(pathText(field.path), `give its new name alone, without the path: '${last}'`)
    }
    checkName(this.membersOf(field.parentId), name, pathText(field.path), field.id)
    this.setField(field.id, (old) => ({ ...old, name }))
  }

  /** Changes a primitive type; nested types take the fresh ids that they need. */
  widen(field: IndexedField, to: Type): void {
    const text = pathText(field.path)
    const from = field.type
    if (typesEqual(from, to)) return
    if (!canPromote(from, to, this.options.formatVersion)) {
      const { formatVersion } = this.options
      throw refused(
        text,
        `${formatType(from)} does not widen to ${formatType(to)}; ${promotionsOf(from, formatVersion)}`,
      )
    }
    for (const use of this.options.uses?.get(field.id) ?? []) {
      if (use.allowsPromotion?.(from, to) === false) {
        throw refused(text, `${use.description} would change its values`)
      }
    }
    this.#checkDefaultsAround(field)
    const type = isPrimitive(to) ? to : assignFreshTypeIds(to, this.ids.next)
    this.setFields(changeTypeOf(this.schema.fields, field.id, () => type))
    this.setField(field.id, (old) => promoteDefaults(old, from, text))
  }

  /** Makes a member, list element or map value required or optional. */
  setRequired(field: IndexedField, required: boolean): void {
    if (field.required === required) return
    if (field.field === undefined) {
      this.setFields(setPartRequired(this.schema.fields, field.id, required))
    } else this.setField(field.id, (old) => ({ ...old, required }))
  }

  setDoc(field: IndexedField, doc: string | undefined): void {
    this.setField(field.id, ({ doc: _old, ...rest }) =>
      doc === undefined ? rest : { ...rest, doc },
    )
  }

  setWriteDefault(field: IndexedField, json: Field['writeDefault']): void {
    this.setField(field.id, ({ writeDefault: _old, ...rest }) =>
      json === undefined || json === null ? rest : { ...rest, writeDefault: json },
    )
  }

  move(field: IndexedField, position: (rest: readonly Field[]) => number): void {
    this.setFields(
      changeMembers(this.schema.fields, field.parentId, (members) => {
        const moved = members.filter((member) => member.id === field.id)
        const rest = members.filter((member) => member.id !== field.id)
        return rest.toSpliced(position(rest), 0, ...moved)
      }),
    )
  }

  setField(id: number, change: (field: Field) => Field): void {
    this.setFields(changeField(this.schema.fields, id, change))
  }

  setFields(fields: readonly Field[]): void {
    this.schema = { ...this.schema, fields }
  }

  /** Whether a field is another or lies inside it. */
  #isInside(id: number, outer: number): boolean {
    const { index } = this
    if (!index.byId.has(id)) return false
    return id === outer || index.ancestors(id).some((ancestor) => ancestor.id === outer)
  }

  /** The default of a list or map around a date says dates: it would not fit any more. */
  #checkDefaultsAround(field: IndexedField): void {
    if (field.type.kind !== 'date') return
    for (const { field: around, path, type } of this.index.ancestors(field.id)) {
      if (type.kind === 'struct' || around === undefined) continue
      if ((around.initialDefault ?? around.writeDefault ?? null) === null) continue
      throw new InvalidArgument(
        `cannot change column '${pathText(field.path)}': the default of '${pathText(path)}' holds dates`,
        { details: { column: pathText(field.path) } },
      )
    }
  }
}
