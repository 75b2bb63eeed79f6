/** Runs one scenario: everyone writes it, everyone reads what the others wrote. */
import { openTable } from '../../src/index.js'
import { compareLayout } from './compare-layout.js'
import { type Compared, compareReaders } from './compare-readers.js'
import type { Fact } from './facts.js'
import { difference, normalRows } from './normal-rows.js'
import { predicateAt } from './predicate-at.js'
import { ReaderCells } from './reader-cells.js'
import { alternates, ENGINES, type Engine, type Pred, type Row, type Scenario } from './scenario.js'
import { metadataText, type TableState, tableStates } from './table-states.js'
import { type Drivers, PLANTED, type Written, writeScenario } from './write-scenario.js'

/** Who is held to account by a finding. */
export type Party =
  | Engine
  | 'layout'
  | 'verify'
  | 'unknown members'
  | 'rows as written by the rest'
  | 'rows as expected'

/** One cell of the report: what a reader made of a writer's table. */
export interface Finding {
  readonly scenario: string
  readonly writer: string
  readonly reader: Party | 'nobody'
  readonly verdict: 'equal' | 'refused' | 'wrong'
  /** States and predicates that were compared. */
  readonly comparisons: number
  readonly reason?: string
  /** What was measured of the state that was read. */
  readonly facts?: readonly Fact[]
  /** Whose fault a wrong verdict would be. */
  readonly party: Engine
}

export interface RunOptions {
  readonly drivers: Drivers
  /** A namespace of its own for the tables of this run. */
  readonly namespace: string
  /** Compare the newest state after every turn too. */
  readonly everyTurn?: boolean
  /** How many of the snapshots are read at the end, the newest ones; all unless given. */
  readonly snapshots?: number
}

export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const tables = new Map<string, { readonly metadata: string; readonly rows?: readonly string[] }>()
  const writers: readonly Engine[] = alternates(scenario)
    ? ['moraine']
    : (scenario.writers ?? ENGINES)
  // Every engine has a process of its own: while one writes its table, another reads the next one's.
  const runs = writers.map((writer) => new WriterRun(scenario, writer, options))
  const read = await Promise.all(runs.map((run) => run.writeAndRead()))
  for (const [index, run] of runs.entries()) {
    findings.push(...run.findings)
    const table = read[index]
    if (table !== undefined) tables.set(run.writer, table)
  }
  findings.push(...sameRows(scenario, tables), ...(await layout(scenario, tables, options.drivers)))
  return findings
}

class WriterRun {
  readonly findings: Finding[] = []
  readonly writer: Engine
  readonly #scenario: Scenario
  readonly #options: RunOptions
  readonly #cells = new ReaderCells()
  /** Contents of states that were read under the predicates. */
  readonly #filtered = new Set<string>()

  constructor(scenario: Scenario, writer: Engine, options: RunOptions) {
    this.#scenario = scenario
    this.writer = writer
    this.#options = options
  }

  get #name(): string {
    return alternates(this.#scenario) ? 'moraine and spark in turn' : this.writer
  }

  /** The table and the rows that its readers agree on; undefined where it was not written. */
  async writeAndRead() {
    const written = await this.write()
    if (written.outcome !== 'written') return undefined
    const { rows } = await this.read(written.metadata)
    return { metadata: written.metadata, ...(rows !== undefined && { rows }) }
  }

