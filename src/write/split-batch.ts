/** A batch cut into the partitions of its rows. */
import type { RecordBatch } from 'apache-arrow'
import { compactBatch, sliceBatch } from '../arrow/compact.js'
import { takeBatch } from '../arrow/take.js'
import type { PartitionTuple } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import type { PartitionSpec } from '../partition/model.js'
import type { Datum } from '../types/datum.js'
import type { Schema } from '../types/type.js'
import { type Codes, fieldCoder } from './partition-codes.js'

export interface PartitionedRows {
  /** Equal for equal tuples. */
  readonly key: string
  readonly tuple: PartitionTuple
  readonly batch: RecordBatch
}

/** How batches of a schema are cut by a spec. Rows keep their order within a partition. */
export function batchSplitter(
  schema: Schema,
  spec: PartitionSpec,
): (batch: RecordBatch) => PartitionedRows[] {
  const coders = spec.fields.map((field) => fieldCoder(schema, field))
  if (coders.length === 0) {
    const key = partitionKey(spec.specId, [])
    return (batch) => [{ key, tuple: [], batch }]
  }
  return (batch) => {
    const groups = combine(coders.map((coder) => coder(batch)))
    return cut(batch, groups).map(({ tuple, batch: rows }) => ({
      key: partitionKey(spec.specId, tuple),
      tuple,
      batch: rows,
    }))
  }
}

interface Groups {
  readonly codes: Int32Array
  readonly tuples: readonly PartitionTuple[]
}

/** The codes of one or several fields as one code per distinct combination. */
function combine(fields: readonly Codes[]): Groups {
  const [first, ...others] = fields as readonly [Codes, ...Codes[]]
  let groups: Groups = { codes: first.codes, tuples: first.values.map((value) => [value]) }
  for (const field of others) groups = cross(groups, field)
  return groups
}

function cross(groups: Groups, field: Codes): Groups {
  const known = new Map<number, number>()
  const tuples: (Datum | null)[][] = []
  const codes = new Int32Array(field.codes.length)
  const width = field.values.length
  for (let i = 0; i < codes.length; i++) {
    const left = groups.codes[i]!
    const right = field.codes[i]!
    const pair = left * width + right
    let code = known.get(pair)
    if (code === undefined) {
      code = tuples.length
      known.set(pair, code)
      tuples.push([...groups.tuples[left]!, field.values[right]!])
    }
    codes[i] = code
  }
  return { codes, tuples }
}

function cut(batch: RecordBatch, groups: Groups): { tuple: PartitionTuple; batch: RecordBatch }[] {
  const { codes, tuples } = groups
  const [only] = tuples
  if (tuples.length === 1 && only !== undefined) return [{ tuple: only, batch }]
  const starts = new Int32Array(tuples.length + 1)
  for (let i = 0; i < codes.length; i++) {
    const next = codes[i]! + 1
    starts[next] = starts[next]! + 1
  }
  for (let code = 0; code < tuples.length; code++) {
    starts[code + 1] = starts[code + 1]! + starts[code]!
  }
  const at = starts.slice()
  const order = new Int32Array(codes.length)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    order[at[code]!] = i
    at[code] = at[code]! + 1
  }
  return tuples.map((tuple, code) => {
    const rows = order.subarray(starts[code]!, starts[code + 1]!)
    return { tuple, batch: pick(batch, rows) }
  })
}

/** Rows that follow each other are cut out, which is cheaper than gathering them. */
function pick(batch: RecordBatch, rows: Int32Array): RecordBatch {
  const first = rows[0]!
  const last = rows[rows.length - 1]!
  if (last - first + 1 !== rows.length) return takeBatch(batch, rows)
  // Copied, so that a few rows do not keep the whole batch in memory.
  return compactBatch(sliceBatch(batch, first, last + 1))
}
