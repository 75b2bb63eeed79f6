/** How a write shares out its memory (docs/row-level.md, "Memory"). */
import { describe, expect, test } from 'vitest'
import type { EncodeRequest, RowGroupEncoder } from '../../../src/parquet/write-encode.js'
import type { ChangeContext } from '../../../src/write/changes/change-context.js'
import { changeMemory, memoryBeside } from '../../../src/write/changes/change-memory.js'
import { sharedEncoder } from '../../../src/write/shared-encoder.js'
import { countedBytes, ENCODING_COPIES, writeMemory } from '../../../src/write/write-memory.js'

const MiB = 1024 * 1024

describe('the shares', () => {
  test.each([
    // limit, encoders: row group, encoders used
    [480, 1, 20, 1],
    [480, 2, 20, 2],
    [480, 4, 10, 4],
    [480, 16, 4, 10],
    [96, 16, 4, 2],
    [24, 2, 2, 1],
    [24, 1, 2, 1],
  ])('of %i MiB with %i encoders: row groups of %i MiB in %i', (bytes, size, rowGroup, used) => {
    const memory = writeMemory(bytes * MiB, size)
    expect(memory.encoders).toBe(used)
    expect(memory.rowGroupBytes / MiB).toBeCloseTo(rowGroup, 5)
    const encoding = used * memory.rowGroupBytes * ENCODING_COPIES
    expect(memory.waitingBytes + encoding).toBeLessThanOrEqual(bytes * MiB)
  })

  test('however little there is, a row group has a byte', () => {
    expect(writeMemory(1, 8)).toMatchObject({ rowGroupBytes: 1, encoders: 1 })
  })

  test('some of a limit is set aside for what is not counted, half of it at most', () => {
    expect([512, 128, 100, 2].map((mib) => countedBytes(mib * MiB) / MiB)).toEqual([448, 64, 50, 1])
    expect(countedBytes() / MiB).toBe(448)
  })

  test('a change reads and writes within what its source leaves', () => {
    const context = { memoryLimit: 512 * MiB }
    const { sourceMaxBytes, scanBytes, writeBytes } = changeMemory(context)
    expect(sourceMaxBytes).toBe(384 * MiB)
    expect(scanBytes + writeBytes).toBe(448 * MiB)
    const beside = changeMemory(memoryBeside(context as ChangeContext, 384 * MiB))
    expect(beside.scanBytes + beside.writeBytes).toBe(64 * MiB)
    expect(memoryBeside(context as ChangeContext, 1024 * MiB).memoryLimit).toBe(1)
    expect(changeMemory({})).toEqual(changeMemory(context))
  })
})

/** An encoder whose jobs end when they are told to. */
function slowEncoder(size: number) {
  const ends: (() => void)[] = []
  const given: (number | undefined)[] = []
  const encoder: RowGroupEncoder = {
    size,
    encodeRowGroup: (_, options) => {
      given.push(options?.encoders)
      return new Promise((resolve) => ends.push(() => resolve(new Uint8Array(0))))
    },
  }
  return { encoder, ends, given }
}

describe('an encoder that many files share', () => {
  const request: EncodeRequest = {
    ipc: new Uint8Array(0),
    rows: 1,
    options: {} as EncodeRequest['options'],
  }

  async function letIn(shared: RowGroupEncoder, sizes: readonly number[]) {
    const begun: number[] = []
    const done = sizes.map(async (bytes, at) => {
      const leave = await shared.admit?.(bytes)
      begun.push(at)
      await shared.encodeRowGroup(request)
      leave?.()
    })
    await settle()
    return { begun, all: Promise.all(done) }
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  test('takes one more than it works on, while they fit', async () => {
    const { encoder, ends, given } = slowEncoder(4)
    const shared = sharedEncoder(encoder, { encodingBytes: 100 * MiB, encoders: 2 })
    expect(shared.size).toBe(2)
    const { begun, all } = await letIn(shared, [1, 1, 1, 1, 1])
    expect(begun).toEqual([0, 1, 2])
    ends.shift()?.()
    await settle()
    expect(begun).toEqual([0, 1, 2, 3])
    while (ends.length > 0) {
      ends.shift()?.()
      await settle()
    }
    await all
    expect(given).toEqual([2, 2, 2, 2, 2])
  })

  test('takes fewer when they do not fit together, and a single one whatever its size', async () => {
    const { encoder, ends } = slowEncoder(4)
    const encodingBytes = 10 * ENCODING_COPIES
    const shared = sharedEncoder(encoder, { encodingBytes, encoders: 4 })
    const { begun, all } = await letIn(shared, [50, 6, 4, 1, 60])
    const seen = [begun.length]
    while (ends.length > 0) {
      ends.shift()?.()
      await settle()
      seen.push(begun.length)
    }
    await all
    // Alone; then 6 and 4; 1 beside 4; nothing beside 60.
    expect(seen).toEqual([1, 3, 4, 4, 5, 5])
    expect(begun).toEqual([0, 1, 2, 3, 4])
  })
})
