import { InvalidArgument, Unsupported } from '../errors.js'
import type { UnknownSchema } from '../types/infer.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import type { PartitionField, PartitionSpec } from './model.js'
import {
  checkSpecFields,
  isTimeTransform,
  sameSourceAndTransform,
  specsEquivalent,
} from './spec-checks.js'
import {
  checkFieldName,
  nameWhenAdded,
  type PartitionTerm,
  type PartitionTermOf,
  resolveTerm,
  termText,
} from './terms.js'

export interface SpecEditorOptions {
  readonly schema: Schema
  readonly specs: readonly PartitionSpec[]
  readonly defaultSpecId: number
  readonly lastPartitionId: number
  readonly formatVersion: number
}

export interface SpecChange {
  /** The new default spec; an existing one when an equivalent one is there already. */
  readonly spec: PartitionSpec
  readonly lastPartitionId: number
  readonly reused: boolean
  /** False when the spec is the default one already. */
  readonly changed: boolean
}

/**
 * Changes the default partition spec step by step (spec: "Partition Evolution"). In v2 and later
 * fields are really removed and the ids of equivalent fields of earlier specs are used again; in v1
 * a removed field stays as `void`, so that field ids never move.
 *
 * `S` says which columns terms may name. Steps throw `NotFound('column')` or `InvalidArgument` naming the field.
 */
export class SpecEditor<S = UnknownSchema> {
  readonly #options: SpecEditorOptions
  readonly #base: PartitionSpec
  readonly #removed = new Set<number>()
  readonly #names = new Map<number, string>()
  readonly #added: PartitionField[] = []
  #lastId: number

  /** @throws Unsupported when the default spec has a transform that is not known. */
  constructor(options: SpecEditorOptions) {
    const base = options.specs.find((spec) => spec.specId === options.defaultSpecId)
    if (base === undefined) {
      throw new InvalidArgument(`there is no partition spec ${options.defaultSpecId}`)
    }
    const unknown = base.fields.find((field) => field.transform.kind === 'unknown')
    if (unknown !== undefined) {
      throw new Unsupported(
        'transform',
        `partition field '${unknown.name}' has an unknown transform, so the spec cannot be changed`,
      )
    }
    this.#options = options
    this.#base = base
    this.#lastId = options.lastPartitionId
  }

