/** Idempotency keys in snapshot summaries: which jobs a snapshot holds the work of. */
import { parseJson } from '../codec/json/parse.js'
import { stringifyJson } from '../codec/json/stringify.js'
import type { Limits } from '../env/limits.js'
import { InvalidArgument } from '../errors.js'
import { ancestorsOf } from '../format/lookup.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import { valueOr } from '../util/value-or.js'

/** Under this key a commit keeps the caller's idempotency key. */
export const IDEMPOTENCY_KEY = 'moraine.idempotency-key'
/** Under this key a snapshot of several calls keeps theirs, as a JSON array of strings. */
export const IDEMPOTENCY_KEYS = 'moraine.idempotency-keys'

/** Under this key it says what kind of work that was, and a hash of what it was told to do. */
export const IDEMPOTENCY_OPERATION = 'moraine.idempotency-operation'

/** What it says of appends, whose rows are not looked at. */
export const APPEND_JOB = 'append'

/**
 * What is wrong with taking a snapshot for the work that a key stands for: it did other work. Nothing is
 * known of snapshots that do not say what they did.
 */
export function otherWork(
  snapshot: Snapshot,
  key: string,
  job: string | undefined,
): InvalidArgument | undefined {
  const done = snapshot.summary?.get(IDEMPOTENCY_OPERATION)
  if (done === undefined || job === undefined || done === job) return undefined
  const [before, now] = [done, job].map((text) => text.split(' ')[0])
  const what = before === now ? `another ${now}` : `${before}, not ${now}`
  return new InvalidArgument(
    `idempotency key '${key}' was used for ${what} (snapshot ${snapshot.snapshotId}): take a key of its own for each job`,
    { details: { idempotencyKey: key, snapshotId: snapshot.snapshotId } },
  )
}

/** The summary member for the keys of a snapshot; undefined without any. */
export function keysMember(
  keys: readonly string[],
): readonly [name: string, value: string] | undefined {
  const [first] = keys
  if (first === undefined) return undefined
  if (keys.length === 1) return [IDEMPOTENCY_KEY, first]
  return [IDEMPOTENCY_KEYS, stringifyJson([...keys])]
}

/** The keys that a snapshot's summary names. A member that nobody could have written has none. */
export function keysOf(snapshot: Snapshot, limits: Limits): readonly string[] {
  const one = snapshot.summary?.get(IDEMPOTENCY_KEY)
  const several = snapshot.summary?.get(IDEMPOTENCY_KEYS)
  const keys = several === undefined ? [] : parseKeys(several, limits)
  return one === undefined ? keys : [one, ...keys]
}

function parseKeys(text: string, limits: Limits): readonly string[] {
  const value = valueOr(
    () => parseJson(text, { limits }),
    () => [],
  )
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** The newest snapshot in the history of a branch for each of the keys that it holds. */
export function snapshotsWithKeys(
  base: TableMetadata,
  branch: string,
  keys: ReadonlySet<string>,
  limits: Limits,
): ReadonlyMap<string, Snapshot> {
  const found = new Map<string, Snapshot>()
  const head = keys.size === 0 ? undefined : base.refs.get(branch)?.snapshotId
  if (head === undefined) return found
  for (const snapshot of ancestorsOf(base, head)) {
    for (const key of keysOf(snapshot, limits)) {
      if (keys.has(key) && !found.has(key)) found.set(key, snapshot)
    }
    if (found.size === keys.size) break
  }
  return found
}
