import { expect, test } from 'vitest'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import type { StoreTarget } from '../target.js'

/**
 * The cases of `moraine/testing`, those of many keys and large objects included. `objects`: of the
 * long listing, more than a page of what gives pages.
 */
export function conformanceSuite(target: () => StoreTarget, objects = 5100): void {
  const scale = { objects, streamedBytes: 20 * 1024 * 1024 + 7 }
  test.each(storeConformance(scale).map((item) => [item.name, item] as const))(
    '%s',
    { timeout: 600_000 },
    async (_name, item) => {
      const subject = { store: target().store(), root: target().freshRoot() }
      await expect(item.run(subject)).resolves.toBeUndefined()
    },
  )
}
