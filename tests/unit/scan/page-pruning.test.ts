import { describe, expect, test } from 'vitest'
import { and, col, or } from '../../../src/expr/build.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import type { Row } from '../../../src/scan/scan.js'
import { openGolden, scanGolden } from '../../golden/golden-scan.js'
import { writtenTable } from '../../support/written-table.js'

function levelOf(report: { levels: readonly { level: string; skipped: number }[] }, level: string) {
  return report.levels.find((one) => one.level === level)?.skipped
}

describe('page pruning', () => {
  const rows = Array.from(
    { length: 6000 },
    (_, at): Row => ({
      id: BigInt(at),
      s: `text ${String(at).padStart(6, '0')} ${'x'.repeat(20)}`,
      n: at % 500 === 0 ? null : at % 7,
    }),
  )

  async function table() {
    const made = await writtenTable({
      fields: [
        { id: 1, name: 'id', required: true, type: { kind: 'long' } },
        { id: 2, name: 's', required: false, type: { kind: 'string' } },
        { id: 3, name: 'n', required: false, type: { kind: 'int' } },
      ],
      properties: { 'write.parquet.page-size-bytes': '2048', 'write.parquet.dict-size-bytes': '1' },
    })
    await made.append(rows)
    return made
  }

  test('skips the pages that cannot match and still gives every matching row', async () => {
    const made = await table()
    const cases: readonly (readonly [Predicate, (row: Row) => boolean])[] = [
      [col('id').eq(3000n), (row) => row['id'] === 3000n],
      [
        and(col('id').gte(10n), col('s').startsWith('text 0000')),
        (row) => (row['id'] as bigint) >= 10n && (row['id'] as bigint) < 100n,
      ],
      [
        or(col('id').lt(5n), col('s').gt('text 005990')),
        (row) => (row['id'] as bigint) < 5n || (row['id'] as bigint) >= 5990n,
      ],
    ]
    for (const [where, matches] of cases) {
      const scan = await made.scan({ where, ordered: true })
      expect(await scan.toArray()).toEqual(rows.filter(matches))
      const report = await scan.explain()
      expect(levelOf(report, 'pages by page index')).toBeGreaterThan(0)
      expect(report.rowsToRead).toBeLessThan(rows.length)
    }
  })

  test('positions are those in the file, whatever was skipped', async () => {
    const made = await table()
    const where = or(col('id').eq(17n), col('id').gte(5998n))
    const scan = await made.scan({ select: ['_pos', 'id'], where, ordered: true })
    expect(await scan.toArray()).toEqual([17n, 5998n, 5999n].map((at) => ({ _pos: at, id: at })))
    const byPosition = await made.scan({ select: ['id'], where: col('_pos').eq(4321n) })
    expect(await byPosition.toArray()).toEqual([{ id: 4321n }])
  })

  test('reads the page index that parquet-mr writes', async () => {
    const golden = await openGolden('tables/parquet_layout')
    const state = golden.states[0]
    if (state === undefined) throw new RangeError('no state')
    const scan = scanGolden(golden, state, { where: col('id').eq(27) })
    expect((await scan.toArray()).map((row) => row['l'])).toEqual([27n * 1000003n])
    const report = await scan.explain()
    expect(levelOf(report, 'row groups by statistics')).toBeGreaterThan(0)
    expect(levelOf(report, 'pages by page index')).toBeGreaterThan(0)
    expect(report.rowsToRead).toBeLessThan(30)
  })
})
