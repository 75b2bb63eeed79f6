/**
 * Seeded programs: moraine and Spark take turns on one table, and PyIceberg and DuckDB write tables
 * of their own. The generator keeps the schema in mind, so that every step is one that an engine
 * should carry out.
 */
import { randomRow, randomType, type Typed } from './random-values.js'
import type { Change, PartitionJson, Pred, Row, Scenario, Step } from './scenario.js'

/** A generator of numbers from a seed (splitmix32). */
export interface Dice {
  /** From 0 up to `count`, exclusive. */
  readonly below: (count: number) => number
  readonly pick: <T>(from: readonly T[]) => T
}

export function dice(seed: number): Dice {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const below = (count: number): number => next() % count
  return { below, pick: (from) => from[below(from.length)] as (typeof from)[number] }
}

interface Model {
  columns: Typed[]
  /** Names of partition fields that can be removed. */
  partitions: string[]
  version: 1 | 2 | 3
  nextId: number
  made: number
}

type Player = 'moraine' | 'spark'
type Move = (model: Model, roll: Dice, player: Player) => Step | undefined

/** Turns of moraine and Spark on the same table. */
export function alternatingScenario(seed: number): Scenario {
  const roll = dice(seed)
  const model: Model = {
    columns: [
      { name: 'id', type: 'long' },
      ...Array.from({ length: 2 + roll.below(4) }, (_, index) => ({
        name: `c${index}`,
        type: randomType(roll, 2),
      })),
    ],
    partitions: [],
    version: roll.pick([1, 2, 2, 3, 3] as const),
    nextId: 0,
    made: 0,
  }
  const first: Player = roll.pick(['moraine', 'spark'])
  const spec = roll.below(3) === 0 ? [] : [randomPartition(model, roll)]
  const steps: Step[] = [
    {
      op: 'create',
      by: first,
      version: model.version,
      schema: {
        fields: model.columns.map(({ name, type }) => ({ name, type, required: name === 'id' })),
      },
      spec,
      properties: {
        'write.delete.mode': roll.pick(['copy-on-write', 'merge-on-read']),
        'write.update.mode': roll.pick(['copy-on-write', 'merge-on-read']),
        'write.merge.mode': roll.pick(['copy-on-write', 'merge-on-read']),
      },
    },
    { op: 'append', by: first, rows: newRows(model, roll) },
  ]
  const length = 10 + roll.below(16)
  let player: Player = first
  while (steps.length < length) {
    player = player === 'moraine' ? 'spark' : 'moraine'
    const move = roll.pick(MOVES)
    const step = move(model, roll, player)
    if (step !== undefined) steps.push({ ...step, by: player })
  }
  return {
    name: `seed ${seed}`,
    feature: 'random',
    steps,
    layout: false,
    filters: [below(Math.ceil(model.nextId / 2))],
  }
}

/** A table that PyIceberg or DuckDB writes alone, of what both can do. */
export function ownScenario(seed: number): Scenario {
  const roll = dice(seed ^ 0x5bd1e995)
  const model: Model = {
    columns: [
      { name: 'id', type: 'long' },
      ...Array.from({ length: 2 + roll.below(3) }, (_, index) => ({
        name: `c${index}`,
        type: randomType(roll, 1),
      })),
    ],
    partitions: [],
    version: 2,
    nextId: 0,
    made: 0,
  }
  const steps: Step[] = [
    {
      op: 'create',
      version: 2,
      schema: {
        fields: model.columns.map(({ name, type }) => ({ name, type })),
      },
    },
  ]
  const length = 5 + roll.below(6)
  while (steps.length < length) {
    const move = roll.pick([append, append, remove, addColumn])
    const step = move(model, roll, 'spark')
    if (step !== undefined) steps.push(step)
  }
  return {
    name: `own tables of seed ${seed}`,
    feature: 'random',
    writers: ['pyiceberg', 'duckdb'],
    steps,
    layout: false,
    filters: [below(Math.ceil(model.nextId / 2))],
  }
}

function newRows(model: Model, roll: Dice, count = 1 + roll.below(6)): readonly Row[] {
  return Array.from({ length: count }, () => {
    const id = model.nextId++
    return { ...randomRow(model.columns, roll), id: String(id) }
  })
}

function below(id: number): Pred {
  return { op: 'lt', path: ['id'], value: String(id) }
}

function someIds(model: Model, roll: Dice): Pred {
  const count = 1 + roll.below(3)
  const values = Array.from({ length: count }, () => String(roll.below(Math.max(1, model.nextId))))
  return { op: 'in', path: ['id'], values: [...new Set(values)] }
}

const append: Move = (model, roll) => ({ op: 'append', rows: newRows(model, roll) })

