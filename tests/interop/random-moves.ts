/** What may happen to a table in a random program, and what it does to the model of it. */
import type { Dice } from './dice.js'
import type { Column, Model, Stored } from './random-model.js'
import { randomType, randomValue } from './random-values.js'
import type { Json, PartitionJson, Pred, Row, Step } from './scenario.js'

export type Player = 'moraine' | 'spark'
/** A step that the player can take, done to the model too; undefined where there is none. */
export type Move = (model: Model, roll: Dice, player: Player) => Step | undefined

const COMPARED = /^(int|long|string|date|timestamp|timestamptz|boolean|decimal)/

const isCompared = ({ type }: Column) => typeof type === 'string' && COMPARED.test(type)

function onBranch(model: Model, roll: Dice): { readonly branch?: string } {
  const names = [...model.branches.keys()]
  return names.length > 0 && roll.once(6) ? { branch: roll.pick(names) } : {}
}

/** A predicate that is likely to hold for some rows and not for others. */
export function predicate(model: Model, roll: Dice, player: Player, depth = 1): Pred {
  if (depth > 0 && roll.once(4)) {
    const args = [predicate(model, roll, player, 0), predicate(model, roll, player, 0)]
    return { op: roll.pick(['and', 'or']), args }
  }
  const id = () => String(roll.below(Math.max(1, model.rowIds)))
  if (roll.once(2)) {
    if (roll.once(3)) return { op: roll.pick(['lt', 'gte']), path: ['id'], value: id() }
    return { op: 'in', path: ['id'], values: [...new Set([id(), id(), id()])] }
  }
  const column = roll.pick(model.columns.filter(isCompared))
  const path = [column.name]
  if (roll.once(5)) return { op: roll.pick(['isNull', 'notNull']), path }
  const value = known(model, column, roll)
  // Where a delete can be made of whole partitions, Iceberg's Java evaluator decides about null values:
  // it takes them for less than everything, and fails on `startsWith`.
  const isSafe = player === 'moraine' || !model.used.has(column.id)
  if (column.type === 'string' && isSafe && roll.once(3)) {
    return { op: 'startsWith', path, value: [...String(value)].slice(0, 1).join('') }
  }
  if (column.type === 'boolean') return { op: 'eq', path, value }
  const op = roll.pick(['eq', 'lt', 'lte', 'gt', 'gte'] as const)
  return { op: isSafe || !op.startsWith('l') ? op : 'eq', path, value }
}

/** A value that the column has in some row, or another one. */
function known(model: Model, column: Column, roll: Dice): Json {
  const row = model.rows.length > 0 ? roll.pick(model.rows) : undefined
  const value = row === undefined ? undefined : model.showOne(row)[column.name]
  return value ?? randomValue(column.type, roll, 0)
}

export const append: Move = (model, roll) => {
  const branch = onBranch(model, roll)
  const rows = model.newRows(roll, 1 + roll.below(6))
  model.put(branch.branch, [...model.on(branch.branch), ...rows.map((row) => model.store(row))])
  return { op: 'append', rows, ...branch }
}

const remove: Move = (model, roll, player) => {
  const branch = onBranch(model, roll)
  const where = predicate(model, roll, player)
  model.put(branch.branch, model.split(branch.branch, where).others)
  return { op: 'delete', where, ...branch }
}

const update: Move = (model, roll, player) => {
  const simple = model.columns.filter(({ name, type }) => name !== 'id' && typeof type === 'string')
  if (simple.length === 0) return undefined
  const branch = onBranch(model, roll)
  const where = predicate(model, roll, player)
  const columns = roll.once(2)
    ? [roll.pick(simple)]
    : [...new Set([roll.pick(simple), roll.pick(simple)])]
  const values = columns.map((column) => [column, randomValue(column.type, roll)] as const)
  const { matching, others } = model.split(branch.branch, where)
  const changed = matching.map(
    (row) => new Map([...row, ...values.map(([{ id }, value]) => [id, value] as const)]),
  )
  model.put(branch.branch, [...others, ...changed])
  const set = Object.fromEntries(values.map(([{ name }, value]) => [name, value]))
  return { op: 'update', where, set, ...branch }
}

