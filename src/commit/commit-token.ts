import { ObjectReader } from '../codec/json/object-reader.js'
import { parseJson } from '../codec/json/parse.js'
import { stringifyJson } from '../codec/json/stringify.js'
import { jsonInt, jsonObject } from '../codec/json/value.js'
import type { Limits } from '../env/limits.js'
import { InvalidArgument } from '../errors.js'
import { valueOr } from '../util/value-or.js'

/** What it takes to find out later whether an attempt was published (rule C11). */
export interface CommitToken {
  /** The table folder. */
  readonly location: string
  readonly slot: number
  /** SHA-256 of the bytes that were sent. */
  readonly hash: string
  readonly uuid: string
}

const VERSION = 1

/** The token as a plain string. */
export function commitToken(token: CommitToken): string {
  return stringifyJson(
    jsonObject([
      ['moraine-commit', jsonInt(VERSION)],
      ['kind', 'slot'],
      ['location', token.location],
      ['slot', jsonInt(token.slot)],
      ['hash', token.hash],
      ['uuid', token.uuid],
    ]),
  )
}

/** Throws `InvalidArgument` for anything that {@link commitToken} did not make. */
export function parseCommitToken(text: string, limits: Limits): CommitToken {
  return valueOr(
    () => readToken(text, limits),
    (cause) => {
      throw new InvalidArgument(`not a commit token: ${cause.message}`, { cause })
    },
  )
}

function readToken(text: string, limits: Limits): CommitToken {
  const reader = new ObjectReader(parseJson(text, { limits }), { path: 'commit token' })
  if (reader.int('moraine-commit') !== VERSION) reader.fail('unknown version', 'moraine-commit')
  if (reader.string('kind') !== 'slot') reader.fail('not a token of a file catalog', 'kind')
  const hash = reader.string('hash')
  if (!/^[0-9a-f]{64}$/.test(hash)) reader.fail('not a SHA-256 hash', 'hash')
  const slot = reader.int('slot')
  if (slot < 1) reader.fail('not a slot', 'slot')
  return { location: reader.string('location'), slot, hash, uuid: reader.string('uuid') }
}
