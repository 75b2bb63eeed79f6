/** Casts to text, binary and fixed-length bytes. */
import { type Data, type DataType, Type, Vector } from 'apache-arrow'
import { compactData, copyValidity } from '../compact.js'
import { layoutOf, makeColumn, offsets32, retype, validAt, valueBytes } from '../layout.js'
import { textAt } from '../read/text.js'
import { refuse } from './map-values.js'

/** To Utf8 or Binary with 32-bit offsets. */
export function toBytes(data: Data, to: DataType): Data | undefined {
  const layout = layoutOf(data.type)
  const text = to.typeId === Type.Utf8
  const wasText = data.typeId === Type.Utf8 || data.typeId === Type.LargeUtf8
  if (layout.kind === 'fixed' && data.typeId === Type.FixedSizeBinary && !text) {
    return fromFixed(data, to, layout.width)
  }
  if (layout.kind !== 'bytes') return undefined
  if (text && !wasText) checkText(data)
  if (!layout.large) return retype(data, to)
  const values = valueBytes(data)
  const validity = copyValidity(data)
  return makeColumn(to, data.length, data.nullCount, { validity, offsets: offsets32(data), values })
}

function fromFixed(data: Data, to: DataType, width: number): Data {
  const offsets = Int32Array.from({ length: data.length + 1 }, (_, index) => index * width)
  const values = valueBytes(data)
  return makeColumn(to, data.length, data.nullCount, {
    validity: copyValidity(data),
    offsets,
    values,
  })
}

/** To FixedSizeBinary, from bytes of just that length. */
export function toFixed(data: Data, to: DataType, width: number): Data | undefined {
  const layout = layoutOf(data.type)
  if (data.typeId === Type.FixedSizeBinary) {
    return layout.kind === 'fixed' && layout.width === width ? retype(data, to) : undefined
  }
  if (data.typeId !== Type.Binary && data.typeId !== Type.LargeBinary) return undefined
  const offsets = offsets32(data)
  const bytes = valueBytes(data)
  const valid = validAt(data)
  const values = new Uint8Array(data.length * width)
  for (let i = 0; i < data.length; i++) {
    if (!valid(i)) continue
    const value = bytes.subarray(offsets[i]!, offsets[i + 1]!)
    if (value.length !== width) refuse(i, value, to)
    values.set(value, i * width)
  }
  return makeColumn(to, data.length, data.nullCount, { validity: copyValidity(data), values })
}

/** To a dictionary of Utf8 with Int32 keys, each text once. */
export function toDictionary(data: Data, to: DataType): Data | undefined {
  if (layoutOf(data.type).kind !== 'bytes') return undefined
  const inner = (to as unknown as { dictionary: DataType }).dictionary
  const plain = compactData(toBytes(data, inner) as Data)
  const bytes = valueBytes(plain)
  const offsets = offsets32(plain)
  const valid = validAt(plain)
  const codes = new Map<string, number>()
  const firsts: number[] = []
  const keys = new Int32Array(plain.length)
  for (let i = 0; i < plain.length; i++) {
    if (!valid(i)) continue
    const text = textAt(bytes, offsets[i]!, offsets[i + 1]!)
    let code = codes.get(text)
    if (code === undefined) {
      code = firsts.length
      codes.set(text, code)
      firsts.push(i)
    }
    keys[i] = code
  }
  const dictionary = new Vector([pick(plain, inner, firsts)])
  const validity = copyValidity(data)
  return makeColumn(to, data.length, data.nullCount, { validity, values: keys, dictionary })
}

function pick(data: Data, type: DataType, rows: readonly number[]): Data {
  const bytes = valueBytes(data)
  const from = offsets32(data)
  const offsets = new Int32Array(rows.length + 1)
  let total = 0
  rows.forEach((row, index) => {
    total += from[row + 1]! - from[row]!
    offsets[index + 1] = total
  })
  const values = new Uint8Array(total)
  rows.forEach((row, index) => {
    values.set(bytes.subarray(from[row], from[row + 1]), offsets[index])
  })
  return makeColumn(type, rows.length, 0, { offsets, values })
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Looks at four bytes at a time. */
function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0
  let at = start
  for (; at < end && ((bytes.byteOffset + at) & 3) !== 0; at++) seen |= bytes[at]!
  if (end - at >= 4) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2)
    for (let i = 0; i < words.length; i++) seen |= words[i]!
    at += words.length * 4
  }
  for (; at < end; at++) seen |= bytes[at]!
  return (seen & 0x80808080) === 0
}

/** Refuses the first value that is not UTF-8. Fast where all is well. */
export function checkText(data: Data): void {
  const offsets = offsets32(data)
  const bytes = valueBytes(data)
  const start = offsets[0]!
  const end = offsets[data.length]!
  if (isAscii(bytes, start, end)) return
  const valid = validAt(data)
  for (let i = 0; i < data.length; i++) {
    if (!valid(i)) continue
    const value = bytes.subarray(offsets[i]!, offsets[i + 1]!)
    try {
      decoder.decode(value)
    } catch {
      refuse(i, value, 'string: it is not UTF-8')
    }
  }
}
