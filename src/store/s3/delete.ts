/** Many deletions in one request (DeleteObjects). */

import { StoreUnavailable } from '../../errors.js'
import { sha256Hex } from '../../util/sha256.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'
import { deleteBatches, deleteEach } from '../delete-many.js'
import type { DeleteFailure, ReadOptions } from '../store.js'
import { elements, escapeXml, textOf } from '../xml.js'
import { checksumOf, isMissing, type S3Client, s3Error } from './client.js'
import type { Place } from './create.js'

/** S3 takes so many keys at a time. */
const KEYS_MAX = 1000

/** One deletion, by any number of requests. */
export async function deleteObject(client: S3Client, place: Place): Promise<void> {
  const { bucket, key, path } = place
  const answer = await client.again({ method: 'DELETE', bucket, key })
  const missing = isMissing(answer)
  if (missing || answer.status === 204 || answer.status === 200) return
  throw s3Error(answer, 'delete', path)
}

/** Removes what it can, and gives the rest. */
export async function deleteObjects(
  client: S3Client,
  paths: readonly string[],
  placeOf: (path: string) => Place,
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  return deleteBatches(paths, {
    max: KEYS_MAX,
    placeOf,
    keyOf: ({ bucket }) => bucket,
    send: (places) => deletePage(client, places, options),
  })
}

async function deletePage(
  client: S3Client,
  places: readonly Place[],
  options: ReadOptions,
): Promise<readonly DeleteFailure[]> {
  const { bucket } = places[0] as Place
  const items = places.map(({ key }) => `<Object><Key>${escapeXml(key)}</Key></Object>`)
  const body = encodeUtf8(
    `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${items.join('')}</Delete>`,
  )
  const bodyHash = sha256Hex(body)
  const answer = await client.again({
    method: 'POST',
    bucket,
    key: '',
    query: [['delete', '']],
    headers: new Map([
      ['content-type', 'application/xml'],
      ['x-amz-checksum-sha256', checksumOf(bodyHash)],
      ['x-amz-sdk-checksum-algorithm', 'SHA256'],
    ]),
    body,
    bodyHash,
    signal: options.signal,
  })
  const text = answer.status === 200 ? (decodeUtf8(answer.body) ?? '') : ''
  if (!text.includes('<DeleteResult')) {
    // Servers that lack it (400, 405, 501), or gave no whole answer: one by one says what is wrong.
    const byPath = new Map(places.map((place) => [place.path, place]))
    const one = { delete: (path: string) => deleteObject(client, byPath.get(path) as Place) }
    return deleteEach(one, [...byPath.keys()], options)
  }
  const byKey = new Map(places.map((place) => [place.key, place]))
  return elements(text, 'Error').flatMap((item) => {
    const code = textOf(item, 'Code')?.slice(0, 100) ?? ''
    const path = byKey.get(textOf(item, 'Key') ?? '')?.path
    if (path === undefined || code === 'NoSuchKey') return []
    const message = `cannot delete ${path}: ${code}`
    return [{ path, error: new StoreUnavailable(message, { details: { path, code } }) }]
  })
}
