/** Tables for `bench:rows`: rows computed from their number, made once and then kept. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { connect, t, truncate } from 'moraine'
import { importParquet } from './data.js'

/** The first is changed and rolled back, `source` is upserted into it, the others are scanned. */
export const TABLES = {
  target: 'bench.target',
  source: 'bench.source',
  positions: 'bench.positions',
  equality: 'bench.equality',
  vectors: 'bench.vectors',
} as const

/** What of the scanned tables is deleted: the ids with this remainder. */
export const DELETED = {
  positions: { step: 10, rest: 3 },
  equality: { step: 100, rest: 7 },
  vectors: { step: 10, rest: 3 },
} as const

export type Scanned = keyof typeof DELETED

/** Rows of each data file of `vectors`, which all have a deletion vector. */
export const ROWS_PER_VECTOR = 1000

export interface RowsData {
  readonly warehouse: string
  /** The rows to upsert, as Parquet for the peers. */
  readonly source: string
}

function columns(key: string): string {
  return `${key}::BIGINT AS id, (hash(${key}) % 1000000)::DOUBLE / 100 AS amount,
    'customer ' || (hash(${key} * 7 + 1) % 1000000)::VARCHAR AS name`
}

/** A tenth of the table's rows: half of them have its keys, evenly spread, half new ones; in no order. */
function sourceSql(rows: number): string {
  const half = rows / 20
  return `SELECT id, amount + 0.5 AS amount, name || ' moved' AS name FROM (
    SELECT ${columns('k')}, hash(k * 31) AS place FROM (
      SELECT i * 20 + (hash(i) % 20)::BIGINT AS k FROM range(${half}) r(i)
      UNION ALL SELECT ${rows} + i FROM range(${half}) r(i)) u) ORDER BY place`
}

/** Makes what is not there yet; the table that is changed is put back as it was made. */
export async function prepareRows(folder: string, rows: number): Promise<RowsData> {
  const home = resolve(join(folder, `rows-${rows}`))
  const data = { warehouse: join(home, 'warehouse'), source: join(home, 'source.parquet') }
  const ready = `${home}.ready`
  const target = join(data.warehouse, 'bench', 'target')
  if (!existsSync(ready)) {
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home, { recursive: true })
    const base = join(home, 'base.parquet')
    await writeParquet(`SELECT ${columns('i')} FROM range(${rows}) r(i)`, base)
    await writeParquet(sourceSql(rows), data.source)
    importParquet(base, TABLES.target, data.warehouse)
    importParquet(data.source, TABLES.source, data.warehouse)
    await makeScanned(data.warehouse, rows)
    rmSync(base)
    cpSync(target, join(home, 'target'), { recursive: true })
    writeFileSync(ready, '')
  }
  rmSync(target, { recursive: true })
  cpSync(join(home, 'target'), target, { recursive: true })
  return data
}

async function writeParquet(query: string, file: string): Promise<void> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`)
  connection.closeSync()
  instance.closeSync()
}

/** Each has two snapshots: with all rows, and without the deleted ones. */
async function makeScanned(warehouse: string, rows: number): Promise<void> {
  const catalog = await connect(warehouse, { unsafeNoSync: true })
  const from = await catalog.loadTable(TABLES.target)
  const schema = [
    ['id', t.long().required()],
    ['amount', t.double()],
    ['name', t.string()],
  ] as const
  for (const name of ['positions', 'equality', 'vectors'] as const) {
    const isVector = name === 'vectors'
    const table = await catalog.createTable(TABLES[name], {
      schema,
      formatVersion: isVector ? 3 : 2,
      ...(isVector && { partitionBy: [truncate(ROWS_PER_VECTOR, 'id')] }),
    })
    await table.append(from.scan({ ordered: true }).batches())
    const gone = keys(rows, DELETED[name])
    if (name === 'equality') await table.deleteKeys(gone, { on: ['id'] })
    else {
      const merge = table.merge(gone).on('id').whenMatched({ delete: true })
      await merge.run({ mode: 'merge-on-read' })
    }
  }
  await catalog.close()
}

function* keys(
  rows: number,
  { step, rest }: { readonly step: number; readonly rest: number },
): Generator<{ id: number }> {
  for (let id = rest; id < rows; id += step) yield { id }
}
