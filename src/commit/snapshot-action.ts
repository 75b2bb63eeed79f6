/** What all actions that make a snapshot share: its id, its manifest list, its summary. */
import { randomSnapshotId } from '../env/ids.js'
import type { Limits } from '../env/limits.js'
import { CommitConflict, type ConflictKind, InvalidArgument, Unsupported } from '../errors.js'
import { MAIN_BRANCH } from '../format/constants.js'
import { branchHead, currentSchema, snapshotById, specById } from '../format/lookup.js'
import type {
  DataFile,
  ManifestFile,
  Snapshot,
  SnapshotOperation,
  SnapshotRef,
  TableMetadata,
} from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import type { MetadataUpdate } from '../format/update.js'
import { encodeManifestList } from '../format/write-manifest-list.js'
import { partitionPath } from '../partition/partition-path.js'
import type { Action, ActionContext, ActionResult } from './action.js'
import { IDEMPOTENCY_OPERATION, keysMember, otherWork, snapshotsWithKeys } from './idempotency.js'
import { ManifestStore, writeNewFile } from './manifest-store.js'
import { SnapshotSummary } from './snapshot-summary.js'

/** Options of every write. */
export interface SnapshotOptions {
  /** Default `main`. A branch that does not exist begins with this snapshot. */
  readonly branch?: string
  /** Members for the snapshot's summary, beside the counts. */
  readonly summary?: ReadonlyMap<string, string>
  /** The branch head must be this snapshot; `null`: there must be none. */
  readonly ifSnapshot?: bigint | null
  /** A commit whose key is in the branch's history already changes nothing. */
  readonly idempotencyKey?: string
  /** What the key stands for, see `otherWork`; kept beside it. */
  readonly idempotencyJob?: string
}

/** One attempt at making a snapshot. */
export interface SnapshotAttempt {
  readonly base: TableMetadata
  readonly ctx: ActionContext
  readonly parent: Snapshot | undefined
  /** Of the parent; none without one. */
  readonly manifests: readonly ManifestFile[]
  readonly store: ManifestStore
  readonly summary: SnapshotSummary
}

/** What the action makes of its attempt. */
export interface SnapshotWork {
  readonly operation: SnapshotOperation
  readonly manifests: readonly ManifestFile[]
  /** How many of the parent's manifests were rewritten. */
  readonly replacedManifests: number
  /** Keys of the calls that the snapshot does the work of, beside the action's own. */
  readonly idempotencyKeys?: readonly string[]
}

/** Does the part that differs: called once per attempt, with state of its own between them. */
export type SnapshotStep = (attempt: SnapshotAttempt) => Promise<SnapshotWork>

const OWN_MEMBERS =
  /^(operation|(added|deleted|removed|total|manifests)-.*|changed-partition-count|partition-summaries-included|partitions\..*|moraine\.idempotency-.*)$/

/** An action that adds a snapshot to a branch. */
export function snapshotAction(
  kind: string,
  conflictsWith: readonly ConflictKind[],
  options: SnapshotOptions,
  step: SnapshotStep,
): Action {
  for (const key of options.summary?.keys() ?? []) {
    if (OWN_MEMBERS.test(key)) {
      throw new InvalidArgument(`summary member '${key}' is set by the commit itself`)
    }
  }
  if (options.idempotencyKey === '') throw new InvalidArgument('the idempotency key is empty')
  const branch = options.branch ?? MAIN_BRANCH
  let store: ManifestStore | undefined
  return {
    kind,
    conflictsWith,
    snapshotId: () => store?.snapshotId,
    apply: async (base, ctx) => {
      const done = alreadyDone(base, branch, options, store?.snapshotId, ctx.env.limits)
      if (done !== undefined) return done
      checkHead(base, branch, options)
      store ??= new ManifestStore(newSnapshotId(base, ctx), ctx)
      return produce({ base, ctx, branch, options, store, step })
    },
  }
}

function newSnapshotId(base: TableMetadata, ctx: ActionContext): bigint {
  for (;;) {
    const id = randomSnapshotId(ctx.env)
    if (snapshotById(base, id) === undefined) return id
  }
}

/** The same work found in the table: an attempt whose acknowledgement was lost, or an earlier run. */
function alreadyDone(
  base: TableMetadata,
  branch: string,
  options: SnapshotOptions,
  snapshotId: bigint | undefined,
  limits: Limits,
): ActionResult | undefined {
  const own = snapshotId === undefined ? undefined : snapshotById(base, snapshotId)
  const { idempotencyKey: key } = options
  const nothing = { updates: [], requirements: [], files: [] }
  if (own !== undefined) return { ...nothing, snapshot: own }
  if (key === undefined) return undefined
  const snapshot = snapshotsWithKeys(base, branch, new Set([key]), limits).get(key)
  if (snapshot === undefined) return undefined
  const wrong = otherWork(snapshot, key, options.idempotencyJob)
  if (wrong !== undefined) throw wrong
  return { ...nothing, snapshot }
}

