/** Compaction: data files of a good size, without deletes, in the place of others. */
import { rewriteFiles } from '../commit/actions/rewrite-files.js'
import {
  Aborted,
  CommitConflict,
  CommitStateUnknown,
  InvalidArgument,
  MoraineError,
} from '../errors.js'
import { toPredicate, type WhereInput } from '../expr/where.js'
import { branchHead, currentSchema, defaultSortOrder, specById } from '../format/lookup.js'
import type { DataFile } from '../format/model.js'
import type { RewriteContext } from '../maintenance/rewrite-context.js'
import type { FileGroup, RewriteLimits } from '../maintenance/rewrite-plan.js'
import type { SortOrder } from '../partition/model.js'
import { partitionPath } from '../partition/partition-path.js'
import { buildSortOrder } from '../partition/spec-builder.js'
import type { WrittenFiles } from '../write/write-data-files.js'
import type { CommitResult } from './commit-result.js'
import {
  type CompactedGroup,
  type CompactOptions,
  type CompactResult,
  compactLimits,
} from './compact-options.js'
import { boundTo } from './row-level.js'
import { advance, assertWritable, commit, requireBranch, type TableState } from './state.js'
import { actionOptions } from './write-options.js'

/** The newest state of the branch, to be rewritten; undefined while it is empty. */
export async function rewriteContext(
  state: TableState,
  options: Pick<CompactOptions, 'branch' | 'signal'> | undefined,
): Promise<RewriteContext | undefined> {
  assertWritable(state)
  await requireBranch(state, options?.branch)
  advance(state, await state.target.load(options?.signal))
  const { metadata } = state.loaded
  const snapshot = branchHead(metadata, options?.branch ?? 'main')
  if (snapshot === undefined) return undefined
  const { store, env, pool, memoryLimit } = state.context
  const schema = currentSchema(metadata)
  return { metadata, snapshot, schema, store, env, pool, memoryLimit, signal: options?.signal }
}

export async function compactTable<S>(
  state: TableState,
  options: CompactOptions<S> | undefined,
): Promise<CompactResult> {
  // What is wrong with the options is said before anything is read.
  compactLimits(state.loaded.metadata, options)
  const context = await rewriteContext(state, options as CompactOptions | undefined)
  if (context === undefined) return new Compaction(state, undefined, [], options).result()
  const { metadata } = context
  const limits = compactLimits(metadata, options)
  const order = orderOf(context, options)
  const { planRewrite } = await import('../maintenance/rewrite-plan.js')
  const where = options?.where === undefined ? undefined : toPredicate(options.where as WhereInput)
  const bound =
    where === undefined ? ({ op: 'true' } as const) : boundTo(metadata, where, undefined)
  const groups = await planRewrite(context, bound, limits)
  const compaction = new Compaction(state, context, groups, options)
  if (options?.dryRun !== true) await compaction.run(limits, order)
  return compaction.result()
}

/** The order to sort by; undefined leaves it to the table. */
function orderOf<S>(
  { metadata, schema }: RewriteContext,
  options: CompactOptions<S> | undefined,
): SortOrder | undefined {
  if (options?.sort !== undefined) {
    if (!Array.isArray(options.sort) || options.sort.length === 0) {
      throw new InvalidArgument('compact: option `sort` must be an array of at least one term')
    }
    return buildSortOrder(schema, options.sort)
  }
  if (options?.strategy === 'sort' && defaultSortOrder(metadata).fields.length === 0) {
    throw new InvalidArgument('compact: the table has no sort order; give one with `sort`')
  }
  return undefined
}

interface Done {
  readonly at: number
  readonly written: WrittenFiles
}

/** One call of `compact`: groups written one after the other, and committed in batches. */
class Compaction<S> {
  readonly #state: TableState
  readonly #context: RewriteContext | undefined
  readonly #groups: readonly FileGroup[]
  readonly #options: CompactOptions<S> | undefined
  readonly #outcome: CompactedGroup['state'][]
  readonly #commits: CommitResult[] = []
  readonly #failures: MoraineError[] = []
  readonly #rewritten = new Set<DataFile>()
  readonly #added: DataFile[] = []

  constructor(
    state: TableState,
    context: RewriteContext | undefined,
    groups: readonly FileGroup[],
    options: CompactOptions<S> | undefined,
  ) {
    this.#state = state
    this.#context = context
    this.#groups = groups
    this.#options = options
    this.#outcome = groups.map(() => 'planned')
  }

