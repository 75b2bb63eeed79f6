/** What `compact` and `rewriteDeletes` take and give. */
import { InvalidArgument, type MoraineError, Unsupported } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import type { DeleteRewriteLimits } from '../maintenance/rewrite-deletes.js'
import type { RewriteLimits } from '../maintenance/rewrite-plan.js'
import type { SortTerm } from '../partition/terms.js'
import { checkChoice, checkOptions } from '../util/check-options.js'
import type { CommitResult } from './commit-result.js'
import type { Where } from './scan.js'
import type { CommitOptions } from './write-options.js'

/** Options of every rewrite of files. Sizes are in bytes. */
export interface RewriteOptions extends Pick<CommitOptions, 'branch' | 'summary' | 'signal'> {
  /** Size that files should have. Default: the table's `write.target-file-size-bytes`, or for deletes `write.delete.target-file-size-bytes`. */
  readonly targetFileSize?: number
  /** So many files of a partition are worth a rewrite, however small. Default 5. */
  readonly minInputFiles?: number
  /** Rewrite files of any size and number. Default false. */
  readonly rewriteAll?: boolean
  /** Also take delete files out of the table that apply to nothing. Default true. */
  readonly removeDangling?: boolean
  /** Only tell what would be done. Default false. */
  readonly dryRun?: boolean
}

/** Options of `compact`. */
export interface CompactOptions<S = unknown> extends RewriteOptions {
  /** Only files that may hold matching rows. Default: all. */
  readonly where?: Where<S>
  /**
   * `binpack` (the default) puts small files together, in the table's sort order if it has one;
   * `sort` sorts by `sort`, or by the table's order.
   */
  readonly strategy?: 'binpack' | 'sort'
  readonly sort?: readonly SortTerm[]
  /** Smaller files are rewritten. Default 75 % of the target. */
  readonly minFileSize?: number
  /** Larger files are rewritten. Default 180 % of the target. */
  readonly maxFileSize?: number
  /** Files with as many delete files are rewritten. Default 10. */
  readonly maxDeleteFiles?: number
  /** Files of whose rows such a part is deleted, above 0 up to 1, are rewritten. Default 0.3. */
  readonly deleteRatio?: number
  /** Data files are rewritten in groups of at most about so much. Default 100 GiB. */
  readonly maxGroupSize?: number
  /**
   * Give the new files the sequence number of the snapshot that was read, so that equality deletes
   * which others commit meanwhile reach their rows and are no conflict. Default true.
   */
  readonly useStartingSequenceNumber?: boolean
  /** Commit groups as they are done, in at most so many commits, and go on when one fails. */
  readonly partialProgress?: { readonly maxCommits?: number }
  readonly onProgress?: (progress: CompactProgress) => void
}

export interface CompactProgress {
  readonly groups: number
  /** Groups that are written, or have failed. */
  readonly groupsDone: number
  /** Rows of the group being written. */
  readonly rows: bigint
}

/** Data files of one partition that are rewritten together. */
export interface CompactedGroup {
  /** `city=Oslo/day=2026-01-31`, '' without partitions. */
  readonly partition: string
  readonly specId: number
  readonly files: number
  readonly bytes: bigint
  /** Rows of the files, deleted ones included. */
  readonly rows: bigint
  readonly state: 'planned' | 'committed' | 'failed'
}

export interface CompactResult {
  /** One, or with `partialProgress` several; none when there was nothing to do. */
  readonly commits: readonly CommitResult[]
  readonly groups: readonly CompactedGroup[]
  /** Data files that were replaced, and those in their place. */
  readonly rewrittenFiles: number
  readonly addedFiles: number
  readonly rewrittenBytes: bigint
  readonly addedBytes: bigint
  /** Delete files and vectors that went, applied or dangling. */
  readonly removedDeleteFiles: number
  /** Why groups failed; only with `partialProgress`. */
  readonly failures: readonly MoraineError[]
}

export interface RewriteDeletesResult {
  /** Undefined when there was nothing to do, or with `dryRun`. */
  readonly commit: CommitResult | undefined
  /** Position delete files that were replaced, and the files or vectors in their place. */
  readonly rewrittenFiles: number
  readonly addedFiles: number
  /** Delete files that applied to nothing. */
  readonly danglingFiles: number
}

