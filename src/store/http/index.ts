/** `moraine/http`: the store of `https://` locations, for programs that make their own. */
export type { Store } from '../store.js'
export type { HttpHeaders, HttpOptions } from './config.js'
export { httpStore } from './http.js'
