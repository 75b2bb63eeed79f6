import { bytesEqual, compareBytes } from '../../util/bytes.js'
import { compareUtf8, decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { badVariant, checkVariantBytes, readUint, uintWidth, type VariantLimits } from './layout.js'

const version = 1
const sortedFlag = 0x10

/** The dictionary of names of a variant. Names are decoded when they are asked for. */
export class VariantMetadata {
  readonly bytes: Uint8Array
  /** Number of names. */
  readonly size: number
  /** Bytes that the dictionary takes; what follows is not its own. */
  readonly length: number
  readonly #sorted: boolean
  readonly #width: number
  readonly #start: number
  readonly #names = new Map<number, string>()
  #ids: Map<string, number> | undefined

  /** @throws CorruptData unless header and offsets make sense, LimitExceeded */
  constructor(bytes: Uint8Array, limits: VariantLimits) {
    checkVariantBytes(bytes.length, limits)
    const header = bytes[0]
    if (header === undefined) badVariant('its metadata is empty')
    if ((header & 0x0f) !== version) badVariant(`metadata of version ${header & 0x0f}`)
    this.bytes = bytes
    this.#sorted = (header & sortedFlag) !== 0
    this.#width = (header >> 6) + 1
    this.size = readUint(bytes, 1, this.#width, bytes.length)
    this.#start = 1 + this.#width * (this.size + 2)
    if (this.#start > bytes.length) badVariant('its metadata ends early')
    if (this.#offset(0) !== 0) badVariant('its first name does not start at 0')
    this.length = this.#start + this.#offset(this.size)
    if (this.length > bytes.length) badVariant('its metadata ends early')
  }

  #offset(index: number): number {
    return readUint(this.bytes, 1 + this.#width * (1 + index), this.#width, this.#start)
  }

  #nameBytes(id: number): Uint8Array {
    if (id >= this.size) badVariant(`it has no name ${id}`)
    const start = this.#start + this.#offset(id)
    const end = this.#start + this.#offset(id + 1)
    if (start > end || end > this.length) badVariant(`its name ${id} is misplaced`)
    return this.bytes.subarray(start, end)
  }

  /** The name of an id. @throws CorruptData */
  name(id: number): string {
    const known = this.#names.get(id)
    if (known !== undefined) return known
    const name = decodeUtf8(this.#nameBytes(id)) ?? badVariant(`its name ${id} is not UTF-8`)
    this.#names.set(id, name)
    return name
  }

  /** The id of a name; undefined when the dictionary lacks it. */
  find(name: string): number | undefined {
    if (this.#ids === undefined && this.#sorted) return this.#search(encodeUtf8(name))
    if (this.#ids === undefined) {
      this.#ids = new Map()
      for (let id = 0; id < this.size; id++) this.#ids.set(this.name(id), id)
    }
    return this.#ids.get(name)
  }

  #search(name: Uint8Array): number | undefined {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareBytes(this.#nameBytes(middle), name)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }
}

/** Reads metadata, and reads none twice in a row: the variants of a column often share theirs. */
export class MetadataReader {
  readonly #limits: VariantLimits
  #last: VariantMetadata | undefined

  constructor(limits: VariantLimits) {
    this.#limits = limits
  }

  /** The bytes are copied where they are remembered. */
  read(bytes: Uint8Array): VariantMetadata {
    if (this.#last !== undefined && bytesEqual(this.#last.bytes, bytes)) return this.#last
    checkVariantBytes(bytes.length, this.#limits)
    this.#last = new VariantMetadata(bytes.slice(), this.#limits)
    return this.#last
  }
}

/** Collects the names of a variant that is being written. */
export class MetadataBuilder {
  readonly #ids = new Map<string, number>()
  /** The names of the variant before, and its metadata: variants of a column often share theirs. */
  #last: readonly string[] = []
  #lastBytes: Uint8Array | undefined

  /** Forgets the names. */
  reset(): void {
    this.#ids.clear()
  }

  /** The id of a name, which is added if it is new. */
  id(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const id = this.#ids.size
    this.#ids.set(name, id)
    return id
  }

  /**
   * The metadata, which is nobody's to change. Names stay in the order of their ids; the flag says
   * when that is their order.
   */
  toBytes(): Uint8Array {
    const names = [...this.#ids.keys()]
    const isSame =
      names.length === this.#last.length && names.every((name, at) => name === this.#last[at])
    if (this.#lastBytes === undefined || !isSame) {
      this.#lastBytes = encodeNames(names)
      this.#last = names
    }
    return this.#lastBytes
  }
}

function encodeNames(names: readonly string[]): Uint8Array {
  const encoded = names.map((name) => encodeUtf8(name))
  const total = encoded.reduce((sum, bytes) => sum + bytes.length, 0)
  const width = uintWidth(Math.max(total, names.length))
  const start = 1 + width * (names.length + 2)
  const bytes = new Uint8Array(start + total)
  bytes[0] = version | (isAscending(names) ? sortedFlag : 0) | ((width - 1) << 6)
  const put = (at: number, value: number): void => {
    for (let i = 0; i < width; i++) bytes[at + i] = value >>> (8 * i)
  }
  put(1, names.length)
  let end = 0
  encoded.forEach((name, id) => {
    put(1 + width * (1 + id), end)
    bytes.set(name, start + end)
    end += name.length
  })
  put(1 + width * (1 + names.length), end)
  return bytes
}

/** An empty dictionary counts as unsorted, as the reference writes it. */
function isAscending(names: readonly string[]): boolean {
  return (
    names.length > 0 &&
    names.every((name, at) => at === 0 || compareUtf8(names[at - 1] as string, name) < 0)
  )
}
