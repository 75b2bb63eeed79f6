/** What each reader made of one table, over all its states and predicates. */
import type { Reading } from './compare-readers.js'
import { type Fact, factsOf } from './facts.js'
import { ENGINES, type Engine } from './scenario.js'
import type { TableState } from './table-states.js'

export interface Cell {
  readonly reader: Engine
  readonly verdict: 'equal' | 'refused' | 'wrong'
  readonly comparisons: number
  readonly reason?: string
  readonly facts?: readonly Fact[]
}

type Bad = Omit<Cell, 'reader' | 'comparisons'> & { readonly reason: string }

export class ReaderCells {
  readonly #equal = new Map<Engine, number>()
  readonly #bad = new Map<Engine, Bad[]>()

  async note(
    reading: Readonly<Partial<Record<Engine, Reading>>>,
    metadata: string,
    state: TableState,
    label: string,
  ): Promise<void> {
    for (const engine of ENGINES) {
      const one = reading[engine]
      if (one === undefined) continue
      if (one.verdict === 'equal') this.#equal.set(engine, (this.#equal.get(engine) ?? 0) + 1)
      else if (one.verdict === 'wrong') {
        const facts = await factsOf(metadata, state).catch(() => [])
        this.#add(engine, { verdict: 'wrong', reason: `${label}: ${one.reason}`, facts })
      } else this.#addRefusal(engine, label, one.reason)
    }
  }

  /** Every difference counts: one that is excused must not hide one that is not. */
  cells(): readonly Cell[] {
    return ENGINES.flatMap((reader): readonly Cell[] => {
      const comparisons = this.#equal.get(reader) ?? 0
      const bad = this.#bad.get(reader) ?? []
      const [first = { verdict: 'equal' as const }, ...rest] = bad
      return [
        { reader, comparisons, ...first },
        ...rest.map((one) => ({ reader, comparisons: 0, ...one })),
      ]
    })
  }

  #add(engine: Engine, bad: Bad): void {
    this.#bad.set(engine, [...(this.#bad.get(engine) ?? []), bad])
  }

  /** The same refusal of many states is told once. */
  #addRefusal(engine: Engine, label: string, reason: string): void {
    const known = this.#bad.get(engine) ?? []
    if (known.some((one) => one.verdict === 'refused' && one.reason.endsWith(`: ${reason}`))) return
    this.#add(engine, { verdict: 'refused', reason: `${label}: ${reason}` })
  }
}
