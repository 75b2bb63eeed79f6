interface MaybeNode {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

interface NativeCrypto {
  readonly createHash: (algorithm: 'sha256') => {
    update(bytes: Uint8Array): { digest(encoding: 'hex'): string }
  }
}

let crypto: NativeCrypto | undefined
let looked = false

/** SHA-256 as hexadecimal by `node:crypto`; undefined where there is no such module. */
export function nativeSha256(bytes: Uint8Array): string | undefined {
  if (!looked) {
    looked = true
    const load = (globalThis as MaybeNode).process?.getBuiltinModule
    crypto = load?.('node:crypto') as NativeCrypto | undefined
  }
  return crypto?.createHash('sha256').update(bytes).digest('hex')
}
