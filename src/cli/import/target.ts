import { basename, dirname } from 'node:path'
import { AlreadyExists, NotFound } from '../../errors.js'
import type { PartitionTerm } from '../../partition/terms.js'
import { connect } from '../../table/connect.js'
import { localFolder } from '../../table/local-path.js'
import type { Table } from '../../table/table.js'
import { t } from '../../types/builder.js'
import type { UnknownSchema } from '../../types/infer.js'
import { minFormatVersion } from '../../types/type-version.js'
import { shownLocation } from '../../util/secret.js'
import { UsageError } from '../exit-code.js'
import type { FoundColumn } from './source.js'

/** Where an import goes: a table that exists, or one that is made for it. */
export interface ImportTarget {
  load(): Promise<Table<UnknownSchema> | undefined>
  create(
    columns: readonly FoundColumn[],
    partitionBy: readonly PartitionTerm[],
  ): Promise<Table<UnknownSchema>>
  close(): Promise<void>
}

/**
 * The table that TABLE names: with a catalog a name in it; else a folder or a place in a bucket, whose
 * parent's parent is taken for the warehouse, so that `./warehouse/nyc/trips` is `nyc.trips` in
 * `./warehouse`, and `s3://bucket/nyc/trips` is `nyc.trips` in `s3://bucket`. Throws `UsageError` for
 * what names no such place.
 */
export async function openTarget(
  text: string,
  catalogUri: string | undefined,
): Promise<ImportTarget> {
  const { uri, name } =
    catalogUri === undefined ? await fromFolder(text) : { uri: catalogUri, name: text }
  const catalog = await connect(uri)
  return {
    load: async () => {
      try {
        return await catalog.loadTable(name)
      } catch (error) {
        if (error instanceof NotFound && (error.kind === 'table' || error.kind === 'namespace'))
          return undefined
        throw error
      }
    },
    create: async (columns, partitionBy) => {
      const schema = columns.map(({ name, type }) => [name, t.of(type)] as const)
      const needed = Math.max(...columns.map(({ type }) => minFormatVersion(type)))
      const formatVersion = needed === 3 ? 3 : 2
      try {
        const table = await catalog.createTable(name, { schema, partitionBy, formatVersion })
        return table as unknown as Table<UnknownSchema>
      } catch (error) {
        // Another import was faster: its table is one that exists, unless this one wants it otherwise.
        if (!(error instanceof AlreadyExists) || partitionBy.length > 0) throw error
        return await catalog.loadTable(name)
      }
    },
    close: () => catalog.close(),
  }
}

/** Of a place in a bucket or behind a URL, where the rules of local paths do not hold. */
const REMOTE = /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i

async function fromFolder(text: string): Promise<{ uri: string; name: readonly string[] }> {
  if (!REMOTE.test(text)) {
    const folder = await localFolder(text)
    const namespace = dirname(folder)
    const warehouse = dirname(namespace)
    if (!/[/\\]/.test(text) || warehouse === namespace || namespace === folder) throw noPlace(text)
    return { uri: warehouse, name: [basename(namespace), basename(folder)] }
  }
  // A bucket's slashes all count: with an empty name between two of them it is another place.
  const found = /^(.*[^/])\/([^/]+)\/([^/]+)\/?$/s.exec(text)
  const [, uri, namespace, name] = found ?? []
  // What stands behind a question mark is mostly a signature, and no part of a name.
  if (uri === undefined || namespace === undefined || name === undefined || text.includes('?')) {
    throw noPlace(shownLocation(text))
  }
  return { uri, name: [namespace, name] }
}

function noPlace(shown: string): UsageError {
  return new UsageError(
    `"${shown}" is neither WAREHOUSE/NAMESPACE/TABLE nor, without --catalog, a table's name`,
  )
}
