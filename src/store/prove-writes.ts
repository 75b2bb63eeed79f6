/**
 * The proof that a store means its conditions: many servers accept the headers of conditional writes
 * and ignore them, and then two writers replace each other's commits without a word.
 */
import type { Env } from '../env/env.js'
import { type MoraineError, StoreUnavailable, Unsupported } from '../errors.js'
import { toHex } from '../util/bytes.js'
import { shownLocation } from '../util/secret.js'
import { encodeUtf8 } from '../util/utf8.js'
import type { Store } from './store.js'

/** The calls that are proven, as the adapter makes them without a proof. */
export type UnprovenWrites = Required<Pick<Store, 'head' | 'create' | 'replace' | 'delete'>>

/** Proves conditional creation and replacement, once for each bucket, before the first write to it. */
export class WriteProof {
  readonly #writes: UnprovenWrites
  readonly #env: Pick<Env, 'randomBytes'>
  readonly #proofs = new Map<string, Promise<void>>()

  constructor(writes: UnprovenWrites, env: Pick<Env, 'randomBytes'>) {
    this.#writes = writes
    this.#env = env
  }

  /**
   * `bucket` is what has one behaviour (bucket, container); `path` an object that is about to be
   * written: the probe lies beside it, where the credentials may write.
   *
   * @throws Unsupported `conditional-create` or `conditional-replace`: the store is not to be used.
   * @throws StoreUnavailable when it could not be found out; the next call tries again.
   */
  of(bucket: string, path: string): Promise<void> {
    const known = this.#proofs.get(bucket)
    if (known !== undefined) return known
    const proof = this.#prove(path).catch((error: unknown) => {
      if (!(error instanceof Unsupported)) this.#proofs.delete(bucket)
      throw error
    })
    this.#proofs.set(bucket, proof)
    return proof
  }

  async #prove(path: string): Promise<void> {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    const probe = `${folder}.moraine-probe-${toHex(this.#env.randomBytes(16))}`
    try {
      await this.#proveCreate(probe)
      await this.#proveReplace(probe)
    } finally {
      // Litter at worst.
      await this.#writes.delete(probe).catch(() => undefined)
    }
  }

  /** Of two creations at the same time at most one may win; and one that comes later must lose. */
  async #proveCreate(probe: string): Promise<void> {
    const create = async (text: string): Promise<'created' | 'exists' | 'unknown'> =>
      (await this.#writes.create(probe, encodeUtf8(text))).outcome
    const settled = await Promise.allSettled([create('first'), create('second')])
    const outcomes: string[] = []
    for (const one of settled) {
      if (one.status === 'rejected') throw one.reason
      outcomes.push(one.value)
    }
    for (let more = 0; more < 4; more++) {
      if (outcomes.filter((outcome) => outcome === 'created').length > 1) {
        throw refused('conditional-create', probe, 'a creation replaces what is there already')
      }
      if (outcomes.includes('exists')) return
      // A lost answer decides nothing: the next creation must lose, or win if none came through.
      outcomes.push(await create('later'))
    }
    throw undecided(probe)
  }

  /** A replacement of the version that is there wins, and one of the version before it loses. */
  async #proveReplace(probe: string): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const before = (await this.#writes.head(probe))?.version
      if (before === undefined) {
        throw refused('conditional-replace', probe, 'an object that was created has no version')
      }
      const right = await this.#writes.replace(probe, encodeUtf8(`third ${tries}`), before)
      // A lost answer, or one of a request that came twice: from its new version on, once more.
      if (right.outcome !== 'replaced') continue
      const wrong = await this.#writes.replace(probe, encodeUtf8('fourth'), before)
      if (wrong.outcome === 'changed') return
      if (wrong.outcome === 'replaced') {
        throw refused('conditional-replace', probe, 'a replacement of an old version succeeds')
      }
    }
    throw undecided(probe)
  }
}

function refused(
  feature: 'conditional-create' | 'conditional-replace',
  probe: string,
  why: string,
): Unsupported {
  const path = shownLocation(probe)
  return new Unsupported(
    feature,
    `tables cannot be kept in the store of ${path}: ${why}, so two writers could replace each ` +
      "other's commits; use a server with conditional writes, or a catalog that keeps its pointer elsewhere",
    { details: { path } },
  )
}

function undecided(probe: string): MoraineError {
  const path = shownLocation(probe)
  return new StoreUnavailable(
    `cannot find out whether conditional writes hold at ${path}: answers are lost; try again later`,
    { details: { path } },
  )
}
