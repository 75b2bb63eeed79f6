/**
 * Seeded programs: moraine and Spark take turns on one table, and PyIceberg and DuckDB write tables
 * of their own. A model goes along, so that every step is one that an engine should carry out, and
 * the rows after it are known. Each step has numbers of its own: a program stays a program when
 * steps are left out, which is how a failing one is made smaller.
 */
import { type Dice, dice } from './dice.js'
import { Model } from './random-model.js'
import {
  addPartition,
  append,
  MOVES,
  type Move,
  modes,
  OWN_MOVES,
  type Player,
  predicate,
} from './random-moves.js'
import { randomType } from './random-values.js'
import type { Scenario, Step } from './scenario.js'

/** A seed and the numbers of the steps that are left out: `12` or `12/3,7`. */
export interface Program {
  readonly seed: number
  readonly without: readonly number[]
}

export function parseProgram(text: string): Program {
  const [seed, without = ''] = text.split('/')
  return { seed: Number(seed), without: without.split(',').filter(Boolean).map(Number) }
}

export function programText({ seed, without }: Program): string {
  return without.length === 0 ? String(seed) : `${seed}/${without.join(',')}`
}

/** Seeds as a run is told them: `500` from 1 on, or `101-150`. */
export function seedsOf(text: string): readonly number[] {
  const [first = '', last] = text.split('-')
  const [from, to] = last === undefined ? [1, Number(first)] : [Number(first), Number(last)]
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

function newModel(roll: Dice, columns: number, depth: number): Model {
  const model = new Model()
  model.addColumn('long', 'id')
  for (let index = 0; index < columns; index++)
    model.addColumn(randomType(roll, depth), `c${index}`)
  return model
}

/** The first move that is possible; an append always is. */
function step(moves: readonly Move[], model: Model, roll: Dice, player: Player): Step {
  for (let tries = 0; tries < 20; tries++) {
    const made = roll.pick(moves)(model, roll, player)
    if (made !== undefined) return made
  }
  throw new Error('a random program found no possible step')
}

function labelled(model: Model, made: Step, number: number): Step {
  const label = `s${number}`
  if (model.past.length > 0 || model.rows.length > 0) {
    model.past = [...model.past, { label, rows: model.rows }]
  }
  const branches = Object.fromEntries(
    [...model.branches].map(([name, rows]) => [name, model.show(rows)]),
  )
  return { ...made, label, expect: { rows: model.show(model.rows), branches } }
}

/** Turns of one to three steps by moraine and Spark on the same table; or by moraine alone. */
export function alternatingScenario(
  program: Program,
  players: readonly Player[] = ['moraine', 'spark'],
): Scenario {
  const roll = dice(program.seed)
  const model = newModel(roll, 2 + roll.below(4), 2)
  model.version = roll.pick([1, 2, 2, 3, 3] as const)
  let player: Player = roll.pick(players)
  const partition = roll.once(3) ? undefined : addPartition(model, roll)
  const create: Step = {
    op: 'create',
    by: player,
    version: model.version,
    schema: { fields: model.fields },
    spec: partition === undefined ? [] : [partition],
    properties: modes(model, roll),
  }
  const steps: Step[] = [create]
  // Ten to forty operations with the table's creation.
  const length = 9 + roll.below(31)
  for (let number = 1, left = 1 + roll.below(3); number <= length; number++, left--) {
    if (left === 0) {
      player = players[(players.indexOf(player) + 1) % players.length] ?? player
      left = 1 + roll.below(3)
    }
    const own = dice(roll.below(2 ** 31))
    if (program.without.includes(number)) continue
    // A table of nothing is soon dull.
    const moves = number === 1 ? [append] : MOVES
    steps.push(labelled(model, { ...step(moves, model, own, player), by: player }, number))
  }
  return {
    name: `seed ${programText(program)}`,
    feature: 'random',
    steps,
    layout: false,
    filters: [predicate(model, roll, 'moraine'), predicate(model, roll, 'moraine')],
  }
}

/** A table that PyIceberg or DuckDB writes alone, of what both can do. */
export function ownScenario(program: Program): Scenario {
  const roll = dice(program.seed ^ 0x5bd1e995)
  const model = newModel(roll, 2 + roll.below(3), 1)
  const steps: Step[] = [{ op: 'create', version: 2, schema: { fields: model.fields } }]
  const length = 4 + roll.below(6)
  for (let number = 1; number <= length; number++) {
    const own = dice(roll.below(2 ** 31))
    if (program.without.includes(number)) continue
    steps.push(labelled(model, step(OWN_MOVES, model, own, 'spark'), number))
  }
  return {
    name: `own tables of seed ${programText(program)}`,
    feature: 'random',
    writers: ['pyiceberg', 'duckdb'],
    steps,
    layout: false,
    filters: [predicate(model, roll, 'moraine')],
  }
}
