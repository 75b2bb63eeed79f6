interface MaybeNode {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

type Algorithm = 'sha256' | 'md5'

interface NativeCrypto {
  /** In one call; since Node 20.12. */
  readonly hash?: (algorithm: Algorithm, bytes: Uint8Array, encoding: 'hex') => string
  readonly createHash: (algorithm: Algorithm) => {
    update(bytes: Uint8Array): { digest(encoding: 'hex'): string }
  }
}

let crypto: NativeCrypto | undefined
let looked = false

/** A hash as hexadecimal by `node:crypto`; undefined where there is no such module, or it refuses MD5 (FIPS). */
export function nativeHash(algorithm: Algorithm, bytes: Uint8Array): string | undefined {
  if (!looked) {
    looked = true
    const load = (globalThis as MaybeNode).process?.getBuiltinModule
    crypto = load?.('node:crypto') as NativeCrypto | undefined
  }
  try {
    if (crypto?.hash !== undefined) return crypto.hash(algorithm, bytes, 'hex')
    return crypto?.createHash(algorithm).update(bytes).digest('hex')
  } catch {
    return undefined
  }
}
