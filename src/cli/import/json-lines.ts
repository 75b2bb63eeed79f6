import { statSync } from 'node:fs'
import { parseJson } from '../../codec/json/parse.js'
import { stringifyJson } from '../../codec/json/stringify.js'
import { JsonNumber, type JsonObject, type JsonValue } from '../../codec/json/value.js'
import { defaultLimits } from '../../env/limits.js'
import { CorruptData, InvalidArgument, ValidationError } from '../../errors.js'
import type { Schema, Type } from '../../types/type.js'
import { linesOf, readText } from './read-text.js'
import {
  joinShapes,
  kindOfNumber,
  kindOfTime,
  type Shape,
  STRING,
  typeOfShape,
  UNKNOWN,
} from './shape.js'
import type { Chunk, FoundColumn, ImportSource, InputRow, OnProgress } from './source.js'
import { textReader } from './text-value.js'
import { variantOfJson } from './variant-value.js'

const ROWS_PER_CHUNK = 4096
const LINE_MAX = 64 * 1024 * 1024

/** A file with one JSON object on each line. Numbers are read exactly. */
export function jsonLinesSource(path: string): ImportSource {
  return {
    path,
    sizeBytes: statSync(path).size,
    columns: (onProgress, signal) => columns(path, onProgress, signal),
    chunks: (schema, onProgress, signal) => chunks(path, schema, onProgress, signal),
  }
}

async function* objects(
  path: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): AsyncGenerator<JsonObject> {
  const tooLong = (line: number): Error =>
    new CorruptData(`${path}, line ${line}: longer than ${LINE_MAX} characters`)
  let number = 0
  for await (const line of linesOf(readText(path, onProgress, signal), LINE_MAX, tooLong)) {
    number++
    if (line.trim() === '') continue
    const value = parseJson(line, { limits: defaultLimits, path: `${path}, line ${number}` })
    if (!(value instanceof Map)) {
      throw new CorruptData(`${path}, line ${number}: not a JSON object`)
    }
    yield value
  }
}

function shapeOf(value: JsonValue): Shape {
  if (value === null) return UNKNOWN
  if (typeof value === 'boolean') return { kind: 'boolean' }
  if (typeof value === 'string') return { kind: kindOfTime(value) }
  if (value instanceof JsonNumber) return { kind: kindOfNumber(value.text) }
  if (value instanceof Map) {
    return {
      kind: 'struct',
      fields: new Map([...value].map(([name, item]) => [name, shapeOf(item)])),
    }
  }
  return {
    kind: 'list',
    element: (value as readonly JsonValue[]).map(shapeOf).reduce(joinShapes, UNKNOWN),
  }
}

async function columns(
  path: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<readonly FoundColumn[]> {
  const shapes = new Map<string, Shape>()
  for await (const object of objects(path, onProgress, signal)) {
    for (const [name, value] of object) {
      const before = shapes.get(name) ?? UNKNOWN
      if (before.kind !== 'string')
        shapes.set(name, value === null ? before : joinShapes(before, shapeOf(value)))
    }
  }
  if (shapes.size === 0)
    throw new InvalidArgument(`${path} has no columns: no line holds an object with members`)
  let id = 0
  return [...shapes].map(([name, shape]) => ({
    name,
    type: typeOfShape(shape.kind === 'unknown' ? STRING : shape, () => ++id),
  }))
}

async function* chunks(
  path: string,
  schema: Schema,
  onProgress: OnProgress,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const toRow = structReader(schema.fields)
  let rows: InputRow[] = []
  let row = 0
  for await (const object of objects(path, onProgress, signal)) {
    try {
      rows.push(toRow(object))
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error
      throw new ValidationError(`${path}, object ${row + 1}: ${error.message}`, {
        cause: error,
        details: { ...error.details, row },
      })
    }
    row++
    if (rows.length === ROWS_PER_CHUNK) {
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}

type JsonReader = (value: JsonValue) => unknown

/** Reads the members that the struct has; a member that it lacks is an error, never dropped. */
function structReader(fields: readonly { readonly name: string; readonly type: Type }[]) {
  const readers = new Map(fields.map(({ name, type }) => [name, jsonReader(type)]))
  return (value: JsonValue): InputRow => {
    if (!(value instanceof Map))
      throw new ValidationError('not an object where the table has a struct')
    const row: Record<string, unknown> = Object.create(null)
    for (const [name, item] of value as JsonObject) {
      const read = readers.get(name)
      if (read === undefined) {
        throw new ValidationError(`there is a member "${name}" that the table lacks`, {
          details: { column: name },
        })
      }
      row[name] = item === null ? null : read(item)
    }
    return row
  }
}

function jsonReader(type: Type): JsonReader {
  switch (type.kind) {
    case 'struct':
      return structReader(type.fields)
    case 'list': {
      const read = jsonReader(type.element)
      return (value) => arrayOf(value).map((item) => (item === null ? null : read(item)))
    }
    case 'map': {
      const key = jsonReader(type.key)
      const item = jsonReader(type.value)
      return (value) => mapOf(value, key, item)
    }
    case 'string':
      // Where rows disagree about the type, what is not text is kept as its JSON.
      return (value) => (typeof value === 'string' ? value : stringifyJson(value))
    case 'boolean':
      return (value) => value
    case 'variant':
      return variantOfJson
    default: {
      const read = textReader(type)
      return (value) => read(textOf(value))
    }
  }
}

function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value
  if (value instanceof JsonNumber) return value.text
  throw new ValidationError(`${stringifyJson(value).slice(0, 60)} is neither a number nor a text`)
}

function arrayOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[]
  throw new ValidationError('not an array where the table has a list')
}

/** A map from an object (text keys), or from an array of pairs, the canonical form. */
function mapOf(value: JsonValue, key: JsonReader, item: JsonReader): Map<unknown, unknown> {
  const pairs = value instanceof Map ? [...(value as JsonObject)] : arrayOf(value).map(pairOf)
  const map = new Map<unknown, unknown>()
  for (const [k, v] of pairs) {
    if (k === null) throw new ValidationError('a map has no null keys')
    const read = key(k)
    if (map.has(read)) {
      throw new ValidationError(`a map has the key ${stringifyJson(k).slice(0, 60)} twice`)
    }
    map.set(read, v === null ? null : item(v))
  }
  return map
}

function pairOf(value: JsonValue): [JsonValue, JsonValue] {
  const [key, item, ...more] = arrayOf(value)
  if (key === undefined || item === undefined || more.length > 0) {
    throw new ValidationError('not a [key, value] pair where the table has a map')
  }
  return [key, item]
}
