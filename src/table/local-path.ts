import { InvalidArgument, Unsupported } from '../errors.js'

/**
 * The absolute folder that a user's spelling of a local place means: a relative or absolute path,
 * or a `file:` URL. Iceberg metadata holds absolute locations, so relative ones end here.
 */
export async function localFolder(spelling: string): Promise<string> {
  if (typeof spelling !== 'string' || spelling === '') {
    throw new InvalidArgument('a location is a non-empty string')
  }
  const { resolve } = await import('node:path')
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]+):/.exec(spelling)?.[1]?.toLowerCase()
  if (scheme === undefined) return resolve(spelling)
  if (scheme === 'file') return fileUrlPath(spelling)
  throw new Unsupported(`scheme:${scheme}`, noStore(scheme, spelling))
}

/** Spellings of buckets by the URL of their service, and ours. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/^[^/]+\.(?:blob|dfs)\.core\./i, 'abfss://container@account.dfs.core.windows.net/…'],
  [/^(?:[^/]+\.)?storage\.googleapis\.com(?:\/|$)/i, 'gs://bucket/…'],
  [/^(?:[^/]+\.)?s3[.-][^/]*amazonaws\.com/i, 's3://bucket/…'],
]

function noStore(scheme: string, spelling: string): string {
  if (scheme !== 'http' && scheme !== 'https') {
    return (
      `there is no store for \`${scheme}:\` locations; give a local folder, s3://, gs://, abfss://, ` +
      '`memory:` or your own `store` (what speaks the S3 protocol is s3:// with `s3: { endpoint }`)'
    )
  }
  const place = spelling.replace(/^https?:\/*/i, '')
  const service = SERVICES.find(([pattern]) => pattern.test(place))
  const ours = service === undefined ? '' : `; to write, name the place ${service[1]}`
  return `tables behind \`${scheme}:\` are read-only and opened one by one: openTable('${scheme}://…/db/t')${ours}`
}

async function fileUrlPath(url: string): Promise<string> {
  const path = url.replace(/^file:(\/\/(localhost)?(?=\/))?/i, '')
  if (!path.startsWith('/')) {
    throw new InvalidArgument(`file URL \`${url}\` must name an absolute path without a host`)
  }
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new InvalidArgument(`file URL \`${url}\` is not percent-encoded correctly`, { cause })
  }
}
