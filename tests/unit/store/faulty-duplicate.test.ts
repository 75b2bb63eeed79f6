import { expect, test } from 'vitest'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { StoreUnavailable } from '../../../src/errors.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'
import { faultAt } from '../../../src/testing/faults.js'
import { faultyStore } from '../../../src/testing/faulty-store.js'

/** S3: a create may be refused only when nothing was applied; a repeated one was applied before. */
test('a repeated create whose repetition is refused is unknown, not refused', async () => {
  const env = seededEnv(1)
  const inner = memoryStore({ env })
  let calls = 0
  const once: Store = Object.assign(Object.create(inner) as Store, {
    create: (path: string, bytes: Uint8Array) => {
      if (calls++ > 0) throw new StoreUnavailable('busy')
      return inner.create(path, bytes)
    },
  })
  const store = faultyStore(once, { env, plan: faultAt(0, 'duplicate') })
  const outcome = await store.create('memory:/a/v1.metadata.json', new Uint8Array(1))
  expect(outcome.outcome).toBe('unknown')
  expect(inner.files().size).toBe(1)
})
