import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ValueMetrics } from '../../../src/parquet/value-metrics.js'
import type { PrimitiveType } from '../../../src/types/type.js'
import { compareBytes } from '../../../src/util/bytes.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { schemaOf } from '../arrow/random-rows.js'
import { physicalBatch } from './write-support.js'

/** Few values, alike at their ends or beginnings, empty ones and nulls, in runs. */
const runs = fc
  .array(
    fc.record({
      value: fc.constantFrom(
        null,
        '',
        'a',
        'b',
        'ab',
        'bb',
        'aab',
        'abb',
        'bab',
        'é',
        '\u{10ffff}',
      ),
      times: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) => list.flatMap(({ value, times }) => Array<string | null>(times).fill(value)))

test('whole bounds of columns with runs of one value are those of all the values', () => {
  fc.assert(
    fc.property(fc.array(runs, { minLength: 1, maxLength: 3 }), (batches) => {
      const schema = schemaOf([['s', { kind: 'string' }]])
      const metrics = new ValueMetrics(schema, () => true)
      for (const batch of batches)
        metrics.add(
          physicalBatch(
            schema,
            batch.map((s) => ({ s })),
          ),
        )
      const texts = batches.flat().filter((text) => text !== null)
      texts.sort((a, b) => compareBytes(encodeUtf8(a), encodeUtf8(b)))
      expect(metrics.bounds(1)).toEqual({ lower: texts[0], upper: texts.at(-1) })
    }),
    { numRuns: 300 },
  )
})

test('whole bounds of values of one width, and of values below nulls', () => {
  const type: PrimitiveType = { kind: 'fixed', length: 2 }
  const schema = schemaOf([['f', type]])
  const metrics = new ValueMetrics(schema, () => true)
  const values = [[2, 1], [2, 1], null, [1, 9], [1, 9], [2, 0], null, [2, 1]]
  const rows = values.map((bytes) => ({ f: bytes && Uint8Array.from(bytes) }))
  metrics.add(physicalBatch(schema, rows))
  expect(metrics.bounds(1)).toEqual({
    lower: Uint8Array.from([1, 9]),
    upper: Uint8Array.from([2, 1]),
  })
})
