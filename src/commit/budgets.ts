import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { valueOr } from '../util/value-or.js'
import type { RetryBudget } from './backoff.js'

/** `commit.retry.*` of the table. */
export function commitRetryBudget(metadata: TableMetadata): RetryBudget {
  return orDefault((properties) => properties.commitRetry, metadata)
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
