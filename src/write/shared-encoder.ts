/** One encoder shared by all files of a write, with a bound on what is under way. */
import type { EncodeRequest, RowGroupEncoder } from '../parquet/write-encode.js'

/** Lets as many row groups in as the encoder works on, and one more so that it never waits. */
export function sharedEncoder(encoder: RowGroupEncoder): RowGroupEncoder {
  let underWay = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    underWay--
    waiting.shift()?.()
  }
  return {
    size: encoder.size,
    async ready() {
      while (underWay > encoder.size) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    encodeRowGroup(request: EncodeRequest, options) {
      underWay++
      return encoder.encodeRowGroup(request, options).finally(leave)
    },
  }
}
