/** Stands in for local.ts in a browser (`browser` in package.json), where there are no folders. */
import { Unsupported } from '../errors.js'
import type * as Local from './local.js'

export const localStore: typeof Local.localStore = () => {
  throw new Unsupported(
    'local-files',
    'a browser reads no local folders; give an https:// location',
  )
}
