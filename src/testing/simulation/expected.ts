/** The model: what a change makes of a table, worked out from what was asked for alone. */
import type { Snapshot, TableMetadata } from '../../format/model.js'
import { makesSnapshot, type Operation, type Part, type SimFile } from './operation.js'

/** Names of live data files. */
export type Live = ReadonlySet<string>

/** What a version of the table comes to, in the model. */
export interface ModelState {
  readonly refs: ReadonlyMap<string, bigint>
  readonly properties: ReadonlyMap<string, string>
  readonly columns: readonly string[]
  readonly fields: readonly string[]
  readonly version: readonly number[]
}

/** What the history holds beside the version: every snapshot, every file that was ever described. */
export interface ModelWorld {
  readonly live: Map<bigint, Live>
  /** Deletes of a snapshot, with the data file that they are for. */
  readonly deletes: Map<bigint, ReadonlyMap<string, string>>
  readonly parents: Map<bigint, bigint | undefined>
  readonly files: ReadonlyMap<string, SimFile>
  /** Jobs that a snapshot did. */
  readonly keys: Map<bigint, string>
}

export function stateOf(metadata: TableMetadata): ModelState {
  const schema = metadata.schemas.find((item) => item.schemaId === metadata.currentSchemaId)
  const spec = metadata.partitionSpecs.find((item) => item.specId === metadata.defaultSpecId)
  return {
    refs: new Map([...metadata.refs].map(([name, ref]) => [name, ref.snapshotId])),
    properties: metadata.properties,
    columns: schema?.fields.map((field) => field.name) ?? [],
    fields: spec?.fields.map((field) => field.name) ?? [],
    version: [metadata.formatVersion],
  }
}

/**
 * Applies an operation to a state; `made` are the snapshots that the new version has more, in the
 * order they were added. What does not hold goes to `bad`.
 */
export function expectedState(
  before: ModelState,
  operation: Operation,
  made: readonly Snapshot[],
  world: ModelWorld,
  mark: string,
  bad: string[],
): ModelState {
  const refs = new Map(before.refs)
  const properties = new Map(before.properties)
  const columns = [...before.columns]
  const fields = [...before.fields]
  let { version } = before
  const queue = [...made]
  const complain = (text: string): void => {
    bad.push(`${operation.id} (${operation.kind}): ${text}`)
  }
  const main = before.refs.get('main')
  if (operation.ifSnapshot !== undefined && operation.ifSnapshot !== (main ?? null)) {
    complain(`I16 committed on ${main ?? 'nothing'}, not on ${operation.ifSnapshot}`)
  }
  for (const part of operation.parts) {
    if (makesSnapshot(part) && 'branch' in part) {
      const snapshot = queue.shift()
      if (snapshot === undefined) {
        complain(`I1 its ${part.type} made no snapshot`)
        continue
      }
      const parent = refs.get(part.branch)
      if (snapshot.parentSnapshotId !== parent) complain('I7 its snapshot has another parent')
      checkKey(operation, parent, world, complain)
      const live = applyFiles(part, world.live.get(parent as bigint) ?? new Set(), world, complain)
      world.live.set(snapshot.snapshotId, live)
      const deletes = applyDeletes(part, world.deletes.get(parent as bigint), live, complain)
      world.deletes.set(snapshot.snapshotId, deletes)
      world.parents.set(snapshot.snapshotId, parent)
      if (operation.key !== undefined) world.keys.set(snapshot.snapshotId, operation.key)
      refs.set(part.branch, snapshot.snapshotId)
    } else if (part.type === 'ref') refs.set(part.name, part.to)
    else if (part.type === 'drop-ref') refs.delete(part.name)
    else if (part.type === 'forward') moveForward(part, refs, world, complain)
    else if (part.type === 'rollback') {
      if (!descends(main, part.to, world)) complain('I16 rolled back to what is no ancestor')
      if (main !== part.from) complain('I16 rolled back what it has not seen (lost update)')
      refs.set('main', part.to)
    } else if (part.type === 'property') properties.set(part.name, part.value)
    else if (part.type === 'column') columns.push(part.name)
    else if (part.type === 'drop-column') columns.splice(columns.indexOf(part.name), 1)
    else if (part.type === 'rename-column') columns[columns.indexOf(part.name)] = part.to
    else if (part.type === 'upgrade') version = [part.to]
    else if (part.type === 'field') fields.push(part.name)
  }
  if (queue.length > 0) complain('I3 it made more snapshots than it has parts')
  if (!operation.parts.some(makesSnapshot)) properties.set(mark, operation.id)
  return { refs, properties, columns, fields, version }
}

