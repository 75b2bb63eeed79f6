/** A file of a store as the sink of a Parquet writer. */
import type { ByteSink } from '../parquet/contract.js'
import type { ObjectWriter, Store } from '../store/store.js'

/** Opens the file at the first bytes, so that a writer of no rows leaves nothing behind. */
export function storeSink(
  store: Store,
  path: string,
  signal: AbortSignal | undefined,
  onCreate: (path: string) => void,
): ByteSink {
  let opening: Promise<ObjectWriter> | undefined
  const writer = (): Promise<ObjectWriter> => {
    if (opening === undefined) {
      onCreate(path)
      opening = store.writer(path, signal === undefined ? {} : { signal })
    }
    return opening
  }
  return {
    async write(bytes) {
      await (await writer()).write(bytes)
    },
    async close() {
      await (await writer()).close()
    },
    async abort() {
      const opened = await opening?.catch(() => undefined)
      await opened?.abort()
    },
  }
}
