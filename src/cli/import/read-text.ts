import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Aborted, CorruptData } from '../../errors.js'
import { errnoOf, localError } from '../../store/local-errors.js'
import type { OnProgress } from './source.js'

/**
 * The text of a file, piece by piece; inflated when its name ends in `.gz`. Progress counts bytes of
 * the file itself.
 *
 * @throws CorruptData for a damaged gzip file, and for bytes that are not UTF-8: taken for something
 * else they would be other characters than those that were meant. Aborted by the signal.
 */
export async function* readText(
  path: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const bytes = openBytes(path, onProgress, signal)
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk as Uint8Array, { stream: true })
    yield decoder.decode()
  } catch (error) {
    throw readError(error, path, signal)
  } finally {
    bytes.destroy()
  }
}

function openBytes(path: string, onProgress: OnProgress, signal: AbortSignal): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 20, signal })
  file.on('data', () => onProgress(file.bytesRead))
  if (!path.endsWith('.gz')) return file
  const inflated = createGunzip()
  file.on('error', (error) => inflated.destroy(error))
  inflated.on('close', () => file.destroy())
  return file.pipe(inflated)
}

function readError(error: unknown, path: string, signal: AbortSignal): Error {
  if (signal.aborted) return new Aborted('the import was interrupted', { cause: error })
  const code = errnoOf(error)
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const advice = 'convert it first, such as with iconv -f latin1 -t utf-8'
    return new CorruptData(`${path} is not text in UTF-8; ${advice}`, { details: { path } })
  }
  if (code?.startsWith('Z_') === true) {
    const { message } = error as Error
    return new CorruptData(`${path} is not a whole gzip file: ${message}`, {
      cause: error,
      details: { path },
    })
  }
  return localError(error, 'read', path)
}

/** Lines of a text without their ends. Longer ones than `charactersMax` end it in `onLong`. */
export async function* linesOf(
  text: AsyncIterable<string>,
  charactersMax: number,
  onLong: (line: number) => Error,
): AsyncGenerator<string> {
  let rest = ''
  let line = 0
  for await (const piece of text) {
    const lines = `${rest}${piece}`.split('\n')
    rest = lines.pop() as string
    for (const whole of lines) {
      line++
      yield whole.endsWith('\r') ? whole.slice(0, -1) : whole
    }
    if (rest.length > charactersMax) throw onLong(line + 1)
  }
  if (rest !== '') yield rest
}
