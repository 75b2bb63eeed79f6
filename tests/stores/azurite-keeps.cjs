// Loaded before Azurite: it keeps unreferenced bytes for a day, not for ten minutes. Its collection of
// those that it holds in memory is one long pause (22 s for 2,300 of them, and longer than in proportion for
// more), which a client takes for a silent server.
const { realpathSync } = require('node:fs')
const { createRequire } = require('node:module')

const load = createRequire(realpathSync(process.argv[1]))
const constants = load('./utils/constants.js')
if (!Number.isInteger(constants.DEFAULT_GC_INTERVAL_MS)) {
  throw new Error('Azurite names the interval of its collection otherwise: look for its new name')
}
constants.DEFAULT_GC_INTERVAL_MS = 24 * 60 * 60 * 1000
