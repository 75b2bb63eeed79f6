/** Stands in for local-path.ts in a browser (`browser` in package.json), where there are no folders. */
import { Unsupported } from '../errors.js'
import { shownLocation } from '../util/secret.js'
import type * as LocalPath from './local-path.js'

export const localFolder: typeof LocalPath.localFolder = async (spelling) => {
  throw new Unsupported(
    'local-files',
    `a browser reads no local folders such as ${shownLocation(String(spelling))}; give an https:// location, \`memory:\`, or your own \`store\``,
  )
}
