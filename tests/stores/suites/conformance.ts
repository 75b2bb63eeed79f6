import { expect, test } from 'vitest'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import type { StoreTarget } from '../target.js'

/** The cases of `moraine/testing`, those of many keys and large objects included. */
export function conformanceSuite(target: () => StoreTarget): void {
  const scale = { objects: 5100, streamedBytes: 20 * 1024 * 1024 + 7 }
  test.each(storeConformance(scale).map((item) => [item.name, item] as const))(
    '%s',
    { timeout: 120_000 },
    async (_name, item) => {
      const subject = { store: target().store(), root: target().freshRoot() }
      await expect(item.run(subject)).resolves.toBeUndefined()
    },
  )
}
