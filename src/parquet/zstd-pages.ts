/**
 * The fastest zstd there is for pages: the platform's, else one in wasm that is installed. For the
 * worker alone: a bundle for browsers could not resolve what the latter imports.
 */
import type * as WasmZstd from '@foxglove/wasm-zstd'
import { nativeZlib } from '../env/native-zlib.js'
import type { PageCompressor } from './compress-image.js'

/** What parquet-rs and DuckDB use: a third of the time of level 3 for files a tenth larger. */
const LEVEL = 1
const COMPRESSION_LEVEL_PARAMETER = 100
/** The wasm asks for memory without looking whether it got it, so it is never asked for much. */
const WASM_PAGE_MAX_BYTES = 64 * 1024 * 1024

let loading: Promise<PageCompressor | undefined> | undefined

/** Packs pages; `undefined` where parquet-wasm must do it itself. */
export function zstdPages(): Promise<PageCompressor | undefined> {
  loading ??= load()
  return loading
}

async function load(): Promise<PageCompressor | undefined> {
  const native = nativeZlib()?.zstdCompressSync
  if (native !== undefined) {
    const options = { params: { [COMPRESSION_LEVEL_PARAMETER]: LEVEL } }
    return (bytes) => native(bytes, options)
  }
  let wasm: typeof WasmZstd
  try {
    // A CommonJS module: its members are not always seen as named exports.
    const found = (await import('@foxglove/wasm-zstd')) as typeof WasmZstd & {
      readonly default?: typeof WasmZstd
    }
    wasm = found.default ?? found
    await wasm.isLoaded
  } catch {
    // It is an optional dependency.
    return undefined
  }
  return (bytes) => (bytes.length > WASM_PAGE_MAX_BYTES ? undefined : wasm.compress(bytes, LEVEL))
}
