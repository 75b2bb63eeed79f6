/** One encoder shared by all files of a write, with bounds on what is under way. */
import type { RowGroupEncoder } from '../parquet/write-encode.js'
import { ENCODING_COPIES, type WriteMemory } from './write-memory.js'

interface Waiting {
  readonly bytes: number
  readonly letIn: () => void
}

/**
 * Lets as many row groups in as the encoder works on, and one more so that it never waits; fewer when
 * they would take more memory together. A single one is always let in. First come, first served.
 */
export function sharedEncoder(
  encoder: RowGroupEncoder,
  { encodingBytes, encoders }: Pick<WriteMemory, 'encodingBytes' | 'encoders'>,
): RowGroupEncoder {
  let underWay = 0
  let held = 0
  const waiting: Waiting[] = []
  const fits = (bytes: number): boolean =>
    underWay === 0 || (underWay <= encoders && held + bytes <= encodingBytes)
  const letIn = (): void => {
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift()
      underWay++
      held += next.bytes
      next.letIn()
    }
  }
  return {
    size: encoders,
    async admit(arrowBytes) {
      const bytes = arrowBytes * ENCODING_COPIES
      await new Promise<void>((resolve) => {
        waiting.push({ bytes, letIn: resolve })
        letIn()
      })
      return () => {
        underWay--
        held -= bytes
        letIn()
      }
    },
    encodeRowGroup: (request, options) => encoder.encodeRowGroup(request, { ...options, encoders }),
  }
}