function checkHead(base: TableMetadata, branch: string, options: SnapshotOptions): void {
  const ref = base.refs.get(branch)
  if (ref?.type === 'tag') {
    throw new InvalidArgument(`'${branch}' is a tag: only branches can be written to`)
  }
  const { ifSnapshot } = options
  if (ifSnapshot === undefined || ifSnapshot === (ref?.snapshotId ?? null)) return
  const found = ref === undefined ? 'empty' : `at snapshot ${ref.snapshotId}`
  const wanted = ifSnapshot === null ? 'empty' : `at snapshot ${ifSnapshot}`
  throw new CommitConflict(`branch '${branch}' is ${found}, but must be ${wanted}`, {
    conflict: 'head-moved',
    details: { branch },
  })
}

interface Production {
  readonly base: TableMetadata
  readonly ctx: ActionContext
  readonly branch: string
  readonly options: SnapshotOptions
  readonly store: ManifestStore
  readonly step: SnapshotStep
}

async function produce(production: Production): Promise<ActionResult> {
  const { base, ctx, branch, store, step } = production
  const parent = branchHead(base, branch)
  const attempt = { base, ctx }
  const manifests = await store.load(attempt, parent)
  const summary = new SnapshotSummary()
  const work = await step({ base, ctx, parent, manifests, store, summary })
  const sequenceNumber = base.formatVersion === 1 ? 0n : base.lastSequenceNumber + 1n
  const list = encodeManifestList({
    formatVersion: base.formatVersion,
    snapshotId: store.snapshotId,
    parentSnapshotId: parent?.snapshotId,
    sequenceNumber,
    ...(base.nextRowId !== undefined && { firstRowId: base.nextRowId }),
    manifests: work.manifests,
    sync: ctx.env.randomBytes(16),
    codec: tableProperties(base.properties).manifestCodec,
  })
  const manifestList = store.listPath(attempt)
  await writeNewFile(ctx, manifestList, list.bytes)
  const snapshot: Snapshot = {
    snapshotId: store.snapshotId,
    ...(parent !== undefined && { parentSnapshotId: parent.snapshotId }),
    sequenceNumber,
    // Later than everything before it, whatever the clocks of the writers say.
    timestampMs: Math.max(ctx.env.nowMs(), base.lastUpdatedMs + 1),
    manifestList,
    summary: buildSummary(production, summary, work, parent),
    schemaId: base.currentSchemaId,
    ...rowIds(base, list.nextRowId),
  }
  const own = work.manifests.filter((manifest) => manifest.addedSnapshotId === store.snapshotId)
  return {
    updates: snapshotUpdates(snapshot, branch, base.refs.get(branch)),
    requirements: [],
    files: [manifestList, ...own.map((manifest) => manifest.path)],
    snapshot,
  }
}

function rowIds(
  base: TableMetadata,
  nextRowId: bigint | undefined,
): Pick<Snapshot, 'firstRowId' | 'addedRows'> {
  if (base.nextRowId === undefined || nextRowId === undefined) return {}
  return { firstRowId: base.nextRowId, addedRows: nextRowId - base.nextRowId }
}

function buildSummary(
  { base, options, store }: Production,
  summary: SnapshotSummary,
  work: SnapshotWork,
  parent: Snapshot | undefined,
): ReadonlyMap<string, string> {
  const members = new Map(options.summary)
  const own = options.idempotencyKey
  const keys = keysMember([...(own === undefined ? [] : [own]), ...(work.idempotencyKeys ?? [])])
  if (keys !== undefined) members.set(...keys)
  if (keys !== undefined && options.idempotencyJob !== undefined) {
    members.set(IDEMPOTENCY_OPERATION, options.idempotencyJob)
  }
  const schema = currentSchema(base)
  return summary.build(work.operation, members, {
    parent,
    snapshotId: store.snapshotId,
    manifests: work.manifests,
    replacedManifests: work.replacedManifests,
    partitionLimit: tableProperties(base.properties).summaryPartitionLimit,
    partitionPath: (file) => partitionPath(specById(base, file.specId), schema, file.partition),
  })
}

/** A branch keeps its retention settings when it moves. */
export function snapshotUpdates(
  snapshot: Snapshot,
  branch: string,
  ref: SnapshotRef | undefined,
): readonly MetadataUpdate[] {
  const { snapshotId } = snapshot
  const moved: SnapshotRef =
    ref === undefined ? { type: 'branch', snapshotId } : { ...ref, snapshotId }
  return [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', name: branch, ref: moved },
  ]
}

/**
 * Checks files that an action wants to add: their spec exists and is known, none twice, none of
 * `others`.
 *
 * @throws InvalidArgument, Unsupported for specs with unknown transforms (spec: "Writing data
 *   files").
 */
export function checkAddedFiles(
  base: TableMetadata,
  files: readonly DataFile[],
  others: ReadonlySet<string> = new Set(),
): void {
  const paths = new Set<string>()
  for (const file of files) {
    // Deletion vectors share their Puffin file.
    const key = file.contentOffset === undefined ? file.path : `${file.path} ${file.contentOffset}`
    if (paths.has(key) || others.has(file.path))
      throw new InvalidArgument(`file ${file.path} is added twice`)
    paths.add(key)
    const spec = base.partitionSpecs.find((item) => item.specId === file.specId)
    if (spec === undefined) {
      throw new InvalidArgument(`file ${file.path} names missing partition spec ${file.specId}`)
    }
    const unknown = spec.fields.find((field) => field.transform.kind === 'unknown')
    if (unknown !== undefined) {
      throw new Unsupported(
        'unknown-transform',
        `partition field '${unknown.name}' has a transform that cannot be written`,
      )
    }
  }
}
