import { checkOptions } from '../util/check-options.js'
import { buildAddedField, buildColumnType } from './build-schema.js'
import { asColumn } from './builder.js'
import type { ColumnTag, PathOf, UnknownSchema } from './infer.js'
import type {
  WithColumn,
  WithOptional,
  WithoutColumn,
  WithRenamed,
  WithRequired,
  WithWidened,
} from './infer-evolution.js'
import type { DefaultOf, IdentifierPathOf, WidenedColumn } from './infer-path.js'
import type { WithUnion } from './infer-union.js'
import { type SchemaChange, schemaChange } from './schema-change.js'
import { SchemaDraft, type SchemaEditorOptions } from './schema-draft.js'
import {
  type ColumnPath,
  type ColumnPosition,
  defaultJson,
  pathText,
  refused,
} from './schema-edit.js'
import { schemaIndex } from './schema-index.js'
import type { Schema } from './type.js'
import { type UnionInput, type UnionOptions, unionByName } from './union-by-name.js'
import { describeValue } from './value-error.js'

export interface AddColumnOptions extends ColumnPosition {
  readonly doc?: string
}

function checkAddOptions(options: AddColumnOptions, text: string): void {
  for (const [option, type] of ADD_OPTIONS) {
    const value = options[option]
    if (value === undefined || typeof value === type) continue
    throw refused(text, `option '${option}' is a ${type}, not ${describeValue(value)}`)
  }
}

const ADD_OPTIONS = [
  ['doc', 'string'],
  ['after', 'string'],
  ['before', 'string'],
  ['first', 'boolean'],
] as const

/**
 * Changes a schema step by step (spec: "Schema Evolution"); each step sees those before it. Nothing
 * outside changes until the whole is committed, so an error leaves everything as it was. `S` follows
 * the row type.
 *
 * Every step throws `NotFound('column')` for a column that is not there and `InvalidArgument` for a
 * change that Iceberg does not allow, naming the column and what stands against it. What only the
 * whole can tell (identifier fields, structs left empty, format version) is checked at the end.
 */
export class SchemaEditor<S = UnknownSchema> {
  readonly #base: Schema
  readonly #draft: SchemaDraft

  constructor(base: Schema, options: SchemaEditorOptions) {
    this.#base = base
    this.#draft = new SchemaDraft(base, options)
  }

  /** The schema as the steps so far have made it. */
  get schema(): Schema {
    return this.#draft.schema
  }

  /**
   * Adds a column, at the end unless a position is given. A dotted path adds to the struct in front
   * of the last dot; for a list or map, to its element or value. A required column needs a default
   * (format version 3), which rows that exist already show too.
   */
  addColumn<const P extends string, C extends ColumnTag>(
    path: P | readonly string[],
    column: C,
    options: AddColumnOptions = {},
  ): SchemaEditor<WithColumn<S, P, C>> {
    checkOptions(options, ['doc', 'after', 'before', 'first'], 'addColumn')
    const place = this.#draft.placeOf(path)
    checkAddOptions(options, place.text)
    const built = buildAddedField(place.name, column, this.#draft.ids.next)
    const field = options.doc === undefined ? built : { ...built, doc: options.doc }
    this.#draft.insert(place, field, options)
    return this.#typed()
  }

  /** Removes a column and all it holds. Its id is never used again. */
  dropColumn<const P extends PathOf<S>>(
    path: P | readonly string[],
  ): SchemaEditor<WithoutColumn<S, P>> {
    this.#draft.drop(this.#draft.member(path))
    return this.#typed()
  }

  /** Gives a column a new name; `name` is the last part of its path. */
  renameColumn<const P extends PathOf<S>, const N extends string>(
    path: P | readonly string[],
    name: N,
  ): SchemaEditor<WithRenamed<S, P, N>> {
    this.#draft.rename(this.#draft.member(path), name)
    return this.#typed()
  }

  /**
   * Widens a type: int to long, float to double, a decimal to more digits; in format version 3 date
   * to timestamp or timestamp_ns, and unknown to anything.
   */
  widenColumn<const P extends PathOf<S>, C extends ColumnTag & WidenedColumn<S, P>>(
    path: P | readonly string[],
    column: C,
  ): SchemaEditor<WithWidened<S, P, C>> {
    const field = this.#draft.find(path)
    const text = pathText(field.path)
    const { state } = asColumn(column, text)
    const isMore = state.docText !== undefined || state.defaultValue !== undefined
    if (isMore || (state.isRequired && !field.required)) {
      throw refused(text, 'widenColumn changes its type alone, no doc, default or requiredness')
    }
    this.#draft.widen(
      field,
      buildColumnType(column, () => 0),
    )
    return this.#typed()
  }

