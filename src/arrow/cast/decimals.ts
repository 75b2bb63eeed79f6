/** Casts to decimals in each of their forms: 128 bits, or the unscaled value in 64 or 32. */
import { type Data, type DataType, Decimal, Type } from 'apache-arrow'
import { formatDecimal, powerOfTen } from '../../types/decimal-text.js'
import { copyValidity } from '../compact.js'
import { datumReader } from '../datum-reader.js'
import { makeColumn, validAt, validityOf } from '../layout.js'
import { refuse } from './map-values.js'

const two32 = 4294967296

/**
 * To decimal(`precision`, `scale`) laid out as `to`. Digits beyond the scale must be zeros, and the
 * precision must hold the value. Integers count as unscaled when `unscaled`, else as whole numbers.
 */
export function toDecimal(
  data: Data,
  to: DataType,
  precision: number,
  scale: number,
  unscaled: boolean,
): Data | undefined {
  const fromScale = sourceScale(data, scale, unscaled)
  if (fromScale === undefined) return undefined
  if (fromScale === scale && data.typeId === Type.Decimal && data.stride === 4 && precision <= 18) {
    if (!(to instanceof Decimal)) return narrow(data, to, precision, scale)
  }
  const { length } = data
  const read = datumReader({ kind: 'decimal', precision: 38, scale: fromScale }, data)
  const limit = powerOfTen(precision)
  const up = powerOfTen(Math.max(0, scale - fromScale))
  const down = powerOfTen(Math.max(0, fromScale - scale))
  const put = decimalSink(to, length)
  for (let i = 0; i < length; i++) {
    const datum = read(i) as bigint | null
    if (datum === null) continue
    const value = (datum * up) / down
    if (value * down !== datum * up || value >= limit || value <= -limit) {
      refuse(i, formatDecimal(datum, fromScale), `decimal(${precision},${scale})`)
    }
    put.value(i, value)
  }
  const validity = copyValidity(data)
  return makeColumn(to, length, data.nullCount, { validity, values: put.values })
}

function sourceScale(data: Data, scale: number, unscaled: boolean): number | undefined {
  if (data.typeId === Type.Decimal) return (data.type as unknown as { scale: number }).scale
  if (data.typeId !== Type.Int) return undefined
  return unscaled ? scale : 0
}

function decimalSink(
  to: DataType,
  length: number,
): { values: ArrayBufferView; value: (index: number, value: bigint) => void } {
  if (to instanceof Decimal) {
    const words = new BigInt64Array(2 * length)
    const value = (index: number, unscaled: bigint): void => {
      words[2 * index] = BigInt.asIntN(64, unscaled)
      words[2 * index + 1] = unscaled >> 64n
    }
    return { values: new Uint32Array(words.buffer), value }
  }
  if (to.ArrayType === Int32Array) {
    const values = new Int32Array(length)
    const value = (index: number, unscaled: bigint): void => {
      values[index] = Number(unscaled)
    }
    return { values, value }
  }
  const values = new BigInt64Array(length)
  const value = (index: number, unscaled: bigint): void => {
    values[index] = unscaled
  }
  return { values, value }
}

/** 128 bits to 64 or 32 at the same scale, without a BigInt per value. */
function narrow(data: Data, to: DataType, precision: number, scale: number): Data {
  const { length } = data
  const source = data.values as Uint32Array
  const words = new Int32Array(source.buffer, source.byteOffset, source.length)
  const per = to.ArrayType === Int32Array ? 1 : 2
  const values = new Int32Array(per * length)
  const valid = validityOf(data) === undefined ? undefined : validAt(data)
  const limit = 10 ** precision
  for (let i = 0; i < length; i++) {
    if (valid !== undefined && !valid(i)) continue
    const low = words[4 * i]! >>> 0
    const high = words[4 * i + 1]!
    const sign = high >> 31
    const fits = words[4 * i + 2] === sign && words[4 * i + 3] === sign
    // Doubles are exact up to 2^53 and order correctly beyond, but for the limit's close neighbours.
    const value = high * two32 + low
    if (!fits || (Math.abs(value) >= limit && !fitsExactly(data, i, precision))) {
      const datum = datumReader({ kind: 'decimal', precision: 38, scale }, data)(i) as bigint
      refuse(i, formatDecimal(datum, scale), `decimal(${precision},${scale})`)
    }
    values[per * i] = low
    if (per === 2) values[2 * i + 1] = high
  }
  const bits = per === 1 ? values : new BigInt64Array(values.buffer)
  return makeColumn(to, length, data.nullCount, { validity: copyValidity(data), values: bits })
}

function fitsExactly(data: Data, index: number, precision: number): boolean {
  const datum = datumReader({ kind: 'decimal', precision: 38, scale: 0 }, data)(index) as bigint
  const limit = powerOfTen(precision)
  return datum < limit && datum > -limit
}