const remove: Move = (model, roll) => ({ op: 'delete', where: someIds(model, roll) })

const update: Move = (model, roll, player) => {
  const column = roll.pick(model.columns.slice(1).filter(({ type }) => typeof type === 'string'))
  if (player !== 'spark' || column === undefined) return undefined
  const [value] = Object.values(randomRow([column], roll))
  return { op: 'update', where: someIds(model, roll), set: { [column.name]: value ?? null } }
}

const merge: Move = (model, roll, player) => {
  if (player !== 'spark' || model.nextId === 0) return undefined
  const known = String(roll.below(model.nextId))
  const rows = [{ ...randomRow(model.columns, roll), id: known }, ...newRows(model, roll, 1)]
  return { op: 'merge', rows, on: ['id'], matched: 'update', notMatched: 'insert' }
}

const overwrite: Move = (model, roll) => ({
  op: 'overwrite',
  rows: newRows(model, roll, 2),
  // Spark overwrites whole files only, so the filter has to be one that all files agree on.
  where: 'all',
})

const compact: Move = (_model, _roll, player) =>
  player === 'spark' ? { op: 'compact' } : undefined
const rewriteManifests: Move = (_model, _roll, player) =>
  player === 'spark' ? { op: 'rewriteManifests' } : undefined

function addColumn(model: Model, roll: Dice): Step {
  const column = { name: `n${model.made++}`, type: randomType(roll, 1) }
  model.columns.push(column)
  return evolve({ change: 'add', path: [column.name], type: column.type })
}

const WIDER: Readonly<Record<string, string>> = { int: 'long', float: 'double' }

const reshape: Move = (model, roll) => {
  const free = model.columns.filter(({ name }) => /^n\d+$/.test(name))
  const column = roll.pick(free)
  if (column === undefined) return addColumn(model, roll)
  const kind = roll.below(4)
  if (kind === 0) {
    model.columns = model.columns.filter((one) => one !== column)
    return evolve({ change: 'drop', path: [column.name] })
  }
  if (kind === 1) {
    const name = `n${model.made++}`
    model.columns = model.columns.map((one) => (one === column ? { ...one, name } : one))
    return evolve({ change: 'rename', path: [column.name], name })
  }
  const wider = typeof column.type === 'string' ? WIDER[column.type] : undefined
  if (kind === 2 && wider !== undefined) {
    model.columns = model.columns.map((one) => (one === column ? { ...one, type: wider } : one))
    return evolve({ change: 'widen', path: [column.name], type: wider })
  }
  model.columns = [column, ...model.columns.filter((one) => one !== column)]
  return evolve({ change: 'move', path: [column.name], first: true })
}

function evolve(change: Change): Step {
  return { op: 'evolve', changes: [change] }
}

const PARTITIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(int|long)$/, ['identity', 'bucket[4]', 'truncate[3]']],
  [/^string$/, ['identity', 'bucket[3]', 'truncate[2]']],
  [/^decimal/, ['bucket[5]', 'truncate[10]']],
  [/^date$/, ['year', 'month', 'day', 'bucket[3]']],
  [/^timestamp(tz)?$/, ['year', 'month', 'day', 'hour']],
]

function randomPartition(model: Model, roll: Dice): PartitionJson {
  const column = roll.pick(model.columns.filter(({ name }) => !/^n\d+$/.test(name)))
  const { name, type } = column ?? { name: 'id', type: 'long' }
  const fit = PARTITIONS.find(([kinds]) => typeof type === 'string' && kinds.test(type))
  const partition = `p${model.made++}`
  model.partitions.push(partition)
  if (fit === undefined) return { source: ['id'], transform: 'bucket[4]', name: partition }
  return { source: [name], transform: roll.pick(fit[1]), name: partition }
}

const repartition: Move = (model, roll) => {
  const old = model.partitions
  if (old.length > 0 && roll.below(2) === 0) {
    model.partitions = []
    return { op: 'spec', remove: old }
  }
  const field = randomPartition({ ...model, partitions: [] }, roll)
  model.made++
  if (old.length > 0) return undefined
  model.partitions = [field.name ?? '']
  return { op: 'spec', add: [field] }
}

const mark: Move = (model, roll) => ({
  op: roll.pick(['branch', 'tag']),
  name: `r${model.made++}`,
})

const upgrade: Move = (model) => {
  if (model.version === 3) return undefined
  model.version = model.version === 1 ? 2 : 3
  return { op: 'upgrade', version: model.version }
}

const MOVES: readonly Move[] = [
  append,
  append,
  append,
  remove,
  remove,
  update,
  update,
  merge,
  merge,
  overwrite,
  compact,
  rewriteManifests,
  addColumn,
  reshape,
  reshape,
  repartition,
  mark,
  upgrade,
]
