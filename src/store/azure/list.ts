import { CorruptData } from '../../errors.js'
import { decodeUtf8 } from '../../util/utf8.js'
import { FOUND_MAX, firstNames, type ListedPage, PageBuilder, pages } from '../listing.js'
import { parentOf } from '../location.js'
import type { ObjectInfo, ReadOptions } from '../store.js'
import { elements, textOf } from '../xml.js'
import { type AzureClient, azureError } from './client.js'
import type { Query } from './config.js'
import { folderPlace, type Place } from './place.js'

/** Every object under a folder, page by page (List Blobs). */
export async function* listBlobs(
  client: AzureClient,
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
export async function findBlobs(
  client: AzureClient,
  prefix: string,
  { signal }: ReadOptions,
): Promise<readonly string[]> {
  const place = folderPlace(prefix)
  const folder = place.name.slice(0, place.name.lastIndexOf('/') + 1)
  const query: Query = [
    ['prefix', place.name],
    ['maxresults', `${FOUND_MAX}`],
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

async function loadPage(client: AzureClient, request: PageRequest): Promise<ListedPage> {
  const { token, shown, base, prefix, signal } = request
  const query: Query = [
    ['restype', 'container'],
    ['comp', 'list'],
    // Tells the folders of accounts with a hierarchical namespace from objects.
    ['include', 'metadata'],
    ...request.query,
    ...(token === undefined ? [] : ([['marker', token]] as const)),
  ]
  const place = { ...request.place, name: '' }
  const answer = await client.again({ method: 'GET', place, query, signal })
  if (answer.status !== 200) throw azureError(answer, 'list', shown)
  return pageOf(decodeUtf8(answer.body) ?? '', base, prefix)
}

function pageOf(xml: string, base: string, prefix: string): ListedPage {
  if (!xml.includes('<EnumerationResults') || !xml.includes('</EnumerationResults>')) {
    throw new CorruptData(`the listing of ${base} is not one`, { details: { path: base } })
  }
  const page = new PageBuilder(base, prefix)
  for (const item of elements(xml, 'Blob')) {
    if (isFolder(item)) continue
    page.object(nameOf(item), textOf(item, 'Content-Length'), textOf(item, 'Last-Modified'))
  }
  for (const item of elements(xml, 'BlobPrefix')) page.folder(nameOf(item))
  const next = textOf(xml, 'NextMarker')
  return page.page(next === '' ? undefined : next)
}

/** A name that XML cannot hold is percent-encoded, and says so. */
function nameOf(item: string): string | undefined {
  const name = textOf(item, 'Name')
  if (name === undefined || !/<Name\s[^>]*Encoded="true"/i.test(item)) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

function isFolder(item: string): boolean {
  return textOf(item, 'ResourceType') === 'directory' || textOf(item, 'hdi_isfolder') === 'true'
}
