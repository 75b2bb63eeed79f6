import { CorruptData } from '../../errors.js'
import { decodeUtf8 } from '../../util/utf8.js'
import { FOUND_MAX, firstNames, type ListedPage, PageBuilder, pages } from '../listing.js'
import { type Location, parentOf } from '../location.js'
import type { ObjectInfo, ReadOptions } from '../store.js'
import { elements, textOf } from '../xml.js'
import { placeOf, type S3Client, s3Error } from './client.js'

type Query = readonly (readonly [string, string])[]

/** Every object under a folder, page by page (ListObjectsV2). */
export async function* listObjects(
  client: S3Client,
  folder: string,
  location: Location,
  options: ReadOptions & { readonly recursive?: boolean },
): AsyncIterable<ObjectInfo> {
  const { bucket, key } = placeOf(location)
  const prefix = key === '' ? '' : `${key}/`
  const query: Query = [
    ['prefix', prefix],
    ...(options.recursive === false ? ([['delimiter', '/']] as const) : []),
  ]
  const base = folder.replace(/\/+$/, '')
  const all = pages(folder, (token) =>
    loadPage(client, { bucket, query, token, shown: folder, base, prefix, signal: options.signal }),
  )
  for await (const infos of all) yield* infos
}

/** The objects whose location begins with `prefix`, at most a hundred, by one request. */
export async function findObjects(
  client: S3Client,
  prefix: string,
  location: Location,
  { signal }: ReadOptions,
): Promise<readonly string[]> {
  const { bucket, key } = placeOf(location)
  const folder = key.slice(0, key.lastIndexOf('/') + 1)
  const query: Query = [
    ['max-keys', `${FOUND_MAX}`],
    ['prefix', key],
  ]
  const base = parentOf(prefix)
  return firstNames(
    pages(prefix, (token) =>
      loadPage(client, { bucket, query, token, shown: prefix, base, prefix: folder, signal }),
    ),
  )
}

interface PageRequest {
  readonly bucket: string
  readonly query: Query
  readonly token: string | undefined
  readonly shown: string
  readonly base: string
  readonly prefix: string
  readonly signal: AbortSignal | undefined
}

async function loadPage(client: S3Client, request: PageRequest): Promise<ListedPage> {
  const { bucket, token, shown, base, prefix, signal } = request
  const query: Query = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
    ...request.query,
    ...(token === undefined ? [] : ([['continuation-token', token]] as const)),
  ]
  const answer = await client.again({ method: 'GET', bucket, key: '', query, signal })
  if (answer.status !== 200) throw s3Error(answer, 'list', shown)
  return pageOf(decodeUtf8(answer.body) ?? '', base, prefix)
}

function pageOf(xml: string, base: string, prefix: string): ListedPage {
  if (!xml.includes('<ListBucketResult') || !xml.includes('</ListBucketResult>')) {
    throw new CorruptData(`the listing of ${base} is not one`, { details: { path: base } })
  }
  const encoded = textOf(xml, 'EncodingType') === 'url'
  const keyOf = (item: string, name: string): string | undefined => {
    const text = textOf(item, name)
    return text !== undefined && encoded ? decodeKey(text) : text
  }
  const page = new PageBuilder(base, prefix)
  for (const item of elements(xml, 'Contents')) {
    page.object(keyOf(item, 'Key'), textOf(item, 'Size'), textOf(item, 'LastModified'))
  }
  for (const item of elements(xml, 'CommonPrefixes')) page.folder(keyOf(item, 'Prefix'))
  const more = textOf(xml, 'IsTruncated') === 'true'
  const next = more ? textOf(xml, 'NextContinuationToken') : undefined
  if (more && next === undefined) {
    throw new CorruptData(`the listing of ${base} goes on, but does not say where`, {
      details: { path: base },
    })
  }
  return page.page(next)
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
