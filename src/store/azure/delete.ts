/** Many deletions in one request (Blob Batch). */
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { deleteBatches, deleteEach } from '../delete-many.js'
import type { DeleteFailure, ReadOptions } from '../store.js'
import { isNoAnswer } from '../transport.js'
import { type AzureClient, azureError, isMissing } from './client.js'
import { blobPlace, type Place } from './place.js'

/** Azure takes so many at a time. */
const BATCH_MAX = 256
const BOUNDARY = 'batch_moraine'

/** One deletion, by any number of requests. */
export async function deleteBlob(client: AzureClient, place: Place): Promise<void> {
  const answer = await client.again({ method: 'DELETE', place })
  if (answer.status === 202 || answer.status === 200 || isMissing(answer)) return
  throw azureError(answer, 'delete', place.path)
}

/** Removes what it can, and gives the rest. */
export async function deleteBlobs(
  client: AzureClient,
  paths: readonly string[],
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  return deleteBatches(paths, {
    max: BATCH_MAX,
    placeOf: blobPlace,
    keyOf: ({ container, account, zone, suffix }) => `${container}@${account}.${zone}${suffix}`,
    send: (places) => deleteBatch(client, places, options),
  })
}

async function deleteBatch(
  client: AzureClient,
  places: readonly Place[],
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  const first = places[0] as Place
  const parts = await Promise.all(places.map((place, i) => partOf(client, place, i)))
  const answer = await client.again({
    method: 'POST',
    place: { ...first, name: '' },
    query: [
      ['restype', 'container'],
      ['comp', 'batch'],
    ],
    headers: new Map([['content-type', `multipart/mixed; boundary=${BOUNDARY}`]]),
    body: encodeUtf8(`${parts.join('')}--${BOUNDARY}--\r\n`),
    signal: options.signal,
  })
  const removed = answer.status === 202 ? removedIn(answer) : new Set<number>()
  // What the batch did not remove, or a server without batches: one by one says what is wrong.
  const left = new Map(
    places.filter((_, i) => !removed.has(i)).map((place) => [place.path, place] as const),
  )
  const one = { delete: (path: string) => deleteBlob(client, left.get(path) as Place) }
  return deleteEach(one, [...left.keys()], options)
}

/** A request inside the request, with an authorization of its own. */
async function partOf(client: AzureClient, place: Place, id: number): Promise<string> {
  const { url, headers } = await client.allow({
    method: 'DELETE',
    place,
    query: undefined,
    headers: new Map(),
    bodyBytes: 0,
  })
  return [
    `--${BOUNDARY}`,
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: ${id}`,
    '',
    `DELETE ${url.pathname}${url.search} HTTP/1.1`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

/** The numbers of those that are gone. */
function removedIn(answer: Parameters<typeof isMissing>[0]): ReadonlySet<number> {
  const text = isNoAnswer(answer) ? '' : (decodeUtf8(answer.body) ?? '')
  const removed = new Set<number>()
  for (const part of text.split(/^--/m)) {
    const id = /^Content-ID:\s*(\d{1,4})\s*$/im.exec(part)?.[1]
    const status = /^HTTP\/1\.[01] (\d{3})/m.exec(part)?.[1]
    const gone = status === '404' && !part.includes('ContainerNotFound')
    if (id !== undefined && (status === '202' || gone)) removed.add(Number(id))
  }
  return removed
}
