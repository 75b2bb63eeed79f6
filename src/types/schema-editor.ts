import { InvalidArgument, NotFound, ValidationError } from '../errors.js'
import { checkOptions } from '../util/check-options.js'
import { FieldIdSequence } from './assign-ids.js'
import { buildAddedField, buildColumnType } from './build-schema.js'
import { changeField, changeMembers, changeTypeOf, makePartOptional } from './field-tree.js'
import type { ColumnTag, PathOf, UnknownSchema } from './infer.js'
import type {
  WithColumn,
  WithOptional,
  WithoutColumn,
  WithRenamed,
  WithWidened,
} from './infer-evolution.js'
import { toNestedDatum } from './nested-value.js'
import { canPromote } from './promote.js'
import { type IndexedField, schemaIndex } from './schema-index.js'
import { singleValueJson } from './single-value-json.js'
import type { Field, Schema, Type } from './type.js'
import { schemasEqual, typesEqual } from './type-equal.js'
import { formatType } from './type-text.js'
import { checkSchema } from './type-version.js'
import { locateError } from './value-error.js'

/** A column path: names joined by dots, or the names one by one where they hold dots. */
export type ColumnPath = string | readonly string[]

/** Why a field may not be dropped, and which promotions its users survive. */
export interface FieldUse {
  /** Such as `partition field 'at_day'`. */
  readonly description: string
  /** False when the promotion would change what the user computes. Default: all are fine. */
  readonly allowsPromotion?: (from: Type, to: Type) => boolean
}

export interface SchemaEditorOptions {
  /** Highest field id that the table ever assigned; ids are never used again. */
  readonly lastColumnId: number
  readonly formatVersion: number
  /** Fields that the partition spec and the sort order need, by id. */
  readonly uses?: ReadonlyMap<number, FieldUse>
}

export interface AddColumnOptions {
  readonly doc?: string
  /** Name of the sibling that it comes after or before; last when neither is given. */
  readonly after?: string
  readonly before?: string
  readonly first?: boolean
}

export interface SchemaChange {
  /** The new schema, with the schema id of the base: whoever adds it to a table gives it one. */
  readonly schema: Schema
  readonly lastColumnId: number
  /** False when the changes came to nothing. */
  readonly changed: boolean
  /** Paths of the base that are called otherwise now, and those that are gone. */
  readonly renamed: ReadonlyMap<string, string>
  readonly dropped: readonly string[]
}

/**
 * Changes a schema step by step (spec: "Schema Evolution"); each step sees those before it. Nothing
 * outside changes until `result()` is committed, so an error leaves everything as it was. `S`
 * follows the row type.
 *
 * Every step throws `NotFound('column')` for a column that is not there and `InvalidArgument` for a
 * change that Iceberg does not allow, naming the column and what stands against it.
 */
export class SchemaEditor<S = UnknownSchema> {
  readonly #base: Schema
  readonly #options: SchemaEditorOptions
  readonly #ids: FieldIdSequence
  #schema: Schema

  constructor(base: Schema, options: SchemaEditorOptions) {
    this.#base = base
    this.#schema = base
    this.#options = options
    this.#ids = new FieldIdSequence(options.lastColumnId)
  }

