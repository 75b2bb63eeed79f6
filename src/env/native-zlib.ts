import type * as NodeZlib from 'node:zlib'

/** The synchronous calls of `node:zlib` that are used where they exist; zstd came with Node 22.15. */
export interface NativeZlib
  extends Pick<
    typeof NodeZlib,
    | 'inflateRawSync'
    | 'deflateRawSync'
    | 'gunzipSync'
    | 'gzipSync'
    | 'brotliCompressSync'
    | 'brotliDecompressSync'
    | 'constants'
  > {
  readonly zstdDecompressSync?: (
    bytes: Uint8Array,
    options?: { readonly maxOutputLength?: number; readonly chunkSize?: number },
  ) => Uint8Array
  readonly zstdCompressSync?: (
    bytes: Uint8Array,
    options?: { readonly params?: Readonly<Record<number, number>> },
  ) => Uint8Array
  readonly crc32?: (bytes: Uint8Array, seed?: number) => number
}

interface MaybeNode {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

let found: NativeZlib | undefined
let looked = false

/**
 * `node:zlib`, without an import that a browser bundle would have to resolve; `undefined` outside
 * Node and in Node before 20.16, where JavaScript decoders take over.
 */
export function nativeZlib(): NativeZlib | undefined {
  if (!looked) {
    looked = true
    const load = (globalThis as MaybeNode).process?.getBuiltinModule
    found = load?.('node:zlib') as NativeZlib | undefined
  }
  return found
}

/** Replaces what {@link nativeZlib} returns, so that both ways can be tested. Returns the old one. */
export function setNativeZlib(zlib: NativeZlib | undefined): NativeZlib | undefined {
  const before = nativeZlib()
  found = zlib
  return before
}
