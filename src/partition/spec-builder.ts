import { InvalidArgument } from '../errors.js'
import { datumComparator } from '../types/compare.js'
import type { Schema } from '../types/type.js'
import type { PartitionField, PartitionSpec, SortField, SortOrder } from './model.js'
import { transformOps } from './ops.js'
import { checkSpecFields } from './spec-checks.js'
import { PARTITION_FIELD_ID_START } from './spec-json.js'
import {
  type DirectedTerm,
  nameAtCreation,
  type PartitionTerm,
  resolveTerm,
  type SortTerm,
} from './terms.js'

/** The order of tables that are not sorted. */
export const UNSORTED: SortOrder = Object.freeze({ orderId: 0, fields: [] })

/** `lastPartitionId` of a table that never had a partition field. */
export const NO_PARTITION_ID = PARTITION_FIELD_ID_START - 1

/**
 * The spec of a new table: field ids from 1000, names as the reference gives them (`id_bucket`,
 * `at_day`, `name_trunc`, the column's own for identity).
 *
 * @throws NotFound for a missing column.
 * @throws InvalidArgument for a transform that does not take its column, doubled names and
 *   redundant fields.
 */
export function buildPartitionSpec(
  schema: Schema,
  terms: readonly PartitionTerm[],
  options: { readonly specId?: number; readonly formatVersion?: number } = {},
): { readonly spec: PartitionSpec; readonly lastPartitionId: number } {
  const fields = terms.map((term, index): PartitionField => {
    const { source, transform, name } = resolveTerm(schema, term)
    return {
      sourceIds: [source.id],
      fieldId: PARTITION_FIELD_ID_START + index,
      name: name ?? nameAtCreation(source, transform),
      transform,
    }
  })
  checkSpecFields(fields, schema, 'created')
  return {
    spec: { specId: options.specId ?? 0, fields },
    lastPartitionId: NO_PARTITION_ID + fields.length,
  }
}

/**
 * A sort order; no terms give {@link UNSORTED}.
 *
 * @throws NotFound for a missing column.
 * @throws InvalidArgument for values that have no order, and for the order id 0 with terms.
 */
export function buildSortOrder(
  schema: Schema,
  terms: readonly SortTerm[],
  options: { readonly orderId?: number } = {},
): SortOrder {
  if (terms.length === 0) return UNSORTED
  const orderId = options.orderId ?? 1
  if (orderId === 0) throw new InvalidArgument('order id 0 stands for unsorted tables')
  return { orderId, fields: terms.map((term) => sortField(schema, term)) }
}

function sortField(schema: Schema, input: SortTerm): SortField {
  const directed: DirectedTerm = isDirected(input) ? input : { term: input, direction: 'asc' }
  const { source, transform } = resolveTerm(schema, directed.term)
  datumComparator(transformOps(transform, source.type).resultType)
  return {
    sourceIds: [source.id],
    transform,
    direction: directed.direction,
    nullOrder: directed.nullOrder ?? (directed.direction === 'asc' ? 'nulls-first' : 'nulls-last'),
  }
}

function isDirected(term: SortTerm): term is DirectedTerm {
  return typeof term !== 'string' && 'direction' in term
}
