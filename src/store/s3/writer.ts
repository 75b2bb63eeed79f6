/** Objects in parts: a multipart upload, completed under the condition that the name is free. */
import { LimitExceeded, StoreUnavailable } from '../../errors.js'
import { concatBytes, fromHex } from '../../util/bytes.js'
import { sha256Hex } from '../../util/sha256.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import type { Published, Upload } from '../parted-writer.js'
import { escapeXml, textOf } from '../xml.js'
import { checksumOf, codeOf, type S3Answer, type S3Client, s3Error } from './client.js'
import { type Place, putNew } from './create.js'

interface Part {
  readonly etag: string
  readonly hash: string
}

/** S3 takes 10,000 parts: after so many of them, parts are twice as large. */
const PARTS_OF_ONE_SIZE = 1500
const MAX_PARTS = 10_000
const MAX_PART_BYTES = 5 * 1024 ** 3

export class S3Upload implements Upload {
  readonly path: string
  readonly partsInFlight = 3
  readonly maxAttempts: number
  readonly #client: S3Client
  readonly #place: Place
  readonly #signal: AbortSignal | undefined
  readonly #parts: Part[] = []
  #uploadId: Promise<string> | undefined
  #sizeBytes = 0
  /** SHA-256 of the object as S3 states it: of a whole one, or of its parts' with their number. */
  #whole = ''

  constructor(client: S3Client, place: Place, signal: AbortSignal | undefined) {
    this.path = place.path
    this.maxAttempts = client.config.maxAttempts
    this.#client = client
    this.#place = place
    this.#signal = signal
  }

  partBytes(partsBefore: number): number {
    const grown = this.#client.config.partBytes * 2 ** Math.floor(partsBefore / PARTS_OF_ONE_SIZE)
    return Math.min(grown, MAX_PART_BYTES)
  }

  sendWhole(bytes: Uint8Array): Promise<S3Answer> {
    this.#sizeBytes = bytes.length
    this.#whole = checksumOf(sha256Hex(bytes))
    return putNew(this.#client, this.#place, bytes)
  }

  /** A part may be sent any number of times: the last one counts, and all are the same. */
  async sendPart(index: number, body: Uint8Array): Promise<void> {
    if (index >= MAX_PARTS) {
      throw new LimitExceeded(
        `${this.path} is too large: S3 takes ${MAX_PARTS} parts; raise \`s3: { partBytes }\``,
        { details: { path: this.path, limit: 'parts', max: MAX_PARTS, actual: index + 1 } },
      )
    }
    this.#uploadId ??= this.#begin()
    const uploadId = await this.#uploadId
    this.#sizeBytes += body.length
    const hash = sha256Hex(body)
    const answer = await this.#client.again({
      method: 'PUT',
      ...this.#target(),
      query: [
        ['partNumber', String(index + 1)],
        ['uploadId', uploadId],
      ],
      headers: new Map([['x-amz-checksum-sha256', checksumOf(hash)]]),
      body,
      bodyHash: hash,
      signal: this.#signal,
    })
    const etag = answer.status === 200 ? answer.headers.get('etag') : null
    if (etag === null) throw s3Error(answer, 'write', this.path)
    this.#parts[index] = { etag, hash }
  }

  async complete(): Promise<S3Answer> {
    const items = this.#parts.map(
      ({ etag, hash }, i) =>
        `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag>` +
        `<ChecksumSHA256>${checksumOf(hash)}</ChecksumSHA256></Part>`,
    )
    const body = encodeUtf8(`<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`)
    const hashes = this.#parts.map(({ hash }) => fromHex(hash) as Uint8Array)
    this.#whole = `${checksumOf(sha256Hex(concatBytes(hashes)))}-${hashes.length}`
    return this.#client.once({
      method: 'POST',
      ...this.#target(),
      query: [['uploadId', (await this.#uploadId) as string]],
      headers: new Map([['if-none-match', '*']]),
      body,
    })
  }

  published(answer: S3Answer): Published {
    const { status } = answer
    // A completed upload may answer 200 with an error inside.
    const code = codeOf(answer)
    if ((status === 200 || status === 201) && code === '') return 'done'
    if (status === 412) return 'taken'
    if (status === 404 && code === 'NoSuchUpload') return 'gone'
    if (status === 501) return 'failed'
    const passing = status === 0 || status === 200 || status === 409 || status === 429
    return passing || status >= 500 ? 'again' : 'failed'
  }

  async isOurs(): Promise<boolean> {
    const answer = await this.#client.again({
      method: 'HEAD',
      ...this.#target(),
      headers: new Map([['x-amz-checksum-mode', 'ENABLED']]),
    })
    if (answer.status === 404) return false
    if (answer.status !== 200) throw s3Error(answer, 'write', this.path)
    const stated = answer.headers.get('x-amz-checksum-sha256')
    if (Number(answer.headers.get('content-length')) !== this.#sizeBytes) return false
    if (stated !== null) return stated === this.#whole
    throw new StoreUnavailable(
      `cannot tell whether ${this.path} is what was written: the server keeps no checksums`,
      { details: { path: this.path } },
    )
  }

  failure(answer: S3Answer): StoreUnavailable {
    return s3Error(answer, 'write', this.path)
  }

  pause(before: number): Promise<void> {
    return this.#client.pause(before)
  }

  async drop(): Promise<void> {
    const uploadId = await this.#uploadId?.catch(() => undefined)
    if (uploadId === undefined) return
    await this.#client
      .again({ method: 'DELETE', ...this.#target(), query: [['uploadId', uploadId]] })
      .catch(() => undefined)
  }

  async #begin(): Promise<string> {
    const headers = new Map(this.#client.config.writeHeaders)
    headers.set('x-amz-checksum-algorithm', 'SHA256')
    const answer = await this.#client.again({
      method: 'POST',
      ...this.#target(),
      query: [['uploads', '']],
      headers,
      signal: this.#signal,
    })
    const id = answer.status === 200 ? textOf(decodeUtf8(answer.body) ?? '', 'UploadId') : undefined
    if (id === undefined) throw s3Error(answer, 'write', this.path)
    return id
  }

  #target(): { readonly bucket: string; readonly key: string } {
    return { bucket: this.#place.bucket, key: this.#place.key }
  }
}
