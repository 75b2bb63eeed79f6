/** The Google Cloud Storage adapter on a real server. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startGcsTarget } from './gcs-target.js'
import { conformanceSuite } from './suites/conformance.js'
import { demoSuite } from './suites/demo.js'
import { faultsSuite } from './suites/faults.js'
import { programsSuite } from './suites/programs.js'
import { requestsSuite } from './suites/requests.js'
import { writersSuite } from './suites/writers.js'
import type { StoreTarget } from './target.js'

let running: StoreTarget
const target = () => running
beforeAll(async () => {
  running = await startGcsTarget()
})
afterAll(() => running?.stop())

// The emulator gives everything in one page, and takes long to fill it; pages are a unit test's.
describe('gcs: the conformance suite', () => conformanceSuite(target, 1100))
describe('gcs: writers', () => writersSuite(target))
describe('gcs: programs', () => programsSuite(target))
describe('gcs: faults', () => faultsSuite(target))
describe('gcs: the demo', () => demoSuite(target))
describe('gcs: requests', () => requestsSuite(target))
