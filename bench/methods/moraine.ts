import { join } from 'node:path'
import type { Data, RecordBatch } from 'apache-arrow'
import { and, col, connect, t } from 'moraine'
import { type Checksum, COLUMNS_OF_THREE, FILTER, type Method, type Task } from '../contract.js'
import { parquetFiles, TABLE } from '../data.js'

/** Opens the table and reads one row: modules are loaded and workers started, as in a service. */
async function load(task: Task) {
  const catalog = await connect(task.warehouse)
  const table = await catalog.loadTable(TABLE)
  await table.scan({ limit: 1 }).toArray()
  return table
}

function selection(task: Task): { select?: readonly string[] } {
  return task.workload === 'three' ? { select: COLUMNS_OF_THREE } : {}
}

export const moraineArrow: Method = async (task, start) => {
  const table = await load(task)
  start()
  const arrow = await table.scan(selection(task)).toArrow()
  if (!task.verify) return undefined
  const sums = new Sums()
  for (const batch of arrow.batches) sums.add(batch)
  return sums.result()
}

async function batches(task: Task, start: () => void, form: object): Promise<Checksum | undefined> {
  const table = await load(task)
  start()
  const sums = new Sums()
  for await (const batch of table.scan({ ...selection(task), ...form }).batches()) {
    if (task.verify) sums.add(batch)
  }
  return task.verify ? sums.result() : undefined
}

export const moraineBatches: Method = (task, start) => batches(task, start, {})

export const moraineBatchesInt64: Method = (task, start) =>
  batches(task, start, { decimals: 'int64', strings: 'dictionary' })

export const moraineFilter: Method = async (task, start) => {
  const table = await load(task)
  start()
  const scan = table.scan({
    select: ['l_extendedprice', 'l_discount'],
    where: and(
      col('l_shipdate').gte(FILTER.shipFromText),
      col('l_shipdate').lt(FILTER.shipBeforeText),
      col('l_discount').between('0.05', '0.07'),
      col('l_quantity').lt('24.00'),
    ),
    decimals: 'int64',
  })
  let revenue = 0
  for await (const batch of scan.batches()) {
    const price = numbers(batch, 'l_extendedprice')
    const discount = numbers(batch, 'l_discount')
    for (let row = 0; row < batch.numRows; row++) revenue += price(row) * discount(row)
  }
  return task.verify ? { revenue } : undefined
}

export const moraineAppend: Method = async (task, start) => {
  const table = await load(task)
  const arrow = await table.scan().toArrow()
  const columns = table.schema.fields.map(({ name, type }) => [name, t.of(type)] as const)
  const catalog = await connect(join(task.scratch, 'warehouse'))
  const copy = await catalog.createTable('bench.copy', { schema: columns })
  start()
  await copy.append(arrow)
  if (!task.verify) return undefined
  // Read back by another engine; loaded here, so that its memory does not count as ours.
  const { checksumOfFiles } = await import('./duckdb.js')
  return await checksumOfFiles(parquetFiles(task.scratch))
}

/** A column's values as numbers: unscaled decimals, days, or the lengths of texts in bytes. */
function numbers(batch: RecordBatch, name: string): (row: number) => number {
  const index = batch.schema.fields.findIndex((field) => field.name === name)
  const data = batch.data.children[index]
  if (data === undefined) throw new Error(`no column ${name}`)
  return data.dictionary === undefined ? plain(data) : dictionary(data)
}

function plain(data: Data): (row: number) => number {
  const { values, valueOffsets, offset } = data
  if (values instanceof BigInt64Array) return (row) => Number(values[offset + row])
  if (values instanceof Uint32Array) {
    // Decimal128: four words a value, low word first; these amounts are positive and below 2^53.
    return (row) => {
      const at = (offset + row) * 4
      return (values[at] ?? 0) + (values[at + 1] ?? 0) * 2 ** 32
    }
  }
  if (values instanceof Int32Array) return (row) => values[offset + row] ?? 0
  return (row) => (valueOffsets[offset + row + 1] ?? 0) - (valueOffsets[offset + row] ?? 0)
}

function dictionary(data: Data): (row: number) => number {
  const { values, offset } = data
  const lengths = data.dictionary?.data.flatMap((part) => {
    const length = plain(part)
    return Array.from({ length: part.length }, (_, row) => length(row))
  })
  return (row) => lengths?.[Number(values[offset + row])] ?? 0
}

class Sums {
  readonly #sums: Record<string, number> = { rows: 0 }

  add(batch: RecordBatch): void {
    this.#sums.rows = (this.#sums.rows ?? 0) + batch.numRows
    const wanted = ['l_orderkey', 'l_quantity', 'l_extendedprice', 'l_shipdate', 'l_comment']
    for (const { name } of batch.schema.fields.filter((field) => wanted.includes(field.name))) {
      const value = numbers(batch, name)
      let sum = 0
      for (let row = 0; row < batch.numRows; row++) sum += value(row)
      this.#sums[name] = (this.#sums[name] ?? 0) + sum
    }
  }

  result(): Checksum {
    return this.#sums
  }
}
