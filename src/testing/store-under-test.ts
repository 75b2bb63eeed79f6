import type { Store } from '../store/store.js'

/** What a case of the conformance suite is run on. */
export interface StoreUnderTest {
  readonly store: Store
  /** An empty folder that the cases may fill. */
  readonly root: string
}
