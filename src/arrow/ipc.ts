/** Arrow IPC bytes in and out. */
import {
  type RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  type Schema,
  type Table,
} from 'apache-arrow'
import { InvalidArgument } from '../errors.js'
import { compactBatch } from './compact.js'

/**
 * The record batches in IPC bytes, stream or file form. The batches share the bytes' memory.
 *
 * @throws InvalidArgument when the bytes are no Arrow IPC
 */
export function batchesFromIpc(bytes: Uint8Array): RecordBatch[] {
  try {
    const reader = RecordBatchReader.from(bytes)
    const batches: RecordBatch[] = []
    for (const batch of reader) batches.push(batch)
    if (batches.length === 0 && reader.schema === undefined) {
      throw new InvalidArgument('the bytes hold no Arrow schema')
    }
    return batches
  } catch (error) {
    if (error instanceof InvalidArgument) throw error
    throw new InvalidArgument('the bytes are not Arrow IPC (stream or file form)', { cause: error })
  }
}

/** Batches of one schema, or a table, as IPC stream bytes. */
export function ipcOf(batches: readonly RecordBatch[] | Table, schema?: Schema): Uint8Array {
  const list = 'batches' in batches ? batches.batches : batches
  const writer = new RecordBatchStreamWriter()
  const first = schema ?? ('schema' in batches ? batches.schema : batches[0]?.schema)
  if (first === undefined)
    throw new InvalidArgument('no batches and no schema to write as Arrow IPC')
  writer.reset(undefined, first)
  for (const batch of list) writer.write(compactBatch(batch))
  writer.finish()
  return writer.toUint8Array(true)
}
