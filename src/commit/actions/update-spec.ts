import { CommitConflict } from '../../errors.js'
import type { TableMetadata } from '../../format/model.js'
import type { PartitionSpec } from '../../partition/model.js'
import type { Action } from '../action.js'

/**
 * Makes a partition spec the default: for files to come; existing ones keep theirs. `change` is
 * called once per attempt and must only replay a recorded edit. A base whose schema or default spec
 * is another than at the first attempt is a conflict.
 */
export function updateSpec(change: (base: TableMetadata) => PartitionSpec): Action {
  let started: { readonly schemaId: number; readonly specId: number } | undefined
  return {
    kind: 'update-spec',
    conflictsWith: ['schema-changed', 'spec-changed'],
    snapshotId: () => undefined,
    apply: async (base) => {
      const { currentSchemaId: schemaId, defaultSpecId: specId } = base
      started ??= { schemaId, specId }
      if (started.schemaId !== schemaId || started.specId !== specId) {
        const bySchema = started.specId === specId
        const what = bySchema ? 'schema' : 'partition spec'
        throw new CommitConflict(`another commit has changed the ${what}`, {
          conflict: bySchema ? 'schema-changed' : 'spec-changed',
          details: { schemaId, specId },
        })
      }
      return {
        updates: [
          { action: 'add-spec', spec: change(base) },
          { action: 'set-default-spec', specId: -1 },
        ],
        requirements: [{ type: 'assert-current-schema-id', id: schemaId }],
        files: [],
      }
    },
  }
}
