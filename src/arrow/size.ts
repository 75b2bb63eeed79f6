/** How many bytes the rows of a column take, slices counted by their rows alone. */
import type { Data, RecordBatch } from 'apache-arrow'
import { layoutOf, offsets32, validityOf } from './layout.js'

/** Bytes of the rows of a batch. */
export function batchBytes(batch: RecordBatch): number {
  return batch.data.children.reduce((sum, column) => sum + dataBytes(column), 0)
}

/** Bytes of the rows of a column; a dictionary counts as its indices. */
export function dataBytes(data: Data): number {
  const { length } = data
  const validity = validityOf(data) === undefined ? 0 : length / 8
  const layout = layoutOf(data.type)
  switch (layout.kind) {
    case 'null':
      return 0
    case 'bool':
      return validity + length / 8
    case 'fixed':
      return validity + length * layout.width
    case 'bytes':
      return validity + length * 4 + memberCount(data)
    case 'list': {
      const child = data.children[0]
      if (child === undefined || child.length === 0) return validity + length * 4
      return validity + length * 4 + (dataBytes(child) * memberCount(data)) / child.length
    }
    default:
      return data.children.reduce((sum, child) => sum + dataBytes(child), validity)
  }
}

function memberCount(data: Data): number {
  const offsets = offsets32(data)
  return offsets[data.length]! - offsets[0]!
}
