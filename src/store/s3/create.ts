/** Conditional creation and replacement. */
import { StoreUnavailable } from '../../errors.js'
import { sha256Hex } from '../../util/sha256.js'
import { unknownOrRefused } from '../conditional.js'
import type { CreateOutcome, ReplaceOutcome } from '../store.js'
import { checksumOf, codeOf, isMissing, type S3Answer, type S3Client, s3Error } from './client.js'

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
  const { answer, alone } = await sendConditional(client, () => putNew(client, place, bytes))
  if (answer.status === 200 || answer.status === 201) return { outcome: 'created' }
  // After an undecided request the object there may be ours: whoever reads it back knows.
  if (answer.status === 412 && alone) return { outcome: 'exists' }
  const cause = s3Error(answer, 'create', place.path)
  const { path } = place
  return unknownOrRefused(answer, cause, { alone, feature: 'conditional-create', path })
}

/** The same with `If-Match`. */
export async function replaceObject(
  client: S3Client,
  place: Place,
  bytes: Uint8Array,
  version: string,
): Promise<ReplaceOutcome> {
  const request = putRequest(client, place, bytes)
  const headers = new Map(request.headers).set('if-match', version)
  const { answer, alone } = await sendConditional(client, () =>
    client.once({ ...request, headers }),
  )
  if (answer.status === 200 || answer.status === 201) {
    const etag = answer.headers.get('etag')
    if (etag !== null) return { outcome: 'replaced', version: etag }
    const cause = new StoreUnavailable(`the server gives no ETag for ${place.path}`)
    return { outcome: 'unknown', cause }
  }
  const gone = isMissing(answer)
  if ((answer.status === 412 || gone) && alone) return { outcome: 'changed' }
  const cause = s3Error(answer, 'replace', place.path)
  const { path } = place
  const feature = 'conditional-replace'
  return unknownOrRefused(answer, cause, { alone: alone && !gone, feature, path })
}

/** Sends once; after the 409 that decides nothing the same bytes again, then `alone` is false. */
async function sendConditional(
  client: S3Client,
  send: () => Promise<S3Answer>,
): Promise<{ readonly answer: S3Answer; readonly alone: boolean }> {
  for (let tries = 1; ; tries++) {
    const answer = await send()
    const conflict = answer.status === 409 && codeOf(answer) !== 'OperationAborted'
    if (!conflict || tries >= CONFLICT_TRIES) return { answer, alone: tries === 1 }
    await client.pause(tries)
  }
}

export function putNew(client: S3Client, place: Place, bytes: Uint8Array): Promise<S3Answer> {
  const request = putRequest(client, place, bytes)
  return client.once({ ...request, headers: new Map(request.headers).set('if-none-match', '*') })
}

/** A PUT that replaces. */
export function putRequest(client: S3Client, place: Place, body: Uint8Array) {
  const bodyHash = sha256Hex(body)
  const headers = new Map(client.config.writeHeaders)
  headers.set('x-amz-checksum-sha256', checksumOf(bodyHash))
  return { method: 'PUT', bucket: place.bucket, key: place.key, headers, body, bodyHash } as const
}
