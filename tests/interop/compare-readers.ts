/** Asks every reader for every state of a table and compares what they say. */
import type { Answer, Driver } from './driver.js'
import { difference, normalRows } from './normal-rows.js'
import {
  ENGINES,
  type Engine,
  type FieldJson,
  type JsonObject,
  type Pred,
  type Row,
} from './scenario.js'
import type { TableState } from './table-states.js'
import type { Drivers } from './write-scenario.js'

/** What one reader made of one state. */
export type Reading =
  | { readonly verdict: 'equal' }
  | { readonly verdict: 'refused' | 'wrong'; readonly reason: string }

export interface Compared {
  /** Of the engines that were asked. */
  readonly reading: Readonly<Partial<Record<Engine, Reading>>>
  /** The rows of the reader that the others were held against. */
  readonly rows: readonly string[] | undefined
  /** The columns that the rows have. */
  readonly fields: readonly FieldJson[]
}

/**
 * Whose word counts: the reference's, unless the two other peers agree against it and moraine does not
 * agree with it; then the next one's. Of two against two, the peers' difference stands in the report.
 */
const AUTHORITY: readonly Engine[] = ['spark', 'pyiceberg', 'duckdb', 'moraine']

function agreed(rowsOf: (engine: Engine) => readonly string[] | undefined) {
  const [spark, pyiceberg, duckdb, moraine] = AUTHORITY.map(rowsOf)
  const alike = (one: typeof spark, other: typeof spark) =>
    one !== undefined && other !== undefined && same(one, other)
  if (alike(pyiceberg, duckdb) && !alike(spark, moraine)) return pyiceberg
  return spark ?? pyiceberg ?? duckdb ?? moraine
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((row, index) => row === other[index])
}

/** What is read of a state: without `wheres`, all of it. */
export interface Asked {
  /** Predicates, each a comparison of its own; undefined for all rows. */
  readonly wheres?: readonly (Pred | undefined)[]
  readonly lineage?: boolean
}

/** One comparison for every predicate. */
export async function compareReaders(
  drivers: Drivers,
  metadata: string,
  state: TableState,
  { wheres = [undefined], lineage = false }: Asked,
): Promise<readonly Compared[]> {
  // The others read no lineage columns at all.
  const engines: readonly Engine[] = lineage ? ['moraine', 'spark'] : ENGINES
  const request = { metadata, ...state.at, ...(lineage && { lineage }) } as unknown as JsonObject
  const answers = await Promise.all(
    engines.map(async (engine) => {
      const read = engine === 'spark' && wheres.length > 1 ? readTogether : readEach
      return [engine, await read(drivers[engine], request, wheres)] as const
    }),
  )
  return wheres.map((_where, index) => {
    const one = answers.map(([engine, all]) => [engine, all[index]] as const)
    return compare(state, new Map(one as readonly (readonly [Engine, Answer])[]))
  })
}

type Wheres = readonly (Pred | undefined)[]

const asked = (where: Pred | undefined) => (where === undefined ? {} : { where })

function readEach(driver: Driver, request: JsonObject, wheres: Wheres): Promise<Answer[]> {
  const one = (where: Pred | undefined) =>
    driver.ask({ op: 'read', ...request, ...asked(where) } as unknown as JsonObject)
  return Promise.all(wheres.map(one))
}

/** In one request, which is what makes Spark fast; each by itself where that fails. */
async function readTogether(
  driver: Driver,
  request: JsonObject,
  wheres: Wheres,
): Promise<readonly Answer[]> {
  const all = wheres.map((where) => where ?? null)
  const answer = await driver.ask({ op: 'reads', ...request, wheres: all } as unknown as JsonObject)
  if (!('ok' in answer)) return readEach(driver, request, wheres)
  return (answer.ok.rows as unknown as readonly JsonObject[]).map((ok) => ({ ok }))
}

function compare(state: TableState, answers: ReadonlyMap<Engine, Answer>): Compared {
  const rowsOf = (engine: Engine): readonly string[] | undefined => {
    const answer = answers.get(engine)
    if (answer === undefined || !('ok' in answer)) return undefined
    return normalRows(state.fields, answer.ok.rows as unknown as readonly Row[])
  }
  const wanted = agreed(rowsOf)
  const readings = [...answers].map(
    ([engine, answer]) => [engine, reading(answer, rowsOf(engine), wanted)] as const,
  )
  return {
    reading: Object.fromEntries(readings) as Partial<Record<Engine, Reading>>,
    rows: wanted,
    fields: state.fields,
  }
}

function reading(
  answer: Answer,
  rows: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): Reading {
  if ('refused' in answer) return { verdict: 'refused', reason: answer.refused }
  if ('error' in answer) return { verdict: 'wrong', reason: answer.error }
  if (rows === undefined || wanted === undefined) return { verdict: 'wrong', reason: 'no rows' }
  if (same(rows, wanted)) return { verdict: 'equal' }
  return { verdict: 'wrong', reason: difference(rows, wanted) }
}
