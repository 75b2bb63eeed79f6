/** Many deletions in one request (the batch endpoint of the JSON API). */
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { deleteBatches, deleteEach } from '../delete-many.js'
import type { DeleteFailure, ReadOptions } from '../store.js'
import { isNoAnswer } from '../transport.js'
import { type GcsAnswer, type GcsClient, gcsError, isMissing } from './client.js'
import { apiUrl, type Resource } from './config.js'
import { objectPlace, type Place } from './place.js'

/** Google takes so many at a time. */
const BATCH_MAX = 100
const BOUNDARY = 'batch_moraine'

/** One deletion, by any number of requests. */
export async function deleteObject(client: GcsClient, place: Place): Promise<void> {
  const answer = await client.again({ method: 'DELETE', resource: resourceOf(place) })
  if (answer.status === 204 || answer.status === 200 || isMissing(answer)) return
  throw gcsError(answer, 'delete', place.path)
}

/** Removes what it can, and gives the rest. */
export async function deleteObjects(
  client: GcsClient,
  paths: readonly string[],
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  return deleteBatches(paths, {
    max: BATCH_MAX,
    placeOf: objectPlace,
    keyOf: () => '',
    send: (places) => deleteBatch(client, places, options),
  })
}

async function deleteBatch(
  client: GcsClient,
  places: readonly Place[],
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  const parts = places.map((place, i) => partOf(client, place, i))
  const url = new URL(client.config.endpoint)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/batch/storage/v1`
  const answer = await client.again({
    method: 'POST',
    resource: url,
    headers: new Map([['content-type', `multipart/mixed; boundary=${BOUNDARY}`]]),
    body: encodeUtf8(`${parts.join('')}--${BOUNDARY}--\r\n`),
    signal: options.signal,
  })
  const removed = answer.status === 200 ? removedIn(answer) : new Set<number>()
  // What the batch did not remove, or a server without batches: one by one says what is wrong.
  const left = new Map(
    places.filter((_, i) => !removed.has(i)).map((place) => [place.path, place] as const),
  )
  const one = { delete: (path: string) => deleteObject(client, left.get(path) as Place) }
  return deleteEach(one, [...left.keys()], options)
}

/** A request inside the request, allowed by the token of the whole. */
function partOf(client: GcsClient, place: Place, id: number): string {
  const url = apiUrl(client.config, resourceOf(place), [])
  return [
    `--${BOUNDARY}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: <${id}>`,
    '',
    `DELETE ${url.pathname}${url.search} HTTP/1.1`,
    '',
    '',
    '',
  ].join('\r\n')
}

/** The numbers of those that are gone: `Content-ID: <response-7>`. */
function removedIn(answer: GcsAnswer): ReadonlySet<number> {
  const text = isNoAnswer(answer) ? '' : (decodeUtf8(answer.body) ?? '')
  const removed = new Set<number>()
  for (const part of text.split(/^--/m)) {
    const id = /^Content-ID:\s*<?response-<?(\d{1,3})>?\s*$/im.exec(part)?.[1]
    const status = /^HTTP\/1\.[01] (\d{3})/m.exec(part)?.[1]
    const gone = status === '404' && !/\bbucket does not exist\b/i.test(part)
    if (id !== undefined && (status === '204' || status === '200' || gone)) removed.add(Number(id))
  }
  return removed
}

export function resourceOf(place: Place): Resource {
  return { service: 'api', bucket: place.bucket, name: place.name }
}
