/** Casts between dates, times and timestamps; a unit may change where no digit is lost. */
import { type Data, type DataType, Type } from 'apache-arrow'
import { retype } from '../layout.js'
import { mapValues } from './map-values.js'

const msPerDay = 86_400_000n
const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n

/** Nanoseconds in each Arrow time unit: second, millisecond, microsecond, nanosecond. */
const unitNanos = [1_000_000_000n, 1_000_000n, 1000n, 1n] as const
const dayNanos = 86_400_000_000_000n

function nanosPer(type: DataType): bigint {
  const unit = (type as unknown as { unit: 0 | 1 | 2 | 3 }).unit
  return unitNanos[unit]
}

/** To Date32, from Date64 on whole days. */
export function toDate(data: Data, to: DataType): Data | undefined {
  if (data.typeId !== Type.Date) return undefined
  if (data.values instanceof Int32Array) return retype(data, to)
  return mapValues(data, to, (raw) => {
    const ms = BigInt(raw)
    return ms % msPerDay === 0n ? Number(ms / msPerDay) : undefined
  })
}

/** To a time of day. */
export function toTime(data: Data, to: DataType): Data | undefined {
  if (data.typeId !== Type.Time) return undefined
  const convert = scale(nanosPer(data.type), nanosPer(to))
  return mapValues(data, to, (raw) => {
    const value = convert(BigInt(raw))
    const inDay = value !== undefined && value >= 0n && value * nanosPer(to) < dayNanos
    return inDay ? value : undefined
  })
}

/** To a timestamp, from another unit or from dates. Zones are the caller's business. */
export function toTimestamp(data: Data, to: DataType): Data | undefined {
  if (data.typeId === Type.Timestamp) {
    if (nanosPer(data.type) === nanosPer(to)) return retype(data, to)
    const convert = scale(nanosPer(data.type), nanosPer(to))
    return mapValues(data, to, (raw) => convert(BigInt(raw)))
  }
  if (data.typeId !== Type.Date) return undefined
  const days = data.values instanceof Int32Array
  const convert = scale(days ? dayNanos : 1_000_000n, nanosPer(to))
  return mapValues(data, to, (raw) => convert(BigInt(raw)))
}

/** Turns counts of one unit into another; undefined where that is not exact or out of range. */
function scale(from: bigint, to: bigint): (value: bigint) => bigint | undefined {
  if (from >= to) {
    const factor = from / to
    return (value) => {
      const scaled = value * factor
      return scaled >= longMin && scaled <= longMax ? scaled : undefined
    }
  }
  const divisor = to / from
  return (value) => (value % divisor === 0n ? value / divisor : undefined)
}
