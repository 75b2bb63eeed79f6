import type { Datum } from '../types/datum.js'
import { isReservedFieldId } from '../types/metadata-columns.js'
import { schemaIndex } from '../types/schema-index.js'
import { tryDecodeSingleValue } from '../types/single-value.js'
import type { Schema } from '../types/type.js'
import { uuidBounds } from './uuid-bounds.js'

/** What is known of one column over a set of rows. Everything may be missing; nothing may lie. */
export interface ColumnBounds {
  /** No value is below; not necessarily a value. Never NaN. */
  readonly lower?: Datum | undefined
  /** No value is above; not necessarily a value. Never NaN. */
  readonly upper?: Datum | undefined
  /** Values, nulls included. */
  readonly valueCount?: number | bigint | undefined
  readonly nullCount?: number | bigint | undefined
  readonly nanCount?: number | bigint | undefined
}

/** Statistics of a set of rows: a file, a row group, a page, the partitions of a manifest. */
export interface BoundsSource {
  readonly rowCount?: number | bigint | undefined
  /** Undefined when nothing is known of the column. */
  column(fieldId: number): ColumnBounds | undefined
}

/** The metrics of a data file, as manifests hold them. */
export interface MetricsLike {
  readonly recordCount: bigint
  readonly valueCounts?: ReadonlyMap<number, bigint>
  readonly nullValueCounts?: ReadonlyMap<number, bigint>
  readonly nanValueCounts?: ReadonlyMap<number, bigint>
  readonly lowerBounds?: ReadonlyMap<number, Uint8Array>
  readonly upperBounds?: ReadonlyMap<number, Uint8Array>
}

/**
 * A file's metrics as bounds. Bounds are decoded when asked for, in the column's present type: files
 * written before a promotion hold them in the old one (spec: "Schema Evolution").
 */
export function metricsBounds(schema: Pick<Schema, 'fields'>, file: MetricsLike): BoundsSource {
  const { byId } = schemaIndex(schema)
  const decode = (fieldId: number, bytes: Uint8Array | undefined): Datum | undefined => {
    const type = byId.get(fieldId)?.type
    if (type === undefined || bytes === undefined) return undefined
    return usableBound(tryDecodeSingleValue(type, bytes))
  }
  return {
    rowCount: file.recordCount,
    // What a file stores of a metadata column (row ids, say) is completed when it is read.
    column: (fieldId) =>
      isReservedFieldId(fieldId)
        ? undefined
        : {
            ...uuidBounds(byId.get(fieldId)?.type, {
              lower: decode(fieldId, file.lowerBounds?.get(fieldId)),
              upper: decode(fieldId, file.upperBounds?.get(fieldId)),
            }),
            valueCount: file.valueCounts?.get(fieldId),
            nullCount: file.nullValueCounts?.get(fieldId),
            nanCount: file.nanValueCounts?.get(fieldId),
          },
  }
}

/** A bound that says something: NaN bounds, which some writers leave, say nothing. */
export function usableBound(bound: Datum | undefined): Datum | undefined {
  return typeof bound === 'number' && Number.isNaN(bound) ? undefined : bound
}
