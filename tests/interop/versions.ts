import { readFileSync } from 'node:fs'
import type { Versions } from './report.js'

/** The pinned versions of the engines, from the lock files that they are installed from. */
export function engineVersions(): Versions {
  const python = readFileSync('tests/interop/requirements.txt', 'utf8')
  const version = (name: string) =>
    new RegExp(`^${name}[^=]*==([^ \\\\\\n;]+)`, 'm').exec(python)?.[1]
  const jars = readFileSync('tests/interop/jars.lock', 'utf8')
  const iceberg = /iceberg-spark-runtime[^:\s]*[:\s]+([\d.]+)/.exec(jars)?.[1]
  return {
    Spark: `${version('pyspark')} with Iceberg ${iceberg}`,
    PyIceberg: `${version('pyiceberg')}`,
    DuckDB: `${version('duckdb')}`,
  }
}
