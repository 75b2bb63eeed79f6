/** Conditions on the base of a commit, as REST catalogs check them. */
import { MAIN_BRANCH } from './constants.js'
import type { TableMetadata } from './model.js'
import type { MetadataUpdate, Requirement } from './update.js'

/** Why the first requirement that fails does so; undefined when all hold. */
export function checkRequirements(
  base: TableMetadata | undefined,
  requirements: readonly Requirement[],
): string | undefined {
  for (const requirement of requirements) {
    const reason = checkRequirement(base, requirement)
    if (reason !== undefined) return reason
  }
  return undefined
}

function checkRequirement(
  base: TableMetadata | undefined,
  requirement: Requirement,
): string | undefined {
  if (requirement.type === 'assert-create') {
    return base === undefined ? undefined : 'the table exists already'
  }
  if (base === undefined) return 'the table does not exist'
  switch (requirement.type) {
    case 'assert-table-uuid':
      return differs('table uuid', requirement.uuid.toLowerCase(), base.tableUuid)
    case 'assert-ref-snapshot-id': {
      const { ref, snapshotId } = requirement
      return differs(`snapshot of '${ref}'`, snapshotId, base.refs.get(ref)?.snapshotId)
    }
    case 'assert-last-assigned-field-id':
      return differs('last assigned field id', requirement.id, base.lastColumnId)
    case 'assert-current-schema-id':
      return differs('current schema id', requirement.id, base.currentSchemaId)
    case 'assert-last-assigned-partition-id':
      return differs('last assigned partition id', requirement.id, base.lastPartitionId)
    case 'assert-default-spec-id':
      return differs('default spec id', requirement.id, base.defaultSpecId)
    case 'assert-default-sort-order-id':
      return differs('default sort order id', requirement.id, base.defaultSortOrderId)
  }
}

type Compared = string | number | bigint | undefined

function differs(what: string, expected: Compared, actual: Compared): string | undefined {
  if (expected === actual) return undefined
  return `${what} is ${actual ?? 'none'}, expected ${expected ?? 'none'}`
}

/**
 * What the updates rely on of the base they were made for: nothing they build upon may have changed
 * in between. `base` undefined means that they create the table.
 */
export function requirementsFor(
  base: TableMetadata | undefined,
  updates: readonly MetadataUpdate[],
): readonly Requirement[] {
  if (base === undefined) return [{ type: 'assert-create' }]
  const found = new Map<string, Requirement>()
  const add = (requirement: Requirement, name = ''): void => {
    const key = `${requirement.type} ${name}`
    if (!found.has(key)) found.set(key, requirement)
  }
  if (base.tableUuid !== '') add({ type: 'assert-table-uuid', uuid: base.tableUuid })
  for (const update of updates) requirementsOf(base, update, add)
  return [...found.values()]
}

function requirementsOf(
  base: TableMetadata,
  update: MetadataUpdate,
  add: (requirement: Requirement, name?: string) => void,
): void {
  const addRef = (name: string): void => {
    const snapshotId = base.refs.get(name)?.snapshotId
    add({ type: 'assert-ref-snapshot-id', ref: name, snapshotId }, name)
  }
  // A spec or schema may only go when no branch can have begun to use it again.
  const addBranches = (): void => {
    for (const [name, ref] of base.refs) if (ref.type === 'branch') addRef(name)
    if (base.refs.size === 0) addRef(MAIN_BRANCH)
  }
  switch (update.action) {
    case 'set-snapshot-ref':
    case 'remove-snapshot-ref':
      addRef(update.name)
      break
    case 'add-schema':
      add({ type: 'assert-last-assigned-field-id', id: base.lastColumnId })
      break
    case 'set-current-schema':
      add({ type: 'assert-current-schema-id', id: base.currentSchemaId })
      break
    case 'add-spec':
      add({ type: 'assert-last-assigned-partition-id', id: base.lastPartitionId })
      break
    case 'set-default-spec':
      add({ type: 'assert-default-spec-id', id: base.defaultSpecId })
      break
    case 'set-default-sort-order':
      add({ type: 'assert-default-sort-order-id', id: base.defaultSortOrderId })
      break
    case 'remove-partition-specs':
      add({ type: 'assert-default-spec-id', id: base.defaultSpecId })
      addBranches()
      break
    case 'remove-schemas':
      add({ type: 'assert-current-schema-id', id: base.currentSchemaId })
      addBranches()
      break
    default:
  }
}
