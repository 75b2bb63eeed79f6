/** Draws what an actor does next, and turns it into actions of the library. */
import type { Action } from '../../commit/action.js'
import { appendFiles } from '../../commit/actions/append-files.js'
import { overwriteFiles } from '../../commit/actions/overwrite-files.js'
import { replaceFiles } from '../../commit/actions/replace-files.js'
import { replacePartitions } from '../../commit/actions/replace-partitions.js'
import { rollback } from '../../commit/actions/rollback.js'
import { rowDelta } from '../../commit/actions/row-delta.js'
import { createRef, fastForward, removeRef } from '../../commit/actions/set-ref.js'
import { updateProperties } from '../../commit/actions/update-properties.js'
import { upgradeFormat } from '../../commit/actions/upgrade-format.js'
import type { SeededEnv } from '../../env/seeded-env.js'
import { bind } from '../../expr/bind.js'
import { col } from '../../expr/build.js'
import { truncate } from '../../expr/terms.js'
import { MAIN_BRANCH } from '../../format/constants.js'
import { currentSchema, currentSnapshot, defaultSpec } from '../../format/lookup.js'
import type { DataFile, TableMetadata } from '../../format/model.js'
import { schemaAction, specAction } from '../../table/shape.js'
import { t } from '../../types/builder.js'
import {
  makesSnapshot,
  OPERATION_MARK,
  type Part,
  type SimDeletes,
  type SimFile,
} from './operation.js'
import {
  describeDeletes,
  describeFile,
  fileName,
  KEYS,
  keyOf,
  type LiveFiles,
} from './sim-table.js'

/** What an operation is drawn for. */
export interface Scene {
  readonly env: SeededEnv
  readonly id: string
  readonly metadata: TableMetadata
  /** Live files of main. */
  readonly live: LiveFiles
}

export interface Drawn {
  readonly kind: string
  readonly parts: readonly Part[]
  readonly actions: readonly Action[]
  readonly ifSnapshot?: bigint | null
  readonly key?: string
}

/** Kinds of operations and how often they are drawn. `replay` repeats a keyed append. */
export const OPERATION_WEIGHTS: Readonly<Record<string, number>> = Object.freeze({
  append: 22,
  overwrite: 12,
  delete: 8,
  compact: 6,
  partitions: 6,
  delta: 12,
  'append-if': 4,
  keyed: 6,
  transaction: 10,
  column: 5,
  'drop-column': 2,
  'rename-column': 2,
  field: 3,
  upgrade: 2,
  property: 4,
  branch: 4,
  tag: 3,
  'branch-append': 5,
  forward: 3,
  rollback: 4,
  'drop-ref': 2,
})

/** Whether an operation of this kind reads the files of main before. */
export function readsFiles(kind: string): boolean {
  return ['overwrite', 'delete', 'compact', 'delta', 'transaction'].includes(kind)
}

export function drawKind(env: SeededEnv, without: ReadonlySet<string> = new Set()): string {
  const kinds = Object.entries(OPERATION_WEIGHTS).filter(([kind]) => !without.has(kind))
  let at = env.random() * kinds.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight] of kinds) {
    at -= weight
    if (at < 0) return kind
  }
  return 'append'
}

/** The parts of a change of this kind; undefined when the table has nothing for it to work on. */
function drawParts(kind: string, scene: Scene): readonly Part[] | undefined {
  const { env, id, metadata, live } = scene
  const branch = MAIN_BRANCH
  const file = (key = env.int(KEYS), suffix = ''): SimFile => ({
    name: `${id}${suffix}`,
    key,
    rows: 1 + env.int(3),
  })
  const names = [...live.data.keys()]
  const any = (): string | undefined => names[env.int(names.length)]
  const refs = [...metadata.refs].filter(([name]) => name !== branch)
  const branches = refs.filter(([, ref]) => ref.type === 'branch')
  switch (kind) {
    case 'append':
    case 'append-if':
    case 'keyed':
      return [{ type: 'append', branch, files: [file()] }]
    case 'overwrite': {
      const key = env.int(KEYS)
      const isolation = (['serializable', 'snapshot', 'none'] as const)[env.int(3)] ?? 'none'
      const files = env.chance(0.7) ? [file(key)] : []
      return [{ type: 'overwrite', branch, key, files, isolation, planned: withKey(live, key) }]
    }
    case 'delete': {
      const gone = any()
      return gone === undefined
        ? undefined
        : [{ type: 'replace', branch, remove: [gone], files: [] }]
    }
    case 'compact':
      return compaction(scene, file)
    case 'partitions': {
      const whole = !defaultSpec(metadata).fields.some((f) => f.transform.kind === 'identity')
      return [{ type: 'partitions', branch, whole, files: [file()] }]
    }
    case 'delta':
      return delta(scene, file)
    case 'transaction':
      return transaction(scene, file, any())
    case 'column':
      return [{ type: 'column', name: `c_${id}` }]
    case 'drop-column': {
      const name = addedColumn(scene)
      return name === undefined ? undefined : [{ type: 'drop-column', name }]
    }
    case 'rename-column': {
      const name = addedColumn(scene)
      return name === undefined ? undefined : [{ type: 'rename-column', name, to: `c_${id}` }]
    }
    case 'upgrade':
      return [{ type: 'upgrade', to: metadata.formatVersion === 1 ? 2 : 3 }]
    case 'field':
      return [{ type: 'field', name: `p_${id}` }]
    case 'property':
      return [{ type: 'property', name: `p-${env.int(3)}`, value: id }]
    case 'branch':
    case 'tag': {
      const to = metadata.currentSnapshotId
      return to === undefined ? undefined : [{ type: 'ref', name: `${kind[0]}-${id}`, kind, to }]
    }
    case 'branch-append': {
      const to = branches[env.int(branches.length)]?.[0]
      return to === undefined ? undefined : [{ type: 'append', branch: to, files: [file()] }]
    }
    case 'forward': {
      const to = branches[env.int(branches.length)]?.[0]
      return to === undefined ? undefined : [{ type: 'forward', branch, to }]
    }
    case 'drop-ref': {
      const name = refs[env.int(refs.length)]?.[0]
      return name === undefined ? undefined : [{ type: 'drop-ref', name }]
    }
    case 'rollback': {
      const from = metadata.currentSnapshotId
      const to = currentSnapshot(metadata)?.parentSnapshotId
      if (from === undefined || to === undefined) return undefined
      return [{ type: 'rollback', from, to }]
    }
    default:
      return undefined
  }
}

