import { levelWidth } from './levels.js'
import { badPage } from './page-errors.js'
import type { PageHeaderReader } from './page-header.js'
import { BIT_PACKED, type PageValues, RLE } from './value-sink.js'

/** A data page taken apart. Levels that the column cannot have are undefined. */
export interface SplitPage {
  readonly repetitions: PageValues | undefined
  readonly definitions: PageValues | undefined
  readonly values: PageValues
}

export interface MaxLevels {
  readonly maxDefinition: number
  readonly maxRepetition: number
}

/** Data page v1: levels, each kind with its length in front, and values in one compressed body. */
export function splitV1(header: PageHeaderReader, body: PageValues, max: MaxLevels): SplitPage {
  let at = body.start
  let repetitions: PageValues | undefined
  let definitions: PageValues | undefined
  if (max.maxRepetition > 0) {
    const { repetitionEncoding: encoding } = header
    const found = levelsAt(body, at, encoding, max.maxRepetition, header.values)
    repetitions = found.levels
    at = found.end
  }
  if (max.maxDefinition > 0) {
    const { definitionEncoding: encoding } = header
    const found = levelsAt(body, at, encoding, max.maxDefinition, header.values)
    definitions = found.levels
    at = found.end
  }
  return { repetitions, definitions, values: { ...body, start: at } }
}

/** Data page v2: the header has the lengths of the levels, which are never compressed. */
export function splitV2(
  header: PageHeaderReader,
  levels: PageValues,
  body: PageValues,
  max: MaxLevels,
): SplitPage {
  const middle = levels.start + header.repetitionBytes
  return {
    repetitions: max.maxRepetition > 0 ? { ...levels, end: middle } : undefined,
    definitions: max.maxDefinition > 0 ? { ...levels, start: middle } : undefined,
    values: body,
  }
}

function levelsAt(
  body: PageValues,
  at: number,
  encoding: number,
  max: number,
  count: number,
): { readonly levels: PageValues; readonly end: number } {
  if (encoding === BIT_PACKED) return packedLevels(body, at, levelWidth(max), count)
  if (encoding !== RLE) badPage(`its levels use encoding ${encoding}`)
  if (at + 4 > body.end) badPage('its levels are cut off')
  const length = body.view.getUint32(at, true)
  if (length > body.end - at - 4) badPage('its levels are cut off')
  const end = at + 4 + length
  return { levels: { ...body, start: at + 4, end }, end }
}

/**
 * The deprecated BIT_PACKED levels: no length, and bits from the most significant one. They are
 * written anew as one bit-packed run of the encoding that took their place.
 */
function packedLevels(
  body: PageValues,
  at: number,
  width: number,
  count: number,
): { readonly levels: PageValues; readonly end: number } {
  const end = at + Math.ceil((count * width) / 8)
  if (end > body.end) badPage('its levels are cut off')
  const groups = Math.ceil(count / 8)
  const header = varint(groups * 2 + 1)
  const bytes = new Uint8Array(header.length + groups * width)
  bytes.set(header)
  const first = header.length * 8
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) {
      const from = i * width + k
      const bit = ((body.bytes[at + (from >> 3)] as number) >> (7 - (from & 7))) & 1
      const to = first + i * width + (width - 1 - k)
      bytes[to >> 3] = (bytes[to >> 3] as number) | (bit << (to & 7))
    }
  }
  const view = new DataView(bytes.buffer)
  return { levels: { bytes, view, start: 0, end: bytes.length }, end }
}

function varint(value: number): Uint8Array {
  const out: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80)
  out.push(rest)
  return Uint8Array.from(out)
}
