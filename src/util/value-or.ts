import { MoraineError } from '../errors.js'

/** What `read` gives, or `otherwise` when it is refused with a `MoraineError`; other errors go on. */
export function valueOr<T, E>(read: () => T, otherwise: (error: MoraineError) => E): T | E {
  try {
    return read()
  } catch (error) {
    if (error instanceof MoraineError) return otherwise(error)
    throw error
  }
}
