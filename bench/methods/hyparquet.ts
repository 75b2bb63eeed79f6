import { asyncBufferFromFile, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import {
  type Checksum,
  COLUMNS_OF_FILTER,
  COLUMNS_OF_THREE,
  FILTER,
  type Method,
  type Task,
} from '../contract.js'

type Values = ArrayLike<unknown>
type Chunks = Map<string, { readonly rowStart: number; readonly values: Values }[]>

/** Dates as days since 1970: the cheapest form hyparquet has. */
const parsers = { dateFromDays: (days: number) => days }

async function readColumns(task: Task, columns: readonly string[] | undefined): Promise<Chunks[]> {
  const files: Chunks[] = []
  for (const path of task.files) {
    const chunks: Chunks = new Map()
    const file = await asyncBufferFromFile(path)
    await parquetRead({
      file,
      ...(columns !== undefined && { columns: [...columns] }),
      compressors,
      parsers,
      onChunk: ({ columnName, columnData, rowStart }) => {
        const kept = chunks.get(columnName) ?? []
        kept.push({ rowStart, values: columnData })
        chunks.set(columnName, kept)
      },
    })
    files.push(chunks)
  }
  return files
}

/** Reads one row, like every other engine here. */
async function warm(task: Task): Promise<void> {
  const file = await asyncBufferFromFile(task.files[0] ?? '')
  await parquetRead({ file, compressors, parsers, rowEnd: 1, onComplete: () => undefined })
}

export const hyparquetColumns: Method = async (task, start) => {
  await warm(task)
  start()
  const columns = task.workload === 'three' ? COLUMNS_OF_THREE : undefined
  const files = await readColumns(task, columns)
  return task.verify ? sumsOf(files) : undefined
}

const NUMBER: Readonly<Record<string, (value: unknown) => number>> = {
  l_orderkey: Number,
  l_quantity: unscaled,
  l_extendedprice: unscaled,
  l_shipdate: Number,
  l_comment: (value) => Buffer.byteLength(String(value)),
}

/** hyparquet gives decimals as floating-point numbers; rounding brings the exact value back. */
function unscaled(value: unknown): number {
  return Math.round(Number(value) * 100)
}

function sumsOf(files: readonly Chunks[]): Checksum {
  const sums: Record<string, number> = { rows: 0 }
  for (const chunks of files) {
    for (const [name, parts] of chunks) {
      const read = NUMBER[name]
      for (const { values } of parts) {
        if (name === 'l_orderkey') sums.rows = (sums.rows ?? 0) + values.length
        if (read === undefined) continue
        let sum = 0
        for (let row = 0; row < values.length; row++) sum += read(values[row])
        sums[name] = (sums[name] ?? 0) + sum
      }
    }
  }
  return sums
}

export const hyparquetFilter: Method = async (task, start) => {
  await warm(task)
  start()
  let revenue = 0
  for (const chunks of await readColumns(task, COLUMNS_OF_FILTER)) {
    const [days, discount, quantity, price] = COLUMNS_OF_FILTER.map((name) => joined(chunks, name))
    for (let row = 0; row < (days?.length ?? 0); row++) {
      const day = Number(days?.[row])
      if (day < FILTER.shipFrom || day >= FILTER.shipBefore) continue
      const off = unscaled(discount?.[row])
      if (off < FILTER.discountMin || off > FILTER.discountMax) continue
      if (unscaled(quantity?.[row]) < FILTER.quantityBelow) revenue += unscaled(price?.[row]) * off
    }
  }
  return task.verify ? { revenue } : undefined
}

/** The chunks of a column in row order, end to end. */
function joined(chunks: Chunks, name: string): unknown[] {
  const parts = [...(chunks.get(name) ?? [])].sort((a, b) => a.rowStart - b.rowStart)
  const all: unknown[] = []
  for (const { values } of parts)
    for (let row = 0; row < values.length; row++) all.push(values[row])
  return all
}
