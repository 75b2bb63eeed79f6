import { InvalidArgument } from '../errors.js'

/** Shown in place of what must not be seen. */
const HIDDEN = '[secret]'

/**
 * A key, password or token. Nothing that prints, serialises or inspects it shows it: only `expose()`
 * gives it, to the one place that needs it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** A secret as it is, a string as one. Throws `InvalidArgument`, without showing it, for anything else. */
  static of(value: string | Secret): Secret {
    if (typeof value === 'string') return new Secret(value)
    if (typeof Object(value).expose === 'function') return value
    throw new InvalidArgument('a key, password, token or connection string must be a text')
  }

  expose(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  get [Symbol.toStringTag](): string {
    return 'Secret'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}

/** `user:key@` and the query of a request that is signed in advance, in a text that names a place. */
const USER = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/)[^/?#]*@/
const QUERY = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^?#]*)[?#].*$/s
/** Azure writes `container@account…`: a name, not a user. */
const NAMED_WITH_AT = /^(abfss?|wasbs?):/i

/** A location or URL as errors may show it: cut to `max` characters, without what may be a credential. */
export function shownLocation(text: string, max = 300): string {
  const bare = text.replace(QUERY, '$1?…')
  const shown = NAMED_WITH_AT.test(bare) ? bare : bare.replace(USER, '$1…@')
  return shown.length > max ? `${shown.slice(0, max)}…` : shown
}
