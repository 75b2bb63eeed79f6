import { chunksOf } from './decode-task.js'
import type { ChunkTask, DecodeTask, ReadNode } from './read-node.js'

/** Fewer bytes than this are not worth a second thread. */
const splitBytesMin = 512 * 1024

/** A part of a task, with the places of its columns in the whole. */
export interface TaskPart {
  readonly task: DecodeTask
  readonly columns: readonly number[]
}

/** Divides the columns of a task into at most `parts` tasks of about the same size. */
export function splitTask(task: DecodeTask, parts: number): TaskPart[] {
  // A mini image holds all columns or none.
  if (task.mini !== undefined) return [{ task, columns: task.nodes.map((_, column) => column) }]
  const sizes = task.nodes.map((node) => compressedBytes(task, node))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const wanted = Math.min(parts, task.nodes.length, Math.ceil(total / splitBytesMin))
  if (wanted < 2) return [{ task, columns: task.nodes.map((_, column) => column) }]
  const bins = Array.from({ length: wanted }, () => ({ size: 0, columns: [] as number[] }))
  // The largest column first, each to the least filled part.
  const bySize = sizes.map((size, column) => ({ size, column })).sort((a, b) => b.size - a.size)
  for (const { size, column } of bySize) {
    const least = bins.reduce((best, bin) => (bin.size < best.size ? bin : best))
    least.size += size
    least.columns.push(column)
  }
  return bins.map(({ columns }) => ({ task: partOf(task, columns), columns }))
}

function compressedBytes(task: DecodeTask, node: ReadNode): number {
  let bytes = 0
  for (const index of chunksOf(node)) {
    for (const span of (task.chunks[index] as ChunkTask).spans) bytes += span.end - span.start
  }
  return bytes
}

function partOf(task: DecodeTask, columns: readonly number[]): DecodeTask {
  const chunks: ChunkTask[] = []
  const nodes = columns.map((column) => renumber(task.nodes[column] as ReadNode, task, chunks))
  return { ...task, chunks, nodes }
}

/** The node with its chunks moved to the end of `chunks`. */
function renumber(node: ReadNode, task: DecodeTask, chunks: ChunkTask[]): ReadNode {
  if (node.kind === 'leaf') {
    chunks.push(task.chunks[node.chunk] as ChunkTask)
    return { ...node, chunk: chunks.length - 1 }
  }
  if (node.kind === 'list') return { ...node, element: renumber(node.element, task, chunks) }
  return { ...node, children: node.children.map((child) => renumber(child, task, chunks)) }
}
