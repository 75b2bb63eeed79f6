/** Conditional creation, and the proof that a server means it. */

import type { Env } from '../../env/env.js'
import { Unsupported } from '../../errors.js'
import { toHex } from '../../util/bytes.js'
import { sha256Hex } from '../../util/sha256.js'
import { encodeUtf8 } from '../../util/utf8.js'
import type { CreateOutcome } from '../store.js'
import { isNoAnswer } from '../transport.js'
import { checksumOf, codeOf, type S3Answer, type S3Client, s3Error } from './client.js'

export interface Place {
  readonly bucket: string
  readonly key: string
  readonly path: string
}

/** How often an undecided creation is sent. */
const CONFLICT_TRIES = 4

/** One conditional PUT; `unknown` wherever it may have been, or may yet be, applied (S3, S4). */
export async function createObject(
  client: S3Client,
  place: Place,
  bytes: Uint8Array,
): Promise<CreateOutcome> {
  for (let tries = 1; ; tries++) {
    const answer = await putNew(client, place, bytes)
    const error = () => s3Error(answer, 'create', place.path)
    if (answer.status === 200 || answer.status === 201) return { outcome: 'created' }
    if (answer.status === 412) {
      // After an undecided request the object there may be ours: whoever reads it back knows.
      return tries === 1 ? { outcome: 'exists' } : { outcome: 'unknown', cause: error() }
    }
    if (answer.status === 409 && codeOf(answer) !== 'OperationAborted' && tries < CONFLICT_TRIES) {
      // ConditionalRequestConflict decides nothing; the same bytes are sent again.
      await client.pause(tries)
      continue
    }
    refuseUnsupported(answer, place)
    if (tries === 1 && surelyNotApplied(answer)) throw error()
    return { outcome: 'unknown', cause: error() }
  }
}

export function putNew(client: S3Client, place: Place, bytes: Uint8Array): Promise<S3Answer> {
  return client.once({ ...putRequest(client, place, bytes), headers: newHeaders(client, bytes) })
}

/** A PUT that replaces. */
export function putRequest(client: S3Client, place: Place, body: Uint8Array) {
  const bodyHash = sha256Hex(body)
  const headers = new Map(client.config.writeHeaders)
  headers.set('x-amz-checksum-sha256', checksumOf(bodyHash))
  return { method: 'PUT', bucket: place.bucket, key: place.key, headers, body, bodyHash } as const
}

function newHeaders(client: S3Client, bytes: Uint8Array): ReadonlyMap<string, string> {
  const headers = new Map(client.config.writeHeaders)
  headers.set('x-amz-checksum-sha256', checksumOf(sha256Hex(bytes)))
  return headers.set('if-none-match', '*')
}

/** Refused before anything was done: a redirect, or an error of the request itself. */
export function surelyNotApplied(answer: S3Answer): boolean {
  if (isNoAnswer(answer)) return !answer.sent
  if (answer.status === 408 || answer.status === 409) return false
  return answer.status >= 300 && answer.status < 500
}

function refuseUnsupported(answer: S3Answer, { path }: Place): void {
  if (answer.status !== 501) return
  throw unsafe(path, 'it answers 501 to `If-None-Match: *`')
}

function unsafe(path: string, why: string): Unsupported {
  return new Unsupported(
    'conditional-create',
    `tables cannot be kept in the store of ${path}: ${why}, so two writers could replace each ` +
      "other's commits; use a server with conditional writes, or a catalog that keeps its pointer elsewhere",
    { details: { path } },
  )
}

/** Proves once for each bucket, before the first creation, that a second creation loses. */
export class CreateProof {
  readonly #client: S3Client
  readonly #env: Pick<Env, 'randomBytes'>
  readonly #proofs = new Map<string, Promise<void>>()

  constructor(client: S3Client, env: Pick<Env, 'randomBytes'>) {
    this.#client = client
    this.#env = env
  }

  /** Rejects with `Unsupported('conditional-create')`, or when it cannot be found out. */
  of(place: Place): Promise<void> {
    const known = this.#proofs.get(place.bucket)
    if (known !== undefined) return known
    const proof = this.#prove(place).catch((error: unknown) => {
      if (!(error instanceof Unsupported)) this.#proofs.delete(place.bucket)
      throw error
    })
    this.#proofs.set(place.bucket, proof)
    return proof
  }

  async #prove(place: Place): Promise<void> {
    const name = `.moraine-probe-${toHex(this.#env.randomBytes(16))}`
    const folder = place.key.slice(0, place.key.lastIndexOf('/') + 1)
    const probe = { ...place, key: `${folder}${name}` }
    try {
      const first = await putNew(this.#client, probe, encodeUtf8('first'))
      refuseUnsupported(first, place)
      // A lost answer matters not: the second creation must lose, or win if the first never came.
      if (first.status !== 0 && first.status !== 200 && first.status !== 201) {
        throw s3Error(first, 'write to', place.path)
      }
      const second = await putNew(this.#client, probe, encodeUtf8('second'))
      if (second.status === 412) return
      if (first.status !== 0 && (second.status === 200 || second.status === 201)) {
        throw unsafe(place.path, 'it overwrites in spite of `If-None-Match: *`')
      }
      throw s3Error(second, 'write to', place.path)
    } finally {
      // Litter at worst.
      await this.#client
        .once({ method: 'DELETE', bucket: probe.bucket, key: probe.key })
        .catch(() => undefined)
    }
  }
}
