/** The S3 adapter on a real server. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startS3Target } from './s3-target.js'
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
  running = await startS3Target()
})
afterAll(() => running.stop())

describe('s3: the conformance suite', () => conformanceSuite(target))
describe('s3: writers', () => writersSuite(target))
describe('s3: programs', () => programsSuite(target))
describe('s3: faults', () => faultsSuite(target))
describe('s3: the demo', () => demoSuite(target))
describe('s3: requests', () => requestsSuite(target))
