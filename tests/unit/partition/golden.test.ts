/** Partition paths and values against those the Java reference wrote (tests/golden). */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { specById } from '../../../src/format/lookup.js'
import { openManifest } from '../../../src/format/read-manifest.js'
import { readManifestList } from '../../../src/format/read-manifest-list.js'
import { partitionPath } from '../../../src/partition/partition-path.js'
import { type GoldenCase, goldenCase, goldenNames } from '../format/golden.js'

const limits = defaultLimits

async function pathsOf(golden: GoldenCase): Promise<readonly (readonly [string, string])[]> {
  const { metadata } = golden
  const seen = new Map<string, string>()
  const read = new Set<string>()
  for (const snapshot of metadata.snapshots) {
    if (snapshot.manifestList === undefined) continue
    const bytes = readFileSync(golden.file(snapshot.manifestList))
    for (const manifest of await readManifestList(bytes, { limits, path: snapshot.manifestList })) {
      if (read.has(manifest.path)) continue
      read.add(manifest.path)
      const file = readFileSync(golden.file(manifest.path))
      const reader = await openManifest(file, { limits, manifest, metadata })
      const schema = metadata.schemas.find((s) => s.schemaId === snapshot.schemaId)
      for (const entry of reader.entries()) {
        const written = /\/data\/(.*)\/[^/]+$/.exec(entry.file.path)?.[1] ?? ''
        const spec = specById(metadata, entry.file.specId)
        const current = metadata.schemas.at(-1)
        const from = schema ?? current
        if (from === undefined) continue
        seen.set(`${written} ${entry.file.specId}`, partitionPath(spec, from, entry.file.partition))
      }
    }
  }
  return [...seen].map(([key, ours]) => [key.slice(0, key.lastIndexOf(' ')), ours])
}

/** Files that are not where the reference would put them: written by the Java API, or imported. */
const ELSEWHERE = new Set(['tables/add_files_hive'])

describe('partition paths of the reference', () => {
  test.each(goldenNames.filter((name) => !ELSEWHERE.has(name)))('%s', async (name) => {
    const golden = goldenCase(name)
    for (const [written, ours] of await pathsOf(golden)) {
      if (written !== '') expect(ours).toBe(written)
    }
  })

  test('the golden tables do hold partitions', async () => {
    const counts = await Promise.all(
      [
        'tables/part_identity_numeric',
        'tables/part_temporal',
        'tables/part_bucket',
        'tables/part_truncate',
      ].map(async (name) => (await pathsOf(goldenCase(name))).length),
    )
    expect(Math.min(...counts)).toBeGreaterThan(2)
  })
})
