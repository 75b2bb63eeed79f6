/** Conditional creation and replacement. */
import { StoreUnavailable } from '../../errors.js'
import { md5Base64 } from '../../util/md5.js'
import { unknownOrRefused } from '../conditional.js'
import type { CreateOutcome, ReplaceOutcome } from '../store.js'
import { isNoAnswer } from '../transport.js'
import {
  type AzureAnswer,
  type AzureClient,
  type AzureRequest,
  azureError,
  codeOf,
  isMissing,
} from './client.js'
import type { Place } from './place.js'

/** One conditional Put Blob; `unknown` wherever it may have been, or may yet be, applied (S3, S4). */
export async function createBlob(
  client: AzureClient,
  place: Place,
  bytes: Uint8Array,
): Promise<CreateOutcome> {
  const answer = await putNew(client, place, bytes)
  if (answer.status === 201) return { outcome: 'created' }
  if (isTaken(answer)) return { outcome: 'exists' }
  const cause = azureError(answer, 'create', place.path)
  const feature = 'conditional-create'
  return unknownOrRefused(answer, cause, { alone: true, feature, path: place.path })
}

/** The same with `If-Match`. */
export async function replaceBlob(
  client: AzureClient,
  place: Place,
  bytes: Uint8Array,
  version: string,
): Promise<ReplaceOutcome> {
  const request = putRequest(client, place, bytes)
  const headers = new Map(request.headers).set('if-match', version)
  const answer = await client.once({ ...request, headers })
  if (!isNoAnswer(answer) && answer.status === 201) {
    const etag = answer.headers.get('etag')
    if (etag !== null) return { outcome: 'replaced', version: etag }
    const cause = new StoreUnavailable(`the server gives no ETag for ${place.path}`)
    return { outcome: 'unknown', cause }
  }
  // Who holds a lease keeps others from writing: the object is as it was.
  const isLeased = answer.status === 412 && codeOf(answer).startsWith('Lease')
  if ((answer.status === 412 && !isLeased) || isMissing(answer)) return { outcome: 'changed' }
  const cause = azureError(answer, 'replace', place.path)
  const feature = 'conditional-replace'
  return unknownOrRefused(answer, cause, { alone: true, feature, path: place.path })
}

/** Whether the condition that the name be free was not met. */
export function isTaken(answer: AzureAnswer): boolean {
  return answer.status === 412 || (answer.status === 409 && codeOf(answer) === 'BlobAlreadyExists')
}

export function putNew(client: AzureClient, place: Place, bytes: Uint8Array): Promise<AzureAnswer> {
  const request = putRequest(client, place, bytes)
  return client.once({ ...request, headers: new Map(request.headers).set('if-none-match', '*') })
}

/** A Put Blob that replaces. */
export function putRequest(client: AzureClient, place: Place, body: Uint8Array): AzureRequest {
  const headers = new Map(client.config.writeHeaders)
  headers.set('x-ms-blob-type', 'BlockBlob')
  headers.set('content-md5', md5Base64(body))
  return { method: 'PUT', place, headers, body }
}
