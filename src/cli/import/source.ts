import type { RecordBatch } from 'apache-arrow'
import type { Schema, Type } from '../../types/type.js'

/** A column that a file has, by its own account or by looking at its values. */
export interface FoundColumn {
  readonly name: string
  readonly type: Type
}

/** A row as a write takes it: values by column name. */
export type InputRow = Readonly<Record<string, unknown>>

/** One chunk of input: rows, or an Arrow batch. */
export type Chunk = readonly InputRow[] | RecordBatch

/** How far reading a file has come, in bytes of the file. */
export type OnProgress = (bytesRead: number) => void

/** A file that can be imported. Every call reads from the start. */
export interface ImportSource {
  readonly path: string
  readonly sizeBytes: number
  /** The columns and their types. Text files are read to the end for it. */
  columns(onProgress: OnProgress, signal: AbortSignal): Promise<readonly FoundColumn[]>
  /** The values, made to fit `schema`, in chunks. Columns that `schema` lacks are an error. */
  chunks(schema: Schema, onProgress: OnProgress, signal: AbortSignal): AsyncIterable<Chunk>
}
