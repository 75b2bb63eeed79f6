/** What worker threads do, done in this thread: they cannot be watched from outside. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { Field, Int64, List, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import {
  Aborted,
  CommitConflict,
  CorruptData,
  InternalBug,
  InvalidArgument,
  LimitExceeded,
  type MoraineError,
  NotFound,
  StoreUnavailable,
  Unsupported,
} from '../../../src/errors.js'
import type { ByteSource } from '../../../src/parquet/contract.js'
import type { DecodePool } from '../../../src/parquet/decode-pool.js'
import { InlinePool } from '../../../src/parquet/pool-inline.js'
import type { RawColumn } from '../../../src/parquet/raw-column.js'
import type { DecodeTask } from '../../../src/parquet/read-node.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import { LocalFile } from '../../../src/parquet/worker-file.js'
import {
  isTrap,
  type PoolRequest,
  type PoolResponse,
  recordError,
  reviveError,
  type TaskBytes,
} from '../../../src/parquet/worker-protocol.js'
import { serve } from '../../../src/parquet/worker-service.js'
import { bytesSource, openFooter, readAll } from './read-support.js'
import { writeImage } from './write-support.js'

const limits = defaultLimits
let folder: string
let bytes: Uint8Array
let localPath: string
let source: ByteSource

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-worker-'))
  const rows = Array.from({ length: 50 }, (_, i) => ({
    id: i % 7 === 0 ? null : BigInt(i),
    tags: i % 5 === 0 ? null : [`a${i}`, null],
    place: { x: i, name: `n${i}` },
  }))
  const image = await writeImage(
    {
      schemaId: 0,
      identifierFieldIds: [],
      fields: [
        { id: 1, name: 'id', required: false, type: { kind: 'long' } },
        {
          id: 2,
          name: 'tags',
          required: false,
          type: { kind: 'list', elementId: 3, elementRequired: false, element: { kind: 'string' } },
        },
        {
          id: 4,
          name: 'place',
          required: false,
          type: {
            kind: 'struct',
            fields: [
              { id: 5, name: 'x', required: false, type: { kind: 'int' } },
              { id: 6, name: 'name', required: false, type: { kind: 'string' } },
            ],
          },
        },
      ],
    },
    rows,
  )
  bytes = image.bytes
  localPath = join(folder, 'a.parquet')
  writeFileSync(localPath, bytes)
  source = bytesSource(bytes)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The task that reading a row group gives to a pool. */
async function taskOf(engine?: 'wasm', strings?: 'dictionary'): Promise<DecodeTask> {
  const inline = new InlinePool()
  let seen: DecodeTask | undefined
  const spy: DecodePool = {
    size: 1,
    decode: (from, task) => {
      seen = task
      return inline.decode(from, task)
    },
    encodeRowGroup: (request) => inline.encodeRowGroup(request),
    recycle: () => undefined,
    close: () => inline.close(),
  }
  const options = {
    rowGroup: 0,
    limits,
    pool: spy,
    ...(engine && { engine }),
    ...(strings && { strings }),
  }
  await readRowGroup(source, await openFooter(source), options)
  if (seen === undefined) throw new InternalBug('nothing was decoded')
  return seen
}

function piecesOf(task: DecodeTask): TaskBytes {
  return {
    pieces: task.chunks.map((chunk) =>
      chunk.spans.map(({ start, end }) => ({ start, bytes: bytes.slice(start, end) })),
    ),
  }
}

/** Serves one end of a line; gives the other. */
async function started(cancelled: Int32Array = new Int32Array(1)): Promise<{
  ask: (request: PoolRequest) => Promise<PoolResponse>
  close: () => void
}> {
  const { port1, port2 } = new MessageChannel()
  const answers: PoolResponse[] = []
  const waiting: ((response: PoolResponse) => void)[] = []
  port1.on('message', (response: PoolResponse) => {
    const next = waiting.shift()
    if (next === undefined) answers.push(response)
    else next(response)
  })
  const next = (): Promise<PoolResponse> =>
    new Promise((resolve) => {
      const known = answers.shift()
      if (known === undefined) waiting.push(resolve)
      else resolve(known)
    })
  await serve(
    {
      on: (event, listener) => port2.on(event, listener),
      postMessage: (response, transfer) => port2.postMessage(response, [...transfer]),
    },
    cancelled,
  )
  expect(await next()).toEqual({ kind: 'ready' })
  return {
    ask: (request) => {
      port1.postMessage(request)
      return next()
    },
    close: () => port1.close(),
  }
}

