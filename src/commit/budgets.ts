import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { valueOr } from '../util/value-or.js'
import type { RetryBudget } from './backoff.js'

/** `commit.retry.*` of the table. */
export function commitRetryBudget(metadata: TableMetadata): RetryBudget {
  return orDefault((properties) => properties.commitRetry, metadata)
}

/**
 * Tries that others may win before ours, where the table does not say `commit.retry.num-retries`. The
 * reference gives up after 4, which four writers on a store that takes 50 ms a commit use up every now
 * and then; a pause makes room for 16 tries of others, so that 20 are enough for as many writers.
 */
const LOST_RACES_MAX = 20

/** `commit.retry.*` for tries that were lost to others: they say that the store is well. */
export function lostRacesBudget(metadata: TableMetadata): RetryBudget {
  const budget = commitRetryBudget(metadata)
  if (metadata.properties.has('commit.retry.num-retries')) return budget
  return { ...budget, numRetries: LOST_RACES_MAX }
}

/** `commit.status-check.*` of the table. */
export function statusCheckBudget(metadata: TableMetadata): RetryBudget {
  return orDefault((properties) => properties.commitStatusCheck, metadata)
}

/** A malformed property must not keep the commit that mends it from happening. */
function orDefault(
  read: (properties: ReturnType<typeof tableProperties>) => RetryBudget,
  metadata: TableMetadata,
): RetryBudget {
  return valueOr(
    () => read(tableProperties(metadata.properties)),
    () => read(tableProperties(new Map())),
  )
}
