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
  throw new Unsupported(
    `scheme:${scheme}`,
    `there is no store for \`${scheme}:\` locations; give a local folder, \`memory:\`, or your own \`store\``,
  )
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
