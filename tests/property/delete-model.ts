/** A plain model of a table with row-level deletes: what must be read, told row by row. */
import type { DataFile } from '../../src/format/model.js'
import { partitionKey } from '../../src/format/partition-key.js'

/** A row as it was written: values by field id, undefined where the file lacks the column. */
export interface ModelRow {
  readonly id: number
  readonly values: ReadonlyMap<number, unknown>
  readonly file: DataFile
  readonly position: number
  readonly sequence: bigint
}

export type ModelDelete =
  | {
      readonly kind: 'positions'
      readonly sequence: bigint
      readonly path: string
      readonly positions: ReadonlySet<number>
    }
  | {
      readonly kind: 'equality'
      readonly sequence: bigint
      readonly ids: readonly number[]
      /** Undefined: the whole table. */
      readonly scope: string | undefined
      readonly values: readonly (readonly unknown[])[]
    }

export class DeleteModel {
  readonly rows: ModelRow[] = []
  readonly deletes: ModelDelete[] = []

  /** Ids of the rows that a snapshot of this sequence number has. */
  live(sequence: bigint): readonly number[] {
    const deletes = this.deletes.filter((one) => one.sequence <= sequence)
    return this.rows
      .filter((row) => row.sequence <= sequence && !deletes.some((one) => applies(one, row)))
      .map(({ id }) => id)
      .sort((a, b) => a - b)
  }
}

function applies(one: ModelDelete, row: ModelRow): boolean {
  if (one.kind === 'positions') {
    return (
      row.sequence <= one.sequence && one.path === row.file.path && one.positions.has(row.position)
    )
  }
  if (row.sequence >= one.sequence) return false
  const { specId, partition } = row.file
  if (one.scope !== undefined && one.scope !== partitionKey(specId, partition)) return false
  return one.values.some((values) =>
    values.every((value, at) => Object.is(value ?? null, row.values.get(one.ids[at]!) ?? null)),
  )
}