/** Rows of a source: some whose id rows of the table have, perhaps, and a new one. */
function source(model: Model, roll: Dice): readonly Row[] {
  const count = model.rowIds === 0 ? 0 : 1 + roll.below(3)
  const ids = new Set(Array.from({ length: count }, () => roll.below(model.rowIds)))
  return [...[...ids].map((id) => model.newRow(roll, id)), ...model.newRows(roll, 1)]
}

const merge: Move = (model, roll) => {
  const branch = onBranch(model, roll)
  const rows = source(model, roll)
  const matched = roll.pick(['update', 'update', 'delete'] as const)
  const notMatched = matched === 'delete' && roll.once(2) ? 'none' : 'insert'
  const old = model.on(branch.branch)
  const ids = new Map(rows.map((row) => [String(row.id), model.store(row)]))
  const idOf = (row: Stored): string => String(model.showOne(row).id)
  const met = new Set(old.map(idOf))
  const kept = old.flatMap((row) => {
    const given = ids.get(idOf(row))
    return given === undefined ? [row] : matched === 'update' ? [given] : []
  })
  const added = [...ids].filter(([id]) => notMatched === 'insert' && !met.has(id))
  model.put(branch.branch, [...kept, ...added.map(([, row]) => row)])
  return { op: 'merge', rows, on: ['id'], matched, notMatched, ...branch }
}

const overwrite: Move = (model, roll, player) => {
  // Spark overwrites whole files only, so its filter has to be one that all files agree on.
  const from = roll.below(model.rowIds + 1)
  const some: Pred = { op: 'gte', path: ['id'], value: String(from) }
  const where = player === 'spark' || roll.once(3) ? 'all' : some
  const rows = model.newRows(roll, 2)
  const kept = where === 'all' ? [] : model.split(undefined, some).others
  model.rows = [...kept, ...rows.map((row) => model.store(row))]
  return { op: 'overwrite', rows, where }
}

const replacePartitions: Move = (model, roll) => {
  const columns = model.partitions.map(({ column }) => column)
  const isIdentity = model.partitions.every(({ transform }) => transform === 'identity')
  if (model.isRepartitioned || !isIdentity) return undefined
  const rows = model.newRows(roll, 2)
  const stored = rows.map((row) => model.store(row))
  const keyOf = (row: Stored) => JSON.stringify(columns.map((id) => String(row.get(id) ?? null)))
  const replaced = new Set(stored.map(keyOf))
  model.rows = [...model.rows.filter((row) => !replaced.has(keyOf(row))), ...stored]
  return { op: 'replacePartitions', rows }
}

const equalityDelete: Move = (model, roll) => {
  const isPartitioned = model.partitions.length > 0 || model.isRepartitioned
  if (model.version < 2 || isPartitioned || model.rowIds === 0) return undefined
  const numbers = [...new Set([roll.below(model.rowIds), roll.below(model.rowIds)])]
  const ids = numbers.map(String)
  const others = model.split(undefined, { op: 'in', path: ['id'], values: ids }).others
  const upserts = roll.once(2) ? numbers.map((id) => model.newRow(roll, id)) : []
  model.rows = [...others, ...upserts.map((row) => model.store(row))]
  const rows = ids.map((id) => ({ id }))
  const step = { op: 'equalityDelete', columns: ['id'], rows } as const
  return upserts.length === 0 ? step : { ...step, upserts }
}

const addColumn: Move = (model, roll) => {
  const { name, type } = model.addColumn(randomType(roll, 1))
  return { op: 'evolve', changes: [{ change: 'add', path: [name], type }] }
}