function moveForward(
  part: Extract<Part, { type: 'forward' }>,
  refs: Map<string, bigint>,
  world: ModelWorld,
  complain: (text: string) => void,
): void {
  const to = refs.get(part.to)
  if (to === undefined) {
    complain(`moved to ${part.to}, which is not there`)
    return
  }
  const from = refs.get(part.branch)
  if (from !== undefined && !descends(to, from, world))
    complain('I16 moved forward to no descendant')
  refs.set(part.branch, to)
}

/** A job is done once in the history of a branch. */
function checkKey(
  { key }: Operation,
  parent: bigint | undefined,
  world: ModelWorld,
  complain: (text: string) => void,
): void {
  if (key === undefined) return
  for (let id = parent; id !== undefined; id = world.parents.get(id)) {
    if (world.keys.get(id) !== key) continue
    complain(`I3 job ${key} was done twice`)
    return
  }
}

function descends(from: bigint | undefined, to: bigint, world: ModelWorld): boolean {
  for (let id = from; id !== undefined; id = world.parents.get(id)) if (id === to) return true
  return false
}

function applyFiles(
  part: Part,
  before: Live,
  world: ModelWorld,
  complain: (text: string) => void,
): Live {
  const live = new Set(before)
  const remove = (name: string): void => {
    if (!live.delete(name)) complain(`I16 removed ${name}, which was not there any more`)
  }
  const keyed = (key: number): string[] =>
    [...before].filter((name) => world.files.get(name)?.key === key)
  switch (part.type) {
    case 'overwrite': {
      const there = keyed(part.key)
      if (part.isolation !== 'none') checkPlanned(part, there, complain)
      // Under `snapshot` what came since stays.
      const isSeen = (name: string): boolean => part.planned.has(name)
      for (const name of part.isolation === 'snapshot' ? there.filter(isSeen) : there) remove(name)
      break
    }
    case 'replace':
      for (const name of part.remove) remove(name)
      break
    case 'partitions': {
      const keys = new Set(part.files.map((file) => file.key))
      for (const name of part.whole ? [...before] : [...keys].flatMap(keyed)) remove(name)
      break
    }
    case 'delta':
      // What it changes must be there; under `serializable` what it has only read, too.
      checkPlanned(part, keyed(part.key), complain, [
        ...part.remove,
        ...part.deletes.map((item) => item.of),
        ...(part.isolation === 'serializable' ? part.planned : []),
      ])
      for (const { of } of part.deletes) {
        if (!before.has(of)) complain(`I8 deletes dangle: ${of} is not there`)
      }
      for (const name of part.remove) remove(name)
      break
    default:
      break
  }
  for (const file of 'files' in part ? part.files : []) {
    if (live.has(file.name)) complain(`I8 ${file.name} is there twice`)
    live.add(file.name)
  }
  return live
}

/**
 * Serializable: nothing was there that was not read when the change came into force. At both levels,
 * nothing has gone that it needs.
 */
function checkPlanned(
  part: { readonly planned: Live; readonly isolation: string },
  there: readonly string[],
  complain: (text: string) => void,
  needed: Iterable<string> = part.planned,
): void {
  const now = new Set(there)
  for (const name of needed) {
    if (!now.has(name)) complain(`I16 has read ${name}, which was gone (lost update)`)
  }
  if (part.isolation !== 'serializable') return
  for (const name of now) {
    if (!part.planned.has(name)) complain(`I16 has not read ${name}, which was there (write skew)`)
  }
}

/** Deletes go with the file that they are for, or by being replaced. */
function applyDeletes(
  part: Part,
  before: ReadonlyMap<string, string> = new Map(),
  live: Live,
  complain: (text: string) => void,
): ReadonlyMap<string, string> {
  if (part.type === 'delta') {
    const about = new Set([...part.remove, ...part.deletes.map((item) => item.of)])
    for (const [name, of] of before) {
      if (about.has(of) && !part.plannedDeletes.has(name)) {
        complain(`I16 has not seen the deletes ${name} of ${of} (lost update)`)
      }
    }
  }
  const after = new Map([...before].filter(([, of]) => live.has(of)))
  for (const { name, of, replaces } of part.type === 'delta' ? part.deletes : []) {
    if (replaces !== undefined && !after.delete(replaces)) {
      complain(`I16 replaced the vector ${replaces}, which was not there any more`)
    }
    after.set(name, of)
  }
  return after
}
