import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { UsageError } from '../exit-code.js'

const PACKAGE = 'vega-datasets'
const FILE = 'data/flights-3m.parquet'

/**
 * The file of 3 million flights: the one given, else that of the package `vega-datasets`, looked for
 * from the current folder and from where moraine is installed.
 */
export function findFlights(given: string | undefined): string {
  if (given !== undefined) {
    if (existsSync(given)) return resolve(given)
    throw new UsageError(`there is no file ${given}`)
  }
  for (const from of [join(process.cwd(), 'noop.js'), import.meta.url]) {
    for (const folder of createRequire(from).resolve.paths(PACKAGE) ?? []) {
      const path = join(folder, PACKAGE, FILE)
      if (existsSync(path)) return path
    }
  }
  throw new UsageError(
    `the demo needs the flights of the npm package ${PACKAGE}; run: npm install ${PACKAGE}@3`,
  )
}
