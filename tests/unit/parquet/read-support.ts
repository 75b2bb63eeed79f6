/** Files to read in tests, and their values in a form that compares exactly. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  type Data,
  type DataType,
  type Decimal,
  type Dictionary,
  type RecordBatch,
  Type,
} from 'apache-arrow'
import { defaultLimits } from '../../../src/env/limits.js'
import type { ByteSource } from '../../../src/parquet/contract.js'
import { readFooter } from '../../../src/parquet/footer.js'
import type { ParquetFooter } from '../../../src/parquet/model.js'
import { type ReadRowGroupOptions, readRowGroup } from '../../../src/parquet/read-row-group.js'

/** A file by range reads; `local: true` lets workers open it themselves. */
export function fileSource(path: string, { local = false } = {}): ByteSource {
  const fd = openSync(path, 'r')
  const sizeBytes = fstatSync(fd).size
  closeSync(fd)
  return {
    path,
    sizeBytes,
    ...(local ? { localPath: path } : {}),
    async read(start, end) {
      const handle = openSync(path, 'r')
      const bytes = new Uint8Array(end - start)
      readSync(handle, bytes, 0, bytes.length, start)
      closeSync(handle)
      return bytes
    },
  }
}

export interface CountedSource extends ByteSource {
  readonly reads: { readonly start: number; readonly end: number }[]
}

/** Bytes in memory as a file; it records what was read. */
export function bytesSource(bytes: Uint8Array, path = 'memory:/t.parquet'): CountedSource {
  const reads: { start: number; end: number }[] = []
  return {
    path,
    sizeBytes: bytes.length,
    reads,
    async read(start, end) {
      reads.push({ start, end })
      return bytes.subarray(start, end)
    },
  }
}

export type ReadOptions = Partial<Omit<ReadRowGroupOptions, 'rowGroup'>>

export async function openFooter(source: ByteSource): Promise<ParquetFooter> {
  return readFooter(source, { limits: defaultLimits })
}

/** Every row group of a file. */
export async function readAll(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<RecordBatch[]> {
  const footer = await openFooter(source)
  const batches: RecordBatch[] = []
  for (const { index } of footer.rowGroups) {
    batches.push(
      await readRowGroup(source, footer, { limits: defaultLimits, ...options, rowGroup: index }),
    )
  }
  return batches
}

/** A column of some batches as plain values. */
export function columnOf(batches: readonly RecordBatch[], name: string): unknown[] {
  return batches.flatMap((batch) => {
    const index = batch.schema.fields.findIndex((field) => field.name === name)
    return valuesOf(batch.data.children[index] as Data)
  })
}

/** All columns of some batches as plain values, by name. */
export function columnsOf(batches: readonly RecordBatch[]): Map<string, unknown[]> {
  const names = batches[0]?.schema.fields.map((field) => field.name) ?? []
  return new Map(names.map((name) => [name, columnOf(batches, name)]))
}

export function valuesOf(data: Data, start = 0, end = data.length): unknown[] {
  return Array.from({ length: end - start }, (_, i) => valueAt(data, start + i))
}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The value at a place, straight from the buffers: numbers, bigints, text, hex, arrays. */
function valueAt(data: Data, i: number): unknown {
  const bit = data.offset + i
  const bits = data.nullBitmap
  if (data.type.typeId === Type.Null) return null
  if (data.nullCount > 0 && bits && (((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 0)
    return null
  const { values, valueOffsets } = data as unknown as { values: never; valueOffsets: Int32Array }
  switch (data.type.typeId) {
    case Type.Bool:
      return (((values as Uint8Array)[bit >> 3] as number) >> (bit & 7)) & 1
    case Type.Utf8:
      return text.decode((values as Uint8Array).subarray(valueOffsets[i], valueOffsets[i + 1]))
    case Type.Binary:
      return hex((values as Uint8Array).subarray(valueOffsets[i], valueOffsets[i + 1]))
    case Type.FixedSizeBinary: {
      const width = (data.type as DataType & { byteWidth: number }).byteWidth
      return hex((values as Uint8Array).subarray(i * width, (i + 1) * width))
    }
    case Type.Decimal:
      return decimalAt(data as Data<Decimal>, i)
    case Type.Dictionary: {
      const dictionary = (data as Data<Dictionary>).dictionary?.data[0] as Data
      return valueAt(dictionary, (values as Int32Array)[i] as number)
    }
    case Type.Struct:
      return data.children.map((child) => valueAt(child, i))
    case Type.List:
    case Type.Map: {
      const out: unknown[] = []
      const [start, end] = [valueOffsets[i] as number, valueOffsets[i + 1] as number]
      for (let k = start; k < end; k++) out.push(valueAt(data.children[0] as Data, k))
      return out
    }
    default:
      return (values as Int32Array)[i]
  }
}

function decimalAt(data: Data<Decimal>, i: number): bigint {
  const words = data.values as Uint32Array
  let value = 0n
  for (let w = 3; w >= 0; w--) value = (value << 32n) | BigInt(words[i * 4 + w] as number)
  return BigInt.asIntN(128, value)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Writes a file with DuckDB: `copy (query) to path (options)`. */
export async function duckFile(path: string, query: string, options = ''): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run('set threads = 1')
  const more = options === '' ? '' : `, ${options}`
  await connection.run(`copy (${query}) to '${path}' (format parquet${more})`)
  connection.closeSync()
  instance.closeSync()
  return path
}

export function readBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path))
}
