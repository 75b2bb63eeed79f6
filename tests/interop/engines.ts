import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processDriver, readApartDriver } from './driver.js'
import { moraineDriver } from './moraine-driver.js'
import type { Drivers } from './write-scenario.js'

export interface Engines {
  readonly drivers: Drivers
  readonly workFolder: string
  readonly close: () => Promise<void>
}

/** All four engines on a folder of their own; `MORAINE_INTEROP_DIR` names one that is kept. */
export function startEngines(): Engines {
  const kept = process.env.MORAINE_INTEROP_DIR
  const workFolder = kept ?? mkdtempSync(join(tmpdir(), 'moraine-interop-'))
  mkdirSync(join(workFolder, 'warehouse'), { recursive: true })
  const drivers = {
    moraine: moraineDriver(workFolder),
    spark: processDriver('spark.py', workFolder),
    pyiceberg: processDriver('pyiceberg_driver.py', workFolder),
    duckdb: readApartDriver('duckdb_driver.py', workFolder),
  }
  return {
    drivers,
    workFolder,
    async close() {
      await Promise.all(Object.values(drivers).map((driver) => driver.close()))
      if (kept === undefined) rmSync(workFolder, { recursive: true, force: true })
    },
  }
}
