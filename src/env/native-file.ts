interface MaybeNode {
  readonly process?: { readonly getBuiltinModule?: (id: string) => unknown }
}

interface NativeFiles {
  readonly readFile: (path: string) => Promise<Uint8Array>
}

/** The bytes of a local file that the environment names; undefined where there are no files. Rejects as `node:fs` does. */
export async function nativeReadFile(path: string): Promise<Uint8Array | undefined> {
  const load = (globalThis as MaybeNode).process?.getBuiltinModule
  const files = load?.('node:fs/promises') as NativeFiles | undefined
  return files?.readFile(path)
}
