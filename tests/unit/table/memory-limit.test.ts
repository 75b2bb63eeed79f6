/** `memoryLimit` bounds what a change adds to a process that is warm (docs/row-level.md, "Memory"). */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CHILD = join(import.meta.dirname, 'memory-limit-child.mjs')
let folder: string
let turns = 0

function child(what: string, workers: number, limitMiB: number): string {
  const args = [CHILD, folder, what, `${workers}`, `${limitMiB}`, `${turns++}`]
  return execFileSync(process.execPath, args, { encoding: 'utf8' })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-memory-limit-'))
  child('make', 2, 512)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What wasm, pages on their way and memory not yet collected take, however small the limit (270 seen). */
const FLOOR_MIB = 320

const CHANGES = ['upsert', 'update', 'delete', 'upsert, merge-on-read', 'append']

interface Measured {
  readonly peakMiB: number
  readonly published: boolean
}

describe.each([
  [0, 192, 192],
  [1, 256, 256],
  [2, 512, 512],
  [2, 128, FLOOR_MIB],
])('a table of three million rows, %i workers, %i MiB', (workers, limitMiB, boundMiB) => {
  // What is held is the same each time; when it is collected is up to the machine, so the best of three.
  const often = { retry: 2 }
  test.each(CHANGES)('%s', often, (what) => {
    const { peakMiB, published } = JSON.parse(child(what, workers, limitMiB)) as Measured
    console.log(
      `figure: memory: ${what}, ${workers} workers: ${peakMiB.toFixed(0)} of ${limitMiB} MiB`,
    )
    expect(published).toBe(true)
    expect(peakMiB).toBeLessThanOrEqual(boundMiB)
  })
})
