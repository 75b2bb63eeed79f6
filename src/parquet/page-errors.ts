import { CorruptData, Unsupported } from '../errors.js'

/**
 * Reports a page that cannot be decoded. The decoders know neither file nor column: `inColumn` adds
 * them where both are known.
 */
export function badPage(what: string): never {
  throw new CorruptData(`a page is bad: ${what}`)
}

/** Runs a decoder and adds the column to its errors, so that they say where. */
export function inColumn<Result>(path: string, column: string, decode: () => Result): Result {
  try {
    return decode()
  } catch (error) {
    const details = { path, column }
    if (error instanceof CorruptData && error.details.column === undefined) {
      throw new CorruptData(`column \`${column}\` of ${path}: ${error.message}`, {
        cause: error,
        details,
      })
    }
    if (error instanceof RangeError) {
      // A typed array or view refused an offset or a length: the page lied about one.
      throw new CorruptData(`column \`${column}\` of ${path}: a page is bad: ${error.message}`, {
        cause: error,
        details,
      })
    }
    throw error
  }
}

export function unsupportedEncoding(encoding: string, physical: string): never {
  throw new Unsupported('parquet-encoding', `encoding ${encoding} of ${physical} is not supported`)
}
