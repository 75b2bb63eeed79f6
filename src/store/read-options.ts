import { CorruptData, LimitExceeded, NotFound } from '../errors.js'

export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Checks a read against the object's size and the caller's bound (S6); gives the range to read. */
export function checkedRange(
  path: string,
  sizeBytes: number,
  range: ByteRange | undefined,
  bound: { readonly maxBytes?: number; readonly limitName?: string } = {},
): ByteRange {
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  if (start < 0 || end < start || end > sizeBytes) {
    throw new CorruptData(
      `${path} has ${sizeBytes} bytes; bytes ${start} to ${end} of it were asked for`,
      { details: { path, offset: start } },
    )
  }
  if (bound.maxBytes !== undefined && end - start > bound.maxBytes) {
    const limit = bound.limitName ?? 'maxBytes'
    throw new LimitExceeded(`${path} has ${end - start} bytes, more than ${limit} allows`, {
      details: { limit, max: bound.maxBytes, actual: end - start, path },
    })
  }
  return { start, end }
}

export function missingFile(path: string, cause?: unknown): NotFound {
  return new NotFound('file', `there is no file ${path}`, { details: { path }, cause })
}
