import { DeltaReader } from './delta.js'
import { badPage } from './page-errors.js'
import type { PageValues } from './value-sink.js'

export interface DecodedBytes {
  /** `count + 1` positions into `data`. */
  readonly offsets: Int32Array
  readonly data: Uint8Array
}

/** Reads `count` lengths; returns where what follows them begins. */
function readLengths(page: PageValues, start: number, count: number, out: Int32Array): number {
  const reader = new DeltaReader(page.bytes, page.view, start, page.end)
  if (reader.total < count) badPage('it has fewer values than its header says')
  reader.read32(out, 0, count)
  return reader.end
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. `data` is a view of the page. */
export function decodeDeltaLength(page: PageValues, start: number, count: number): DecodedBytes {
  const lengths = new Int32Array(count)
  const dataStart = readLengths(page, start, count, lengths)
  const offsets = new Int32Array(count + 1)
  const room = page.end - dataStart
  let total = 0
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number
    total += length
    if (length < 0 || total > room) badPage('its values are cut off')
    offsets[i + 1] = total
  }
  return { offsets, data: page.bytes.subarray(dataStart, dataStart + total) }
}

/**
 * DELTA_BYTE_ARRAY: each value shares a prefix with the one before it. The prefix lengths come
 * first, then the suffixes as DELTA_LENGTH_BYTE_ARRAY.
 *
 * @param maxBytes refuses pages that unpack to more: shared prefixes can make bombs
 */
export function decodeDeltaByteArray(
  page: PageValues,
  count: number,
  maxBytes: number,
): DecodedBytes {
  const prefixes = new Int32Array(count)
  const suffixStart = readLengths(page, page.start, count, prefixes)
  const suffixes = decodeDeltaLength(page, suffixStart, count)
  const offsets = new Int32Array(count + 1)
  let total = 0
  for (let i = 0, previous = 0; i < count; i++) {
    const prefix = prefixes[i] as number
    if (prefix < 0 || prefix > previous) badPage('a prefix is longer than the value before it')
    previous = prefix + (suffixes.offsets[i + 1] as number) - (suffixes.offsets[i] as number)
    total += previous
    if (total > maxBytes) badPage('its values are longer than a column may be')
    offsets[i + 1] = total
  }
  const data = new Uint8Array(total)
  for (let i = 0, before = 0; i < count; i++) {
    const at = offsets[i] as number
    const prefix = prefixes[i] as number
    data.copyWithin(at, before, before + prefix)
    data.set(
      suffixes.data.subarray(suffixes.offsets[i] as number, suffixes.offsets[i + 1] as number),
      at + prefix,
    )
    before = at
  }
  return { offsets, data }
}