  /** Lets a column, list element or map value be null. */
  makeOptional<const P extends PathOf<S>>(
    path: P | readonly string[],
  ): SchemaEditor<WithOptional<S, P>> {
    this.#draft.setRequired(this.#draft.find(path), false)
    return this.#typed()
  }

  /**
   * Forbids nulls in a column, list element or map value from now on. Rows that exist may hold nulls
   * all the same, so this is refused unless `allowIncompatible` is set, or the column was added in
   * this very change with a default.
   */
  makeRequired<const P extends PathOf<S>>(
    path: P | readonly string[],
    options: { readonly allowIncompatible?: boolean } = {},
  ): SchemaEditor<WithRequired<S, P>> {
    checkOptions(options, ['allowIncompatible'], 'makeRequired')
    const field = this.#draft.find(path)
    const isNew = !schemaIndex(this.#base).byId.has(field.id)
    const hasDefault = (field.field?.initialDefault ?? null) !== null
    if (!field.required && options.allowIncompatible !== true && !(isNew && hasDefault)) {
      const hint = 'if none does, say { allowIncompatible: true }'
      throw refused(pathText(field.path), `rows may hold nulls in it; ${hint}`)
    }
    this.#draft.setRequired(field, true)
    return this.#typed()
  }

  /** Sets or, with `undefined`, removes the comment of a column. */
  updateDoc(path: PathOf<S> | readonly string[], doc: string | undefined): this {
    const field = this.#draft.member(path)
    if (doc !== undefined && typeof doc !== 'string') {
      throw refused(pathText(field.path), 'a doc must be a string')
    }
    this.#draft.setDoc(field, doc)
    return this
  }

  /** Sets the default for rows written from now on; `null` removes it. Format version 3. */
  updateDefault<const P extends PathOf<S>>(
    path: P | readonly string[],
    value: DefaultOf<S, P>,
  ): this {
    const field = this.#draft.member(path)
    const text = pathText(field.path)
    if (value === undefined) throw refused(text, 'give the default, or null to remove it')
    if (value === null && field.required && (field.field?.initialDefault ?? null) !== null) {
      throw refused(text, 'the default of a required column cannot be removed')
    }
    this.#draft.setWriteDefault(
      field,
      value === null ? undefined : defaultJson(field.type, value, text),
    )
    return this
  }

  /** Makes a column the first of its struct. */
  moveFirst(path: PathOf<S> | readonly string[]): this {
    this.#draft.move(this.#draft.member(path), () => 0)
    return this
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
  setIdentifier(...paths: readonly (IdentifierPathOf<S> | readonly string[])[]): this {
    const ids = paths.map((path) => this.#identifier(path))
    this.#draft.schema = { ...this.#draft.schema, identifierFieldIds: [...new Set(ids)] }
    return this
  }

  /**
   * Makes the schema hold another one too, columns matched by name at every level: missing columns
   * are added at the end, as optional; those that are narrower are widened, required ones that are
   * optional there become optional, docs and write defaults are taken over. Nothing is dropped, and
   * a column that is wider than its namesake stays as it is.
   *
   * @param other columns as `createTable` takes them, a schema, or an Arrow schema
   */
  unionByName<const N extends UnionInput>(
    other: N,
    options: UnionOptions = {},
  ): SchemaEditor<WithUnion<S, N>> {
    checkOptions(options, ['caseSensitive'], 'unionByName')
    unionByName(this.#draft, other, options)
    return this.#typed()
  }

  /** The outcome, checked as a whole. */
  result(): SchemaChange {
    return schemaChange(this.#base, this.#draft)
  }

  #identifier(path: ColumnPath): number {
    const { index } = this.#draft
    const isList = Array.isArray(path) && path.length > 1 && index.find(path) === undefined
    if (isList && path.every((name) => index.find(name) !== undefined)) {
      throw refused(
        pathText(path),
        'an array is one path; give several columns one after the other',
      )
    }
    return this.#draft.find(path).id
  }

  #typed<N>(): SchemaEditor<N> {
    return this as unknown as SchemaEditor<N>
  }

  #moveBeside(path: ColumnPath, other: ColumnPath, offset: 0 | 1): this {
    const field = this.#draft.member(path)
    const target = this.#draft.member(other)
    const text = pathText(field.path)
    if (field.id === target.id) throw refused(text, 'it cannot be moved beside itself')
    if (field.parentId !== target.parentId) {
      throw refused(text, `it is not in the same struct as '${pathText(target.path)}'`)
    }
    this.#draft.move(field, (rest) => rest.findIndex((f) => f.id === target.id) + offset)
    return this
  }
}
