/**
 * What can be measured of the state of a table that a reader stumbled over. A known fault that comes
 * and goes is tied to such a fact, so that it excuses nothing else.
 */
import { openTable } from '../../src/index.js'
import type { TableState } from './table-states.js'

export type Fact = 'several vectors in one Puffin file'

export async function factsOf(metadata: string, state: TableState): Promise<readonly Fact[]> {
  const table = await openTable(metadata, { workers: 0 })
  const { snapshot, ref } = state.at
  const at =
    ref !== undefined
      ? await table.asOf({ ref })
      : snapshot !== undefined
        ? await table.asOf({ snapshot: BigInt(snapshot) })
        : table.current()
  const { tasks } = await at.scan().plan()
  const vectors = tasks.flatMap(({ deletes }) =>
    deletes.filter(({ file }) => file.format === 'puffin').map(({ file }) => file.path),
  )
  return new Set(vectors).size < vectors.length ? ['several vectors in one Puffin file'] : []
}
