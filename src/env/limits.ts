/**
 * Every bound on what moraine accepts from a table or a caller, in one place (spec/limits.md). A
 * bound that is passed throws `LimitExceeded` with `details.limit` set to the key below.
 */
export interface Limits {
  /** Stored size of one metadata JSON file, bytes. */
  readonly metadataBytes: number
  /** Inflated size of one gzip'd metadata JSON file, bytes. */
  readonly metadataInflatedBytes: number
  readonly jsonDepth: number
  /** Length of one JSON string, UTF-16 units. */
  readonly jsonStringLength: number
  readonly jsonNodes: number
  readonly schemaFields: number
  readonly schemaDepth: number
  readonly manifestListBytes: number
  readonly manifestBytes: number
  readonly avroSchemaBytes: number
  readonly avroHeaderEntries: number
  /** Inflated size of one Avro block, bytes. */
  readonly avroBlockBytes: number
  readonly avroDepth: number
  readonly snapshots: number
  readonly refs: number
  readonly properties: number
  readonly parquetFooterBytes: number
  /** Inflated size of one Parquet page, bytes. */
  readonly parquetPageBytes: number
  /** Values in one Parquet page, nulls included: a run of a few bytes can claim any number. */
  readonly parquetPageValues: number
  /** Nesting of thrift structs and lists. */
  readonly thriftDepth: number
  /** Nesting of arrays and objects in one variant. */
  readonly variantDepth: number
  /** Length of a variant's metadata or of its value, bytes. */
  readonly variantBytes: number
  /** Length of one object path, UTF-8 bytes. */
  readonly pathBytes: number
  /** Highest metadata version (slot number). */
  readonly metadataVersion: number
  /** Data files that one write may hold open at a time. */
  readonly openWriters: number
}

const MiB = 1024 * 1024

/** The defaults. Override with `connect(uri, { limits })`. */
export const defaultLimits: Limits = Object.freeze({
  metadataBytes: 64 * MiB,
  metadataInflatedBytes: 256 * MiB,
  jsonDepth: 128,
  jsonStringLength: MiB,
  jsonNodes: 5_000_000,
  schemaFields: 100_000,
  schemaDepth: 64,
  manifestListBytes: 64 * MiB,
  manifestBytes: 256 * MiB,
  avroSchemaBytes: MiB,
  avroHeaderEntries: 64,
  avroBlockBytes: 64 * MiB,
  avroDepth: 64,
  snapshots: 100_000,
  refs: 10_000,
  properties: 10_000,
  parquetFooterBytes: 64 * MiB,
  parquetPageBytes: 256 * MiB,
  parquetPageValues: 64 * MiB,
  thriftDepth: 32,
  variantDepth: 1000,
  variantBytes: 128 * MiB,
  pathBytes: 4096,
  metadataVersion: 2 ** 31 - 1,
  openWriters: 256,
})
