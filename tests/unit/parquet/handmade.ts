/** Parquet files put together by hand: layouts that no writer at hand makes, and broken ones. */
import { T } from '../../../src/codec/thrift/compact-reader.js'
import { type ThriftStruct, writeThrift } from '../../../src/codec/thrift/generic.js'
import {
  binaryField,
  binaryList,
  i32Field,
  i64Field,
  struct,
  structField,
  structList,
} from '../../../src/parquet/thrift-build.js'
import { concatBytes } from '../../../src/util/bytes.js'

const ascii = (text: string) => new TextEncoder().encode(text)

export const types = {
  bool: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
}

export interface HandElement {
  readonly name: string
  readonly type?: keyof typeof types
  readonly length?: number
  readonly repetition?: 'required' | 'optional' | 'repeated'
  readonly children?: readonly HandElement[]
  readonly converted?: number
  readonly scale?: number
  readonly precision?: number
  readonly fieldId?: number
}

export interface HandPage {
  readonly kind?: 'data' | 'dictionary' | 'v2'
  readonly values: number
  readonly encoding?: number
  /** Everything after the header: levels and values. */
  readonly body: Uint8Array
  readonly definitionEncoding?: number
  readonly definitionBytes?: number
  readonly repetitionBytes?: number
  readonly nulls?: number
  readonly rows?: number
  readonly crc?: number
  readonly uncompressed?: number
}

export interface HandColumn {
  readonly path: readonly string[]
  readonly type: keyof typeof types
  readonly values: number
  readonly pages: readonly HandPage[]
  readonly codec?: number
  readonly statistics?: ThriftStruct
}

const repetitions = ['required', 'optional', 'repeated']

function elementsOf(element: HandElement): ThriftStruct[] {
  const { type, length, repetition, children, converted, scale, precision, fieldId } = element
  const optional = (value: number | undefined) =>
    value === undefined ? undefined : i32Field(value)
  const own = struct([
    [1, type === undefined ? undefined : i32Field(types[type])],
    [2, optional(length)],
    [3, optional(repetition === undefined ? undefined : repetitions.indexOf(repetition))],
    [4, binaryField(ascii(element.name))],
    [5, children === undefined ? undefined : i32Field(children.length)],
    [6, optional(converted)],
    [7, optional(scale)],
    [8, optional(precision)],
    [9, optional(fieldId)],
  ])
  return [own, ...(children ?? []).flatMap(elementsOf)]
}

/** A page with its header. */
export function handPage(page: HandPage): Uint8Array {
  const { kind = 'data', values, encoding = 0, body, definitionEncoding = 3 } = page
  const inner =
    kind === 'v2'
      ? struct([
          [1, i32Field(values)],
          [2, i32Field(page.nulls ?? 0)],
          [3, i32Field(page.rows ?? values)],
          [4, i32Field(encoding)],
          [5, i32Field(page.definitionBytes ?? 0)],
          [6, i32Field(page.repetitionBytes ?? 0)],
        ])
      : struct([
          [1, i32Field(values)],
          [2, i32Field(encoding)],
          [3, kind === 'data' ? i32Field(definitionEncoding) : undefined],
          [4, kind === 'data' ? i32Field(3) : undefined],
        ])
  const header = struct([
    [1, i32Field({ data: 0, dictionary: 2, v2: 3 }[kind])],
    [2, i32Field(page.uncompressed ?? body.length)],
    [3, i32Field(body.length)],
    [4, page.crc === undefined ? undefined : i32Field(page.crc | 0)],
    [{ data: 5, dictionary: 7, v2: 8 }[kind], structField(inner)],
  ])
  return concatBytes([writeThrift(header), body])
}

export interface HandFile {
  readonly schema: readonly HandElement[]
  readonly rows: number
  readonly columns: readonly HandColumn[]
  /** Changes the footer's tree before it is written. */
  readonly patch?: (footer: ThriftStruct) => void
}

/** A file of one row group. */
export function handFile({ schema, rows, columns, patch }: HandFile): Uint8Array {
  const parts: Uint8Array[] = [ascii('PAR1')]
  let offset = 4
  const chunks = columns.map((column) => {
    const pages = column.pages.map(handPage)
    const dictionary = column.pages[0]?.kind === 'dictionary' ? offset : undefined
    const first = offset + (dictionary === undefined ? 0 : (pages[0]?.length ?? 0))
    const size = pages.reduce((sum, page) => sum + page.length, 0)
    parts.push(...pages)
    offset += size
    const meta = struct([
      [1, i32Field(types[column.type])],
      [2, { type: T.LIST, value: { elementType: T.I32, items: [0] } }],
      [3, binaryList(column.path.map(ascii))],
      [4, i32Field(column.codec ?? 0)],
      [5, i64Field(BigInt(column.values))],
      [6, i64Field(BigInt(size))],
      [7, i64Field(BigInt(size))],
      [9, i64Field(BigInt(first))],
      [11, dictionary === undefined ? undefined : i64Field(BigInt(dictionary))],
      [12, column.statistics === undefined ? undefined : structField(column.statistics)],
    ])
    return struct([
      [2, i64Field(0n)],
      [3, structField(meta)],
    ])
  })
  const group = struct([
    [1, structList(chunks)],
    [2, i64Field(BigInt(offset))],
    [3, i64Field(BigInt(rows))],
  ])
  const footer = struct([
    [1, i32Field(1)],
    [2, structList(elementsOf({ name: 'root', children: schema }))],
    [3, i64Field(BigInt(rows))],
    [4, structList([group])],
  ])
  patch?.(footer)
  const bytes = writeThrift(footer)
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length, true)
  return concatBytes([...parts, bytes, length, ascii('PAR1')])
}

/** Levels as data page v1 has them: a length and one run for each. */
export function levels(values: readonly number[]): Uint8Array {
  const runs = values.flatMap((value) => [2, value])
  return Uint8Array.from([runs.length, 0, 0, 0, ...runs])
}

export function int32s(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer)
}

export function int64s(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values).buffer)
}

/** PLAIN byte arrays. */
export function byteArrays(...values: (string | Uint8Array)[]): Uint8Array {
  return concatBytes(
    values.flatMap((value) => {
      const bytes = typeof value === 'string' ? ascii(value) : value
      return [int32s(bytes.length), bytes]
    }),
  )
}
