/** Every state of every golden table: exactly the rows of the reference, or refused by name. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Unsupported } from '../../src/errors.js'
import { compareCanonical } from '../../src/types/encode-row.js'
import {
  expectedRows,
  type GoldenState,
  type GoldenTable,
  goldenNames,
  normalised,
  openGolden,
  scanGolden,
} from './golden-scan.js'

/** Cases with states that cannot be read yet, and why. Every other state of them must be right. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['files_orc', 'orc-data-files'],
  ['v3_variant', 'variant'],
  ...[
    'eq_delete_basic',
    'eq_delete_nulls',
    'eq_delete_partitioned',
    'maintenance_binpack',
    'maintenance_position_deletes',
    'mor_v2_file_granularity',
    'mor_v2_partition_granularity',
    'v1_to_v2',
    'v2_to_v3',
    'v3_deletion_vector_containers',
    'v3_deletion_vectors',
    'v3_lineage',
  ].map((name) => [name, 'row-level-deletes'] as const),
])

/** The rows of a state agree, or the feature for which it was refused. */
async function compare(table: GoldenTable, state: GoldenState): Promise<string | undefined> {
  const scan = scanGolden(table, state)
  let rows: string[]
  try {
    rows = await scan.toArray({ as: 'json' })
  } catch (error) {
    if (error instanceof Unsupported) return error.feature
    throw error
  }
  const { expected } = state
  const where = `${table.name} ${state.label}`
  if (expected.columns !== undefined) {
    const names = scan.schema.fields.map((field) => field.name)
    expect(names, where).toEqual(expected.columns.map((column) => column.name))
  }
  if (expected.rows === undefined) {
    expect(rows.length, where).toBe(expected.row_count)
    const text = rows.sort(compareCanonical).join('\n')
    expect(createHash('sha256').update(text).digest('hex'), where).toBe(expected.rows_sha256)
  } else {
    expect(normalised(rows), where).toEqual(expectedRows(expected))
  }
  expect(await scan.count(), `${where} count`).toBe(rows.length)
  return undefined
}

describe('golden tables', () => {
  test.each(goldenNames)('%s', async (name) => {
    const table = await openGolden(name)
    const refused = new Set<string>()
    for (const state of table.states) {
      const feature = await compare(table, state)
      if (feature !== undefined) refused.add(feature)
    }
    const short = name.split('/')[1] ?? name
    if (name.startsWith('random/')) {
      expect([...refused].filter((feature) => feature !== 'row-level-deletes')).toEqual([])
    } else {
      const expected = REFUSED.get(short)
      expect([...refused]).toEqual(expected === undefined ? [] : [expected])
    }
  })
})
