import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { MoraineError } from '../../../src/errors.js'
import { currentSnapshot } from '../../../src/format/lookup.js'
import { openManifest } from '../../../src/format/read-manifest.js'
import { readManifestList } from '../../../src/format/read-manifest-list.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'
import { goldenCase } from './golden.js'

const limits = defaultLimits
/** Plain bytes: a `Buffer` shares memory with its slices. */
const load = (path: string): Uint8Array => new Uint8Array(readFileSync(path))
const prototype = Object.getOwnPropertyNames(Object.prototype).join()

/** Bytes cut short, with bits flipped, with runs overwritten: 300 of each file. */
function* damaged(bytes: Uint8Array, seed: number): Generator<Uint8Array> {
  const env = seededEnv(seed)
  for (let i = 0; i < 100; i++) yield bytes.slice(0, env.int(bytes.length))
  for (let i = 0; i < 150; i++) {
    const copy = bytes.slice()
    for (let k = 0; k <= env.int(4); k++) {
      const at = env.int(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << env.int(8))
    }
    yield copy
  }
  for (let i = 0; i < 50; i++) {
    const copy = bytes.slice()
    const at = env.int(copy.length)
    copy.fill(env.chance(0.5) ? 0xff : 0, at, at + env.int(12))
    yield copy
  }
}

/** Reads or fails with an error of ours; anything else is a bug. Gives how many were refused. */
async function survive(
  bytes: Uint8Array,
  seed: number,
  read: (bytes: Uint8Array) => unknown,
): Promise<number> {
  let refused = 0
  for (const bad of damaged(bytes, seed)) {
    try {
      await read(bad)
    } catch (error) {
      if (!(error instanceof MoraineError)) throw error
      expect(error.code).not.toBe('INTERNAL_BUG')
      refused += 1
    }
  }
  return refused
}

describe.each(['tables/v1_basic', 'tables/part_temporal', 'tables/v3_deletion_vectors'])(
  '%s',
  (name) => {
    const golden = goldenCase(name)
    const { metadata } = golden
    const list = load(golden.file(currentSnapshot(metadata)?.manifestList ?? ''))

    test('metadata', async () => {
      const read = (bytes: Uint8Array) => readTableMetadata(bytes, { limits })
      const refused = await survive(load(golden.metadataPath), 1, read)
      expect(refused).toBeGreaterThan(150)
      expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototype)
    })

    test('manifest list', async () => {
      const read = (bytes: Uint8Array) => readManifestList(bytes, { limits })
      expect(await survive(list, 2, read)).toBeGreaterThan(150)
    })

    test('manifests', async () => {
      for (const manifest of await readManifestList(list, { limits })) {
        const bytes = load(golden.file(manifest.path))
        const read = async (bad: Uint8Array) => [
          ...(await openManifest(bad, { limits, manifest, metadata })).entries(),
        ]
        expect(await survive(bytes, 3, read)).toBeGreaterThan(150)
      }
    })
  },
)
