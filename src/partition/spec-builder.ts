import { InvalidArgument } from '../errors.js'
import { isOrdered } from '../types/compare.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import { describeValue } from '../types/value-error.js'
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
import { transformsEqual } from './transform.js'

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
 * @throws InvalidArgument for values that have no order, a term that is there twice (which the
 *   reference lets pass), and for the order id 0 with terms.
 */
export function buildSortOrder(
  schema: Schema,
  terms: readonly SortTerm[],
  options: { readonly orderId?: number } = {},
): SortOrder {
  if (terms.length === 0) return UNSORTED
  const orderId = options.orderId ?? 1
  if (orderId === 0) throw new InvalidArgument('order id 0 stands for unsorted tables')
  const fields = terms.map((term) => sortField(schema, term))
  checkRepeated(schema, fields)
  return { orderId, fields }
}

function sortField(schema: Schema, input: SortTerm): SortField {
  const directed: DirectedTerm = isDirected(input) ? input : { term: input, direction: 'asc' }
  const { source, transform } = resolveTerm(schema, directed.term)
  const column = source.path.join('.')
  checkDirected(directed, column)
  const { resultType } = transformOps(transform, source.type)
  if (!isOrdered(resultType)) {
    throw new InvalidArgument(`column '${column}' of type ${formatType(resultType)} has no order`, {
      details: { column },
    })
  }
  return {
    sourceIds: [source.id],
    transform,
    direction: directed.direction,
    nullOrder: directed.nullOrder ?? (directed.direction === 'asc' ? 'nulls-first' : 'nulls-last'),
  }
}

function isDirected(term: SortTerm): term is DirectedTerm {
  return typeof term === 'object' && term !== null && 'direction' in term
}

function checkDirected({ direction, nullOrder }: DirectedTerm, column: string): void {
  if (direction !== 'asc' && direction !== 'desc') {
    throw sortProblem(column, `the direction is 'asc' or 'desc', not ${describeValue(direction)}`)
  }
  if (![undefined, 'nulls-first', 'nulls-last'].includes(nullOrder)) {
    const found = describeValue(nullOrder)
    throw sortProblem(column, `nulls come 'nulls-first' or 'nulls-last', not ${found}`)
  }
}

/** A second field of the same column and transform would never decide, or contradict the first. */
function checkRepeated(schema: Schema, fields: readonly SortField[]): void {
  for (const [index, field] of fields.entries()) {
    const isSame = (other: SortField): boolean =>
      other.sourceIds[0] === field.sourceIds[0] && transformsEqual(other.transform, field.transform)
    if (fields.findIndex(isSame) === index) continue
    const column = schemaIndex(schema).pathText(field.sourceIds[0] as number)
    throw sortProblem(column, 'it is sorted by twice')
  }
}

function sortProblem(column: string, reason: string): InvalidArgument {
  return new InvalidArgument(`cannot sort by column '${column}': ${reason}`, {
    details: { column },
  })
}
