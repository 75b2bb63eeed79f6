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
const REFUSED: ReadonlyMap<string, string> = new Map([['files_orc', 'orc-data-files']])

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
  await compareLineage(table, state)
  return undefined
}

/** The rows with their ids and the sequence numbers of their last updates, where they are known. */
async function compareLineage(table: GoldenTable, state: GoldenState): Promise<void> {
  const { lineage } = state.expected
  if (lineage === undefined) return
  const columns = state.schema.fields.map(({ name }) => [name])
  const select = [...columns, '_row_id', '_last_updated_sequence_number']
  const rows = await scanGolden(table, state, { select }).toArray({ as: 'json' })
  const expected = lineage.map((row) => JSON.stringify(row)).sort()
  expect(normalised(rows), `${table.name} ${state.label} lineage`).toEqual(expected)
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
      expect([...refused]).toEqual([])
    } else {
      const expected = REFUSED.get(short)
      expect([...refused]).toEqual(expected === undefined ? [] : [expected])
    }
  })
})
