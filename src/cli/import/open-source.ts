import { statSync } from 'node:fs'
import { shownLocation } from '../../util/secret.js'
import { UsageError } from '../exit-code.js'
import { csvSource } from './csv.js'
import { jsonLinesSource } from './json-lines.js'
import type { ImportSource } from './source.js'

type Format = 'parquet' | 'csv' | 'jsonl'

const BY_ENDING: ReadonlyMap<string, Format> = new Map([
  ['parquet', 'parquet'],
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
])

/** The files to import, each by its own format. Throws `UsageError` before anything is read. */
export async function openSources(
  paths: readonly string[],
  format: string | undefined,
  delimiter: string | undefined,
): Promise<readonly ImportSource[]> {
  if (delimiter !== undefined && delimiter.length !== 1 && delimiter !== '\\t') {
    throw new UsageError(`--delimiter takes one character, not "${delimiter}"`)
  }
  const sources: ImportSource[] = []
  for (const path of paths) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      throw new UsageError(missing(path))
    }
    const found = (format as Format | undefined) ?? formatOf(path)
    sources.push(await openSource(path, found, delimiter === '\\t' ? '\t' : delimiter))
  }
  return sources
}

function missing(path: string): string {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return `there is no file ${path}`
  return `${shownLocation(path)} is no local file; download it first`
}

function endingOf(path: string): string {
  const name = path.endsWith('.gz') ? path.slice(0, -3) : path
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase()
}

function formatOf(path: string): Format {
  const format = BY_ENDING.get(endingOf(path))
  if (format !== undefined) return format
  throw new UsageError(`the name of ${path} tells no format; say --format parquet, csv or jsonl`)
}

async function openSource(
  path: string,
  format: Format,
  delimiter: string | undefined,
): Promise<ImportSource> {
  if (format === 'csv') {
    return csvSource(path, { delimiter: delimiter ?? (endingOf(path) === 'tsv' ? '\t' : ',') })
  }
  if (format === 'jsonl') return jsonLinesSource(path)
  // The Parquet engine is loaded only for Parquet files.
  const { parquetSource } = await import('./parquet.js')
  return parquetSource(path)
}
