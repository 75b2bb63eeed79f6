import { CommitConflict } from '../../errors.js'
import type { TableMetadata } from '../../format/model.js'
import type { SortOrder } from '../../partition/model.js'
import type { Action } from '../action.js'

/**
 * Makes a sort order the default for files to come. `change` is called once per attempt and must
 * only replay a recorded edit. A base whose schema or default order is another than at the first
 * attempt is a conflict.
 */
export function updateSortOrder(change: (base: TableMetadata) => SortOrder): Action {
  let started: { readonly schemaId: number; readonly orderId: number } | undefined
  return {
    kind: 'update-sort-order',
    conflictsWith: ['schema-changed', 'sort-order-changed'],
    snapshotId: () => undefined,
    apply: async (base) => {
      const { currentSchemaId: schemaId, defaultSortOrderId: orderId } = base
      started ??= { schemaId, orderId }
      if (started.schemaId !== schemaId || started.orderId !== orderId) {
        const bySchema = started.orderId === orderId
        const what = bySchema ? 'schema' : 'sort order'
        throw new CommitConflict(`another commit has changed the ${what}`, {
          conflict: bySchema ? 'schema-changed' : 'sort-order-changed',
          details: { schemaId, orderId },
        })
      }
      return {
        updates: [
          { action: 'add-sort-order', sortOrder: change(base) },
          { action: 'set-default-sort-order', sortOrderId: -1 },
        ],
        requirements: [{ type: 'assert-current-schema-id', id: schemaId }],
        files: [],
      }
    },
  }
}