  /**
   * Adds a column. A dotted path adds to the struct in front of the last dot; for a list or map,
   * to its element or value. A required column needs a default.
   */
  addColumn<const P extends string, C extends ColumnTag>(
    path: P | readonly string[],
    column: C,
    options: AddColumnOptions = {},
  ): SchemaEditor<WithColumn<S, P, C>> {
    checkOptions(options, ['doc', 'after', 'before', 'first'], 'addColumn')
    const { parent, name } = this.#splitPath(path)
    const members = this.#membersOf(parent)
    const built = buildAddedField(name, column, this.#ids.next)
    const field = options.doc === undefined ? built : { ...built, doc: options.doc }
    const text = typeof path === 'string' ? path : path.join('.')
    if (field.required && field.initialDefault === undefined) {
      throw refused(text, 'a required column needs a default, since rows exist without it')
    }
    this.#checkName(members, name, text, undefined)
    const at = insertionPoint(members, options, text)
    this.#setFields(
      changeMembers(this.#schema.fields, parent, (list) => list.toSpliced(at, 0, field)),
    )
    return this.#typed()
  }

  /** Removes a column and all it holds. Its id is never used again. */
  dropColumn<const P extends PathOf<S>>(
    path: P | readonly string[],
  ): SchemaEditor<WithoutColumn<S, P>> {
    const field = this.#member(path)
    this.#checkDroppable(field)
    if (this.#membersOf(field.parentId).length === 1) {
      throw refused(field.path.join('.'), 'it is the last one in its struct')
    }
    this.#setFields(changeField(this.#schema.fields, field.id, () => undefined))
    return this.#typed()
  }

  /** Gives a column a new name; `name` is the last part of its path. */
  renameColumn<const P extends PathOf<S>, const N extends string>(
    path: P | readonly string[],
    name: N,
  ): SchemaEditor<WithRenamed<S, P, N>> {
    const field = this.#member(path)
    const text = field.path.join('.')
    if (name === '') throw refused(text, 'a column name must not be empty')
    this.#checkName(this.#membersOf(field.parentId), name, text, field.id)
    this.#setFields(changeField(this.#schema.fields, field.id, (old) => ({ ...old, name })))
    return this.#typed()
  }

  /** Widens a primitive type: int to long, float to double, decimal precision; v3: date too. */
  widenColumn<const P extends PathOf<S>, C extends ColumnTag>(
    path: P | readonly string[],
    column: C,
  ): SchemaEditor<WithWidened<S, P, C>> {
    const field = this.#find(path)
    const text = field.path.join('.')
    const to = buildColumnType(column, this.#ids.next)
    if (!canPromote(field.type, to, this.#options.formatVersion)) {
      throw refused(text, `${formatType(field.type)} does not widen to ${formatType(to)}`)
    }
    const use = this.#options.uses?.get(field.id)
    if (use?.allowsPromotion?.(field.type, to) === false) {
      throw refused(text, `${use.description} would change its values`)
    }
    if (!typesEqual(field.type, to)) {
      this.#setFields(changeTypeOf(this.#schema.fields, field.id, () => to))
      this.#setFields(
        changeField(this.#schema.fields, field.id, (f) => promoteDefaults(f, field.type)),
      )
    }
    return this.#typed()
  }

  /** Lets a column, list element or map value be null. */
  makeOptional<const P extends PathOf<S>>(
    path: P | readonly string[],
  ): SchemaEditor<WithOptional<S, P>> {
    const field = this.#find(path)
    if (field.name === 'key' && field.field === undefined) {
      throw refused(field.path.join('.'), 'map keys are always required')
    }
    this.#setFields(
      field.field === undefined
        ? makePartOptional(this.#schema.fields, field.id)
        : changeField(this.#schema.fields, field.id, (old) => ({ ...old, required: false })),
    )
    return this.#typed()
  }

  /** Sets or, with `undefined`, removes the comment of a column. */
  updateDoc(path: PathOf<S> | readonly string[], doc: string | undefined): this {
    const field = this.#member(path)
    this.#setFields(
      changeField(this.#schema.fields, field.id, ({ doc: _old, ...rest }) =>
        doc === undefined ? rest : { ...rest, doc },
      ),
    )
    return this
  }

  /** Sets the default for rows written from now on; `null` removes it. Format version 3. */
  updateDefault(path: PathOf<S> | readonly string[], value: unknown): this {
    const field = this.#member(path)
    const text = field.path.join('.')
    if (value === null && field.required && field.field?.initialDefault !== undefined) {
      throw refused(text, 'the default of a required column cannot be removed')
    }
    const json = value === null ? undefined : defaultJson(field.type, value, text)
    this.#setFields(
      changeField(this.#schema.fields, field.id, ({ writeDefault: _old, ...rest }) =>
        json === undefined ? rest : { ...rest, writeDefault: json },
      ),
    )
    return this
  }

  /** Makes a column the first of its struct. */
  moveFirst(path: PathOf<S> | readonly string[]): this {
    return this.#move(this.#member(path), () => 0)
  }

  /** Moves a column directly before another of the same struct. */
  moveBefore(path: PathOf<S> | readonly string[], other: PathOf<S> | readonly string[]): this {
    return this.#moveBeside(path, other, 0)
  }

  /** Moves a column directly after another of the same struct. */
  moveAfter(path: PathOf<S> | readonly string[], other: PathOf<S> | readonly string[]): this {
    return this.#moveBeside(path, other, 1)
  }

  /** Sets the columns that identify a row; none removes the identifier. */
  setIdentifier(...paths: readonly (PathOf<S> | readonly string[])[]): this {
    const ids = paths.map((path) => this.#find(path).id)
    this.#schema = { ...this.#schema, identifierFieldIds: [...new Set(ids)] }
    return this
  }

  /** The outcome, checked as a whole. */
  result(): SchemaChange {
    checkSchema(this.#schema, this.#options.formatVersion)
    const changed = !schemasEqual(this.#base, this.#schema)
    const after = schemaIndex(this.#schema).byId
    const renamed = new Map<string, string>()
    const dropped: string[] = []
    for (const field of schemaIndex(this.#base).byId.values()) {
      const path = field.path.join('.')
      const now = after.get(field.id)?.path.join('.')
      if (now === undefined) dropped.push(path)
      else if (now !== path) renamed.set(path, now)
    }
    return {
      schema: changed ? this.#schema : this.#base,
      lastColumnId: changed ? this.#ids.last : this.#options.lastColumnId,
      changed,
      renamed,
      dropped,
    }
  }

  #typed<N>(): SchemaEditor<N> {
    return this as unknown as SchemaEditor<N>
  }

  #setFields(fields: readonly Field[]): void {
    this.#schema = { ...this.#schema, fields }
  }

  #find(path: ColumnPath): IndexedField {
    return schemaIndex(this.#schema).require(path)
  }

  #member(path: ColumnPath): IndexedField {
    const field = this.#find(path)
    if (field.field !== undefined) return field
    throw refused(field.path.join('.'), 'it is part of a list or map')
  }

  #splitPath(path: ColumnPath): { parent: number | undefined; name: string } {
    if (typeof path !== 'string') {
      const name = path.at(-1) ?? ''
      if (path.length < 2) return { parent: undefined, name }
      return { parent: this.#structId(path.slice(0, -1)), name }
    }
    const dot = path.lastIndexOf('.')
    if (dot < 0) return { parent: undefined, name: path }
    return { parent: this.#structId(path.slice(0, dot)), name: path.slice(dot + 1) }
  }

  /** The id whose type is the struct that a path stands for. */
  #structId(path: ColumnPath): number {
    const field = this.#find(path)
    const { type } = field
    if (type.kind === 'struct') return field.id
    if (type.kind === 'list' && type.element.kind === 'struct') return type.elementId
    if (type.kind === 'map' && type.value.kind === 'struct') return type.valueId
    throw refused(field.path.join('.'), `columns cannot be added to ${formatType(type)}`)
  }

  #membersOf(structId: number | undefined): readonly Field[] {
    if (structId === undefined) return this.#schema.fields
    const type = schemaIndex(this.#schema).byId.get(structId)?.type
    return type?.kind === 'struct' ? type.fields : []
  }

  #checkName(
    siblings: readonly Field[],
    name: string,
    path: string,
    self: number | undefined,
  ): void {
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

  #checkDroppable(field: IndexedField): void {
    const index = schemaIndex(this.#schema)
    const isInside = (id: number): boolean =>
      id === field.id || index.ancestors(id).some((ancestor) => ancestor.id === field.id)
    for (const [id, use] of this.#options.uses ?? []) {
      if (index.byId.has(id) && isInside(id)) {
        throw refused(field.path.join('.'), `${use.description} needs it`)
      }
    }
    const identifier = this.#schema.identifierFieldIds.find(isInside)
    if (identifier !== undefined) {
      throw refused(
        field.path.join('.'),
        `identifier field '${index.pathText(identifier)}' needs it; change the identifier first`,
      )
    }
  }

  #moveBeside(path: ColumnPath, other: ColumnPath, offset: 0 | 1): this {
    const field = this.#member(path)
    const target = this.#member(other)
    const text = field.path.join('.')
    if (field.id === target.id) throw refused(text, 'it cannot be moved beside itself')
    if (field.parentId !== target.parentId) {
      throw refused(text, `it is not in the same struct as '${target.path.join('.')}'`)
    }
    return this.#move(field, (rest) => rest.findIndex((f) => f.id === target.id) + offset)
  }

  #move(field: IndexedField, position: (rest: readonly Field[]) => number): this {
    this.#setFields(
      changeMembers(this.#schema.fields, field.parentId, (members) => {
        const moved = members.filter((member) => member.id === field.id)
        const rest = members.filter((member) => member.id !== field.id)
        return rest.toSpliced(position(rest), 0, ...moved)
      }),
    )
    return this
  }
}

