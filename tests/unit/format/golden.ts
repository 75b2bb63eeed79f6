/** The golden tables (tests/golden/README.md) as the format tests read them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLimits } from '../../../src/env/limits.js'
import type { TableMetadata } from '../../../src/format/model.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'

export interface ExpectedFile {
  readonly [column: string]: unknown
  readonly file_path: string
  readonly partition?: Readonly<Record<string, unknown>>
}

export interface ExpectedTables {
  readonly snapshots: readonly Record<string, unknown>[]
  readonly history: readonly Record<string, unknown>[]
  readonly refs: readonly Record<string, unknown>[]
  readonly files: readonly ExpectedFile[] | { readonly error: string }
  readonly entries: readonly Record<string, unknown>[] | { readonly error: string }
  readonly manifests: readonly Record<string, unknown>[]
}

export interface Expected {
  readonly location: string
  readonly format_version: number
  readonly current: { readonly snapshot_id: string | null; readonly schema_id: number }
  readonly snapshots: readonly { readonly snapshot_id: string; readonly schema_id: number }[]
  readonly metadata_tables: ExpectedTables
}

export interface GoldenCase {
  readonly name: string
  readonly folder: string
  readonly expected: Expected
  /** The real file for a path as the metadata has it. */
  readonly file: (path: string) => string
  readonly metadataPath: string
  readonly metadata: TableMetadata
}

const root = join(import.meta.dirname, '../../golden')

/** Names of all cases, `tables/…` and `random/…`. */
export const goldenNames: readonly string[] = ['tables', 'random'].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
)

export function goldenCase(name: string): GoldenCase {
  const folder = join(root, name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const metadataPath = latestMetadata(folder)
  const metadata = readTableMetadata(readFileSync(metadataPath), {
    limits: defaultLimits,
    path: metadataPath,
  })
  const file = (path: string): string => {
    const local = path.replace(/^file:/, '').replace(/^\/warehouse\/[^/]+\//, '')
    return join(folder, local)
  }
  return { name, folder, expected, file, metadataPath, metadata }
}

function latestMetadata(folder: string): string {
  const version = readFileSync(join(folder, 'metadata/version-hint.text'), 'utf8').trim()
  const names = [`v${version}.metadata.json`, `v${version}.gz.metadata.json`]
  const found = names.map((name) => join(folder, 'metadata', name)).find(existsSync)
  if (found === undefined) throw new RangeError(`no metadata file in ${folder}`)
  return found
}

/** Every metadata file of a case, oldest first. */
export function metadataFiles(folder: string): readonly string[] {
  return readdirSync(join(folder, 'metadata'))
    .filter((name) => name.endsWith('.metadata.json'))
    .map((name) => join(folder, 'metadata', name))
}
