import type { JsonObject } from '../codec/json/value.js'

/** A partition transform (spec: "Partition Transforms"). `unknown` keeps its text; it never prunes. */
export type Transform =
  | { readonly kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly kind: 'bucket'; readonly buckets: number }
  | { readonly kind: 'truncate'; readonly width: number }
  | { readonly kind: 'unknown'; readonly text: string }

export interface PartitionField {
  /** One id, or several for v3 multi-argument transforms. */
  readonly sourceIds: readonly number[]
  readonly fieldId: number
  readonly name: string
  readonly transform: Transform
  readonly extra?: JsonObject
}

export interface PartitionSpec {
  readonly specId: number
  readonly fields: readonly PartitionField[]
  readonly extra?: JsonObject
}

export interface SortField {
  readonly sourceIds: readonly number[]
  readonly transform: Transform
  readonly direction: 'asc' | 'desc'
  readonly nullOrder: 'nulls-first' | 'nulls-last'
  readonly extra?: JsonObject
}

/** Order 0 is "unsorted" and has no fields. */
export interface SortOrder {
  readonly orderId: number
  readonly fields: readonly SortField[]
  readonly extra?: JsonObject
}
