/**
 * Table properties that moraine honours, typed, with the reference's defaults. A value is parsed
 * when it is asked for, so that a bad one stops only what depends on it.
 */
import { InvalidArgument } from '../errors.js'

export type ParquetCodecName = 'uncompressed' | 'snappy' | 'gzip' | 'lz4' | 'zstd' | 'brotli'
export type ManifestCodecName = 'null' | 'deflate' | 'snappy' | 'zstandard'
export type RowLevelMode = 'copy-on-write' | 'merge-on-read'
export type RowLevelOperation = 'delete' | 'update' | 'merge'

const MiB = 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000

/** Names that describe the table itself: the reference refuses to store them as properties. */
export const RESERVED_PROPERTIES: ReadonlySet<string> = new Set([
  'format-version',
  'uuid',
  'snapshot-count',
  'current-snapshot-id',
  'current-snapshot-summary',
  'current-snapshot-timestamp-ms',
  'current-schema',
  'default-partition-spec',
  'default-sort-order',
])

/** Typed reading of table properties. Getters throw InvalidArgument that names a bad property. */
export class TableProperties {
  readonly raw: ReadonlyMap<string, string>

  constructor(raw: ReadonlyMap<string, string>) {
    this.raw = raw
  }

  /** `write.target-file-size-bytes`, 512 MiB. */
  get targetFileSizeBytes(): number {
    return this.#int('write.target-file-size-bytes', 512 * MiB, 1)
  }
  /** `write.delete.target-file-size-bytes`, 64 MiB. */
  get deleteTargetFileSizeBytes(): number {
    return this.#int('write.delete.target-file-size-bytes', 64 * MiB, 1)
  }
  /** `write.format.default`: files are written as Parquet only, others are read. */
  get dataFormat(): 'parquet' | 'avro' | 'orc' {
    return this.#oneOf('write.format.default', ['parquet', 'avro', 'orc'], 'parquet')
  }
  /** `write.delete.format.default`, by default as data files. */
  get deleteFormat(): 'parquet' | 'avro' | 'orc' {
    const name = 'write.delete.format.default'
    return this.#oneOf(name, ['parquet', 'avro', 'orc'], this.dataFormat)
  }
  get rowGroupSizeBytes(): number {
    return this.#int('write.parquet.row-group-size-bytes', 128 * MiB, 1)
  }
  get pageSizeBytes(): number {
    return this.#int('write.parquet.page-size-bytes', MiB, 1)
  }
  get pageRowLimit(): number {
    return this.#int('write.parquet.page-row-limit', 20_000, 1)
  }
  get dictSizeBytes(): number {
    return this.#int('write.parquet.dict-size-bytes', 2 * MiB, 0)
  }
  /** `write.parquet.page-version`, v1. */
  get pageVersion(): 1 | 2 {
    return this.#oneOf('write.parquet.page-version', ['v1', 'v2'], 'v1') === 'v2' ? 2 : 1
  }
  /** `write.parquet.compression-codec`, zstd (the reference's default for tables since 1.4). */
  get parquetCodec(): ParquetCodecName {
    const known = ['uncompressed', 'snappy', 'gzip', 'lz4', 'zstd', 'brotli', 'none'] as const
    const codec = this.#oneOf('write.parquet.compression-codec', known, 'zstd')
    return codec === 'none' ? 'uncompressed' : codec
  }
  get parquetCompressionLevel(): number | undefined {
    return this.#optInt('write.parquet.compression-level')
  }
  /** Whether data files go to hashed folders (`write.object-storage.enabled`). */
  get objectStorageEnabled(): boolean {
    return this.#bool('write.object-storage.enabled', false)
  }
  get objectStoragePartitionedPaths(): boolean {
    return this.#bool('write.object-storage.partitioned-paths', true)
  }
  get dataPath(): string | undefined {
    return this.#path('write.data.path')
  }
  get metadataPath(): string | undefined {
    return this.#path('write.metadata.path')
  }

  /** `commit.retry.*`. */
  get commitRetry(): {
    readonly numRetries: number
    readonly minWaitMs: number
    readonly maxWaitMs: number
    readonly totalTimeoutMs: number
  } {
    return {
      numRetries: this.#int('commit.retry.num-retries', 4, 0),
      minWaitMs: this.#int('commit.retry.min-wait-ms', 100, 0),
      maxWaitMs: this.#int('commit.retry.max-wait-ms', 60_000, 0),
      totalTimeoutMs: this.#int('commit.retry.total-timeout-ms', 1_800_000, 0),
    }
  }
  /** `commit.status-check.*`. */
  get commitStatusCheck(): {
    readonly numRetries: number
    readonly minWaitMs: number
    readonly maxWaitMs: number
    readonly totalTimeoutMs: number
  } {
    return {
      numRetries: this.#int('commit.status-check.num-retries', 3, 0),
      minWaitMs: this.#int('commit.status-check.min-wait-ms', 1000, 0),
      maxWaitMs: this.#int('commit.status-check.max-wait-ms', 60_000, 0),
      totalTimeoutMs: this.#int('commit.status-check.total-timeout-ms', 1_800_000, 0),
    }
  }

