import type { PartitionSpec } from '../partition/model.js'
import { isFloat } from '../types/compare.js'
import { tryDecodeSingleValue } from '../types/single-value.js'
import type { Type } from '../types/type.js'
import { type BoundsSource, type ColumnBounds, usableBound } from './bounds-source.js'
import { uuidBounds } from './uuid-bounds.js'

/** Summary of one partition field over a manifest. */
export interface PartitionSummary {
  readonly containsNull: boolean
  readonly containsNan?: boolean
  readonly lowerBound?: Uint8Array
  readonly upperBound?: Uint8Array
}

/**
 * The partition summaries of a manifest as bounds over partition field ids, so that a projected
 * predicate can be tested by `mayMatch` (spec: "Manifest Lists", field summaries).
 *
 * @param types Types of the partition fields, in spec order.
 */
export function manifestBounds(
  spec: PartitionSpec,
  types: readonly Type[],
  summaries: readonly PartitionSummary[] | undefined,
): BoundsSource {
  return {
    column(fieldId) {
      const index = spec.fields.findIndex((field) => field.fieldId === fieldId)
      const summary = summaries?.[index]
      const type = types[index]
      return summary && type ? summaryBounds(summary, type) : undefined
    },
  }
}

function summaryBounds(summary: PartitionSummary, type: Type): ColumnBounds {
  const decode = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : usableBound(tryDecodeSingleValue(type, bytes))
  const onlyNull =
    summary.containsNull &&
    summary.lowerBound === undefined &&
    summary.upperBound === undefined &&
    (summary.containsNan === false || !isFloat(type))
  return {
    ...uuidBounds(type, {
      lower: decode(summary.lowerBound),
      upper: decode(summary.upperBound),
    }),
    ...(onlyNull && { valueCount: 1, nullCount: 1 }),
    ...(!summary.containsNull && { nullCount: 0 }),
    ...(summary.containsNan === false && { nanCount: 0 }),
  }
}
