/** Turning what callers say of a table's shape into actions. */
import type { Action } from '../commit/action.js'
import { updateProperties } from '../commit/actions/update-properties.js'
import { updateSchema } from '../commit/actions/update-schema.js'
import { updateSortOrder } from '../commit/actions/update-sort-order.js'
import { updateSpec } from '../commit/actions/update-spec.js'
import { defaultLimits, type Limits } from '../env/limits.js'
import { InvalidArgument, MoraineError } from '../errors.js'
import { checkProperties } from '../format/check-properties.js'
import { currentSchema, defaultSortOrder } from '../format/lookup.js'
import { fieldUses, partitionNames, type TableShape } from '../partition/field-uses.js'
import { buildSortOrder } from '../partition/spec-builder.js'
import { SpecEditor } from '../partition/spec-editor.js'
import type { SortTerm } from '../partition/terms.js'
import { parseLocation } from '../store/location.js'
import { SchemaEditor } from '../types/schema-editor.js'
import { describeValue } from '../types/value-error.js'
import { checkOptions } from '../util/check-options.js'

/** Properties to set and to remove. */
export interface PropertyChange {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/**
 * Properties as a map; throws `InvalidArgument` naming one that describes the table itself, or has a
 * value that is no string or that a known property cannot have.
 */
export function propertyMap(
  properties: Readonly<Record<string, string>> | undefined,
  limits: Limits = defaultLimits,
): ReadonlyMap<string, string> {
  const entries = Object.entries(properties ?? {})
  for (const [key, value] of entries) {
    if (typeof value !== 'string') {
      throw new InvalidArgument(`property \`${key}\` must be a string; got ${typeof value}`, {
        details: { property: key },
      })
    }
  }
  const map = new Map(entries)
  checkProperties(map, limits)
  for (const name of LOCATION_PROPERTIES) {
    const location = map.get(name)
    if (location !== undefined) checkLocationProperty(name, location, limits)
  }
  return map
}

const LOCATION_PROPERTIES = ['write.data.path', 'write.metadata.path'] as const

function checkLocationProperty(name: string, location: string, limits: Limits): void {
  try {
    parseLocation(location, limits)
  } catch (cause) {
    if (!(cause instanceof MoraineError)) throw cause
    throw new InvalidArgument(`table property '${name}': ${cause.message}`, {
      cause,
      details: { property: name },
    })
  }
}

export function propertiesAction(change: PropertyChange): Action {
  checkOptions(change, ['set', 'remove'], 'updateProperties')
  if (change === undefined) throw new InvalidArgument('updateProperties takes { set, remove }')
  const { set, remove = [] } = change
  if (!Array.isArray(remove) || remove.some((name) => typeof name !== 'string')) {
    throw new InvalidArgument('updateProperties: `remove` must be an array of property names', {
      details: { where: 'updateProperties', option: 'remove' },
    })
  }
  return updateProperties({ set: propertyMap(set), remove })
}

function checkFunction(fn: unknown, call: string): void {
  if (typeof fn === 'function') return
  throw new InvalidArgument(
    `${call} takes a function of an editor, such as (s) => s.…, not ${describeValue(fn)}`,
    { details: { where: call } },
  )
}

/**
 * The function must hand back the editor it was given. The handle's type follows what it returns, so a
 * forgotten `return` or a promise is an error rather than a guess.
 */
function checkReturned(given: object, returned: unknown, call: string): void {
  if (returned === given) return
  const what = returned === undefined ? 'nothing' : 'something else'
  throw new InvalidArgument(
    `${call} takes a function that returns the editor it was given, such as (s) => s.…; it returned ${what}`,
    { details: { where: call } },
  )
}

/** A schema change by an editor that starts from whatever schema the base has. */
export function schemaAction<S, S2>(fn: (editor: SchemaEditor<S>) => SchemaEditor<S2>): Action {
  checkFunction(fn, 'updateSchema')
  return updateSchema((base) => {
    const schema = currentSchema(base)
    const { partitionSpecs: specs, defaultSpecId } = base
    const shape: TableShape = { schema, specs, defaultSpecId, order: defaultSortOrder(base) }
    const editor = new SchemaEditor<S>(schema, {
      lastColumnId: base.lastColumnId,
      formatVersion: base.formatVersion,
      uses: fieldUses(shape),
      reservedNames: partitionNames(shape),
    })
    checkReturned(editor, fn(editor), 'updateSchema')
    return editor.result()
  })
}

/** A change of the partition spec by an editor that starts from whatever spec the base has. */
export function specAction<S>(fn: (editor: SpecEditor<S>) => SpecEditor<S>): Action {
  checkFunction(fn, 'updateSpec')
  return updateSpec((base) => {
    const editor = new SpecEditor<S>({
      schema: currentSchema(base),
      specs: base.partitionSpecs,
      defaultSpecId: base.defaultSpecId,
      lastPartitionId: base.lastPartitionId,
      formatVersion: base.formatVersion,
    })
    checkReturned(editor, fn(editor), 'updateSpec')
    return editor.result().spec
  })
}

/** A new sort order for files to come; no terms means unsorted. */
export function sortOrderAction(terms: readonly SortTerm[]): Action {
  if (!Array.isArray(terms)) {
    throw new InvalidArgument(
      `updateSortOrder takes an array of terms, such as [asc('id')], not ${describeValue(terms)}`,
      { details: { where: 'updateSortOrder' } },
    )
  }
  return updateSortOrder((base) => buildSortOrder(currentSchema(base), terms))
}
