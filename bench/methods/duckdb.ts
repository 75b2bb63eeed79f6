import { join } from 'node:path'
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDateVector,
  DuckDBDecimal64Vector,
  DuckDBInstance,
} from '@duckdb/node-api'
import {
  type Checksum,
  COLUMNS_OF_FILTER,
  COLUMNS_OF_THREE,
  FILTER,
  type Method,
  type Task,
} from '../contract.js'
import { parquetFiles } from '../data.js'

const THREADS = '2'

/** Opens DuckDB and reads one row, like every other engine here. */
async function open(task?: Task): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: THREADS })
  const connection = await instance.connect()
  // Order is nobody's promise here; keeping it would only slow DuckDB down.
  await connection.run('SET preserve_insertion_order = false')
  if (task !== undefined) await connection.runAndReadAll(`SELECT * FROM ${source(task)} LIMIT 1`)
  return connection
}

function source(task: Task): string {
  return `read_parquet([${task.files.map((file) => `'${file}'`).join(', ')}])`
}

function columnsOf(task: Task): readonly string[] | undefined {
  return task.workload === 'three' ? COLUMNS_OF_THREE : undefined
}

function query(task: Task): string {
  return `SELECT ${columnsOf(task)?.join(', ') ?? '*'} FROM ${source(task)}`
}

/** Makes the JavaScript view of every column of a chunk: what "delivered" means. */
function deliver(chunk: DuckDBDataChunk): void {
  for (let column = 0; column < chunk.columnCount; column++) chunk.getColumnVector(column)
}

export const duckdbStream: Method = async (task, start) => {
  const connection = await open(task)
  start()
  const result = await connection.stream(query(task))
  const sums = new Sums(result.columnNames())
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    deliver(chunk)
    if (task.verify) sums.add(chunk)
  }
  return task.verify ? sums.result() : undefined
}

export const duckdbFetchAll: Method = async (task, start) => {
  const connection = await open(task)
  start()
  const result = await connection.run(query(task))
  const chunks = await result.fetchAllChunks()
  for (const chunk of chunks) deliver(chunk)
  if (!task.verify) return undefined
  const sums = new Sums(result.columnNames())
  for (const chunk of chunks) sums.add(chunk)
  return sums.result()
}

export const duckdbSql: Method = async (task, start) => {
  const connection = await open(task)
  start()
  const reader = await connection.runAndReadAll(
    `SELECT (sum(l_extendedprice * l_discount) * 10000)::BIGINT::DOUBLE AS revenue FROM ${source(task)}
     WHERE l_shipdate >= DATE '${FILTER.shipFromText}' AND l_shipdate < DATE '${FILTER.shipBeforeText}'
       AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24`,
  )
  return task.verify ? { revenue: Number(reader.value(0, 0)) } : undefined
}

export const duckdbFilterInJs: Method = async (task, start) => {
  const connection = await open(task)
  start()
  const result = await connection.stream(
    `SELECT ${COLUMNS_OF_FILTER.join(', ')} FROM ${source(task)}`,
  )
  let revenue = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) break
    revenue += revenueOf(chunk)
  }
  return task.verify ? { revenue } : undefined
}

function revenueOf(chunk: DuckDBDataChunk): number {
  const days = dates(chunk, 0)
  const discount = decimals(chunk, 1)
  const quantity = decimals(chunk, 2)
  const price = decimals(chunk, 3)
  let revenue = 0
  for (let row = 0; row < chunk.rowCount; row++) {
    const day = days(row)
    const off = discount(row)
    const inYear = day >= FILTER.shipFrom && day < FILTER.shipBefore
    if (!inYear || off < FILTER.discountMin || off > FILTER.discountMax) continue
    if (quantity(row) < FILTER.quantityBelow) revenue += price(row) * off
  }
  return revenue
}

function decimals(chunk: DuckDBDataChunk, column: number): (row: number) => number {
  const vector = chunk.getColumnVector(column)
  if (!(vector instanceof DuckDBDecimal64Vector))
    throw new Error(`column ${column} is no decimal(15, 2)`)
  return (row) => Number(vector.getScaledValue(row))
}

function dates(chunk: DuckDBDataChunk, column: number): (row: number) => number {
  const vector = chunk.getColumnVector(column)
  if (!(vector instanceof DuckDBDateVector)) throw new Error(`column ${column} is no date`)
  return (row) => vector.getItem(row)?.days ?? 0
}

/** Sums over chunks, by the columns that are there. */
class Sums {
  readonly #names: readonly string[]
  readonly #sums: Record<string, number> = {}

  constructor(names: readonly string[]) {
    this.#names = names
  }

  add(chunk: DuckDBDataChunk): void {
    this.#plus('rows', chunk.rowCount)
    for (const [column, name] of this.#names.entries()) {
      const value = this.#reader(chunk, column, name)
      if (value === undefined) continue
      let sum = 0
      for (let row = 0; row < chunk.rowCount; row++) sum += value(row)
      this.#plus(name, sum)
    }
  }

  #reader(
    chunk: DuckDBDataChunk,
    column: number,
    name: string,
  ): ((row: number) => number) | undefined {
    if (name === 'l_extendedprice' || name === 'l_quantity') return decimals(chunk, column)
    if (name === 'l_shipdate') return dates(chunk, column)
    const vector = chunk.getColumnVector(column)
    if (name === 'l_orderkey') return (row) => Number(vector.getItem(row))
    if (name === 'l_comment') return (row) => Buffer.byteLength(String(vector.getItem(row)))
    return undefined
  }

  #plus(name: string, value: number): void {
    this.#sums[name] = (this.#sums[name] ?? 0) + value
  }

  result(): Checksum {
    return this.#sums
  }
}

/** What is in Parquet files, for checking what `append` wrote. */
export async function checksumOfFiles(files: readonly string[]): Promise<Checksum> {
  const connection = await open()
  const list = files.map((file) => `'${file}'`).join(', ')
  const reader = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE AS rows, sum(l_orderkey)::DOUBLE AS l_orderkey,
       (sum(l_quantity) * 100)::BIGINT::DOUBLE AS l_quantity,
       (sum(l_extendedprice) * 100)::BIGINT::DOUBLE AS l_extendedprice,
       sum(l_shipdate - DATE '1970-01-01')::DOUBLE AS l_shipdate,
       sum(strlen(l_comment))::DOUBLE AS l_comment FROM read_parquet([${list}])`,
  )
  const [row] = reader.getRowObjects()
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]))
}

export const duckdbCopy: Method = async (task, start) => {
  const connection = await open(task)
  await connection.run(`CREATE TABLE lineitem AS ${query(task)}`)
  start()
  await connection.run(
    `COPY lineitem TO '${join(task.scratch, 'copied.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
  )
  return task.verify ? await checksumOfFiles(parquetFiles(task.scratch)) : undefined
}
