/**
 * Mutated bytes into every parser: a value or a typed error, in bounded time and memory, and no
 * prototype is the other after it. `MORAINE_FUZZ=20000` runs so many inputs for each target, from
 * `MORAINE_FUZZ_SEED`.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { loadZstd } from '../../src/codec/zstd.js'
import { MoraineError } from '../../src/errors.js'
import { mutate, randomOf } from './engine.js'
import { targetsWithin } from './targets.js'

const inputs = Number(process.env.MORAINE_FUZZ ?? 150)
const first = Number(process.env.MORAINE_FUZZ_SEED ?? 1)
const TARGETS = targetsWithin()
const prototypes = [Object.prototype, Array.prototype, Map.prototype].map((prototype) => ({
  prototype,
  keys: Reflect.ownKeys(prototype),
}))
/** A parser that grows by more than this over an input of a few kilobytes has met a bomb. */
const HEAP_BYTES = 256 << 20

beforeAll(() => loadZstd())

async function outcome(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<string> {
  try {
    await read(bytes)
    return 'value'
  } catch (error) {
    if (error instanceof MoraineError) return error.code
    return `untyped: ${error instanceof Error ? error.stack : String(error)}`
  }
}

const ALLOWED =
  /^(value|CORRUPT_DATA|LIMIT_EXCEEDED|UNSUPPORTED|INVALID_ARGUMENT|NOT_FOUND|LOCATION_DENIED|VALIDATION_ERROR)$/

test('there is a target for every parser, each with samples', () => {
  expect(TARGETS.length).toBeGreaterThanOrEqual(14)
  for (const { name, samples } of TARGETS) expect(samples.length, name).toBeGreaterThan(0)
})

describe.each(TARGETS)('$name', ({ name, samples, read }) => {
  test(`${inputs} mutations`, { timeout: 300_000 + inputs * 20 }, async () => {
    const seen = new Map<string, number>()
    const before = process.memoryUsage().heapUsed
    for (let seed = first; seed < first + inputs; seed++) {
      const bytes = mutate(randomOf(seed), samples)
      const how = await outcome(read, bytes)
      const hex = Buffer.from(bytes.subarray(0, 400)).toString('hex')
      expect(how, `${name}: MORAINE_FUZZ_SEED=${seed} MORAINE_FUZZ=1, ${hex}`).toMatch(ALLOWED)
      seen.set(how, (seen.get(how) ?? 0) + 1)
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(HEAP_BYTES)
    for (const { prototype, keys } of prototypes) expect(Reflect.ownKeys(prototype)).toEqual(keys)
    // Samples are close enough to be read, and mutations far enough to be refused.
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(inputs)
  })
})