async function served(request: PoolRequest, cancelled?: Int32Array): Promise<PoolResponse> {
  const line = await started(cancelled)
  try {
    return await line.ask(request)
  } finally {
    line.close()
  }
}

async function decoded(task: DecodeTask, from: TaskBytes): Promise<readonly RawColumn[]> {
  const recycled = [new ArrayBuffer(1 << 12)]
  const response = await served({ kind: 'decode', id: 7, task, bytes: from, recycled })
  if (response.kind !== 'decoded') throw new InternalBug(JSON.stringify(response))
  expect(response.id).toBe(7)
  return response.columns
}

describe('decoding', () => {
  test.each([
    ['pieces', undefined, undefined],
    ['pieces', undefined, 'dictionary'],
    ['a file', undefined, undefined],
    ['pieces', 'wasm', undefined],
    ['a file', 'wasm', undefined],
    ['a file', 'wasm', 'dictionary'],
  ] as const)(
    'from %s with %s as %s is what this thread decodes',
    async (from, engine, strings) => {
      const task = await taskOf(engine, strings)
      const given = from === 'pieces' ? piecesOf(task) : { localPath, sizeBytes: bytes.length }
      const columns = await decoded(task, given)
      const here = await new InlinePool().decode(source, task)
      expect(columns).toEqual(here)
    },
  )

  test('stops at a column when nobody waits any more', async () => {
    const task = await taskOf()
    const request: PoolRequest = {
      kind: 'decode',
      id: 9,
      task,
      bytes: piecesOf(task),
      recycled: [],
    }
    const response = await served(request, Int32Array.of(9))
    expect(response).toMatchObject({
      kind: 'failed',
      id: 9,
      error: { code: 'ABORTED' },
      poisoned: false,
    })
    expect(await served(request, Int32Array.of(8))).toMatchObject({ kind: 'decoded', id: 9 })
  })

  test('a failure is an answer, and the next request is served', async () => {
    const task = await taskOf()
    const line = await started()
    const lost = { localPath: join(folder, 'lost.parquet'), sizeBytes: 1 }
    const request = { kind: 'decode', id: 1, task, recycled: [] } as const
    expect(await line.ask({ ...request, bytes: lost })).toMatchObject({
      kind: 'failed',
      error: { code: 'NOT_FOUND', details: { path: task.path } },
    })
    const other = { localPath, sizeBytes: bytes.length - 1 }
    expect(await line.ask({ ...request, bytes: other })).toMatchObject({
      kind: 'failed',
      error: { code: 'CORRUPT_DATA' },
    })
    const mini = { ...task, mini: new Uint8Array(12) }
    expect(await line.ask({ ...request, task: mini, bytes: piecesOf(mini) })).toMatchObject({
      kind: 'failed',
      error: { code: 'CORRUPT_DATA' },
      poisoned: false,
    })
    expect(await line.ask({ ...request, bytes: piecesOf(task) })).toMatchObject({ kind: 'decoded' })
    line.close()
  })
})

test('encoding gives a file of one row group', async () => {
  const table = new Table({
    id: vectorFromArray([1n, null, 3n], new Int64()),
    tags: vectorFromArray([['a'], null, []], new List(new Field('element', new Utf8(), true))),
  })
  const request = {
    ipc: tableToIPC(table, 'stream'),
    rows: 3,
    options: {
      codec: 'zstd' as const,
      pageVersion: 1 as const,
      plainColumns: [],
      pageBytes: 1 << 20,
      dictionaryBytes: 1 << 20,
    },
  }
  const response = await served({ kind: 'encode', id: 3, request })
  if (response.kind !== 'encoded') throw new InternalBug(JSON.stringify(response))
  const batches = await readAll(bytesSource(response.image))
  expect(batches.map((batch) => batch.numRows)).toEqual([3])
  const bad = await served({
    kind: 'encode',
    id: 4,
    request: { ...request, ipc: new Uint8Array(9) },
  })
  expect(bad).toMatchObject({ kind: 'failed', id: 4, error: { code: 'INTERNAL_BUG' } })
})

