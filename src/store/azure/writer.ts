/** Objects in blocks: the list of them makes the object, under the condition that the name is free. */
import { LimitExceeded, type StoreUnavailable } from '../../errors.js'
import { toBase64 } from '../../util/base64.js'
import { toHex } from '../../util/bytes.js'
import { md5Base64 } from '../../util/md5.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import type { Published, Upload } from '../parted-writer.js'
import { isNoAnswer } from '../transport.js'
import { textOf } from '../xml.js'
import { type AzureAnswer, type AzureClient, azureError, codeOf } from './client.js'
import { isTaken, putNew } from './create.js'
import type { Place } from './place.js'

/** Azure takes so many blocks of an object ("Scalability and performance targets for Blob Storage"). */
const BLOCKS_MAX = 50_000
/** Of one block, since version 2019-12-12 of the service. */
const BLOCK_MAX_BYTES = 4000 * 1024 * 1024
/** After so many, blocks are twice as large: blocks of 8 MiB come to 4.8 TiB before there are too many. */
const PARTS_OF_ONE_SIZE = 8000

export class AzureUpload implements Upload {
  readonly path: string
  readonly partsInFlight = 3
  readonly maxAttempts: number
  readonly #client: AzureClient
  readonly #place: Place
  readonly #signal: AbortSignal | undefined
  /** Blocks of another writer of the name are never taken for ours. */
  readonly #mark: string
  #parts = 0
  #sizeBytes = 0
  #md5 = ''

  constructor(
    client: AzureClient,
    upload: {
      readonly place: Place
      readonly random: Uint8Array
      readonly signal: AbortSignal | undefined
    },
  ) {
    this.path = upload.place.path
    this.maxAttempts = client.config.maxAttempts
    this.#client = client
    this.#place = upload.place
    this.#mark = toHex(upload.random)
    this.#signal = upload.signal
  }

  partBytes(partsBefore: number): number {
    const doubled = 2 ** Math.floor(partsBefore / PARTS_OF_ONE_SIZE)
    return Math.min(BLOCK_MAX_BYTES, this.#client.config.partBytes * doubled)
  }

  sendWhole(bytes: Uint8Array): Promise<AzureAnswer> {
    this.#sizeBytes = bytes.length
    this.#md5 = md5Base64(bytes)
    return putNew(this.#client, this.#place, bytes)
  }

  /** A block may be sent any number of times: the last one counts, and all are the same. */
  async sendPart(index: number, body: Uint8Array): Promise<void> {
    checkBlock(index, body.length, this.path)
    this.#parts = Math.max(this.#parts, index + 1)
    const answer = await this.#client.again({
      method: 'PUT',
      place: this.#place,
      query: [
        ['comp', 'block'],
        ['blockid', this.#blockId(index)],
      ],
      headers: new Map([...this.#client.config.writeHeaders, ['content-md5', md5Base64(body)]]),
      body,
      signal: this.#signal,
    })
    if (answer.status !== 201) throw this.failure(answer)
  }

  complete(): Promise<AzureAnswer> {
    const blocks = Array.from(
      { length: this.#parts },
      (_, i) => `<Latest>${this.#blockId(i)}</Latest>`,
    )
    const body = encodeUtf8(
      `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks.join('')}</BlockList>`,
    )
    return this.#client.once({
      method: 'PUT',
      place: this.#place,
      query: [['comp', 'blocklist']],
      headers: new Map([
        ...this.#client.config.writeHeaders,
        ['content-md5', md5Base64(body)],
        ['if-none-match', '*'],
      ]),
      body,
    })
  }

  published(answer: AzureAnswer): Published {
    const { status } = answer
    if (status === 201) return 'done'
    if (isTaken(answer)) return 'taken'
    // The first of two lists took the blocks along, and the object was replaced since.
    if (status === 400 && codeOf(answer) === 'InvalidBlockList') return 'gone'
    if (status === 501) return 'failed'
    return status === 0 || status === 408 || status === 429 || status >= 500 ? 'again' : 'failed'
  }

  isOurs(): Promise<boolean> {
    return this.#parts === 0 ? this.#isWhole() : this.#hasOurBlocks()
  }

  failure(answer: AzureAnswer): StoreUnavailable {
    return azureError(answer, 'write', this.path)
  }

  pause(before: number): Promise<void> {
    return this.#client.pause(before)
  }

  /** Blocks that no list names are dropped by Azure after a week; nothing can drop them sooner. */
  async drop(): Promise<void> {}

  async #isWhole(): Promise<boolean> {
    const answer = await this.#client.again({ method: 'HEAD', place: this.#place })
    if (answer.status === 404) return false
    if (isNoAnswer(answer) || answer.status !== 200) throw this.failure(answer)
    const size = Number(answer.headers.get('content-length'))
    return size === this.#sizeBytes && answer.headers.get('content-md5') === this.#md5
  }

  async #hasOurBlocks(): Promise<boolean> {
    const query = [
      ['comp', 'blocklist'],
      ['blocklisttype', 'committed'],
    ] as const
    const answer = await this.#client.again({ method: 'GET', place: this.#place, query })
    if (answer.status === 404) return false
    if (isNoAnswer(answer) || answer.status !== 200) throw this.failure(answer)
    return textOf(decodeUtf8(answer.body) ?? '', 'Name') === this.#blockId(0)
  }

  /** All of one length, as Azure asks. */
  #blockId(index: number): string {
    return toBase64(encodeUtf8(`${this.#mark}-${String(index).padStart(6, '0')}`))
  }
}

/** Throws `LimitExceeded` for a block that Azure would not take, before it is sent. */
export function checkBlock(index: number, bytes: number, path: string): void {
  const [limit, max, actual] =
    index >= BLOCKS_MAX ? ['blocks', BLOCKS_MAX, index + 1] : ['blockBytes', BLOCK_MAX_BYTES, bytes]
  if (actual <= max) return
  throw new LimitExceeded(
    `${path} is too large: Azure takes ${BLOCKS_MAX} blocks of ${BLOCK_MAX_BYTES} bytes; ` +
      (limit === 'blocks' ? 'raise `azure: { partBytes }`' : 'write fewer bytes at a time'),
    { details: { path, limit, max, actual } },
  )
}
