/** What a transaction has collected so far, and what that depends on. */
import type { Action, ActionContext, IsolationLevel } from '../commit/action.js'
import { checkReadsAction } from '../commit/actions/check-reads.js'
import { applyActions } from '../commit/apply-actions.js'
import { randomUuid } from '../env/ids.js'
import { throwIfAborted } from '../env/system-env.js'
import { InvalidArgument } from '../errors.js'
import type { BoundPredicate } from '../expr/predicate.js'
import { currentSchema } from '../format/lookup.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import type { RowChange } from '../write/changes/change-context.js'
import { headOf, type TransactionBase } from './isolation.js'
import type { TableState } from './state.js'

/** Files that a change has written. */
interface Written {
  readonly files?: readonly DataFile[]
  readonly addedFiles?: readonly DataFile[]
  discard(): Promise<void>
}

/** What a transaction has collected, applied to its base as it goes. */
export class Staged {
  readonly actions: Action[] = []
  readonly written: Written[] = []
  /** The base with every staged action applied. */
  metadata: TableMetadata
  /** The rows that were read, bound to the schema of then. */
  readonly reads: BoundPredicate[] = []
  readonly #first: TableMetadata
  readonly #anchors = new Map<string, TableMetadata>()
  readonly #isolation: IsolationLevel | undefined
  /** Data files of this transaction, and whether some of their rows were changed again. */
  readonly #files = new Set<string>()
  #changesOwn = false
  #tries = 0
  readonly #context: Omit<ActionContext, 'actionIndex'>
  #turn: Promise<unknown> = Promise.resolve()
  readonly #waiting = new Set<Promise<unknown>>()
  #open = true

  constructor(
    state: TableState,
    options: { readonly signal?: AbortSignal; readonly isolation?: IsolationLevel } | undefined,
    creating: (path: string) => void,
  ) {
    this.metadata = state.loaded.metadata
    this.#first = this.metadata
    this.#isolation = options?.isolation
    const signal = options?.signal
    const { env, store } = state.context
    this.#context = {
      env,
      store,
      commitUuid: randomUuid(env),
      // Files of the rehearsal must not share names with those of the first real attempt.
      attempt: 0,
      creating,
      ...(signal && { signal }),
    }
  }

  /** What changes of rows are checked against: all since the beginning but the transaction's own. */
  get base(): TransactionBase {
    const own = this.actions.flatMap((action) => action.snapshotId() ?? [])
    return {
      headOf: (branch) => headOf(this.#anchors.get(branch) ?? this.#first, branch),
      own: new Set(own),
      isolation: this.#isolation,
    }
  }

  /** A rollback is refused when its branch has moved at all: what comes after it is about its target. */
  rolledBack(branch: string): void {
    this.#anchors.set(branch, this.metadata)
  }

  /** Remembers whether rows got new places that had got their row ids in this transaction (v3). */
  changed({ removedFiles, touched }: RowChange): void {
    const isOwn = ({ path }: DataFile): boolean => this.#files.has(path)
    this.#changesOwn ||= [...removedFiles, ...touched].some(isOwn)
  }

  /** What must still be so when the transaction is published; undefined when it depends on nothing. */
  guard(): Action | undefined {
    const first = this.#first
    const { formatVersion } = this.metadata
    const reads = this.#isolation === 'snapshot' ? [] : this.reads
    const isBound = this.#changesOwn && formatVersion >= 3
    if (reads.length === 0 && !isBound) return undefined
    return checkReadsAction({
      branch: 'main',
      since: headOf(first, 'main'),
      reads,
      schema: currentSchema(first),
      lastSequenceNumber: isBound ? first.lastSequenceNumber : undefined,
    })
  }

  /** Runs one change after those before it, whether or not they were awaited. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const isOpen = this.#open
    const turn = this.#turn.then(() => {
      if (!isOpen) throw overError()
      throwIfAborted(this.#context.signal)
      return change()
    })
    this.#waiting.add(turn)
    const done = (): void => {
      this.#waiting.delete(turn)
    }
    this.#turn = turn.then(done, done)
    return turn
  }

  /** Takes charge of files that nobody knows yet. */
  wrote(written: Written): void {
    this.written.push(written)
    for (const { path } of [...(written.files ?? []), ...(written.addedFiles ?? [])]) {
      this.#files.add(path)
    }
  }

  /** Applies one more action to what was staged so far. */
  async add(action: Action): Promise<void> {
    // A try that failed may have left files: the next one must not give its files their names.
    const index = this.#tries
    this.#tries += 1
    const applied = await applyActions(
      [action],
      this.metadata,
      () => ({ ...this.#context, actionIndex: index }),
      { nowMs: this.#context.env.nowMs() },
    )
    this.actions.push(action)
    this.metadata = applied.metadata
  }

  /** Waits for every change, those that nobody awaited too; one of these failing fails the whole. */
  async finish(): Promise<void> {
    this.#open = false
    const left = [...this.#waiting]
    await Promise.all(left)
    await this.#turn
  }

  assertOpen(): void {
    if (!this.#open) throw overError()
  }
}

function overError(): InvalidArgument {
  return new InvalidArgument('this transaction is over')
}
