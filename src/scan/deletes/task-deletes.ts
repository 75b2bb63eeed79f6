/** The deleted rows of one data file, and how they leave a mask of its rows. */
import type { Data } from 'apache-arrow'
import type { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import type { Mask } from '../filter/mask.js'
import type { RowRange } from '../read/ranges.js'
import type { EqualityColumn } from './equality-columns.js'
import { type KeyColumn, keyColumn } from './key-columns.js'
import type { KeySet } from './key-set.js'

/** Rows that are deleted by the values of some columns. */
export interface EqualityDeletes {
  readonly columns: readonly EqualityColumn[]
  readonly keys: KeySet
  /** Data sequence number of the data file: only later deletes apply. */
  readonly sequence: number
}

export interface TaskDeletes {
  /** Deleted positions in the file: a row in any of the sets is deleted. */
  readonly positions: readonly PositionBitmap[]
  readonly equality: readonly EqualityDeletes[]
}

/** Deletes with more positions. */
export function withPositions(
  deletes: TaskDeletes | undefined,
  more: PositionBitmap | undefined,
): TaskDeletes | undefined {
  if (more === undefined) return deletes
  return { positions: [...(deletes?.positions ?? []), more], equality: deletes?.equality ?? [] }
}

/** Clears the rows of `ranges`, relative to `firstRow`, whose position is deleted. */
export function clearPositions(
  deletes: TaskDeletes,
  mask: Mask,
  firstRow: number,
  ranges: readonly RowRange[],
): void {
  for (const positions of deletes.positions) {
    let base = 0
    for (const { start, end } of ranges) {
      const shift = firstRow + start - base
      positions.forEachIn(firstRow + start, firstRow + end, (position) => {
        mask[position - shift] = 0
      })
      base += end - start
    }
  }
}

/** Clears the rows whose values are deleted. `made` has the top-level column of each column's tree. */
export function clearEqual(
  deletes: TaskDeletes,
  mask: Mask,
  made: ReadonlyMap<number, Data>,
): void {
  const known = new Map<number, KeyColumn>()
  const keyOf = (id: number): KeyColumn => {
    let key = known.get(id)
    if (key === undefined) {
      key = keyColumn(chainOf(made.get(id)!), mask.length)
      known.set(id, key)
    }
    return key
  }
  for (const { columns, keys, sequence } of deletes.equality) {
    keys.clear(
      columns.map(({ id }) => keyOf(id)),
      mask,
      sequence,
    )
  }
}

/** A column pruned to one leaf, from the top level down. */
export function chainOf(top: Data): readonly Data[] {
  const chain = [top]
  for (let data: Data | undefined = top.children[0]; data !== undefined; data = data.children[0]) {
    chain.push(data)
  }
  return chain
}

/** Every column that the equality deletes of a task compare, once. */
export function comparedColumns(deletes: TaskDeletes | undefined): readonly EqualityColumn[] {
  const byId = new Map<number, EqualityColumn>()
  for (const { columns } of deletes?.equality ?? []) {
    for (const column of columns) byId.set(column.id, column)
  }
  return [...byId.values()]
}
