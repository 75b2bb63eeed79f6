/** Several actions as one change: each is applied to what the ones before it made of the base. */

import { randomUuid } from '../env/ids.js'
import { CommitConflict } from '../errors.js'
import { applyUpdates } from '../format/apply-updates.js'
import type { TableMetadata } from '../format/model.js'
import { checkRequirements, requirementsFor } from '../format/requirements.js'
import type { MetadataUpdate, Requirement } from '../format/update.js'
import type { Action, ActionContext, ActionResult } from './action.js'

export interface AppliedActions {
  /** `base` itself when nothing changed: then there is nothing to publish. */
  readonly metadata: TableMetadata
  readonly updates: readonly MetadataUpdate[]
  /** What must be true of the base that is replaced. */
  readonly requirements: readonly Requirement[]
  /** Files the result refers to that this commit created. */
  readonly files: readonly string[]
  /** Of each action, in order. */
  readonly results: readonly ActionResult[]
}

export interface ApplyActionsOptions {
  readonly nowMs: number
  /** Where the base is stored: goes into the metadata log. */
  readonly previousMetadataLocation?: string
}

/**
 * Applies actions in order. Rejects with what an action rejects with, and with `CommitConflict` when
 * a requirement of one does not hold.
 */
export async function applyActions(
  actions: readonly Action[],
  base: TableMetadata,
  contextOf: (actionIndex: number) => ActionContext,
  options: ApplyActionsOptions,
): Promise<AppliedActions> {
  const updates: MetadataUpdate[] = []
  const files: string[] = []
  const results: ActionResult[] = []
  const extra: Requirement[] = []
  let current = base
  for (const [index, action] of actions.entries()) {
    const ctx = contextOf(index)
    const result = await action.apply(current, ctx)
    const reason = checkRequirements(current, result.requirements)
    if (reason !== undefined) {
      throw new CommitConflict(`${action.kind} is no longer valid: ${reason}`, {
        ...(result.requirements.some((item) => item.type === 'assert-current-schema-id') && {
          conflict: 'schema-changed',
        }),
      })
    }
    extra.push(...result.requirements)
    current = applyUpdates(current, result.updates, { nowMs: options.nowMs })
    updates.push(...result.updates)
    files.push(...result.files)
    results.push(result)
  }
  if (current === base) return { metadata: base, updates: [], requirements: [], files, results }
  // Once more as a whole: the logs are kept by what the commit changes in all, not step by step.
  const metadata = applyUpdates(base, updates, {
    nowMs: options.nowMs,
    newUuid: () => randomUuid(contextOf(0).env),
    ...(options.previousMetadataLocation !== undefined && {
      previousMetadataLocation: options.previousMetadataLocation,
    }),
  })
  return { metadata, updates, requirements: merged(base, updates, extra), files, results }
}

/**
 * What follows from the updates comes first: it speaks of the base, while an action may speak of what
 * the ones before it made.
 */
function merged(
  base: TableMetadata,
  updates: readonly MetadataUpdate[],
  extra: readonly Requirement[],
): readonly Requirement[] {
  const all = [...requirementsFor(base, updates)]
  for (const requirement of extra) {
    const known = all.some(
      (item) =>
        item.type === requirement.type &&
        (item.type !== 'assert-ref-snapshot-id' ||
          (requirement.type === 'assert-ref-snapshot-id' && item.ref === requirement.ref)),
    )
    if (!known) all.push(requirement)
  }
  return all
}