type FileMaker = (key?: number, suffix?: string) => SimFile

function withKey(live: LiveFiles, key: number): ReadonlySet<string> {
  return new Set([...live.data].filter(([, file]) => keyOf(file) === key).map(([name]) => name))
}

/** Two files of one key become one. */
function compaction({ env, live }: Scene, file: FileMaker): readonly Part[] | undefined {
  const key = env.int(KEYS)
  const remove = [...withKey(live, key)].slice(0, 2)
  if (remove.length < 2) return undefined
  return [{ type: 'replace', branch: MAIN_BRANCH, remove, files: [file(key)] }]
}

function addedColumn({ env, metadata }: Scene): string | undefined {
  const added = currentSchema(metadata).fields.filter((field) => field.name.startsWith('c_'))
  return added[env.int(added.length)]?.name
}

/** Rows of one key: one file is rewritten, another gets deletes, where the format has any. */
function delta(scene: Scene, file: FileMaker): readonly Part[] | undefined {
  const { env, live, metadata } = scene
  const key = env.int(KEYS)
  const planned = withKey(live, key)
  const [rewritten, other] = env.chance(0.5) ? [...planned] : [...planned].reverse()
  if (rewritten === undefined) return undefined
  const touched = metadata.formatVersion === 1 ? undefined : other
  const deletes = touched === undefined ? [] : [deletesOf(scene, touched)]
  const remove = touched !== undefined && env.chance(0.4) ? [] : [rewritten]
  const files = remove.length === 0 && env.chance(0.5) ? [] : [file(key)]
  const isolation = env.chance(0.6) ? 'serializable' : 'snapshot'
  const about = new Set([...remove, ...deletes.map((item) => item.of)])
  const plannedDeletes = new Set(
    [...live.deletes].filter(([, item]) => about.has(nameOfDeleted(item))).map(([name]) => name),
  )
  const branch = MAIN_BRANCH
  const part = { branch, key, remove, files, deletes, isolation, planned, plannedDeletes } as const
  return [{ type: 'delta', ...part }]
}

/** A vector takes the place of the one that was there; position deletes add up. */
function deletesOf({ id, live, metadata }: Scene, of: string): SimDeletes {
  const vector = metadata.formatVersion === 3
  const [old] = [...live.deletes].find(([, item]) => nameOfDeleted(item) === of) ?? []
  const replaces = vector && old !== undefined && { replaces: old }
  return { name: `${id}-d`, of, vector, ...replaces }
}

function nameOfDeleted(deletes: DataFile): string {
  return fileName(deletes.referencedDataFile ?? '')
}

function transaction(scene: Scene, file: FileMaker, gone: string | undefined): readonly Part[] {
  const { env, id, metadata } = scene
  const branch = MAIN_BRANCH
  // Some rewrite a manifest that they have just written.
  const ofOwn = env.chance(0.3)
  const added = (ofOwn ? ['-a', '-c'] : ['-a']).map((suffix) => file(undefined, suffix))
  const parts: Part[] = [{ type: 'append', branch, files: added }]
  const remove = ofOwn ? `${id}-a` : gone
  if (remove !== undefined && (ofOwn || env.chance(0.5))) {
    parts.push({ type: 'replace', branch, remove: [remove], files: [file(undefined, '-b')] })
  }
  if (env.chance(0.4)) parts.push({ type: 'property', name: `p-${env.int(3)}`, value: id })
  if (env.chance(0.3)) parts.push({ type: 'column', name: `c_${id}` })
  const to = metadata.currentSnapshotId
  if (to !== undefined && env.chance(0.3)) {
    parts.push({ type: 'ref', name: `t-${id}`, kind: 'tag', to })
  }
  return parts
}

