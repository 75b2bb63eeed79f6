/** Folders as servers list them: the index page of nginx, Apache, Caddy, Python and others. */
import { Unsupported } from '../../errors.js'
import { shownLocation } from '../../util/secret.js'
import { decodeUtf8 } from '../../util/utf8.js'
import type { ObjectInfo, ReadOptions } from '../store.js'
import { type HttpClient, httpError } from './client.js'
import { httpLocation, urlOf } from './url.js'

/** Of one index page. */
const PAGE_MAX_BYTES = 16 * 1024 * 1024
/** Files looked at, and folders read, at a time. */
const AT_ONCE = 8
/** Deeper than any table; a link that leads to itself ends here. */
const DEPTH_MAX = 32

const INDEX = /<(title|h1)\b[^>]*>\s*(index of|directory listing|listing of|files within)\b/i
const HREF = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi

interface Names {
  readonly files: readonly string[]
  readonly folders: readonly string[]
}

/**
 * Every file under a folder. Index pages tell no exact sizes, so each file is looked at.
 *
 * @throws Unsupported('http-listing') where the server lists nothing.
 */
export async function* listFolder(
  client: HttpClient,
  head: (path: string) => Promise<ObjectInfo | undefined>,
  folder: string,
  options: ReadOptions & { readonly recursive?: boolean },
): AsyncIterable<ObjectInfo> {
  const base = folder.replace(/\/+$/, '')
  let level = [base]
  for (let depth = 0; level.length > 0 && depth < DEPTH_MAX; depth++) {
    const below: string[] = []
    for (const at of level) {
      const { files, folders } = await namesIn(client, at, options)
      yield* infosOf(
        files.map((name) => `${at}/${name}`),
        head,
      )
      for (const name of folders) {
        const path = `${at}/${name}`
        if (options.recursive !== false) below.push(path)
        else yield { path, sizeBytes: 0, modifiedMs: undefined, isFolder: true }
      }
    }
    level = below
  }
}

async function* infosOf(
  paths: readonly string[],
  head: (path: string) => Promise<ObjectInfo | undefined>,
): AsyncIterable<ObjectInfo> {
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const infos = await Promise.all(paths.slice(at, at + AT_ONCE).map(head))
    // A file that went away in the meantime is not there.
    for (const info of infos) if (info !== undefined) yield info
  }
}

async function namesIn(client: HttpClient, folder: string, options: ReadOptions): Promise<Names> {
  const { signal } = options
  const request = { method: 'GET', path: folder, isFolder: true, maxBytes: PAGE_MAX_BYTES } as const
  const answer = await client.send({ ...request, signal })
  const { status, body } = answer
  if (status === 401 || status >= 500) throw httpError(answer, folder)
  const page = status === 200 ? (decodeUtf8(body) ?? '') : ''
  if (!INDEX.test(page)) throw unlisted(folder, status)
  return linksOf(page, urlOf(httpLocation(folder)))
}

/** What the links of an index page name directly below it. */
function linksOf(page: string, folder: URL): Names {
  const base = new URL(`${folder.href.replace(/\/+$/, '')}/`)
  const files = new Set<string>()
  const folders = new Set<string>()
  for (const [, double, single, bare] of page.matchAll(HREF)) {
    const text = unescapeHtml(double ?? single ?? bare ?? '')
    // Links that sort the page, or lead to the folder above.
    if (text.startsWith('?') || text.startsWith('#') || !URL.canParse(text, base)) continue
    const url = new URL(text, base)
    if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) continue
    const rest = url.pathname.slice(base.pathname.length)
    const match = /^([^/]+)(\/?)$/.exec(rest)
    const name = match === null ? undefined : decodeName(match[1] as string)
    if (name !== undefined) (match?.[2] === '/' ? folders : files).add(name)
  }
  return { files: [...files], folders: [...folders] }
}

function decodeName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text)
    return name.includes('/') ? undefined : name
  } catch {
    return undefined
  }
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d{1,7});/g, (_, decimal: string) => codePoint(Number(decimal)))
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

function unlisted(folder: string, status: number): Unsupported {
  return new Unsupported(
    'http-listing',
    `cannot list ${shownLocation(folder)}: the server answers ${status} and no index page; ` +
      'open a table by its metadata file, or publish metadata/version-hint.text beside it' +
      (status === 403 ? '; 403 may mean that credentials are missing, too' : ''),
    { details: { path: shownLocation(folder), status } },
  )
}