/** A member more for a struct: the rows that are there have none. */
const addMember: Move = (model, roll) => {
  const structs = model.columns.flatMap((column) => {
    const { type } = column
    return typeof type !== 'string' && type.type === 'struct' ? [{ column, type }] : []
  })
  if (structs.length === 0) return undefined
  const { column, type } = roll.pick(structs)
  const member = { name: model.name('m'), type: randomType(roll, 0) }
  const grown = { ...column, type: { ...type, fields: [...type.fields, member] } }
  model.columns = model.columns.map((one) => (one === column ? grown : one))
  const path = [column.name, member.name]
  return { op: 'evolve', changes: [{ change: 'add', path, type: member.type }] }
}

const WIDER: Readonly<Record<string, string>> = {
  int: 'long',
  float: 'double',
  'decimal(9, 2)': 'decimal(18, 2)',
}

const reshape: Move = (model, roll, player) => {
  const free = model.columns.filter(({ id, name }) => name !== 'id' && !model.used.has(id))
  if (free.length === 0) return addColumn(model, roll, player)
  const column = roll.pick(free)
  const path = [column.name]
  const others = model.columns.filter((one) => one !== column)
  const become = (made: Column) => {
    model.columns = model.columns.map((one) => (one === column ? made : one))
  }
  const wider = typeof column.type === 'string' ? WIDER[column.type] : undefined
  const kind = roll.below(4)
  if (kind === 0) {
    model.columns = others
    return { op: 'evolve', changes: [{ change: 'drop', path }] }
  }
  if (kind === 1) {
    const name = model.name('r')
    become({ ...column, name })
    return { op: 'evolve', changes: [{ change: 'rename', path, name }] }
  }
  if (wider !== undefined) {
    become({ ...column, type: wider })
    return { op: 'evolve', changes: [{ change: 'widen', path, type: wider }] }
  }
  model.columns = [column, ...others]
  return { op: 'evolve', changes: [{ change: 'move', path, first: true }] }
}

const TRANSFORMS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(int|long)$/, ['identity', 'bucket[4]', 'truncate[3]']],
  [/^string$/, ['identity', 'bucket[3]', 'truncate[2]']],
  [/^decimal/, ['bucket[5]', 'truncate[10]']],
  [/^date$/, ['identity', 'year', 'month', 'day', 'bucket[3]']],
  [/^timestamp(tz)?$/, ['year', 'month', 'day', 'hour']],
  [/^boolean$/, ['identity']],
]

export function addPartition(model: Model, roll: Dice): PartitionJson | undefined {
  const taken = new Set(model.partitions.map(({ column }) => column))
  const free = model.columns.flatMap((column) => {
    const { type } = column
    const fit = TRANSFORMS.find(([kinds]) => typeof type === 'string' && kinds.test(type))
    return fit === undefined || taken.has(column.id) ? [] : [{ column, transforms: fit[1] }]
  })
  if (free.length === 0) return undefined
  const { column, transforms } = roll.pick(free)
  const field = { name: model.name('p'), column: column.id, transform: roll.pick(transforms) }
  model.partitions = [...model.partitions, field]
  model.used.add(column.id)
  return { source: [column.name], transform: field.transform, name: field.name }
}

const repartition: Move = (model, roll) => {
  const removed = roll.once(2) ? model.partitions.slice(0, 1).map(({ name }) => name) : []
  model.partitions = model.partitions.filter(({ name }) => !removed.includes(name))
  const added = model.partitions.length < 2 ? addPartition(model, roll) : undefined
  if (removed.length === 0 && added === undefined) return undefined
  model.isRepartitioned = true
  return { op: 'spec', remove: removed, add: added === undefined ? [] : [added] }
}

