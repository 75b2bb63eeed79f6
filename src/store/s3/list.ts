import { CorruptData, StoreUnavailable } from '../../errors.js'
import { decodeUtf8 } from '../../util/utf8.js'
import { type Location, parentOf } from '../location.js'
import type { ObjectInfo, ReadOptions } from '../store.js'
import { placeOf, type S3Client, s3Error } from './client.js'
import { elements, textOf } from './xml.js'

interface Page {
  readonly infos: readonly ObjectInfo[]
  readonly next: string | undefined
}

/** Every object under a folder, page by page (ListObjectsV2). */
export async function* listObjects(
  client: S3Client,
  folder: string,
  location: Location,
  options: ReadOptions & { readonly recursive?: boolean },
): AsyncIterable<ObjectInfo> {
  const { bucket, key } = placeOf(location)
  const prefix = key === '' ? '' : `${key}/`
  let token: string | undefined
  do {
    const query: [string, string][] = [
      ['list-type', '2'],
      ['encoding-type', 'url'],
      ['prefix', prefix],
    ]
    if (options.recursive === false) query.push(['delimiter', '/'])
    if (token !== undefined) query.push(['continuation-token', token])
    const answer = await client.again({
      method: 'GET',
      bucket,
      key: '',
      query,
      signal: options.signal,
    })
    if (answer.status !== 200) throw s3Error(answer, 'list', folder)
    const page = pageOf(decodeUtf8(answer.body) ?? '', folder.replace(/\/+$/, ''), prefix)
    yield* page.infos
    if (page.next !== undefined && page.next === token) {
      throw new StoreUnavailable(`cannot list ${folder}: the server gives the same page again`, {
        details: { path: folder },
      })
    }
    token = page.next
  } while (token !== undefined)
}

/** The objects whose location begins with `prefix`, at most a hundred, by one request. */
export async function findObjects(
  client: S3Client,
  prefix: string,
  location: Location,
  { signal }: ReadOptions,
): Promise<readonly string[]> {
  const { bucket, key } = placeOf(location)
  const query: [string, string][] = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
    ['max-keys', '100'],
    ['prefix', key],
  ]
  const answer = await client.again({ method: 'GET', bucket, key: '', query, signal })
  if (answer.status !== 200) throw s3Error(answer, 'list', prefix)
  const folder = key.slice(0, key.lastIndexOf('/') + 1)
  return pageOf(decodeUtf8(answer.body) ?? '', parentOf(prefix), folder).infos.map(
    (info) => info.path,
  )
}

function pageOf(xml: string, base: string, prefix: string): Page {
  if (!xml.includes('<ListBucketResult') || !xml.includes('</ListBucketResult>')) {
    throw new CorruptData(`the listing of ${base} is not one`, { details: { path: base } })
  }
  const encoded = textOf(xml, 'EncodingType') === 'url'
  const below = (text: string | undefined): string | undefined => {
    const key = text === undefined ? undefined : encoded ? decodeKey(text) : text
    if (key === undefined || !key.startsWith(prefix)) {
      throw new CorruptData(`the listing of ${base} holds a key from elsewhere`, {
        details: { path: base },
      })
    }
    const rest = key.slice(prefix.length)
    // Some tools make empty objects that stand for folders.
    return rest === '' ? undefined : rest
  }
  const infos: ObjectInfo[] = []
  for (const item of elements(xml, 'Contents')) {
    const name = below(textOf(item, 'Key'))
    if (name === undefined || name.endsWith('/')) continue
    const sizeBytes = Number(textOf(item, 'Size') ?? Number.NaN)
    const modified = Date.parse(textOf(item, 'LastModified') ?? '')
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
      throw new CorruptData(`the listing of ${base} has a size that is none`, {
        details: { path: base },
      })
    }
    const modifiedMs = Number.isNaN(modified) ? undefined : modified
    infos.push({ path: `${base}/${name}`, sizeBytes, modifiedMs })
  }
  for (const item of elements(xml, 'CommonPrefixes')) {
    const name = below(textOf(item, 'Prefix'))?.replace(/\/$/, '')
    if (name === undefined || name === '') continue
    infos.push({ path: `${base}/${name}`, sizeBytes: 0, modifiedMs: undefined, isFolder: true })
  }
  const more = textOf(xml, 'IsTruncated') === 'true'
  const next = more ? textOf(xml, 'NextContinuationToken') : undefined
  if (more && next === undefined) {
    throw new CorruptData(`the listing of ${base} goes on, but does not say where`, {
      details: { path: base },
    })
  }
  return { infos, next }
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
