/** How often a file is asked for, when its parts are read (docs/object-stores.md, "How many requests"). */
import { describe, expect, test } from 'vitest'
import { byteSource, WHOLE_MAX_BYTES } from '../../../src/store/byte-source.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'

const TAIL = 64 * 1024

async function opened(sizeBytes: number) {
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, i) => i % 251)
  const inner = memoryStore()
  await inner.create('/f', bytes)
  const store = observe(inner)
  const source = await byteSource(store, '/f', sizeBytes)
  const read = async (start: number, end: number) => {
    expect(await source.read(start, end)).toEqual(bytes.subarray(start, end))
    return store.totals().get('read')?.calls ?? 0
  }
  return { source, read }
}

describe('reading parts of a file from afar', () => {
  test.each([WHOLE_MAX_BYTES - 1, WHOLE_MAX_BYTES])(
    'one of %i bytes is asked for once, with its footer',
    async (size) => {
      const { read } = await opened(size)
      expect(await read(size - TAIL, size)).toBe(1)
      expect(await read(4, 100)).toBe(1)
      expect(await read(size - 8, size)).toBe(1)
      expect(await read(0, size)).toBe(1)
    },
  )

  test('of a larger one the end is kept, and other parts are asked for', async () => {
    const size = WHOLE_MAX_BYTES + 1
    const { read } = await opened(size)
    expect(await read(size - TAIL, size)).toBe(1)
    expect(await read(size - 100, size - 8)).toBe(1)
    expect(await read(4, 100)).toBe(2)
    expect(await read(4, 100)).toBe(3)
    expect(await read(0, size)).toBe(4)
    expect(await read(size - TAIL, size)).toBe(4)
  })

  test('before the end was asked for, a part is a part', async () => {
    const { read } = await opened(1000)
    expect(await read(4, 100)).toBe(1)
    expect(await read(4, 100)).toBe(2)
  })

  test('what was given is the reader’s own', async () => {
    const { source, read } = await opened(1000)
    ;(await source.read(900, 1000)).fill(255)
    ;(await source.read(0, 1000)).fill(255)
    expect(await read(0, 1000)).toBe(1)
  })
})