function refused(column: string, reason: string): InvalidArgument {
  return new InvalidArgument(`cannot change column '${column}': ${reason}`, { details: { column } })
}

function insertionPoint(
  siblings: readonly Field[],
  options: AddColumnOptions,
  path: string,
): number {
  const given = [options.after, options.before, options.first].filter((o) => o !== undefined)
  if (given.length > 1) throw refused(path, "give one of 'after', 'before' and 'first'")
  if (options.first === true) return 0
  const sibling = options.after ?? options.before
  if (sibling === undefined) return siblings.length
  const at = siblings.findIndex((field) => field.name === sibling)
  if (at < 0) {
    throw new NotFound('column', `no column '${sibling}' beside the new column '${path}'`, {
      details: { column: sibling },
    })
  }
  return options.after === undefined ? at : at + 1
}

function defaultJson(type: Type, value: unknown, column: string): Field['writeDefault'] {
  try {
    return singleValueJson(type, toNestedDatum(type, value))
  } catch (error) {
    if (error instanceof ValidationError) throw locateError(error, { column })
    throw error
  }
}

/** A date default becomes midnight when its column becomes a timestamp. */
function promoteDefaults(field: Field, from: Type): Field {
  if (from.kind !== 'date') return field
  const convert = (json: Field['writeDefault']): Field['writeDefault'] =>
    typeof json === 'string' ? defaultJson(field.type, `${json}T00:00:00`, field.name) : json
  const initialDefault = convert(field.initialDefault)
  const writeDefault = convert(field.writeDefault)
  return {
    ...field,
    ...(initialDefault === undefined ? {} : { initialDefault }),
    ...(writeDefault === undefined ? {} : { writeDefault }),
  }
}
