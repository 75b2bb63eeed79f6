import { CommitConflict } from '../../errors.js'
import type { PartitionSpec } from '../../partition/model.js'
import type { Action } from '../action.js'

/**
 * Adds a partition spec without making it the default, under the id that files written for it have.
 * Another spec of that id on the base is a conflict.
 */
export function addSpec(spec: PartitionSpec): Action {
  return {
    kind: 'add-spec',
    conflictsWith: ['spec-changed'],
    snapshotId: () => undefined,
    apply: async (base) => {
      const ids = base.partitionSpecs.map(({ specId }) => specId)
      const known = base.partitionSpecs.find(({ specId }) => specId === spec.specId)
      const isSame = known !== undefined && known.fields.length === spec.fields.length
      if (isSame && known.fields.every((field, at) => field.name === spec.fields[at]?.name)) {
        return { updates: [], requirements: [], files: [] }
      }
      if (known !== undefined || Math.max(-1, ...ids) + 1 !== spec.specId) {
        throw new CommitConflict(`another commit has added partition spec ${spec.specId}`, {
          conflict: 'spec-changed',
          details: { specId: spec.specId },
        })
      }
      return { updates: [{ action: 'add-spec', spec }], requirements: [], files: [] }
    },
  }
}
