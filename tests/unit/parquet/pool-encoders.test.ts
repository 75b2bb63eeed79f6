/** How many workers encode: each keeps the wasm memory of its largest row group. */
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { afterEach, expect, test } from 'vitest'
import type { DecodePool } from '../../../src/parquet/decode-pool.js'
import { createPool } from '../../../src/parquet/pool.js'
import type { EncodeRequest } from '../../../src/parquet/write-encode.js'

let pool: DecodePool

afterEach(() => pool.close())

function request(): EncodeRequest {
  const table = tableFromArrays({ a: Float64Array.from({ length: 100_000 }, (_, i) => i) })
  return {
    ipc: tableToIPC(table, 'stream'),
    rows: table.numRows,
    options: {
      codec: 'snappy',
      pageVersion: 1,
      pageBytes: 1024 * 1024,
      dictionaryBytes: 0,
      plainColumns: [],
    },
  }
}

/** Workers keep the process alive while they work: that shows how many do. */
function working(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
}

test.each([1, 2, 3])('%i encoders of a pool of three are used at most', async (encoders) => {
  const before = working()
  pool = createPool({ workers: 3 })
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, working() - before)
  }, 1)
  const images = await Promise.all(
    Array.from({ length: 9 }, () => pool.encodeRowGroup(request(), { encoders })),
  )
  clearInterval(watch)
  expect(new Set(images.map(({ length }) => length)).size).toBe(1)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(encoders)
})
