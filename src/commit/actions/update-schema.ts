import { CommitConflict } from '../../errors.js'
import { currentSchema } from '../../format/lookup.js'
import type { TableMetadata } from '../../format/model.js'
import type { MetadataUpdate } from '../../format/update.js'
import type { SchemaChange } from '../../types/schema-change.js'
import type { Action } from '../action.js'
import { columnPropertyChanges } from '../column-properties.js'

/**
 * Makes a new schema current. `change` is called once per attempt and must only replay a recorded
 * edit. A base whose current schema is another than at the first attempt is a conflict (spec:
 * "Commit Conflict Resolution and Retry"). Properties that name columns follow.
 */
export function updateSchema(change: (base: TableMetadata) => SchemaChange): Action {
  let startedFrom: number | undefined
  return {
    kind: 'update-schema',
    conflictsWith: ['schema-changed'],
    snapshotId: () => undefined,
    apply: async (base, ctx) => {
      startedFrom ??= base.currentSchemaId
      if (base.currentSchemaId !== startedFrom) {
        throw new CommitConflict(
          `another commit has changed the schema from ${startedFrom} to ${base.currentSchemaId}`,
          {
            conflict: 'schema-changed',
            details: { schemaId: startedFrom, currentSchemaId: base.currentSchemaId },
          },
        )
      }
      const made = change(base)
      if (!made.changed) return { updates: [], requirements: [], files: [] }
      const lastColumnId = Math.max(made.lastColumnId, base.lastColumnId)
      const updates: MetadataUpdate[] = [
        { action: 'add-schema', schema: made.schema, lastColumnId },
        { action: 'set-current-schema', schemaId: -1 },
      ]
      const { limits } = ctx.env
      const before = currentSchema(base)
      const { set, remove } = columnPropertyChanges(base.properties, before, made, limits)
      if (set.size > 0) updates.push({ action: 'set-properties', set })
      if (remove.length > 0) updates.push({ action: 'remove-properties', remove })
      return { updates, requirements: [], files: [] }
    },
  }
}
