/** What was parsed a moment ago is used again, within bounds. */
import { expect, test } from 'vitest'
import { keepMetadata, recentMetadata } from '../../../src/commit/recent-metadata.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { newTable } from '../../support/tables.js'

const MiB = 1024 * 1024

/** A cache of its own, and how often something had to be parsed in it. */
function cache() {
  const limits = { ...defaultLimits }
  const metadata = newTable(seededEnv(1), 'memory:/wh/ns/t')
  let parsed = 0
  return {
    metadata,
    parsed: () => parsed,
    keep: (hash: string, sizeBytes: number) => keepMetadata(limits, hash, sizeBytes, metadata),
    read: (hash: string, sizeBytes = 100) =>
      recentMetadata(limits, hash, sizeBytes, () => {
        parsed++
        return { ...metadata }
      }),
  }
}

test('bytes of one hash are parsed once, and what was written need not be', () => {
  const { metadata, keep, read, parsed } = cache()
  expect(read('a')).toBe(read('a'))
  expect(parsed()).toBe(1)
  keep('b', 100)
  expect(read('b')).toBe(metadata)
  expect(parsed()).toBe(1)
})

test('other limits have another cache', () => {
  const [one, other] = [cache(), cache()]
  one.read('a')
  other.read('a')
  expect(other.parsed()).toBe(1)
})

test('the oldest of many is forgotten; what is used again stays', () => {
  const { read, parsed } = cache()
  for (let i = 0; i < 32; i++) read(`${i}`)
  read('0')
  read('one more')
  expect(parsed()).toBe(33)
  read('0')
  expect(parsed()).toBe(33)
  read('1')
  expect(parsed()).toBe(34)
})

test('large metadata is not kept, and all together are bounded', () => {
  const { read, parsed } = cache()
  read('large', 2 * MiB)
  read('large', 2 * MiB)
  expect(parsed()).toBe(2)
  for (const hash of ['a', 'b', 'c']) read(hash, MiB)
  read('c', MiB)
  expect(parsed()).toBe(5)
  read('a', MiB)
  expect(parsed()).toBe(6)
})
