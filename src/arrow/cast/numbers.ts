/** Casts to integers and floating-point numbers; only exact ones, but for double to float. */
import { type Data, type DataType, Type } from 'apache-arrow'
import { copyValidity } from '../compact.js'
import { makeColumn } from '../layout.js'
import { mapValues, type Raw } from './map-values.js'

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n

/** To Int32, from any number type. */
export function toInt32(data: Data, to: DataType): Data | undefined {
  if (data.typeId === Type.Int || data.typeId === Type.Float) {
    return mapValues(data, to, (raw) => {
      const number = Number(plainNumber(data, raw))
      return (number | 0) === number ? number : undefined
    })
  }
  return undefined
}

/** To Int64, from any number type. */
export function toInt64(data: Data, to: DataType): Data | undefined {
  if (data.typeId === Type.Float) {
    return mapValues(data, to, (raw) => {
      const number = plainNumber(data, raw) as number
      return Number.isSafeInteger(number) ? BigInt(number) : undefined
    })
  }
  if (data.typeId !== Type.Int) return undefined
  if (data.values instanceof Int32Array) return widenInt32(data, data.values, to)
  return mapValues(data, to, (raw) => {
    const long = BigInt(raw)
    return long >= longMin && long <= longMax ? long : undefined
  })
}

/** Int32 to any 64-bit type of the same meaning, without a BigInt per value. */
export function widenInt32(data: Data, from: Int32Array, to: DataType): Data {
  const { length } = data
  const values = new BigInt64Array(length)
  const halves = new Int32Array(values.buffer)
  for (let i = 0; i < length; i++) {
    const value = from[i]!
    halves[2 * i] = value
    halves[2 * i + 1] = value >> 31
  }
  return makeColumn(to, length, data.nullCount, { validity: copyValidity(data), values })
}

/** To Float32: rounded to the nearest, as for rows; overflow is refused. */
export function toFloat32(data: Data, to: DataType): Data | undefined {
  if (data.typeId === Type.Float) {
    return mapValues(data, to, (raw) => {
      const number = plainNumber(data, raw) as number
      const float = Math.fround(number)
      return Number.isFinite(float) || !Number.isFinite(number) ? float : undefined
    })
  }
  if (data.typeId !== Type.Int) return undefined
  return mapValues(data, to, (raw) => {
    const number = Number(raw)
    return Number.isSafeInteger(number) && Math.fround(number) === number ? number : undefined
  })
}

/** To Float64. */
export function toFloat64(data: Data, to: DataType): Data | undefined {
  if (data.typeId === Type.Float) {
    if (data.values instanceof Float32Array) {
      const values = Float64Array.from(data.values.subarray(0, data.length))
      const validity = copyValidity(data)
      return makeColumn(to, data.length, data.nullCount, { validity, values })
    }
    return mapValues(data, to, (raw) => plainNumber(data, raw))
  }
  if (data.typeId !== Type.Int) return undefined
  return mapValues(data, to, (raw) => {
    const number = Number(raw)
    return Number.isSafeInteger(number) ? number : undefined
  })
}

/** The number that a raw value stands for: half-precision floats are stored as their bits. */
function plainNumber(data: Data, raw: Raw): Raw {
  const half =
    data.typeId === Type.Float &&
    (data.values as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT === 2
  return half ? halfToNumber(Number(raw)) : raw
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
