/** Summaries of partition values over the files of a manifest (spec: "Manifest Lists", 507). */
import { type DatumComparator, summaryComparator } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import { encodeSingleValue } from '../types/single-value.js'
import type { Type } from '../types/type.js'
import type { FieldSummary, PartitionTuple } from './model.js'

interface FieldState {
  readonly type: Type
  readonly compare: DatumComparator | undefined
  containsNull: boolean
  containsNan: boolean
  lower: Datum | undefined
  upper: Datum | undefined
}

/** Collects the summaries while entries are added. */
export class PartitionSummaries {
  readonly #fields: readonly FieldState[]

  constructor(types: readonly Type[]) {
    this.#fields = types.map((type) => ({
      type,
      // Values of dropped columns whose type is lost are all read as null.
      compare: type.kind === 'unknown' ? undefined : summaryComparator(type),
      containsNull: false,
      containsNan: false,
      lower: undefined,
      upper: undefined,
    }))
  }

  add(tuple: PartitionTuple): void {
    for (const [index, field] of this.#fields.entries()) {
      const value = tuple[index] ?? null
      if (value === null || field.compare === undefined) field.containsNull = true
      else if (Number.isNaN(value)) field.containsNan = true
      else {
        if (field.lower === undefined || field.compare(value, field.lower) < 0) field.lower = value
        if (field.upper === undefined || field.compare(value, field.upper) > 0) field.upper = value
      }
    }
  }

  /** One summary per field. Bounds leave out null and NaN. */
  summaries(): readonly FieldSummary[] {
    return this.#fields.map(({ type, containsNull, containsNan, lower, upper }) => ({
      containsNull,
      containsNan,
      ...(lower !== undefined && { lowerBound: encodeSingleValue(type, lower) }),
      ...(upper !== undefined && { upperBound: encodeSingleValue(type, upper) }),
    }))
  }
}
