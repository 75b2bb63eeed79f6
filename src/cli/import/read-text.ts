import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { OnProgress } from './source.js'

/**
 * The bytes of a text file as a stream, inflated when its name ends in `.gz`. Progress counts bytes
 * of the file itself.
 */
export function openText(path: string, onProgress: OnProgress, signal: AbortSignal): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 20, signal })
  file.on('data', () => onProgress(file.bytesRead))
  if (!path.endsWith('.gz')) return file
  const inflated = createGunzip()
  file.on('error', (error) => inflated.destroy(error))
  inflated.on('close', () => file.destroy())
  return file.pipe(inflated)
}

/** Lines of a text stream without their ends. Longer ones than `charactersMax` end it in `onLong`. */
export async function* linesOf(
  stream: Readable,
  charactersMax: number,
  onLong: (line: number) => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  let line = 0
  for await (const chunk of stream) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      line++
      yield text.endsWith('\r') ? text.slice(0, -1) : text
    }
    if (rest.length > charactersMax) throw onLong(line + 1)
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
