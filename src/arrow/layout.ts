/**
 * Arrow memory layouts. `Data` of apache-arrow keeps a slice as follows, which all of this folder
 * relies on: fixed-width values and value offsets are cut to the slice, struct children are cut,
 * list children are not; bitmaps (validity, and the values of booleans) are whole and indexed from
 * `data.offset`.
 */
import { Data, type DataType, Type, type Vector } from 'apache-arrow'
import { Unsupported } from '../errors.js'

export type Layout =
  | { readonly kind: 'null' | 'bool' | 'struct' }
  /** `width` bytes a value. Dictionaries too: the width is that of the index. */
  | { readonly kind: 'fixed'; readonly width: number }
  /** Bytes with 32-bit or 64-bit offsets. */
  | { readonly kind: 'bytes'; readonly large: boolean }
  | { readonly kind: 'list'; readonly large: boolean }
  | { readonly kind: 'fixed-list'; readonly size: number }

const layouts = {
  null: { kind: 'null' },
  bool: { kind: 'bool' },
  struct: { kind: 'struct' },
  bytes: { kind: 'bytes', large: false },
  largeBytes: { kind: 'bytes', large: true },
  list: { kind: 'list', large: false },
  largeList: { kind: 'list', large: true },
} as const satisfies Record<string, Layout>

const fixedLayouts = new Map<number, Layout>()

function fixedLayout(width: number): Layout {
  let layout = fixedLayouts.get(width)
  if (layout === undefined) {
    layout = { kind: 'fixed', width }
    fixedLayouts.set(width, layout)
  }
  return layout
}

/** The layout of an Arrow type. Throws `Unsupported` for unions, views and run-end encoding. */
export function layoutOf(type: DataType): Layout {
  switch (type.typeId) {
    case Type.Null:
      return layouts.null
    case Type.Bool:
      return layouts.bool
    case Type.Struct:
      return layouts.struct
    case Type.Utf8:
    case Type.Binary:
      return layouts.bytes
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return layouts.largeBytes
    case Type.List:
    case Type.Map:
      return layouts.list
    case Type.LargeList:
      return layouts.largeList
    case Type.FixedSizeList:
      return { kind: 'fixed-list', size: (type as unknown as { listSize: number }).listSize }
    default:
      return fixedLayout(fixedWidth(type))
  }
}

function fixedWidth(type: DataType): number {
  const it = type as unknown as { bitWidth: number; byteWidth: number; precision: number }
  switch (type.typeId) {
    case Type.Int:
    case Type.Decimal:
      return it.bitWidth >> 3
    case Type.Float:
      return 2 << it.precision
    case Type.FixedSizeBinary:
      return it.byteWidth
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
    case Type.Duration:
    case Type.Interval:
      return type.ArrayType.BYTES_PER_ELEMENT * strideOf(type)
    case Type.Dictionary:
      return fixedWidth((type as unknown as { indices: DataType }).indices)
    default:
      throw new Unsupported(`arrow-${String(type)}`, `Arrow type ${String(type)} is not supported`)
  }
}

function strideOf(type: DataType): number {
  if (type.typeId !== Type.Interval) return 1
  const unit = (type as unknown as { unit: number }).unit
  return unit === 2 ? 4 : 1 + unit
}

export interface DataParts {
  readonly validity?: Uint8Array | undefined
  readonly offsets?: Int32Array | BigInt64Array | undefined
  readonly values?: ArrayBufferView | undefined
  readonly children?: readonly Data[] | undefined
  readonly dictionary?: Vector | undefined
}

/** Makes `Data` with offset 0 from parts that are already right; nothing is checked or copied. */
export function makeColumn(
  type: DataType,
  length: number,
  nullCount: number,
  parts: DataParts,
): Data {
  const buffers = {
    0: parts.offsets,
    1: parts.values,
    2: nullCount === 0 ? undefined : parts.validity,
  } as unknown as Partial<Data['buffers']>
  return new Data(
    type,
    0,
    length,
    nullCount,
    buffers,
    [...(parts.children ?? [])],
    parts.dictionary,
  )
}

/** A column of another type over the same buffers, which must mean the same bits. */
export function retype(data: Data, type: DataType, children?: readonly Data[]): Data {
  const parts = { 0: data.valueOffsets, 1: data.values, 2: data.nullBitmap }
  return new Data(
    type,
    data.offset,
    data.length,
    data.nullCount,
    parts as unknown as Partial<Data['buffers']>,
    [...(children ?? data.children)],
    data.dictionary,
  )
}

/** The validity bitmap, whole, to be indexed from `data.offset`; undefined when nothing is null. */
export function validityOf(data: Data): Uint8Array | undefined {
  if (data.typeId === Type.Null) return undefined
  return data.nullCount > 0 ? (data.nullBitmap ?? undefined) : undefined
}

/** Whether each row is not null, as a function of the row. */
export function validAt(data: Data): (index: number) => boolean {
  if (data.typeId === Type.Null) return () => false
  const bits = validityOf(data)
  if (bits === undefined) return () => true
  const offset = data.offset
  return (index) => (bits[(offset + index) >> 3]! & (1 << ((offset + index) & 7))) !== 0
}

/** The value bytes of a fixed-width or variable-width column. */
export function valueBytes(data: Data): Uint8Array {
  const values = data.values as ArrayBufferView | undefined
  if (values === undefined) return new Uint8Array(0)
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/**
 * Value offsets as 32-bit numbers, one more than there are rows; 64-bit ones are narrowed, which any
 * real buffer allows. A column without rows may come without any (Arrow columnar format).
 */
export function offsets32(data: Data): Int32Array {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array | undefined
  if (offsets === undefined || offsets.length === 0) return new Int32Array(data.length + 1)
  if (offsets instanceof Int32Array) return offsets
  const narrowed = new Int32Array(data.length + 1)
  for (let i = 0; i <= data.length; i++) {
    const offset = offsets[i]!
    if (offset > 0x7fffffffn) {
      throw new Unsupported(
        'arrow-large-offsets',
        'an Arrow column holds more than 2 GiB; split it',
      )
    }
    narrowed[i] = Number(offset)
  }
  return narrowed
}