  async write(): Promise<Written> {
    const { drivers, namespace, everyTurn } = this.#options
    const { steps } = this.#scenario
    const written = await writeScenario(this.#scenario, {
      drivers,
      writer: this.writer,
      table: `${namespace}_${this.writer}.${this.#scenario.name.replace(/\W+/g, '_')}`,
      ...(everyTurn === true && {
        afterStep: async (metadata: string, index: number) => {
          const isLast = index === steps.length - 1
          if (isLast || steps[index]?.by === steps[index + 1]?.by) return
          const { current } = tableStates(metadata)
          const state = { ...current, label: `after step ${index + 1}, current` }
          const compared = await this.#compare(metadata, state, [])
          this.#expect(index, 'rows', steps[index]?.expect?.rows, compared)
        },
      }),
    })
    if (written.outcome !== 'written') {
      this.#add({
        reader: 'nobody',
        verdict: written.outcome === 'refused' ? 'refused' : 'wrong',
        comparisons: 0,
        reason: written.reason,
        party: written.by,
      })
    }
    return written
  }

  async read(metadata: string): Promise<Compared> {
    const { current: newest } = tableStates(metadata)
    const current = await this.#compare(metadata, newest, this.#filters(newest, newest))
    const last = this.#scenario.steps.length - 1
    const { expect } = this.#scenario.steps[last] ?? {}
    this.#expect(last, 'rows', expect?.rows, current)
    for (const state of this.#others(metadata)) {
      const compared = await this.#compare(metadata, state, this.#filters(newest, state))
      const branch = state.label.replace(/^branch /, '')
      this.#expect(last, state.label, expect?.branches?.[branch], compared)
    }
    this.#report()
    await this.#verify(metadata)
    this.#planted(metadata)
    return current
  }

  #others(metadata: string): readonly TableState[] {
    const { others } = tableStates(metadata)
    const { snapshots } = this.#options
    if (snapshots === undefined) return others
    const isSnapshot = (state: TableState) => state.at.snapshot !== undefined
    const newest = others.filter(isSnapshot).slice(-snapshots)
    return others.filter((state) => !isSnapshot(state) || newest.includes(state))
  }

  /** Holds what readers agree on against what is known beforehand. */
  #expect(
    index: number,
    what: string,
    expected: readonly Row[] | undefined,
    { rows, fields }: Compared,
  ): void {
    if (expected === undefined || rows === undefined) return
    const reason = difference(rows, normalRows(fields, expected))
    this.#add({
      reader: 'rows as expected',
      verdict: reason === '' ? 'equal' : 'wrong',
      comparisons: 1,
      ...(reason !== '' && { reason: `${what} after step ${index + 1}: ${reason}` }),
      party: this.#scenario.steps[index]?.by ?? this.writer,
    })
  }

  /**
   * The scenario's predicates in the words of a state: those whose columns it has. A state that is
   * the same snapshot and schema as one before is planned alike: it is read without them.
   */
  #filters(newest: TableState, state: TableState): readonly Pred[] {
    if (this.#filtered.has(state.content)) return []
    this.#filtered.add(state.content)
    const at = (where: Pred) => predicateAt(where, newest.fields, state.fields)
    return (this.#scenario.filters ?? []).flatMap((where) => at(where) ?? [])
  }

  /**
   * All rows of a state, and those under each predicate; all of it once more with the lineage columns
   * where the scenario is about them. Gives what the readers make of all rows.
   */
  async #compare(metadata: string, state: TableState, filters: readonly Pred[]): Promise<Compared> {
    const wheres = [undefined, ...filters]
    const read = async (lineage: boolean): Promise<Compared> => {
      const { drivers } = this.#options
      const compared = await compareReaders(drivers, metadata, state, { wheres, lineage })
      for (const [index, one] of compared.entries()) {
        const where = wheres[index] === undefined ? '' : ` ${JSON.stringify(wheres[index])}`
        const label = `${state.label}${where}${lineage ? ' with lineage' : ''}`
        await this.#cells.note(one.reading, metadata, state, label)
      }
      return compared[0] as Compared
    }
    const compared = await read(false)
    if (this.#scenario.lineage !== true) return compared
    const lineage = await read(true)
    // How rows are spread over files is free in some scenarios: then their ids are, too.
    return this.#scenario.layout === false ? compared : lineage
  }

  #report(): void {
    for (const cell of this.#cells.cells()) this.#add({ ...cell, party: cell.reader })
  }

  async #verify(metadata: string): Promise<void> {
    const table = await openTable(metadata, { workers: 0 })
    const { violations } = await table.verify()
    this.#add({
      reader: 'verify',
      verdict: violations.length === 0 ? 'equal' : 'wrong',
      comparisons: 1,
      ...(violations.length > 0 && { reason: words(violations.slice(0, 2)) }),
      party: this.writer,
    })
  }

  #planted(metadata: string): void {
    // The reference drops what it does not know; nothing is asked of the others.
    if (this.writer !== 'moraine') return
    if (!this.#scenario.steps.some((step) => step.op === 'plant')) return
    const text = metadataText(metadata)
    const places = ['table', 'schemas', 'snapshots', 'partition-specs', 'sort-orders']
    const lost = places.filter((place) => !text.includes(`"${PLANTED}":"${place}"`))
    this.#add({
      reader: 'unknown members',
      verdict: lost.length === 0 ? 'equal' : 'wrong',
      comparisons: places.length,
      ...(lost.length > 0 && { reason: `lost in ${lost.join(', ')}` }),
      party: this.writer,
    })
  }

  #add(finding: Omit<Finding, 'scenario' | 'writer'>): void {
    this.findings.push({ scenario: this.#scenario.name, writer: this.#name, ...finding })
  }
}

/** Details of a violation hold ids of 64 bits. */
function words(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part,
  )
}

type Tables = ReadonlyMap<string, { readonly metadata: string; readonly rows?: readonly string[] }>

/** The same steps leave the same rows, whoever writes them. */
function sameRows(scenario: Scenario, tables: Tables): readonly Finding[] {
  const base = tables.has('spark') ? 'spark' : 'moraine'
  const wanted = tables.get(base)?.rows
  if (wanted === undefined) return []
  return [...tables]
    .filter(([writer, { rows }]) => writer !== base && rows !== undefined)
    .map(([writer, { rows = [] }]) => {
      const reason = difference(rows, wanted)
      return {
        scenario: scenario.name,
        writer,
        reader: 'rows as written by the rest' as const,
        verdict: reason === '' ? ('equal' as const) : ('wrong' as const),
        comparisons: 1,
        ...(reason !== '' && { reason }),
        party: writer as Engine,
      }
    })
}

async function layout(
  scenario: Scenario,
  tables: Tables,
  drivers: Drivers,
): Promise<readonly Finding[]> {
  const [ours, theirs] = [tables.get('moraine'), tables.get('spark')]
  if (scenario.layout === false || ours === undefined || theirs === undefined) return []
  const found = await compareLayout(drivers, ours.metadata, theirs.metadata)
  const bad = found.filter((one) => one.difference !== undefined)
  return [
    {
      scenario: scenario.name,
      writer: 'moraine',
      reader: 'layout',
      verdict: bad.length === 0 ? 'equal' : 'wrong',
      comparisons: found.length,
      ...(bad.length > 0 && {
        reason: bad.map((one) => `${one.what}: ${one.difference}`).join(' | '),
      }),
      party: 'moraine',
    },
  ]
}
