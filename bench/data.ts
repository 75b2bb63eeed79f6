import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

export const TABLE = 'bench.lineitem'

/** Rows of the shape of TPC-H's lineitem, computed from the row number: the same on every machine. */
function lineitemSql(rows: number): string {
  const h = (salt: number, modulo: number): string => `hash(i * 31 + ${salt}) % ${modulo}`
  const word = (salt: number): string =>
    `['carefully','quickly','furiously','blithely','slyly','deposits','packages','requests','accounts','ideas','theodolites','foxes'][1 + (${h(salt, 12)})::int]`
  return `
    SELECT (i / 4)::BIGINT AS l_orderkey,
      (${h(1, 200_000)})::BIGINT AS l_partkey,
      (${h(2, 10_000)})::BIGINT AS l_suppkey,
      (i % 4 + 1)::INTEGER AS l_linenumber,
      (1 + ${h(3, 50)})::DECIMAL(15,2) AS l_quantity,
      ((90000 + ${h(4, 10_400_000)})::DECIMAL(15,0) / 100)::DECIMAL(15,2) AS l_extendedprice,
      ((${h(5, 11)})::DECIMAL(15,0) / 100)::DECIMAL(15,2) AS l_discount,
      ((${h(6, 9)})::DECIMAL(15,0) / 100)::DECIMAL(15,2) AS l_tax,
      ['A','N','R'][1 + (${h(7, 3)})::int] AS l_returnflag,
      ['F','O'][1 + (${h(8, 2)})::int] AS l_linestatus,
      (DATE '1992-01-02' + (${h(9, 2526)})::int)::DATE AS l_shipdate,
      (DATE '1992-01-31' + (${h(10, 2466)})::int)::DATE AS l_commitdate,
      (DATE '1992-01-04' + (${h(11, 2554)})::int)::DATE AS l_receiptdate,
      ['DELIVER IN PERSON','COLLECT COD','NONE','TAKE BACK RETURN'][1 + (${h(12, 4)})::int] AS l_shipinstruct,
      ['AIR','FOB','MAIL','RAIL','REG AIR','SHIP','TRUCK'][1 + (${h(13, 7)})::int] AS l_shipmode,
      ${word(14)} || ' ' || ${word(15)} || ' ' || (${h(16, 100_000)})::VARCHAR AS l_comment
    FROM range(${rows}) r(i)`
}

/** The Parquet files below a folder. */
export function parquetFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/**
 * Makes `bench.lineitem` in the folder unless it is there: DuckDB computes the rows, `moraine import`
 * puts them into the table whose files every method then reads.
 */
export async function prepare(folder: string, rows: number): Promise<string> {
  const warehouse = join(folder, `lineitem-${rows}`)
  const ready = join(folder, `lineitem-${rows}.ready`)
  if (existsSync(ready)) return warehouse
  rmSync(warehouse, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const source = join(folder, `source-${rows}.parquet`)
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const format = 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000'
  await connection.run(`COPY (${lineitemSql(rows)}) TO '${source}' (${format})`)
  connection.closeSync()
  instance.closeSync()
  importParquet(source, TABLE, warehouse)
  rmSync(source)
  writeFileSync(ready, '')
  return warehouse
}

/** Puts the rows of a Parquet file into a new table. */
export function importParquet(file: string, table: string, warehouse: string): void {
  const cli = join(import.meta.dirname, '../../dist/cli/main.js')
  const args = [cli, 'import', file, table, '--catalog', warehouse]
  execFileSync(process.execPath, args, { stdio: 'inherit' })
}
