/** Metadata tables of the golden tables, through the public API, against what Spark shows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openTable } from '../../src/index.js'
import type { MetadataTable } from '../../src/inspect/metadata-table.js'
import { rowEncoder } from '../../src/types/encode-row.js'
import { goldenNames } from './golden-scan.js'

const root = import.meta.dirname
const TABLES = ['snapshots', 'history', 'refs', 'files', 'manifests', 'partitions'] as const

interface Expected {
  readonly location: string
  readonly metadata_tables: Readonly<
    Record<string, readonly unknown[] | { readonly error: string }>
  >
}

/** Spark's rows; undefined where it cannot show a type that the table has. */
function expectedRows(expected: Expected, table: string): unknown[] | undefined {
  const rows = expected.metadata_tables[table] ?? []
  return 'error' in rows ? undefined : sorted(rows)
}

/** Rows as the canonical encoding has them, with keys in a fixed order, sorted. */
async function rowsOf(table: MetadataTable): Promise<unknown[]> {
  const encode = rowEncoder(table.schema)
  const rows: unknown[] = []
  for await (const row of table) rows.push(JSON.parse(encode(row)))
  return sorted(rows)
}

function sorted(rows: readonly unknown[]): unknown[] {
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .map((text) => JSON.parse(text) as unknown)
}

describe.each(goldenNames)('%s', (name) => {
  const folder = join(root, name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const open = () =>
    openTable(folder, { relocate: { '/warehouse': join(root, name.split('/')[0] ?? '') } })

  test.each(TABLES)('%s', async (table) => {
    const { inspect } = await open()
    const rows = await rowsOf(inspect[table]())
    const wanted = expectedRows(expected, table)
    if (wanted === undefined) expect(rows).not.toEqual([])
    else expect(rows).toEqual(wanted)
  })

  test('entries', async () => {
    const { inspect } = await open()
    const rows = (await rowsOf(inspect.entries())) as {
      data_file: { content: number; file_path: string }
    }[]
    const flat = rows.map(({ data_file, ...entry }) => ({
      ...entry,
      content: data_file.content,
      file_path: data_file.file_path,
    }))
    const wanted = expectedRows(expected, 'entries')
    if (wanted === undefined) expect(flat).not.toEqual([])
    else expect(sorted(flat)).toEqual(wanted)
  })
})
