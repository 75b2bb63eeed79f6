/** `moraine/azure`: the store of `abfss://`, `wasbs://` and `az://` locations, for programs that make their own. */
export type { Store } from '../store.js'
export { azureStore } from './azure.js'
export type { AzureOptions } from './config.js'
export type { AzureCredentialSource, AzureCredentials } from './credentials.js'
