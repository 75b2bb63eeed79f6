import { assemble } from './assemble.js'
import type { BufferSupply } from './buffer-supply.js'
import { type DecodedLeaf, type FileBytes, LeafDecoder } from './leaf-decoder.js'
import { inColumn } from './page-errors.js'
import type { RawColumn } from './raw-column.js'
import type { ChunkTask, DecodeTask, ReadNode } from './read-node.js'
import { selectRows } from './select-rows.js'

/**
 * Decodes one column of a task, nested or not. `bytesOf(i)` gives the pieces of the file that chunk
 * `i` asked for.
 */
export function decodeNode(
  task: DecodeTask,
  node: ReadNode,
  bytesOf: (chunk: number) => readonly FileBytes[],
  supply: BufferSupply,
): RawColumn {
  const rows = task.rowRanges?.reduce((sum, range) => sum + range.end - range.start, 0) ?? task.rows
  const leaves: DecodedLeaf[] = []
  const chunks = chunksOf(node)
  for (const index of chunks) {
    const chunk = task.chunks[index] as ChunkTask
    leaves[index] = inColumn(task.path, chunk.column, () =>
      decodeLeaf(chunk, task, bytesOf(index), supply),
    )
  }
  const column = (task.chunks[chunks[0] as number] as ChunkTask).column
  return inColumn(task.path, column, () => assemble(node, leaves, rows))
}

function decodeLeaf(
  chunk: ChunkTask,
  task: DecodeTask,
  pieces: readonly FileBytes[],
  supply: BufferSupply,
): DecodedLeaf {
  const leaf = new LeafDecoder(chunk, task, supply).decode(pieces)
  if (task.rowRanges !== undefined) selectRows(leaf, task.rowRanges, chunk.maxDefinition)
  return leaf
}

/** The chunks that a node is made of. */
export function chunksOf(node: ReadNode): number[] {
  if (node.kind === 'leaf') return [node.chunk]
  if (node.kind === 'list') return chunksOf(node.element)
  return node.children.flatMap(chunksOf)
}
