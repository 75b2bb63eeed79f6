/**
 * Mutated bytes within the limits that users have: reading a few kilobytes takes no more memory than
 * G16 allows, whatever they claim to hold. `MORAINE_FUZZ` and `MORAINE_FUZZ_SEED` as in fuzz.test.ts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadZstd } from '../../src/codec/zstd.js'
import { defaultLimits } from '../../src/env/limits.js'
import { mutate, randomOf } from './engine.js'
import { targetsWithin } from './targets.js'

const inputs = Number(process.env.MORAINE_FUZZ ?? 150)
const first = Number(process.env.MORAINE_FUZZ_SEED ?? 1)
const PEAK_KB = 64 * 1024

const isLinux = existsSync('/proc/self/clear_refs')

/** Kilobytes of this process: what it holds, and the most since `forgetPeak` (where it is told: on Linux). */
function memory(): { readonly now: number; readonly peak: number } {
  if (!isLinux) {
    const now = process.memoryUsage.rss() / 1024
    return { now, peak: now }
  }
  const status = readFileSync('/proc/self/status', 'utf8')
  const of = (name: string): number =>
    Number(new RegExp(`${name}:\\s+([0-9]+) kB`).exec(status)?.[1])
  return { now: of('VmRSS'), peak: of('VmHWM') }
}

function forgetPeak(): void {
  if (isLinux) writeFileSync('/proc/self/clear_refs', '5')
}

beforeAll(() => loadZstd())

test('the peak that is measured is that of the work between', () => {
  forgetPeak()
  const before = memory().now
  const much = new Uint8Array(PEAK_KB * 2048).fill(1)
  expect(memory().peak - before).toBeGreaterThan(PEAK_KB)
  expect(much.at(-1)).toBe(1)
})

describe.each(targetsWithin(defaultLimits))('$name', ({ name, samples, read }) => {
  test(`${inputs} mutations`, { timeout: 300_000 + inputs * 20 }, async () => {
    for (let seed = first; seed < first + inputs; seed++) {
      const bytes = mutate(randomOf(seed), samples)
      forgetPeak()
      const before = memory().now
      // What it must say, and in what words, is for fuzz.test.ts.
      await Promise.resolve(bytes)
        .then(read)
        .catch(() => undefined)
      const grown = memory().peak - before
      expect(grown, `${name}: MORAINE_FUZZ_SEED=${seed} MORAINE_FUZZ=1`).toBeLessThan(PEAK_KB)
    }
  })
})
