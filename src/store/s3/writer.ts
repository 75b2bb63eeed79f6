/** A new object, streamed: one conditional PUT when it is small, a multipart upload when it is not. */
import { throwIfAborted } from '../../env/system-env.js'
import { AlreadyExists, InvalidArgument, StoreUnavailable } from '../../errors.js'
import { concatBytes, fromHex } from '../../util/bytes.js'
import { sha256Hex } from '../../util/sha256.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import type { ObjectInfo, ObjectWriter } from '../store.js'
import { checksumOf, codeOf, type S3Answer, type S3Client, s3Error } from './client.js'
import { type Place, putNew } from './create.js'
import { escapeXml, textOf } from './xml.js'

interface Part {
  readonly etag: string
  readonly hash: string
}

/** Parts on their way at a time, for each object. */
const PARTS_IN_FLIGHT = 3
/** S3 takes 10,000 parts: after so many, parts are twice as large. */
const PARTS_OF_ONE_SIZE = 1500

export class S3Writer implements ObjectWriter {
  readonly path: string
  readonly #client: S3Client
  readonly #place: Place
  readonly #signal: AbortSignal | undefined
  #chunks: Uint8Array[] = []
  #buffered = 0
  #sizeBytes = 0
  #uploadId: string | undefined
  #parts: Promise<Part>[] = []
  #open = true

  constructor(client: S3Client, place: Place, signal: AbortSignal | undefined) {
    this.path = place.path
    this.#client = client
    this.#place = place
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      throwIfAborted(this.#signal)
      this.#checkOpen()
      // A copy: the caller may use the memory again before a part is full.
      this.#chunks.push(bytes.slice())
      this.#buffered += bytes.length
      this.#sizeBytes += bytes.length
      if (this.#buffered >= this.#partBytes()) await this.#flush()
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async close(): Promise<ObjectInfo> {
    try {
      throwIfAborted(this.#signal)
      this.#checkOpen()
      if (this.#uploadId === undefined) {
        await this.#publish((bytes) => putNew(this.#client, this.#place, bytes), this.#take())
      } else {
        if (this.#buffered > 0) await this.#flush()
        await this.#complete(await Promise.all(this.#parts))
      }
      this.#open = false
      return { path: this.path, sizeBytes: this.#sizeBytes, modifiedMs: undefined }
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async abort(): Promise<void> {
    this.#open = false
    this.#chunks = []
    const uploadId = this.#uploadId
    this.#uploadId = undefined
    // A part that arrives after the upload was aborted would stay, and cost.
    await Promise.allSettled(this.#parts)
    if (uploadId === undefined) return
    await this.#client
      .again({ method: 'DELETE', ...this.#target(), query: [['uploadId', uploadId]] })
      .catch(() => undefined)
  }

  #partBytes(): number {
    return this.#client.config.partBytes * 2 ** Math.floor(this.#parts.length / PARTS_OF_ONE_SIZE)
  }

  #take(): Uint8Array {
    const bytes = concatBytes(this.#chunks)
    this.#chunks = []
    this.#buffered = 0
    return bytes
  }

  async #flush(): Promise<void> {
    this.#uploadId ??= await this.#begin()
    const part = this.#upload(this.#uploadId, this.#parts.length + 1, this.#take())
    // Its failure is met where it is waited for.
    part.catch(() => undefined)
    this.#parts.push(part)
    await this.#parts[this.#parts.length - PARTS_IN_FLIGHT]
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

  /** A part may be sent any number of times: the last one counts, and all are the same. */
  async #upload(uploadId: string, number: number, body: Uint8Array): Promise<Part> {
    const hash = sha256Hex(body)
    const answer = await this.#client.again({
      method: 'PUT',
      ...this.#target(),
      query: [
        ['partNumber', String(number)],
        ['uploadId', uploadId],
      ],
      headers: new Map([['x-amz-checksum-sha256', checksumOf(hash)]]),
      body,
      bodyHash: hash,
      signal: this.#signal,
    })
    const etag = answer.status === 200 ? answer.headers.get('etag') : null
    if (etag === null) throw s3Error(answer, 'write', this.path)
    return { etag, hash }
  }

  async #complete(parts: readonly Part[]): Promise<void> {
    const items = parts.map(
      ({ etag, hash }, i) =>
        `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag>` +
        `<ChecksumSHA256>${checksumOf(hash)}</ChecksumSHA256></Part>`,
    )
    const body = encodeUtf8(`<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`)
    const uploadId = this.#uploadId as string
    const hashes = parts.map(({ hash }) => fromHex(hash) as Uint8Array)
    const whole = `${checksumOf(sha256Hex(concatBytes(hashes)))}-${parts.length}`
    await this.#publish(
      () =>
        this.#client.once({
          method: 'POST',
          ...this.#target(),
          query: [['uploadId', uploadId]],
          headers: new Map([['if-none-match', '*']]),
          body,
        }),
      body,
      whole,
    )
  }

  /**
   * Makes the object visible. The name is ours alone, so a request without an answer is sent again;
   * if the name is taken then, what lies there says whether the first one came through.
   */
  async #publish(
    send: (bytes: Uint8Array) => Promise<S3Answer>,
    bytes: Uint8Array,
    whole = checksumOf(sha256Hex(bytes)),
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const answer = await send(bytes)
      // A completed upload may answer 200 with an error inside.
      const code = codeOf(answer)
      if ((answer.status === 200 || answer.status === 201) && code === '') return
      const gone = answer.status === 404 && code === 'NoSuchUpload'
      // Also after a single request: something on the way may have delivered it twice.
      if ((answer.status === 412 || gone) && (await this.#isOurs(whole))) return
      if (answer.status === 412) {
        throw new AlreadyExists(`${this.path} exists already`, { details: { path: this.path } })
      }
      const failing =
        answer.status === 0 ||
        answer.status === 200 ||
        answer.status === 409 ||
        answer.status >= 500
      if (!failing && answer.status !== 429) throw s3Error(answer, 'write', this.path)
      if (tries >= this.#client.config.maxAttempts || answer.status === 501) {
        throw s3Error(answer, 'write', this.path)
      }
      await this.#client.pause(tries)
    }
  }

  async #isOurs(whole: string): Promise<boolean> {
    const answer = await this.#client.again({
      method: 'HEAD',
      ...this.#target(),
      headers: new Map([['x-amz-checksum-mode', 'ENABLED']]),
    })
    if (answer.status === 404) return false
    if (answer.status !== 200) throw s3Error(answer, 'write', this.path)
    const stated = answer.headers.get('x-amz-checksum-sha256')
    if (Number(answer.headers.get('content-length')) !== this.#sizeBytes) return false
    if (stated !== null) return stated === whole
    throw new StoreUnavailable(
      `cannot tell whether ${this.path} is what was written: the server keeps no checksums`,
      { details: { path: this.path } },
    )
  }

  #target(): { readonly bucket: string; readonly key: string } {
    return { bucket: this.#place.bucket, key: this.#place.key }
  }

  #checkOpen(): void {
    if (!this.#open) {
      throw new InvalidArgument(`${this.path} was closed; it takes no more bytes`)
    }
  }
}
