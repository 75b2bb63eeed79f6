import { expect, test } from 'vitest'
import { memoryStore, sharingMemoryStore } from '../../../src/store/memory.js'

const PATH = 'memory:/t/a'

test('what is read from a store in memory is the reader’s own', async () => {
  const store = memoryStore()
  await store.put(PATH, Uint8Array.of(1, 2, 3))
  const bytes = await store.read(PATH)
  bytes[0] = 9
  expect(await store.read(PATH)).toEqual(Uint8Array.of(1, 2, 3))
})

test('a sharing one gives whole objects as it keeps them, and parts as copies', async () => {
  const store = sharingMemoryStore()
  const written = Uint8Array.of(1, 2, 3)
  await store.put(PATH, written)
  written[0] = 9
  const whole = await store.read(PATH)
  expect(whole).toEqual(Uint8Array.of(1, 2, 3))
  expect(await store.read(PATH)).toBe(whole)
  const part = await store.read(PATH, { start: 1, end: 3 })
  part[0] = 9
  expect(whole).toEqual(Uint8Array.of(1, 2, 3))
})