/** Draws the parts and makes the actions; undefined when there is nothing to work on. */
export function drawOperation(kind: string, scene: Scene): Drawn | undefined {
  const parts = drawParts(kind, scene)
  if (parts === undefined) return undefined
  const { metadata } = scene
  const key = kind === 'keyed' ? scene.id : undefined
  return {
    ...operationOf(kind, parts, scene, key),
    ...(kind === 'append-if' && { ifSnapshot: metadata.currentSnapshotId ?? null }),
    ...(key !== undefined && { key }),
  }
}

/** An operation of these parts. */
export function operationOf(
  kind: string,
  parts: readonly Part[],
  scene: Scene,
  key?: string,
): Drawn {
  const seen = parts.length === 1 ? scene : withOwnFiles(scene, parts)
  const actions = parts.map((part) => actionOf(part, seen, key))
  // A snapshot says in its summary who made it; what makes none leaves the mark as a property.
  if (!parts.some(makesSnapshot)) {
    actions.push(updateProperties({ set: new Map([[OPERATION_MARK, scene.id]]) }))
  }
  return { kind, parts, actions }
}

/** What the parts of a transaction see: files that earlier ones add, too. */
function withOwnFiles(scene: Scene, parts: readonly Part[]): Scene {
  const data = new Map(scene.live.data)
  for (const part of parts) {
    for (const file of 'files' in part ? part.files : []) {
      data.set(file.name, describeFile(scene.metadata, file))
    }
  }
  return { ...scene, live: { ...scene.live, data } }
}

/** The same job again, with files of its own: done already, or done now. */
export function replayKeyed(key: string, scene: Scene): Drawn {
  const parts = drawParts('append', scene) ?? []
  return { kind: 'replay', parts, actions: parts.map((part) => actionOf(part, scene, key)), key }
}

/** The action of the library that a part stands for. */
export function actionOf(part: Part, scene: Scene, key: string | undefined): Action {
  const { metadata, live, id } = scene
  const files = 'files' in part ? part.files.map((file) => describeFile(metadata, file)) : []
  const common = {
    summary: new Map([[OPERATION_MARK, id]]),
    ...('branch' in part && { branch: part.branch }),
    ...(key !== undefined && { idempotencyKey: key }),
  }
  const fileOf = (name: string): DataFile[] => [live.data.get(name)].flatMap((file) => file ?? [])
  const schema = currentSchema(metadata)
  const rowsOf = (value: number) => bind(col('k').eq(value), schema)
  const since = metadata.currentSnapshotId ?? null
  switch (part.type) {
    case 'append':
      return appendFiles({ ...common, files })
    case 'overwrite': {
      const { isolation } = part
      const validate = isolation === 'none' ? {} : { validate: { since, isolation } }
      return overwriteFiles({ ...common, where: rowsOf(part.key), schema, files, ...validate })
    }
    case 'replace':
      return replaceFiles({ ...common, remove: part.remove.flatMap(fileOf), add: files })
    case 'partitions':
      return replacePartitions({ ...common, files })
    case 'delta': {
      const touched = part.deletes.flatMap((item) => fileOf(item.of))
      const addedDeletes = part.deletes.flatMap((item) =>
        fileOf(item.of).map((file) => describeDeletes(metadata.location, item, file)),
      )
      const removedDeletes = part.deletes.flatMap(({ replaces = '' }) => {
        const old = live.deletes.get(replaces)
        return old === undefined ? [] : [old]
      })
      const validate = { since, isolation: part.isolation }
      const removedFiles = part.remove.flatMap(fileOf)
      const read = rowsOf(part.key)
      const changed = { addedFiles: files, addedDeletes, removedFiles, removedDeletes, touched }
      return rowDelta({ ...common, ...changed, read, schema, validate })
    }
    case 'ref':
      return createRef({ name: part.name, type: part.kind, snapshotId: part.to })
    case 'drop-ref':
      return removeRef(part.name)
    case 'forward':
      return fastForward(part.branch, part.to)
    case 'rollback':
      return rollback({ snapshotId: part.to })
    case 'property':
      return updateProperties({ set: new Map([[part.name, part.value]]) })
    case 'column':
      return schemaAction((editor) => editor.addColumn(part.name, t.int()))
    case 'drop-column':
      return schemaAction((editor) => editor.dropColumn(part.name as never))
    case 'rename-column':
      return schemaAction((editor) => editor.renameColumn(part.name as never, part.to))
    case 'upgrade':
      return upgradeFormat(part.to)
    case 'field':
      return specAction((editor) =>
        editor.addField({ ...truncate(100 + number(id), 'k'), name: part.name }),
      )
  }
}

/** A number that differs from operation to operation. */
function number(id: string): number {
  let value = 0
  for (const char of id) value = (value * 37 + char.charCodeAt(0)) % 1_000_003
  return value
}
