/** The golden tables decoded by worker threads, twice in one pool: the same rows as in this thread. */
import { afterAll, describe, expect, test } from 'vitest'
import { systemEnv } from '../../src/env/system-env.js'
import { Unsupported } from '../../src/errors.js'
import { currentSnapshot } from '../../src/format/lookup.js'
import type { DecodePool } from '../../src/parquet/decode-pool.js'
import { createPool, inlinePool } from '../../src/parquet/pool.js'
import { createScan } from '../../src/scan/scan.js'
import { goldenNames, openGolden } from './golden-scan.js'

const env = systemEnv()
const workers = createPool({ workers: 1 })
afterAll(() => workers.close())

/** Canonical rows of the current state; undefined where it is refused by name. */
async function rowsOf(name: string, pool: DecodePool): Promise<readonly string[] | undefined> {
  const { metadata, store, states } = await openGolden(name)
  const schema = states[0]?.schema
  if (schema === undefined) throw new RangeError(`${name} has no state`)
  const snapshot = currentSnapshot(metadata)
  try {
    const scan = createScan({ metadata, snapshot, schema, store, env, pool })
    return ((await scan.toArray({ as: 'json' })) as string[]).sort()
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    throw error
  }
}

describe.each(goldenNames)('%s', (name) => {
  test('worker threads give the rows of this thread, again and again', async () => {
    const expected = await rowsOf(name, inlinePool)
    expect(await rowsOf(name, workers)).toEqual(expected)
    expect(await rowsOf(name, workers)).toEqual(expected)
  })
})
