/** What one measurement is asked to do, and what it answers. Crosses process borders as JSON. */

export type Workload = 'full' | 'three' | 'filter' | 'append'

export interface Task {
  readonly workload: Workload
  /** A method's name, as `METHODS` lists it. */
  readonly method: string
  /** Warehouse folder with the table `bench.lineitem`. */
  readonly warehouse: string
  /** The table's data files: what every peer reads. */
  readonly files: readonly string[]
  /** A folder for what the method writes; removed afterwards. */
  readonly scratch: string
  /** True: look at every value and sum up; the time does not count. False: only the clock counts. */
  readonly verify: boolean
}

/** Sums over what was delivered; equal for every method of a workload. */
export type Checksum = Readonly<Record<string, number>>

export interface Measurement {
  readonly ms: number
  /** Processor time of all threads while the clock ran. */
  readonly cpuMs: number
  readonly peakRssBytes: number
  /** Only when `verify`. */
  readonly checksum?: Checksum
}

/** Runs the work; `start` is called when the clock should start. Gives the sums when asked to. */
export type Method = (task: Task, start: () => void) => Promise<Checksum | undefined>

export interface MethodEntry {
  readonly name: string
  readonly engine: 'moraine' | 'duckdb' | 'hyparquet'
  /** Held: the whole result is in memory at the end. Streamed: pieces pass by. */
  readonly shape: 'held' | 'streamed' | 'written' | 'one number'
}

export const COLUMNS_OF_THREE = ['l_orderkey', 'l_extendedprice', 'l_shipdate'] as const
export const COLUMNS_OF_FILTER = [
  'l_shipdate',
  'l_discount',
  'l_quantity',
  'l_extendedprice',
] as const

/** The filter of TPC-H query 6, in days since 1970 and unscaled decimals. */
export const FILTER = {
  shipFrom: 8766,
  shipBefore: 9131,
  shipFromText: '1994-01-01',
  shipBeforeText: '1995-01-01',
  discountMin: 5,
  discountMax: 7,
  quantityBelow: 2400,
} as const

/** The methods of each workload; the first is what ratios are taken against. */
export const METHODS: Readonly<Record<Workload, readonly MethodEntry[]>> = {
  full: [
    { name: 'moraine toArrow', engine: 'moraine', shape: 'held' },
    { name: 'moraine batches', engine: 'moraine', shape: 'streamed' },
    { name: 'moraine batches, int64 decimals, dictionaries', engine: 'moraine', shape: 'streamed' },
    { name: 'duckdb fetch all', engine: 'duckdb', shape: 'held' },
    { name: 'duckdb stream', engine: 'duckdb', shape: 'streamed' },
    { name: 'hyparquet columns', engine: 'hyparquet', shape: 'held' },
  ],
  three: [
    { name: 'moraine toArrow', engine: 'moraine', shape: 'held' },
    { name: 'moraine batches', engine: 'moraine', shape: 'streamed' },
    { name: 'duckdb fetch all', engine: 'duckdb', shape: 'held' },
    { name: 'duckdb stream', engine: 'duckdb', shape: 'streamed' },
    { name: 'hyparquet columns', engine: 'hyparquet', shape: 'held' },
  ],
  filter: [
    { name: 'moraine where, sum in JavaScript', engine: 'moraine', shape: 'one number' },
    { name: 'duckdb stream, filter and sum in JavaScript', engine: 'duckdb', shape: 'one number' },
    { name: 'duckdb SQL', engine: 'duckdb', shape: 'one number' },
    { name: 'hyparquet, filter and sum in JavaScript', engine: 'hyparquet', shape: 'one number' },
  ],
  append: [
    { name: 'moraine append', engine: 'moraine', shape: 'written' },
    { name: 'duckdb COPY TO parquet', engine: 'duckdb', shape: 'written' },
  ],
}
