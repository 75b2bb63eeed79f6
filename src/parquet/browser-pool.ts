/**
 * Stands in for pool-workers.ts in a browser (`browser` in package.json): row groups are decoded in the
 * page, or in the web worker that the page has made for it.
 */
import { InlinePool } from './pool-inline.js'
import type * as Workers from './pool-workers.js'

/** No threads of this library's own. */
export const coreCount: typeof Workers.coreCount = () => 0

export class WorkerPool extends InlinePool {}
