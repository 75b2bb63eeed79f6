import { statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { CorruptData, InvalidArgument, ValidationError } from '../../errors.js'
import type { Schema } from '../../types/type.js'
import { readText } from './read-text.js'
import { joinShapes, kindOfText, type Shape, typeOfShape, UNKNOWN } from './shape.js'
import type { Chunk, FoundColumn, ImportSource, InputRow, OnProgress } from './source.js'
import { type TextReader, textReader } from './text-value.js'

export interface CsvOptions {
  readonly delimiter: string
}

const ROWS_PER_CHUNK = 4096
const RECORD_MAX_BYTES = 16 * 1024 * 1024

/** A cell: its text, or null when there is nothing between the delimiters and no quotes either. */
type Cell = string | null

/** A file of comma-separated values (RFC 4180, any delimiter) with a line of column names. */
export function csvSource(path: string, options: CsvOptions): ImportSource {
  return {
    path,
    sizeBytes: statSync(path).size,
    columns: (onProgress, signal) => columns(path, options, onProgress, signal),
    chunks: (schema, onProgress, signal) => chunks(path, options, schema, onProgress, signal),
  }
}

async function* records(
  path: string,
  { delimiter }: CsvOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): AsyncGenerator<readonly Cell[]> {
  const text = Readable.from(readText(path, onProgress, signal))
  const parser = parse({
    bom: true,
    delimiter,
    cast: (value, context) => (value === '' && !context.quoting ? null : value),
    max_record_size: RECORD_MAX_BYTES,
    skip_empty_lines: true,
  })
  text.on('error', (error) => parser.destroy(error))
  text.pipe(parser)
  try {
    for await (const record of parser) yield record as readonly Cell[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new CorruptData(`${path}: ${error.message}`, { cause: error, details: { path } })
  } finally {
    text.destroy()
  }
}

function header(path: string, cells: readonly Cell[] | undefined): readonly string[] {
  if (cells === undefined)
    throw new InvalidArgument(`${path} is empty: it has no line of column names`)
  const seen = new Set<string>()
  for (const name of cells) {
    if (name === null || seen.has(name)) {
      const problem = name === null ? 'an empty column name' : `the column "${name}" twice`
      throw new InvalidArgument(`${path} has ${problem} in its first line`)
    }
    seen.add(name)
  }
  return [...seen]
}

async function columns(
  path: string,
  options: CsvOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<readonly FoundColumn[]> {
  const all = records(path, options, onProgress, signal)
  const names = header(path, (await all.next()).value ?? undefined)
  const shapes: Shape[] = names.map(() => UNKNOWN)
  for await (const cells of all) {
    for (let at = 0; at < shapes.length; at++) {
      const cell = cells[at] ?? null
      const shape = shapes[at] ?? UNKNOWN
      if (cell === null || shape.kind === 'string') continue
      const kind = cell === '' ? 'string' : kindOfText(cell)
      if (kind !== shape.kind) shapes[at] = joinShapes(shape, { kind })
    }
  }
  let id = 0
  return names.map((name, at) => ({ name, type: typeOfShape(shapes[at] ?? UNKNOWN, () => ++id) }))
}

async function* chunks(
  path: string,
  options: CsvOptions,
  schema: Schema,
  onProgress: OnProgress,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const all = records(path, options, onProgress, signal)
  const names = header(path, (await all.next()).value ?? undefined)
  const readers = names.map((name): TextReader => {
    const field = schema.fields.find((candidate) => candidate.name === name)
    if (field !== undefined) return textReader(field.type)
    throw new InvalidArgument(`${path} has a column "${name}" that the table lacks`)
  })
  let rows: InputRow[] = []
  let row = 0
  for await (const cells of all) {
    rows.push(rowOf(path, names, readers, cells, row++))
    if (rows.length === ROWS_PER_CHUNK) {
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}

function rowOf(
  path: string,
  names: readonly string[],
  readers: readonly TextReader[],
  cells: readonly Cell[],
  index: number,
): InputRow {
  // Without a prototype a column may have any name, `__proto__` included.
  const row: Record<string, unknown> = Object.create(null)
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string
    const cell = cells[at] ?? null
    try {
      row[name] = cell === null ? null : readers[at]?.(cell)
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error
      throw new ValidationError(`${path}, row ${index + 1}, column ${name}: ${error.message}`, {
        cause: error,
        details: { ...error.details, row: index, column: name },
      })
    }
  }
  return row
}