  get manifestTargetSizeBytes(): number {
    return this.#int('commit.manifest.target-size-bytes', 8 * MiB, 1)
  }
  get manifestMinCountToMerge(): number {
    return this.#int('commit.manifest.min-count-to-merge', 100, 0)
  }
  get manifestMergeEnabled(): boolean {
    return this.#bool('commit.manifest-merge.enabled', true)
  }
  /** `write.manifest.compression-codec`, gzip, which in Avro is spelled deflate. */
  get manifestCodec(): ManifestCodecName {
    const name = 'write.manifest.compression-codec'
    const known = ['gzip', 'deflate', 'zstd', 'snappy', 'uncompressed', 'none'] as const
    switch (this.#oneOf(name, known, 'gzip')) {
      case 'zstd':
        return 'zstandard'
      case 'snappy':
        return 'snappy'
      case 'uncompressed':
      case 'none':
        return 'null'
      default:
        return 'deflate'
    }
  }
  get manifestCompressionLevel(): number | undefined {
    return this.#optInt('write.manifest.compression-level')
  }
  get metadataCodec(): 'none' | 'gzip' {
    return this.#oneOf('write.metadata.compression-codec', ['none', 'gzip'], 'none')
  }
  get metadataPreviousVersionsMax(): number {
    return this.#int('write.metadata.previous-versions-max', 100, -Infinity)
  }
  get metadataDeleteAfterCommit(): boolean {
    return this.#bool('write.metadata.delete-after-commit.enabled', false)
  }
  /** `write.summary.partition-limit`: partitions described in a snapshot summary, none by default. */
  get summaryPartitionLimit(): number {
    return this.#int('write.summary.partition-limit', 0, 0)
  }

  /** `write.{delete,update,merge}.mode`. */
  mode(operation: RowLevelOperation): RowLevelMode {
    const known = ['copy-on-write', 'merge-on-read'] as const
    return this.#oneOf(`write.${operation}.mode`, known, 'copy-on-write')
  }
  /** `write.{delete,update,merge}.isolation-level`. */
  isolationLevel(operation: RowLevelOperation): 'serializable' | 'snapshot' {
    const known = ['serializable', 'snapshot'] as const
    return this.#oneOf(`write.${operation}.isolation-level`, known, 'serializable')
  }
  get deleteGranularity(): 'partition' | 'file' {
    return this.#oneOf('write.delete.granularity', ['partition', 'file'], 'partition')
  }
  get distributionMode(): 'none' | 'hash' | 'range' | undefined {
    if (!this.raw.has('write.distribution-mode')) return undefined
    const known = ['none', 'hash', 'range'] as const
    return this.#oneOf('write.distribution-mode', known, 'none')
  }
  get wapEnabled(): boolean {
    return this.#bool('write.wap.enabled', false)
  }
  get upsertEnabled(): boolean {
    return this.#bool('write.upsert.enabled', false)
  }

  get gcEnabled(): boolean {
    return this.#bool('gc.enabled', true)
  }
  get maxSnapshotAgeMs(): bigint {
    return this.#long('history.expire.max-snapshot-age-ms', BigInt(5 * DAY_MS))
  }
  get minSnapshotsToKeep(): number {
    return this.#int('history.expire.min-snapshots-to-keep', 1, 1)
  }
  get maxRefAgeMs(): bigint {
    return this.#long('history.expire.max-ref-age-ms', 2n ** 63n - 1n)
  }

  get splitSizeBytes(): number {
    return this.#int('read.split.target-size', 128 * MiB, 1)
  }
  get splitLookback(): number {
    return this.#int('read.split.planning-lookback', 10, 1)
  }
  get splitOpenFileCostBytes(): number {
    return this.#int('read.split.open-file-cost', 4 * MiB, 0)
  }
  /** `schema.name-mapping.default`: JSON text, read by `types/name-mapping`. */
  get nameMapping(): string | undefined {
    return this.raw.get('schema.name-mapping.default')
  }

  #int(name: string, otherwise: number, min: number): number {
    return this.#optInt(name, min) ?? otherwise
  }

  #optInt(name: string, min = -Infinity): number | undefined {
    const text = this.raw.get(name)?.trim()
    if (text === undefined) return undefined
    const value = /^[+-]?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= min) return value
    throw bad(name, text, min > -Infinity ? `a whole number of at least ${min}` : 'a whole number')
  }

  #long(name: string, otherwise: bigint): bigint {
    const text = this.raw.get(name)?.trim()
    if (text === undefined) return otherwise
    const value = /^[0-9]{1,19}$/.test(text) ? BigInt(text) : -1n
    if (value >= 0n && value < 2n ** 63n) return value
    throw bad(name, text, 'a whole number, not negative')
  }

  #bool(name: string, otherwise: boolean): boolean {
    const text = this.raw.get(name)?.trim().toLowerCase()
    if (text === undefined) return otherwise
    if (text === 'true' || text === 'false') return text === 'true'
    throw bad(name, text, 'true or false')
  }

  #oneOf<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const text = this.raw.get(name)?.trim().toLowerCase()
    if (text === undefined) return otherwise
    const found = known.find((item) => item === text)
    if (found !== undefined) return found
    throw bad(name, text, `one of ${known.join(', ')}`)
  }

  #path(name: string): string | undefined {
    const text = this.raw.get(name)?.trim()
    if (text === undefined || text === '') return undefined
    return text.replace(/(?<![/:])\/+$/, '')
  }
}

function bad(property: string, text: string, wanted: string): InvalidArgument {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return new InvalidArgument(`table property '${property}' is '${shown}', not ${wanted}`, {
    details: { property },
  })
}

/** Typed access to the properties of a table. */
export function tableProperties(raw: ReadonlyMap<string, string>): TableProperties {
  return new TableProperties(raw)
}
