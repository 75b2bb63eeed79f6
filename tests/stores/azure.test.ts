/** The Azure adapter on a real server. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startAzureTarget } from './azure-target.js'
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
  running = await startAzureTarget()
})
afterAll(() => running?.stop())

describe('azure: the conformance suite', () => conformanceSuite(target))
describe('azure: writers', () => writersSuite(target))
describe('azure: programs', () => programsSuite(target))
describe('azure: faults', () => faultsSuite(target))
describe('azure: the demo', () => demoSuite(target))
describe('azure: requests', () => requestsSuite(target))