  /** Adds a field for a column or term. Names: `id_bucket_16`, `at_day`, unless one is given. */
  addField(term: PartitionTermOf<S>, name?: string): this {
    const { source, transform, name: ownName } = resolveTerm(this.#options.schema, term)
    checkFieldName(name, termText(term))
    const wanted = name ?? ownName
    const draft: PartitionField = { sourceIds: [source.id], fieldId: -1, name: '', transform }
    const present = this.#base.fields.find((field) => sameSourceAndTransform(field, draft))
    if (present !== undefined) return this.#takeBack(present, wanted)
    if (this.#added.some((field) => sameSourceAndTransform(field, draft))) {
      throw refused(wanted ?? source.path.join('.'), 'it was added already')
    }
    const recycled = this.#recycle(draft, wanted)
    const field: PartitionField = {
      ...draft,
      name: wanted ?? recycled?.name ?? nameWhenAdded(source, transform),
      fieldId: recycled?.fieldId ?? this.#nextId(),
    }
    this.#checkRedundantTime(field)
    this.#added.push(field)
    return this
  }

  /** Removes a field by its name or its term. */
  removeField(nameOrTerm: PartitionTerm): this {
    const field = this.#findField(nameOrTerm)
    if (this.#names.has(field.fieldId)) throw refused(field.name, 'it was renamed just now')
    if (this.#removed.has(field.fieldId)) throw refused(field.name, 'it was removed just now')
    this.#removed.add(field.fieldId)
    return this
  }

  /** Gives a field another name. */
  renameField(name: string, newName: string): this {
    const field = this.#findField(name)
    if (this.#removed.has(field.fieldId)) throw refused(name, 'it was removed just now')
    if (typeof newName !== 'string' || newName === '') {
      throw refused(name, 'the new name is empty or no string')
    }
    this.#names.set(field.fieldId, newName)
    return this
  }

  /** Removes a field and adds another in its stead, such as a day for a month. */
  replaceField(nameOrTerm: PartitionTerm, term: PartitionTermOf<S>, name?: string): this {
    return this.removeField(nameOrTerm).addField(term, name)
  }

  /** The outcome, checked as a whole. */
  result(): SpecChange {
    const { formatVersion, schema, specs } = this.#options
    const kept = this.#base.fields.flatMap((field): PartitionField[] => {
      const name = this.#names.get(field.fieldId) ?? field.name
      if (!this.#removed.has(field.fieldId)) return [{ ...field, name }]
      return formatVersion >= 2 ? [] : [{ ...field, name, transform: { kind: 'void' } }]
    })
    const fields = voidsAside([...kept, ...this.#added])
    checkSpecFields(fields, schema, 'changed')
    this.#checkSources(fields)
    const specId = Math.max(...specs.map((spec) => spec.specId)) + 1
    const spec: PartitionSpec = { specId, fields }
    const existing = specs.find((candidate) => this.#isSame(candidate, spec))
    return {
      spec: existing ?? spec,
      lastPartitionId: Math.max(this.#options.lastPartitionId, this.#lastId),
      reused: existing !== undefined,
      changed: existing?.specId !== this.#base.specId,
    }
  }

  /**
   * An equivalent spec stands for the new one. Its field ids are the same in every table written
   * by the rules; where they are not, the specs are kept apart rather than mixed up.
   */
  #isSame(candidate: PartitionSpec, spec: PartitionSpec): boolean {
    return (
      specsEquivalent(candidate, spec) &&
      candidate.fields.every((field, index) => field.fieldId === spec.fields[index]?.fieldId)
    )
  }

  #takeBack(present: PartitionField, name: string | undefined): this {
    if (!this.#removed.has(present.fieldId)) {
      throw refused(name ?? present.name, `it is there already as '${present.name}'`)
    }
    this.#removed.delete(present.fieldId)
    if (name !== undefined && name !== present.name) this.renameField(present.name, name)
    return this
  }

  /** A field of any earlier spec that computes the same (v2: ids are used again). */
  #recycle(draft: PartitionField, name: string | undefined): PartitionField | undefined {
    if (this.#options.formatVersion < 2) return undefined
    return this.#options.specs
      .flatMap((spec) => spec.fields)
      .find(
        (field) =>
          sameSourceAndTransform(field, draft) && (name === undefined || field.name === name),
      )
  }

  #nextId(): number {
    this.#lastId++
    return this.#lastId
  }

  #checkRedundantTime(field: PartitionField): void {
    if (!isTimeTransform(field.transform)) return
    const other = this.#added.find(
      (added) => isTimeTransform(added.transform) && added.sourceIds[0] === field.sourceIds[0],
    )
    if (other !== undefined) throw refused(field.name, `it is redundant with '${other.name}'`)
  }

  #findField(nameOrTerm: PartitionTerm): PartitionField {
    const byName =
      typeof nameOrTerm === 'string'
        ? this.#base.fields.find((field) => field.name === nameOrTerm)
        : undefined
    const field = byName ?? this.#findByTerm(nameOrTerm)
    if (field !== undefined) return field
    const shown = termText(nameOrTerm)
    if (this.#added.some((added) => added.name === nameOrTerm)) {
      throw refused(shown, 'it was added just now')
    }
    const names = this.#base.fields.map((f) => f.name).join(', ')
    throw refused(shown, names === '' ? 'the table is not partitioned' : `fields are ${names}`)
  }

  #findByTerm(term: PartitionTerm): PartitionField | undefined {
    if (typeof term === 'string') return undefined
    const { source, transform } = resolveTerm(this.#options.schema, term)
    const draft: PartitionField = { sourceIds: [source.id], fieldId: -1, name: '', transform }
    return this.#base.fields.find((field) => sameSourceAndTransform(field, draft))
  }

  #checkSources(fields: readonly PartitionField[]): void {
    const { byId } = schemaIndex(this.#options.schema)
    for (const field of fields) {
      const missing = field.sourceIds.some((id) => !byId.has(id))
      if (missing && field.transform.kind !== 'void') {
        throw refused(field.name, 'its column was dropped; remove the field')
      }
    }
  }
}

/** The names of void fields make way for those of fields that are used. */
function voidsAside(fields: readonly PartitionField[]): readonly PartitionField[] {
  const isVoid = (field: PartitionField): boolean => field.transform.kind === 'void'
  const used = new Set(fields.filter((field) => !isVoid(field)).map((field) => field.name))
  return fields.map((field) =>
    isVoid(field) && used.has(field.name)
      ? { ...field, name: `${field.name}_${field.fieldId}` }
      : field,
  )
}

function refused(field: string, reason: string): InvalidArgument {
  return new InvalidArgument(`cannot change partition field '${field}': ${reason}`, {
    details: { field },
  })
}