const sort: Move = (model, roll) => {
  const column = roll.pick(model.columns.filter(isCompared))
  model.used.add(column.id)
  const direction = roll.pick(['asc', 'desc'] as const)
  const nulls = roll.pick(['first', 'last'] as const)
  const term = { source: [column.name], transform: 'identity', direction, nulls }
  return { op: 'order', order: roll.once(4) ? [] : [term] }
}

const MODES = ['copy-on-write', 'merge-on-read']
export function modes(model: Model, roll: Dice): Readonly<Record<string, string>> {
  const mode = () => (model.version === 1 ? 'copy-on-write' : roll.pick(MODES))
  return {
    'write.delete.mode': mode(),
    'write.update.mode': mode(),
    'write.merge.mode': mode(),
  }
}

const properties: Move = (model, roll) => ({
  op: 'properties',
  set: {
    ...modes(model, roll),
    'write.delete.granularity': roll.pick(['file', 'partition']),
    'write.parquet.compression-codec': roll.pick(['zstd', 'snappy', 'gzip']),
    'commit.manifest.min-count-to-merge': roll.pick(['2', '100']),
  },
})

const branch: Move = (model) => {
  if (model.past.length === 0 || model.branches.size > 1) return undefined
  const name = model.name('b')
  model.put(name, model.rows)
  return { op: 'branch', name }
}

const dropBranch: Move = (model, roll) => {
  if (model.branches.size === 0) return undefined
  const name = roll.pick([...model.branches.keys()])
  model.branches = new Map([...model.branches].filter(([one]) => one !== name))
  return { op: 'dropBranch', name }
}

const tag: Move = (model) =>
  model.past.length === 0 ? undefined : { op: 'tag', name: model.name('t') }

const rollback: Move = (model, roll) => {
  // A step that changed nothing may have left the snapshot as it was.
  const back = model.past.filter(({ rows }) => rows !== model.rows && differ(rows, model.rows))
  if (back.length === 0) return undefined
  const to = roll.pick(back)
  model.rows = to.rows
  model.past = model.past.slice(0, model.past.indexOf(to) + 1)
  return { op: 'rollback', snapshot: `@${to.label}` }
}

function differ(one: readonly Stored[], other: readonly Stored[]): boolean {
  return one.length !== other.length || one.some((row) => !other.includes(row))
}

const upgrade: Move = (model) => {
  if (model.version === 3) return undefined
  model.version = model.version === 1 ? 2 : 3
  return { op: 'upgrade', version: model.version }
}

/** What changes no row, once there are some. */
const upkeep =
  (step: (model: Model) => Step | undefined): Move =>
  (model) =>
    model.past.length > 0 ? step(model) : undefined

const bySpark =
  (step: (model: Model) => Step | undefined): Move =>
  (model, _roll, player) =>
    player === 'spark' && model.past.length > 0 ? step(model) : undefined

const expire = bySpark((model) => {
  model.past = []
  return { op: 'expire', retainLast: 2 }
})

export const MOVES: readonly Move[] = [
  ...Array<Move>(5).fill(append),
  ...Array<Move>(4).fill(remove),
  ...Array<Move>(4).fill(update),
  ...Array<Move>(4).fill(merge),
  overwrite,
  replacePartitions,
  equalityDelete,
  addColumn,
  addMember,
  reshape,
  reshape,
  reshape,
  repartition,
  sort,
  properties,
  properties,
  branch,
  dropBranch,
  tag,
  rollback,
  rollback,
  upgrade,
  upkeep(() => ({ op: 'compact' })),
  bySpark(() => ({ op: 'rewriteManifests' })),
  upkeep(({ version }) => (version === 2 ? { op: 'rewritePositionDeletes' } : undefined)),
  // Spark has partition statistics only where there are partitions.
  bySpark(({ partitions }) => (partitions.length > 0 ? { op: 'statistics' } : undefined)),
  expire,
]

/** What PyIceberg and DuckDB can both do. */
export const OWN_MOVES: readonly Move[] = [append, append, append, remove, addColumn]