test('the worker refuses to run in a main thread', async () => {
  await expect(import('../../../src/parquet/worker.js')).rejects.toBeInstanceOf(InternalBug)
})

describe('errors between threads', () => {
  const details = { path: 'a.parquet', offset: 4 }
  const errors: readonly MoraineError[] = [
    new CorruptData('corrupt', { details }),
    new LimitExceeded('limit', { details }),
    new Unsupported('lzo', 'codec', { details }),
    new InvalidArgument('argument', { details }),
    new StoreUnavailable('store', { details }),
    new NotFound('file', 'lost', { details }),
    new Aborted('aborted', { details }),
    new InternalBug('bug', { details }),
  ]
  test.each(errors.map((error) => [error.name, error]))('%s keeps its class', (_, error) => {
    const again = reviveError(structuredClone(recordError(error)))
    expect(again.constructor).toBe(error.constructor)
    expect(again.message).toBe(error.message)
    expect(again.details).toEqual(error.details)
    expect((again as { feature?: string }).feature).toBe((error as { feature?: string }).feature)
  })

  test('what no worker should meet is a bug, with all that is known of it', () => {
    expect(reviveError(recordError(new CommitConflict('never')))).toBeInstanceOf(InternalBug)
    expect(reviveError(recordError(new RangeError('far')))).toMatchObject({
      code: 'INTERNAL_BUG',
      message: expect.stringContaining('RangeError: far'),
    })
    const bare = new RangeError('bare')
    Object.defineProperty(bare, 'stack', { value: undefined })
    expect(recordError(bare).message).toBe('bare')
    expect(recordError('thrown text').message).toBe('thrown text')
  })

  test('a trap is found among the causes', () => {
    const trap = new WebAssembly.RuntimeError('unreachable')
    expect(isTrap(trap)).toBe(true)
    expect(isTrap(new StoreUnavailable('memory', { cause: trap }))).toBe(true)
    expect(isTrap(new CorruptData('bytes', { cause: 'text' }))).toBe(false)
    const loop: Error = new Error('loop')
    loop.cause = loop
    expect(isTrap(loop)).toBe(false)
  })
})

describe('a file that a worker opens', () => {
  test('spans are read side by side', () => {
    const file = new LocalFile(localPath, 'p', bytes.length)
    const spans = [
      { start: 0, end: 4 },
      { start: bytes.length - 4, end: bytes.length },
    ]
    const read = file.readSpans(spans).map((piece) => [piece.start, ...piece.bytes])
    const magic = [...new TextEncoder().encode('PAR1')]
    expect(read).toEqual([
      [0, ...magic],
      [bytes.length - 4, ...magic],
    ])
    file.close()
  })

  test('bytes beyond its end are corrupt', () => {
    const file = new LocalFile(localPath, 'p', bytes.length)
    expect(() => file.readSpans([{ start: bytes.length - 2, end: bytes.length + 70_000 }])).toThrow(
      CorruptData,
    )
    file.close()
    const directory = new LocalFile(folder, 'p', statSync(folder).size)
    expect(() => directory.readSpans([{ start: 0, end: 4 }])).toThrow(StoreUnavailable)
    directory.close()
  })

  test('one that is not there, is no file or has another length is a typed error', () => {
    expect(() => new LocalFile(join(folder, 'no'), 'p', 1)).toThrow(NotFound)
    expect(() => new LocalFile(join(localPath, 'below'), 'p', 1)).toThrow(StoreUnavailable)
    expect(() => new LocalFile(localPath, 'p', 1)).toThrow(CorruptData)
  })
})