const GiB = 1024 * 1024 * 1024
const SHARED = [
  'branch',
  'summary',
  'signal',
  'targetFileSize',
  'minInputFiles',
  'rewriteAll',
  'removeDangling',
  'dryRun',
] as const
const COMPACT = [
  ...SHARED,
  'where',
  'strategy',
  'sort',
  'minFileSize',
  'maxFileSize',
  'maxDeleteFiles',
  'deleteRatio',
  'maxGroupSize',
  'useStartingSequenceNumber',
  'partialProgress',
  'onProgress',
] as const

/** Checks the options of `compact` and fills in what they leave out. */
export function compactLimits<S>(
  metadata: TableMetadata,
  options: CompactOptions<S> = {},
): RewriteLimits {
  const where = 'compact'
  checkOptions(options, COMPACT, where)
  if ((options.strategy as string) === 'zorder') {
    throw new Unsupported('compact-zorder', 'compact by z-order is not supported; sort instead')
  }
  checkChoice(options.strategy, 'strategy', ['binpack', 'sort'], where)
  checkFlags(options, ['rewriteAll', 'removeDangling', 'dryRun'], where)
  checkFlags(options, ['useStartingSequenceNumber'], where)
  if (options.sort !== undefined && options.strategy === 'binpack') {
    throw new InvalidArgument("compact: `sort` goes with { strategy: 'sort' }")
  }
  const { targetFileSizeBytes } = tableProperties(metadata.properties)
  const target = whole(options.targetFileSize, 'targetFileSize', where) ?? targetFileSizeBytes
  const ratio = options.deleteRatio ?? 0.3
  if (!(typeof ratio === 'number' && ratio > 0 && ratio <= 1)) {
    throw new InvalidArgument('compact: option `deleteRatio` must be above 0 and at most 1')
  }
  checkOptions(options.partialProgress, ['maxCommits'], 'compact: `partialProgress`')
  whole(options.partialProgress?.maxCommits, 'maxCommits', where)
  const limits = {
    targetFileBytes: target,
    minFileBytes: whole(options.minFileSize, 'minFileSize', where) ?? target * 0.75,
    maxFileBytes: whole(options.maxFileSize, 'maxFileSize', where) ?? Math.ceil(target * 1.8),
    minInputFiles: whole(options.minInputFiles, 'minInputFiles', where) ?? 5,
    maxDeleteFiles: whole(options.maxDeleteFiles, 'maxDeleteFiles', where) ?? 10,
    deleteRatio: ratio,
    rewriteAll: options.rewriteAll ?? false,
    maxGroupBytes: whole(options.maxGroupSize, 'maxGroupSize', where) ?? 100 * GiB,
  }
  if (limits.minFileBytes <= target && target <= limits.maxFileBytes) return limits
  throw new InvalidArgument(
    'compact: the target size must lie between `minFileSize` and `maxFileSize`',
  )
}

/** The same for `rewriteDeletes`. */
export function deleteLimits(
  metadata: TableMetadata,
  options: RewriteOptions = {},
): DeleteRewriteLimits {
  const where = 'rewriteDeletes'
  checkOptions(options, SHARED, where)
  checkFlags(options, ['rewriteAll', 'removeDangling', 'dryRun'], where)
  const { deleteTargetFileSizeBytes } = tableProperties(metadata.properties)
  return {
    targetFileBytes:
      whole(options.targetFileSize, 'targetFileSize', where) ?? deleteTargetFileSizeBytes,
    minInputFiles: whole(options.minInputFiles, 'minInputFiles', where) ?? 5,
    rewriteAll: options.rewriteAll ?? false,
  }
}

function checkFlags(options: object, names: readonly string[], where: string): void {
  for (const name of names) {
    checkChoice((options as Record<string, unknown>)[name], name, [true, false], where)
  }
}

function whole(value: unknown, option: string, where: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgument(`${where}: option \`${option}\` must be a whole number above 0`, {
    details: { where, option },
  })
}
