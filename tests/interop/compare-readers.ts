/** Asks every reader for every state of a table and compares what they say. */
import type { Answer } from './driver.js'
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

/** Whose word counts: the reference's, unless two others agree against it; then the next one's. */
const AUTHORITY: readonly Engine[] = ['spark', 'pyiceberg', 'duckdb', 'moraine']

function agreed(rowsOf: (engine: Engine) => readonly string[] | undefined) {
  const [spark, pyiceberg, duckdb, moraine] = AUTHORITY.map(rowsOf)
  if (pyiceberg !== undefined && duckdb !== undefined && same(pyiceberg, duckdb)) return pyiceberg
  return spark ?? pyiceberg ?? duckdb ?? moraine
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((row, index) => row === other[index])
}

export async function compareReaders(
  drivers: Drivers,
  metadata: string,
  state: TableState,
  more: { readonly where?: Pred; readonly lineage?: boolean },
): Promise<Compared> {
  // The others read no lineage columns at all.
  const engines: readonly Engine[] = more.lineage === true ? ['moraine', 'spark'] : ENGINES
  const request = { op: 'read', metadata, ...state.at, ...more } as unknown as JsonObject
  const answers = await Promise.all(
    engines.map(async (engine) => [engine, await drivers[engine].ask(request)] as const),
  )
  const byEngine = new Map<Engine, Answer>(answers)
  const rowsOf = (engine: Engine): readonly string[] | undefined => {
    const answer = byEngine.get(engine)
    if (answer === undefined || !('ok' in answer)) return undefined
    return normalRows(state.fields, answer.ok.rows as unknown as readonly Row[])
  }
  const wanted = agreed(rowsOf)
  const readings = answers.map(
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
