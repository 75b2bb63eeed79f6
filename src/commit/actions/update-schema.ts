import { CommitConflict } from '../../errors.js'
import type { TableMetadata } from '../../format/model.js'
import type { MetadataUpdate } from '../../format/update.js'
import type { Schema } from '../../types/type.js'
import type { Action } from '../action.js'

/** A schema made from a table's current one. */
export interface SchemaChange {
  readonly schema: Schema
  readonly lastColumnId: number
  /** Properties that name columns and change with them, such as a name mapping. */
  readonly setProperties?: ReadonlyMap<string, string>
  readonly removeProperties?: readonly string[]
}

/**
 * Makes a new schema current. `change` is called once per attempt and must only replay a recorded
 * edit. A base whose current schema is another than at the first attempt is a conflict (spec:
 * "Commit Conflict Resolution and Retry").
 */
export function updateSchema(change: (base: TableMetadata) => SchemaChange): Action {
  let startedFrom: number | undefined
  return {
    kind: 'update-schema',
    snapshotId: () => undefined,
    apply: async (base) => {
      startedFrom ??= base.currentSchemaId
      if (base.currentSchemaId !== startedFrom) {
        throw new CommitConflict(
          `another commit has changed the schema from ${startedFrom} to ${base.currentSchemaId}`,
          { details: { schemaId: startedFrom, currentSchemaId: base.currentSchemaId } },
        )
      }
      const { schema, lastColumnId, setProperties, removeProperties } = change(base)
      const updates: MetadataUpdate[] = [
        { action: 'add-schema', schema, lastColumnId: Math.max(lastColumnId, base.lastColumnId) },
        { action: 'set-current-schema', schemaId: -1 },
      ]
      if (setProperties !== undefined && setProperties.size > 0) {
        updates.push({ action: 'set-properties', set: setProperties })
      }
      if (removeProperties !== undefined && removeProperties.length > 0) {
        updates.push({ action: 'remove-properties', remove: removeProperties })
      }
      return { updates, requirements: [], files: [] }
    },
  }
}
