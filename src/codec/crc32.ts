import { nativeZlib } from '../env/native-zlib.js'

/** Eight tables, so that eight bytes are taken per step ("slicing by 8"). */
type Tables = readonly Int32Array[]

/** Of reflected polynomials: IEEE 802.3, and Castagnoli's (RFC 3720, appendix B.4). */
const IEEE = tablesOf(0xedb88320)
let castagnoli: Tables | undefined

function tablesOf(polynomial: number): Tables {
  const all = Array.from({ length: 8 }, () => new Int32Array(256))
  const first = all[0] as Int32Array
  for (let n = 0; n < 256; n++) {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1
    first[n] = c
  }
  for (let k = 1; k < 8; k++) {
    const table = all[k] as Int32Array
    const before = all[k - 1] as Int32Array
    for (let n = 0; n < 256; n++) {
      const c = before[n] as number
      table[n] = (c >>> 8) ^ (first[c & 0xff] as number)
    }
  }
  return all
}

/**
 * CRC-32 (IEEE 802.3, as in gzip, Avro snappy blocks, Puffin and Parquet pages), unsigned.
 * `seed` is the checksum of what came before.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const native = nativeZlib()?.crc32
  return native === undefined ? crc32Portable(bytes, seed) : native(bytes, seed)
}

/** {@link crc32} in plain JavaScript. */
export function crc32Portable(bytes: Uint8Array, seed = 0): number {
  return sliced(IEEE, bytes, seed)
}

/** CRC-32C (Castagnoli), unsigned: the checksum of Google Cloud Storage. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  castagnoli ??= tablesOf(0x82f63b78)
  return sliced(castagnoli, bytes, seed)
}

function sliced(tables: Tables, bytes: Uint8Array, seed: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  let c = ~seed
  let i = 0
  const blocks = bytes.length - 7
  for (; i < blocks; i += 8) {
    const a =
      c ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24))
    c =
      (t7[a & 0xff] as number) ^
      (t6[(a >>> 8) & 0xff] as number) ^
      (t5[(a >>> 16) & 0xff] as number) ^
      (t4[a >>> 24] as number) ^
      (t3[bytes[i + 4] as number] as number) ^
      (t2[bytes[i + 5] as number] as number) ^
      (t1[bytes[i + 6] as number] as number) ^
      (t0[bytes[i + 7] as number] as number)
  }
  for (; i < bytes.length; i++) {
    c = (c >>> 8) ^ (t0[(c ^ (bytes[i] as number)) & 0xff] as number)
  }
  return ~c >>> 0
}
