import type { PartitionSpec } from '../partition/model.js'
import type { Datum } from '../types/datum.js'
import { evaluator, type GetDatum } from './evaluate.js'
import type { BoundPredicate } from './predicate.js'
import { projectInclusive, projectStrict } from './project.js'
import { FALSE, mapLeaves, TRUE } from './simplify.js'

/**
 * What is left to test of a predicate on the rows of one partition: leaves that the partition values
 * settle become true or false (spec: "Scan Planning", residuals).
 */
export function residualFor(
  predicate: BoundPredicate,
  spec: PartitionSpec,
): (tuple: readonly (Datum | null)[]) => BoundPredicate {
  const tests = new Map<BoundPredicate, (get: GetDatum) => BoundPredicate>()
  mapLeaves(predicate, (leaf) => {
    const must = evaluator(projectStrict(leaf, spec))
    const may = evaluator(projectInclusive(leaf, spec))
    tests.set(leaf, (get) => (must(get) ? TRUE : may(get) ? leaf : FALSE))
    return leaf
  })
  return (tuple) => {
    const get = tupleReader(spec, tuple)
    return mapLeaves(predicate, (leaf) => tests.get(leaf)?.(get) ?? leaf)
  }
}

/** Reads a partition tuple by partition field id. */
export function tupleReader(spec: PartitionSpec, tuple: readonly (Datum | null)[]): GetDatum {
  const positions = new Map(spec.fields.map((field, index) => [field.fieldId, index]))
  return (fieldId) => tuple[positions.get(fieldId) ?? -1] ?? null
}
