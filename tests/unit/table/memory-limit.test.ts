/** `memoryLimit` bounds what a change adds to a process that is warm (docs/row-level.md, "Memory"). */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CHILD = join(import.meta.dirname, 'memory-limit-child.mjs')
let folder: string

function child(what: string, workers: number, limitMiB: number): string {
  const args = [CHILD, folder, what, `${workers}`, `${limitMiB}`]
  return execFileSync(process.execPath, args, { encoding: 'utf8' })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-memory-limit-'))
  child('make', 2, 512)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What wasm, pages on their way and memory not yet collected take, however small the limit (270 seen). */
const FLOOR_MIB = 320

describe.each([
  [0, 160, 160],
  [1, 256, 256],
  [2, 512, 512],
  [2, 128, FLOOR_MIB],
])('a table of three million rows, %i workers, %i MiB', (workers, limitMiB, boundMiB) => {
  test.each(['upsert', 'update', 'delete', 'upsert, merge-on-read', 'append'])('%s', (what) => {
    const { peakMiB } = JSON.parse(child(what, workers, limitMiB)) as { readonly peakMiB: number }
    console.log(
      `figure: memory: ${what}, ${workers} workers: ${peakMiB.toFixed(0)} of ${limitMiB} MiB`,
    )
    expect(peakMiB).toBeLessThanOrEqual(boundMiB)
  })
})
