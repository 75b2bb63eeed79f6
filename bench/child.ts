/** One measurement in a process of its own: a task as JSON in, a measurement as JSON out. */
import type { Measurement, Method, Task } from './contract.js'
import { peakRssBytes } from './peak.js'

const task = JSON.parse(process.argv[2] ?? '{}') as Task

/** Only the engine that is measured is loaded, so that the memory of the others does not count. */
async function methodOf({ method, workload }: Task): Promise<Method> {
  if (method.startsWith('moraine')) {
    const all = await import('./methods/moraine.js')
    if (workload === 'filter') return all.moraineFilter
    if (workload === 'append') return all.moraineAppend
    if (method === 'moraine toArrow') return all.moraineArrow
    return method === 'moraine batches' ? all.moraineBatches : all.moraineBatchesInt64
  }
  if (method.startsWith('hyparquet')) {
    const all = await import('./methods/hyparquet.js')
    return workload === 'filter' ? all.hyparquetFilter : all.hyparquetColumns
  }
  const all = await import('./methods/duckdb.js')
  if (method === 'duckdb SQL') return all.duckdbSql
  if (workload === 'filter') return all.duckdbFilterInJs
  if (workload === 'append') return all.duckdbCopy
  return method === 'duckdb stream' ? all.duckdbStream : all.duckdbFetchAll
}

const run = await methodOf(task)
let startedMs = performance.now()
let startedCpu = process.cpuUsage()
const checksum = await run(task, () => {
  startedCpu = process.cpuUsage()
  startedMs = performance.now()
})
const ms = performance.now() - startedMs
const cpu = process.cpuUsage(startedCpu)
const measurement: Measurement = {
  ms,
  cpuMs: (cpu.user + cpu.system) / 1000,
  peakRssBytes: peakRssBytes(),
  ...(checksum !== undefined && { checksum }),
}
process.stdout.write(`${JSON.stringify(measurement)}\n`, () => process.exit(0))
