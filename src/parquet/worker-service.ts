/** What a worker thread of the pool does: decodes and encodes row groups, one request at a time. */
import { loadZstd } from '../codec/zstd.js'
import { Aborted } from '../errors.js'
import { BufferSupply } from './buffer-supply.js'
import { chunksOf, decodeNode } from './decode-task.js'
import { decodeWithWasm } from './decode-wasm.js'
import type { FileBytes } from './leaf-decoder.js'
import { buffersOf, type RawColumn } from './raw-column.js'
import type { ChunkTask } from './read-node.js'
import { LocalFile } from './worker-file.js'
import { isTrap, type PoolRequest, type PoolResponse, recordError } from './worker-protocol.js'
import { encodeRowGroup } from './write-encode.js'
import { zstdPages } from './zstd-pages.js'

type DecodeRequest = PoolRequest & { readonly kind: 'decode' }

const supply = new BufferSupply()

/** The worker's end of the line to its pool. */
export interface ServicePort {
  on(event: 'message', listener: (request: PoolRequest) => void): unknown
  postMessage(response: PoolResponse, transfer: readonly ArrayBuffer[]): void
}

type Send = (response: PoolResponse, transfer: readonly ArrayBuffer[]) => void

/** Answers requests until the port is closed; `cancelled` holds the id nobody waits for any more. */
export async function serve(port: ServicePort, cancelled: Int32Array): Promise<void> {
  const send: Send = (response, transfer) => port.postMessage(response, transfer)
  await loadZstd()
  port.on('message', (request: PoolRequest) => {
    handle(request, send, cancelled).catch((error: unknown) => {
      const poisoned = isTrap(error)
      send({ kind: 'failed', id: request.id, error: recordError(error), poisoned }, [])
    })
  })
  send({ kind: 'ready' }, [])
}

async function handle(request: PoolRequest, send: Send, cancelled: Int32Array): Promise<void> {
  const { id } = request
  if (request.kind === 'encode') {
    const wasm = await import('parquet-wasm')
    const image = encodeRowGroup(wasm, request.request, await zstdPages())
    send({ kind: 'encoded', id, image }, [image.buffer as ArrayBuffer])
    return
  }
  for (const buffer of request.recycled) supply.give(buffer)
  const check = (): void => {
    if (Atomics.load(cancelled, 0) === id) throw new Aborted('reading was aborted')
  }
  const columns =
    request.task.mini === undefined
      ? decode(request, check)
      : decodeWithWasm(await import('parquet-wasm'), request.task, wholeChunks(request))
  send({ kind: 'decoded', id, columns }, buffersOf(columns))
}

function decode(request: DecodeRequest, check: () => void): RawColumn[] {
  const { task, bytes } = request
  if ('pieces' in bytes) {
    return decodeColumns(request, check, (index) => bytes.pieces[index] as readonly FileBytes[])
  }
  const file = new LocalFile(bytes.localPath, task.path, bytes.sizeBytes)
  try {
    return decodeColumns(request, check, (index) =>
      file.readSpans((task.chunks[index] as ChunkTask).spans),
    )
  } finally {
    file.close()
  }
}

/** The bytes of all chunks of a task at once. */
function wholeChunks({ task, bytes }: DecodeRequest): readonly FileBytes[] {
  if ('pieces' in bytes) return bytes.pieces.flat()
  const file = new LocalFile(bytes.localPath, task.path, bytes.sizeBytes)
  try {
    return file.readSpans(task.chunks.flatMap((chunk) => chunk.spans))
  } finally {
    file.close()
  }
}

function decodeColumns(
  request: DecodeRequest,
  check: () => void,
  bytesOf: (chunk: number) => readonly FileBytes[],
): RawColumn[] {
  const { task } = request
  return task.nodes.map((node) => {
    check()
    // All chunks of a nested column are in hand at once, so each must have bytes of its own.
    const chunks = chunksOf(node)
    if (chunks.length === 1) return decodeNode(task, node, bytesOf, supply)
    const pieces = chunks.map((index) => bytesOf(index).map(copyPiece))
    return decodeNode(task, node, (index) => pieces[chunks.indexOf(index)] as FileBytes[], supply)
  })
}

/** The file reader reuses its memory from one call to the next. */
function copyPiece({ start, bytes }: FileBytes): FileBytes {
  return { start, bytes: bytes.slice() }
}
