import { readFileSync, statSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

/** Where and with what a run was made. */
export interface Machine {
  readonly cpu: string
  readonly memoryGiB: number
  readonly load: string
  readonly node: string
  readonly dataMiB: number
  readonly versions: Readonly<Record<string, string>>
}

const PACKAGES = [
  'apache-arrow',
  'parquet-wasm',
  '@duckdb/node-api',
  'hyparquet',
  'hyparquet-compressors',
]

function versionOf(folder: string): string {
  const text = readFileSync(join(import.meta.dirname, '../..', folder, 'package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

export function machine(files: readonly string[]): Machine {
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  const versions = PACKAGES.map((name) => [name, versionOf(`node_modules/${name}`)])
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()
      .map((value) => value.toFixed(2))
      .join(' '),
    node: process.version,
    dataMiB: Math.round(bytes / 2 ** 20),
    versions: Object.fromEntries([['moraine', versionOf('.')], ...versions]),
  }
}
