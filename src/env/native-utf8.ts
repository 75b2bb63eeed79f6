interface MaybeNode {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

interface NativeBuffer {
  readonly isUtf8?: (bytes: Uint8Array) => boolean
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

let check: ((bytes: Uint8Array) => boolean) | undefined

/** Whether the bytes are valid UTF-8: Node's vectorised check where there is one. */
export function isUtf8(bytes: Uint8Array): boolean {
  check ??= nativeCheck() ?? portableCheck
  return check(bytes)
}

function nativeCheck(): ((bytes: Uint8Array) => boolean) | undefined {
  const load = (globalThis as MaybeNode).process?.getBuiltinModule
  return (load?.('node:buffer') as NativeBuffer | undefined)?.isUtf8
}

function portableCheck(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
