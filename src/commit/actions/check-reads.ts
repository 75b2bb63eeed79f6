import { CommitConflict } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import { branchHead } from '../../format/lookup.js'
import type { Schema } from '../../types/type.js'
import type { Action } from '../action.js'
import { othersSince } from '../conflicts.js'
import { ManifestStore } from '../manifest-store.js'
import { checkReads } from '../row-delta-checks.js'
import { RowFilter } from '../row-filter.js'

export interface ReadsToCheck {
  readonly branch: string
  /** The head of the branch that was read; `null` when it was empty. */
  readonly since: bigint | null
  /** The rows that were read, bound to `schema`. */
  readonly reads: readonly BoundPredicate[]
  /** The table's schema when they were read. */
  readonly schema: Schema
  /** The last sequence number that was given out, where the change has come to depend on it. */
  readonly lastSequenceNumber?: bigint | undefined
}

/**
 * Changes nothing: the commit that it is part of is refused when others have changed rows that were
 * read. It must come first, where the base holds nothing of the commit itself.
 */
export function checkReadsAction(options: ReadsToCheck): Action {
  const { branch, since, reads, schema, lastSequenceNumber } = options
  return {
    kind: 'read',
    conflictsWith: [
      'schema-changed',
      'rows-added',
      'files-removed',
      'deletes-added',
      'history-rewritten',
      'head-moved',
    ],
    snapshotId: () => undefined,
    apply: async (base, ctx) => {
      if (lastSequenceNumber !== undefined && base.lastSequenceNumber !== lastSequenceNumber) {
        throw new CommitConflict(
          'another commit has taken the row ids of rows that this transaction has added and then changed',
          { conflict: 'head-moved' },
        )
      }
      const nothing = { updates: [], requirements: [], files: [] }
      if (reads.length === 0) return nothing
      // Rows that were read under one schema are other rows under the next.
      if (base.currentSchemaId !== schema.schemaId) {
        throw new CommitConflict('the schema has changed since the rows were read', {
          conflict: 'schema-changed',
          details: { schemaId: schema.schemaId, currentSchemaId: base.currentSchemaId },
        })
      }
      const parent = branchHead(base, branch)
      const attempt = { base, ctx, parent, store: new ManifestStore(0n, ctx) }
      const others = othersSince(attempt, { since })
      if (others.length === 0) return nothing
      for (const where of reads)
        await checkReads(attempt, others, new RowFilter(base, schema, where))
      return nothing
    },
  }
}
