/**
 * What one stage came to: `node .ci/count.mjs REPORT LOG EXIT_CODE` prints `PASSED FAILED`.
 * Counts come from the JSON report of the test runner when there is one, else from the last line
 * `N passed, N failed` of the log, else the stage itself is the one thing that passed or failed.
 * A stage that ended badly never counts as all passed, and a test that did not run is a failure.
 */
import { existsSync, readFileSync } from 'node:fs'

const [report, log, code] = process.argv.slice(2)
const ended = Number(code)

function counts() {
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    )
    return [numPassedTests, numFailedTests + numPendingTests + numTodoTests]
  }
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []
  const match = lines.at(-1)?.match(/^(\d+) passed, (\d+) failed$/)
  return match === null || match === undefined
    ? [ended === 0 ? 1 : 0, 0]
    : [Number(match[1]), Number(match[2])]
}

const [passed, failed] = counts()
const nothingRan = passed + failed === 0
console.log(`${passed} ${failed === 0 && (ended !== 0 || nothingRan) ? 1 : failed}`)
