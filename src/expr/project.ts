/**
 * Projecting row predicates to partition values (spec: "Scan Planning"). The inclusive projection
 * keeps every partition that may hold a match; the strict one only those where every row matches.
 */
import type { PartitionField, PartitionSpec } from '../partition/model.js'
import { transformOps } from '../partition/ops.js'
import { transformsEqual } from '../partition/transform.js'
import type { Type } from '../types/type.js'
import type { BoundPredicate, BoundTerm } from './predicate.js'
import { projectBucket } from './project-bucket.js'
import { projectOrdered } from './project-ordered.js'
import { projectPrefix } from './project-prefix.js'
import type { Projection } from './projection.js'
import { type BoundLeaf, boundAnd, boundOr, FALSE, mapLeaves, TRUE } from './simplify.js'

/** True for every partition tuple that may hold a matching row. */
export function projectInclusive(predicate: BoundPredicate, spec: PartitionSpec): BoundPredicate {
  return mapLeaves(predicate, (leaf) => boundAnd(projectLeaf(leaf, spec, 'inclusive')))
}

/** True only for partition tuples of which every row matches. */
export function projectStrict(predicate: BoundPredicate, spec: PartitionSpec): BoundPredicate {
  return mapLeaves(predicate, (leaf) => boundOr(projectLeaf(leaf, spec, 'strict')))
}

function projectLeaf(leaf: BoundLeaf, spec: PartitionSpec, mode: Projection): BoundPredicate[] {
  return spec.fields
    .filter((field) => field.sourceIds.length === 1 && field.sourceIds[0] === leaf.term.fieldId)
    .map((field) => projectField(leaf, field, mode))
}

function projectField(leaf: BoundLeaf, field: PartitionField, mode: Projection): BoundPredicate {
  const { transform } = field
  const unknown = mode === 'inclusive' ? TRUE : FALSE
  if (transform.kind === 'unknown' || transform.kind === 'void') return unknown
  if (leaf.term.transform !== undefined) {
    const same = transformsEqual(leaf.term.transform, transform)
    return same ? onPartition(leaf, field, leaf.term.type) : unknown
  }
  if (transform.kind === 'identity') return onPartition(leaf, field, leaf.term.type)
  const ops = transformOps(transform, leaf.term.sourceType)
  if (leaf.op === 'isNull' || leaf.op === 'notNull') return onPartition(leaf, field, ops.resultType)
  const term = partitionTerm(field, ops.resultType)
  switch (transform.kind) {
    case 'bucket':
      return projectBucket(leaf, term, ops.apply, mode)
    case 'truncate': {
      const byPrefix = ['string', 'binary', 'fixed'].includes(leaf.term.type.kind)
      return byPrefix
        ? projectPrefix(leaf, term, ops.apply, transform.width, mode)
        : projectOrdered(leaf, term, ops.apply, mode, false)
    }
    default:
      return projectOrdered(leaf, term, ops.apply, mode, true)
  }
}

/** The term of a partition field: its id in the partition tuple, already transformed. */
export function partitionTerm(field: PartitionField, type: Type): BoundTerm {
  return {
    fieldId: field.fieldId,
    path: [field.name],
    sourceType: type,
    type,
    required: false,
  }
}

function onPartition(leaf: BoundLeaf, field: PartitionField, type: Type): BoundPredicate {
  return { ...leaf, term: partitionTerm(field, type) }
}
