/** Values of a column as datums: exact, and null for null. */
import { Type as ArrowType, type Data } from 'apache-arrow'
import { InternalBug } from '../errors.js'
import type { Datum } from '../types/datum.js'
import type { Type } from '../types/type.js'
import { castToPlain } from './concat.js'
import { layoutOf, offsets32, validAt, validityOf, valueBytes } from './layout.js'
import { textAt } from './read/text.js'

/** The datum of a row, or null. Bytes share the column's memory: copy them to keep them. */
export type DatumAt = (index: number) => Datum | null

/**
 * Reads a column of a primitive Iceberg type, in any form that {@link ArrowForm} knows.
 *
 * @throws InternalBug when the Arrow type cannot hold the Iceberg type
 */
export function datumReader(type: Type, data: Data): DatumAt {
  const plain = castToPlain(data)
  if (plain.typeId === ArrowType.Null) return () => null
  const read = reader(type, plain)
  if (validityOf(plain) === undefined) return read
  const valid = validAt(plain)
  return (index) => (valid(index) ? read(index) : null)
}

function reader(type: Type, data: Data): (index: number) => Datum {
  switch (type.kind) {
    case 'boolean': {
      const bits = valueBytes(data)
      const { offset } = data
      return (index) => (bits[(offset + index) >> 3]! & (1 << ((offset + index) & 7))) !== 0
    }
    case 'int':
    case 'date':
    case 'float':
    case 'double': {
      const values = data.values as ArrayLike<number | bigint>
      if (typeof values[0] === 'bigint') return (index) => Number(values[index])
      return (index) => values[index] as number
    }
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return integers(data)
    case 'decimal':
      return data.typeId === ArrowType.Decimal ? decimals(data) : integers(data)
    case 'string': {
      const bytes = valueBytes(data)
      const offsets = offsets32(data)
      return (index) => textAt(bytes, offsets[index]!, offsets[index + 1]!)
    }
    case 'binary':
    case 'geometry':
    case 'geography':
    case 'uuid':
    case 'fixed':
      return byteValues(data)
    default:
      throw new InternalBug(`a column of type ${type.kind} has no single values`)
  }
}

function integers(data: Data): (index: number) => bigint {
  const { values } = data
  if (values instanceof BigInt64Array) return (index) => values[index] as bigint
  const numbers = values as ArrayLike<number | bigint>
  return (index) => BigInt(numbers[index]!)
}

/** Little-endian two's complement of 64, 128 or 256 bits. */
function decimals(data: Data): (index: number) => bigint {
  const bytes = valueBytes(data)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const layout = layoutOf(data.type)
  const width = layout.kind === 'fixed' ? layout.width : 16
  return (index) => {
    let at = index * width + width - 8
    let value = view.getBigInt64(at, true)
    for (at -= 8; at >= index * width; at -= 8) value = (value << 64n) | view.getBigUint64(at, true)
    return value
  }
}

function byteValues(data: Data): (index: number) => Uint8Array {
  const bytes = valueBytes(data)
  const layout = layoutOf(data.type)
  if (layout.kind === 'fixed') {
    const { width } = layout
    return (index) => bytes.subarray(index * width, (index + 1) * width)
  }
  const offsets = offsets32(data)
  return (index) => bytes.subarray(offsets[index]!, offsets[index + 1]!)
}