  async run(limits: RewriteLimits, order: SortOrder | undefined): Promise<void> {
    const { partialProgress } = this.#options ?? {}
    const batches = partialProgress === undefined ? 1 : (partialProgress.maxCommits ?? 10)
    const size = Math.max(1, Math.ceil(this.#groups.length / batches))
    for (let at = 0; at < this.#groups.length || at === 0; at += size) {
      const end = Math.min(at + size, this.#groups.length)
      const done = await this.#write(at, end, limits, order)
      await this.#commit(done, end === this.#groups.length)
    }
  }

  async #write(
    from: number,
    end: number,
    limits: RewriteLimits,
    order: SortOrder | undefined,
  ): Promise<readonly Done[]> {
    const { rewriteGroup } = await import('../maintenance/rewrite-data.js')
    const done: Done[] = []
    for (let at = from; at < end; at += 1) {
      try {
        const written = await rewriteGroup(this.#context!, this.#groups[at]!, {
          limits,
          order,
          onProgress: ({ rows }) => this.#progress(at, rows),
        })
        done.push({ at, written })
      } catch (error) {
        if (!this.#survives(error)) {
          for (const { written } of done) await written.discard()
          throw error
        }
        this.#outcome[at] = 'failed'
      }
      this.#progress(at + 1, 0n)
    }
    return done
  }

  #progress(groupsDone: number, rows: bigint): void {
    this.#options?.onProgress?.({ groups: this.#groups.length, groupsDone, rows })
  }

  /** Whether others go on: the error is kept then. */
  #survives(error: unknown): boolean {
    if (this.#options?.partialProgress === undefined) return false
    if (!(error instanceof MoraineError) || error instanceof Aborted) return false
    if (error instanceof CommitStateUnknown) return false
    this.#failures.push(error)
    return true
  }

  async #commit(done: readonly Done[], isLast: boolean): Promise<void> {
    const context = this.#context!
    const removeData = done.flatMap(({ at }) => this.#groups[at]!.tasks.map(({ file }) => file))
    const addData = done.flatMap(({ written }) => written.files)
    const discard = async (): Promise<void> => {
      for (const { written } of done) await written.discard()
    }
    const dangling = await this.#dangling(removeData, isLast, discard)
    if (removeData.length + dangling.length === 0) return
    const options = this.#options as CompactOptions | undefined
    const { metadata, snapshot } = context
    const keeps = metadata.formatVersion > 1 && options?.useStartingSequenceNumber !== false
    const action = rewriteFiles({
      ...actionOptions(options),
      removeData,
      addData,
      sequenceNumber: keeps ? snapshot.sequenceNumber : undefined,
      removeDeletes: [],
      addDeletes: [],
      dangling,
      since: snapshot.snapshotId,
      formatVersion: metadata.formatVersion,
    })
    try {
      const signal = options?.signal
      this.#commits.push(
        await commit(this.#state, [action], signal && { signal }, { onUncommitted: discard }),
      )
    } catch (error) {
      const isOwn = error instanceof CommitConflict && this.#survives(error)
      if (!isOwn) throw error
      for (const { at } of done) this.#outcome[at] = 'failed'
      return
    }
    for (const { at } of done) this.#outcome[at] = 'committed'
    for (const file of removeData) this.#rewritten.add(file)
    this.#added.push(...addData)
  }

  /** Delete files that go with the last commit: what is left has no use for them. */
  async #dangling(
    removeData: readonly DataFile[],
    isLast: boolean,
    discard: () => Promise<void>,
  ): Promise<readonly DataFile[]> {
    if (!isLast || this.#options?.removeDangling === false) return []
    try {
      const { danglingDeletes } = await import('../maintenance/rewrite-dangling.js')
      const gone = [...this.#rewritten, ...removeData].map(({ path }) => path)
      return await danglingDeletes(this.#context!, new Set(gone))
    } catch (error) {
      await discard()
      throw error
    }
  }

  result(): CompactResult {
    const bytes = (files: Iterable<DataFile>): bigint => {
      let sum = 0n
      for (const { sizeBytes } of files) sum += sizeBytes
      return sum
    }
    return {
      commits: this.#commits,
      groups: this.#groups.map((group, at) => this.#described(group, this.#outcome[at]!)),
      rewrittenFiles: this.#rewritten.size,
      addedFiles: this.#added.length,
      rewrittenBytes: bytes(this.#rewritten),
      addedBytes: bytes(this.#added),
      removedDeleteFiles: this.#commits.reduce(
        (sum, { summary }) => sum + Number(summary['removed-delete-files'] ?? 0),
        0,
      ),
      failures: this.#failures,
    }
  }

  #described(group: FileGroup, state: CompactedGroup['state']): CompactedGroup {
    const { metadata, schema } = this.#context!
    const { specId, partition, tasks, bytes, rows } = group
    return {
      partition: partitionPath(specById(metadata, specId), schema, partition),
      specId,
      files: tasks.length,
      bytes: BigInt(bytes),
      rows,
      state,
    }
  }
}
