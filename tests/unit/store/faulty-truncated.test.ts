import { expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { commitActions } from '../../../src/commit/committer.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { readManifestList } from '../../../src/format/read-manifest-list.js'
import { memoryStore } from '../../../src/store/memory.js'
import { faultAt } from '../../../src/testing/faults.js'
import { faultyStore } from '../../../src/testing/faulty-store.js'
import { appendOf, newTable } from '../../support/tables.js'

const warehouse = 'memory:/wh'
const location = `${warehouse}/ns/t`
const table = { namespace: ['ns'], name: 't' }

/** Draws the place of the cut. */
const cutAt = (at: number) => ({
  ...seededEnv(1),
  randomBytes: () => new Uint8Array(new Uint32Array([at]).buffer).reverse(),
})

/**
 * S6: no store gives a short answer for a whole one. An Avro file that is cut behind a block is whole
 * to every reader, so such a cut would be a fault that nobody promises to notice.
 */
test('a truncated answer is never a whole Avro file, wherever it is cut', async () => {
  const env = seededEnv(1)
  const shared = memoryStore({ env })
  const catalog = fileCatalog({ warehouse, store: shared, env })
  await catalog.createTable(table, newTable(env, location))
  const options = { env, store: catalog.storeFor(table) }
  const { table: loaded } = await commitActions(
    catalog.target(table),
    [appendOf(location, 'a')],
    options,
  )
  const path = loaded.metadata.snapshots[0]?.manifestList as string
  const whole = await shared.read(path)
  expect(await readManifestList(whole, { limits: env.limits, path })).toHaveLength(1)
  const understood: number[] = []
  for (let at = 0; at < whole.length; at++) {
    const store = faultyStore(shared, { env: cutAt(at), plan: faultAt(0, 'truncated') })
    const bytes = await store.read(path)
    expect(bytes.length).toBeLessThan(whole.length)
    const read = readManifestList(bytes, { limits: env.limits, path })
    if (
      await read.then(
        () => true,
        () => false,
      )
    )
      understood.push(at)
  }
  expect(understood).toEqual([])
})
