/** One measurement of `bench:rows` by moraine, in a process of its own: a task and an answer as JSON. */
import type { RecordBatch } from 'apache-arrow'
import { connect } from 'moraine'
import { peakRssBytes } from './peak.js'
import { TABLES } from './rows-data.js'

export interface RowsTask {
  readonly warehouse: string
  readonly table: string
  readonly op: 'upsert' | 'delete' | 'scan'
  readonly mode?: 'copy-on-write' | 'merge-on-read'
  readonly where?: string
  /** Scan as of the first snapshot, which has no deletes. */
  readonly first?: boolean
  /** Only sum up; ids with this remainder are left out. */
  readonly verify?: boolean
  readonly without?: { readonly step: number; readonly rest: number }
  readonly memoryLimit?: number
}

export interface RowsAnswer {
  readonly ms: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  /** Rows, and sums of ids, of amounts in cents, of the lengths of names. */
  readonly checksum?: readonly number[]
  readonly version?: string
}

function add(sums: number[], batch: RecordBatch, without: RowsTask['without']): void {
  const [id, amount, name] = batch.data.children
  const ids = id?.values as BigInt64Array
  const amounts = amount?.values as Float64Array
  const ends = name?.valueOffsets as Int32Array
  for (let row = 0; row < batch.numRows; row++) {
    const key = Number(ids[row])
    if (without !== undefined && key % without.step === without.rest) continue
    sums[0] = (sums[0] ?? 0) + 1
    sums[1] = (sums[1] ?? 0) + key
    sums[2] = (sums[2] ?? 0) + Math.trunc((amounts[row] ?? 0) * 100)
    sums[3] = (sums[3] ?? 0) + (ends[row + 1] ?? 0) - (ends[row] ?? 0)
  }
}

async function measure(task: RowsTask): Promise<RowsAnswer> {
  const { memoryLimit } = task
  const catalog = await connect(task.warehouse, memoryLimit === undefined ? {} : { memoryLimit })
  const table = await catalog.loadTable(task.table)
  const snapshots = table.snapshots()
  const read =
    task.first === true ? await table.asOf({ snapshot: snapshots[0]?.snapshotId ?? 0n }) : table
  const sums = async (from: { scan: typeof table.scan }): Promise<readonly number[]> => {
    const found = [0, 0, 0, 0]
    for await (const batch of from.scan().batches()) add(found, batch, task.without)
    return found
  }
  if (task.verify === true) return { ms: 0, cpuMs: 0, peakRssBytes: 0, checksum: await sums(read) }
  const rows =
    task.op === 'upsert'
      ? await (await catalog.loadTable(TABLES.source)).scan().toArrow()
      : undefined
  // Loads the modules and starts the workers, as in a service.
  await read.scan({ limit: 1 }).toArray()
  const before = table.current().snapshotId
  const mode = task.mode ?? 'copy-on-write'
  const cpu = process.cpuUsage()
  const began = performance.now()
  if (rows !== undefined) await table.upsert(rows, { on: ['id'], mode })
  else if (task.op === 'delete') await table.delete(task.where ?? '', { mode })
  else for await (const _ of read.scan().batches());
  const ms = performance.now() - began
  const used = process.cpuUsage(cpu)
  const answer = {
    ms,
    cpuMs: (used.user + used.system) / 1000,
    peakRssBytes: peakRssBytes(),
  }
  if (task.op === 'scan' || before === undefined) return answer
  const checksum = await sums(table)
  await table.rollback({ snapshot: before })
  return { ...answer, checksum }
}

const task = JSON.parse(process.argv[2] ?? '{}') as RowsTask
const answer = await measure(task)
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0))
