import { ObjectReader } from '../../codec/json/object-reader.js'
import { isJsonArray, type JsonValue } from '../../codec/json/value.js'
import { CorruptData } from '../../errors.js'
import { FOUND_MAX, firstNames, type ListedPage, PageBuilder, pages } from '../listing.js'
import { parentOf } from '../location.js'
import type { ObjectInfo, ReadOptions } from '../store.js'
import { isNoAnswer } from '../transport.js'
import { type GcsClient, gcsError, objectOf } from './client.js'
import type { Query } from './config.js'
import { folderPlace, type Place } from './place.js'

/** Every object under a folder, page by page. */
export async function* listObjects(
  client: GcsClient,
  folder: string,
  options: ReadOptions & { readonly recursive?: boolean },
): AsyncIterable<ObjectInfo> {
  const place = folderPlace(folder)
  const prefix = place.name === '' ? '' : `${place.name}/`
  const query: Query = [
    ['prefix', prefix],
    ...(options.recursive === false ? ([['delimiter', '/']] as const) : []),
  ]
  const base = folder.replace(/\/+$/, '')
  const all = pages(folder, (token) =>
    loadPage(client, { place, query, token, shown: folder, base, prefix, signal: options.signal }),
  )
  for await (const infos of all) yield* infos
}

/** The objects whose location begins with `prefix`, at most a hundred, by one request. */
export async function findObjects(
  client: GcsClient,
  prefix: string,
  { signal }: ReadOptions,
): Promise<readonly string[]> {
  const place = folderPlace(prefix)
  const folder = place.name.slice(0, place.name.lastIndexOf('/') + 1)
  const query: Query = [
    ['prefix', place.name],
    ['maxResults', `${FOUND_MAX}`],
  ]
  const base = parentOf(prefix)
  return firstNames(
    pages(prefix, (token) =>
      loadPage(client, { place, query, token, shown: prefix, base, prefix: folder, signal }),
    ),
  )
}

interface PageRequest {
  readonly place: Place
  readonly query: Query
  readonly token: string | undefined
  readonly shown: string
  readonly base: string
  readonly prefix: string
  readonly signal: AbortSignal | undefined
}

const FIELDS = 'items(name,size,updated),prefixes,nextPageToken'

async function loadPage(client: GcsClient, request: PageRequest): Promise<ListedPage> {
  const { token, shown, base, prefix, signal } = request
  const query: Query = [
    ...request.query,
    ['fields', FIELDS],
    ...(token === undefined ? [] : ([['pageToken', token]] as const)),
  ]
  const resource = { service: 'api', bucket: request.place.bucket, name: '' } as const
  const answer = await client.again({ method: 'GET', resource, query, signal })
  if (isNoAnswer(answer) || answer.status !== 200) throw gcsError(answer, 'list', shown)
  const listed = objectOf(answer, base)
  const page = new PageBuilder(base, prefix)
  for (const value of itemsOf(listed, 'items')) {
    const item = new ObjectReader(value, { path: base })
    page.object(item.optString('name'), item.optString('size'), item.optString('updated'))
  }
  for (const value of itemsOf(listed, 'prefixes')) {
    page.folder(typeof value === 'string' ? value : undefined)
  }
  return page.page(listed.optString('nextPageToken'))
}

function itemsOf(listed: ObjectReader, key: string): readonly JsonValue[] {
  const value = listed.optValue(key) ?? []
  if (isJsonArray(value)) return value
  throw new CorruptData(`the listing of ${listed.path} is not one`, {
    details: { path: listed.path },
  })
}
