/**
 * Checks a finished history against the invariants, from the tape and from what was asked for and
 * told alone: it finds no head, follows no hint and trusts no answer of the library but its parsing.
 */
import { parseSlot } from '../../commit/slot-content.js'
import { slotVersion } from '../../commit/slots.js'
import type { Env } from '../../env/env.js'
import type { TableMetadata } from '../../format/model.js'
import { SnapshotChecker } from './check-snapshots.js'
import { checkStep } from './check-version.js'
import { expectedState, type Live, type ModelWorld, stateOf } from './expected.js'
import { OPERATION_MARK, type Operation, type Sighting, type SimFile } from './operation.js'
import type { Tape, TapeEvent } from './tape.js'

export interface Recorded {
  readonly env: Env
  readonly tape: Tape
  readonly location: string
  readonly operations: readonly Operation[]
  readonly sightings: readonly Sighting[]
}

/** Everything that the history broke; empty when it kept every promise. */
export async function checkHistory(recorded: Recorded): Promise<readonly string[]> {
  const walk = new Walk(recorded)
  await walk.run()
  return walk.bad
}

class Walk {
  readonly bad: string[] = []
  readonly #recorded: Recorded
  readonly #world: ModelWorld
  readonly #byId: ReadonlyMap<string, Operation>
  /** Position in the chain of what each operation did. */
  readonly #doneAt = new Map<string, number[]>()
  readonly #first = new Map<string, Uint8Array>()
  readonly #checker: SnapshotChecker
  /** Every path that a snapshot refers to. */
  readonly #needed = new Map<bigint, readonly string[]>()
  readonly #uuids = new Set<string>()
  #tombstones = 0
  #fences = 0
  #head: TableMetadata | undefined

  constructor(recorded: Recorded) {
    this.#recorded = recorded
    const files = new Map<string, SimFile>()
    for (const { parts } of recorded.operations) {
      for (const part of parts) {
        for (const file of 'files' in part ? part.files : []) files.set(file.name, file)
      }
    }
    this.#world = {
      live: new Map(),
      deletes: new Map(),
      parents: new Map(),
      files,
      keys: new Map(),
    }
    this.#byId = new Map(recorded.operations.map((operation) => [operation.id, operation]))
    const bytes = (path: string): Uint8Array | undefined => this.#first.get(path)
    this.#checker = new SnapshotChecker(recorded.env, bytes, this.#world, this.bad)
  }

  async run(): Promise<void> {
    const { events } = this.#recorded.tape
    const slots: TapeEvent[] = []
    for (const event of events) {
      if (event.bytes !== undefined && !this.#first.has(event.path)) {
        this.#first.set(event.path, event.bytes)
      }
      this.#checkEvent(event, slots)
    }
    slots.sort((a, b) => versionOf(a.path) - versionOf(b.path))
    let version = 0
    for (const slot of slots) await this.#step(slot, ++version)
    this.#checkClaims()
    this.#checkOrder()
    this.#checkSightings()
    this.#checkReachable()
  }

  /** I5 and the rules on slots: what may be written and deleted at all. */
  #checkEvent(event: TapeEvent, slots: TapeEvent[]): void {
    const { path, operation, before, actor } = event
    if (actor === 'world') return
    const isNamespace = operation === 'create' && path.endsWith('/.namespace')
    if (!path.startsWith(`${this.#recorded.location}/`) && !isNamespace) {
      this.bad.push(`I5 ${actor} ${operation} ${path}, outside the table`)
    }
    if (versionOf(path) === 0) {
      const isHint = path.endsWith('/version-hint.text')
      if (operation === 'put' && !isHint) this.bad.push(`I4 ${actor} replaced ${path}`)
      if (operation === 'delete' && isHint) this.bad.push(`I4 ${actor} deleted the hint`)
      return
    }
    if (operation === 'create') slots.push(event)
    else if (operation === 'delete') this.bad.push(`I7 ${actor} deleted the slot ${path}`)
    else if (before === undefined)
      this.bad.push(`I7 ${actor} put ${path} without an exclusive create`)
    else this.#checkRetired(event)
  }

  #checkRetired({ path, bytes, actor }: TapeEvent): void {
    const content = parseSlot(bytes ?? new Uint8Array(0), path, this.#recorded.env.limits)
    if (content.kind !== 'retired') this.bad.push(`I7 ${actor} overwrote the slot ${path}`)
  }

  async #step({ path, bytes }: TapeEvent, version: number): Promise<void> {
    if (versionOf(path) !== version) {
      this.bad.push(`I7 version ${version} is ${path}`)
      return
    }
    if (!path.endsWith(`/v${version}.metadata.json`)) this.bad.push(`I7 ${path} is misnamed`)
    const content = parseSlot(bytes ?? new Uint8Array(0), path, this.#recorded.env.limits)
    if (content.kind === 'retired') {
      this.bad.push(`I7 version ${version} began as a marker`)
    } else if (content.kind === 'tombstone') {
      // Where no table is, one stands for a creation that will never come; elsewhere it drops a table.
      if (this.#head === undefined) this.#fences++
      else this.#tombstones++
      this.#head = undefined
    } else {
      await this.#advance(content.metadata, version)
    }
  }

  async #advance(next: TableMetadata, version: number): Promise<void> {
    const before = this.#head
    this.#head = next
    if (before === undefined) {
      if (this.#uuids.has(next.tableUuid)) this.bad.push(`I7 version ${version} reuses a uuid`)
      this.#uuids.add(next.tableUuid)
      const creator = this.#recorded.operations.find(({ creates }) => creates === next.tableUuid)
      if (creator === undefined)
        this.bad.push(`I2 nobody asked for the table of version ${version}`)
      else this.#done(creator.id, version)
      if (next.snapshots.length > 0) this.bad.push('I7 a new table begins with snapshots')
      return
    }
    checkStep(before, next, `v${version}`, this.#recorded.location, this.bad)
    const known = new Set(before.snapshots.map((snapshot) => snapshot.snapshotId))
    const made = next.snapshots.filter((snapshot) => !known.has(snapshot.snapshotId))
    const marks = new Set(made.map((snapshot) => snapshot.summary?.get(OPERATION_MARK) ?? ''))
    const mark = next.properties.get(OPERATION_MARK)
    if (mark !== undefined && mark !== before.properties.get(OPERATION_MARK)) marks.add(mark)
    const [id, second] = [...marks]
    if (second !== undefined) this.bad.push(`I7 v${version} holds the work of ${id} and ${second}`)
    const operation = id === undefined ? undefined : this.#byId.get(id)
    if (id !== undefined && operation === undefined)
      this.bad.push(`I2 v${version}: nobody is ${id}`)
    let expected = stateOf(before)
    if (operation !== undefined) {
      this.#done(operation.id, version)
      const { tableUuid = next.tableUuid } = operation
      if (tableUuid !== next.tableUuid)
        this.bad.push(`I2 ${id} got into the table made after its own`)
      expected = expectedState(expected, operation, made, this.#world, OPERATION_MARK, this.bad)
    }
    this.#compare(expected, next, version)
    for (const snapshot of made) {
      const live: Live | undefined = this.#world.live.get(snapshot.snapshotId)
      const paths = await this.#checker.check(next, snapshot, live)
      this.#needed.set(snapshot.snapshotId, paths)
    }
  }

  #compare(expected: ReturnType<typeof stateOf>, next: TableMetadata, version: number): void {
    const actual = stateOf(next)
    for (const what of ['refs', 'properties', 'columns', 'fields', 'version'] as const) {
      const [a, b] = [expected[what], actual[what]].map((value) => [...value].sort().join(' '))
      if (a !== b) this.bad.push(`I13 ${what} of v${version} should be [${a}], are [${b}]`)
    }
  }

  #done(id: string, version: number): void {
    const at = this.#doneAt.get(id)
    if (at === undefined) this.#doneAt.set(id, [version])
    else at.push(version)
  }

  /** I1–I3: what was told is what is there. */
  #checkClaims(): void {
    let [surely, maybe, settled] = [0, 0, 0]
    for (const operation of this.#recorded.operations) {
      const { id, kind, told, resolved, drops } = operation
      if (resolved !== undefined) settled++
      if (drops === true) {
        if (told === 'committed' || resolved === 'committed') surely++
        if (told === 'died' || resolved !== undefined) maybe++
        continue
      }
      const count = this.#doneAt.get(id)?.length ?? 0
      const where = `${id} (${kind}, told ${resolved ?? told})`
      const outcome = resolved ?? told
      if (told === undefined) this.bad.push(`I19 ${where} never ended`)
      if (count > 1) this.bad.push(`I3 ${where} is there ${count} times`)
      if (outcome === 'committed' && count === 0) this.bad.push(`I1 ${where} is not there`)
      if (outcome === 'not-committed' && count > 0) this.bad.push(`I2 ${where} is there`)
      if (outcome === 'nothing') this.#checkNothing(operation, count)
      if (told === 'unknown' && resolved === undefined) this.bad.push(`I3 ${where} has no answer`)
    }
    if (this.#fences > settled)
      this.bad.push(`I2 ${this.#fences} fences: ${settled} tokens were settled`)
    if (this.#tombstones < surely || this.#tombstones > surely + maybe) {
      this.bad.push(`I1 ${this.#tombstones} drops are there: ${surely} were told, ${maybe} perhaps`)
    }
  }

  /** A job that had been done, or an operation that found nothing to do. */
  #checkNothing({ id, key }: Operation, count: number): void {
    if (key === undefined) {
      if (count > 0) this.bad.push(`I2 ${id} said it had nothing to do, and is there`)
      return
    }
    const others = this.#recorded.operations.filter((other) => other.key === key)
    if (!others.some((other) => this.#doneAt.has(other.id))) {
      this.bad.push(`I1 ${id} says job ${key} had been done, but it is not there`)
    }
  }

  /** I15: who began after another was told comes after it in the chain. */
  #checkOrder(): void {
    const done = this.#recorded.operations.flatMap((operation) => {
      const at = this.#doneAt.get(operation.id)?.[0]
      return at === undefined || operation.told !== 'committed' ? [] : [{ operation, at }]
    })
    for (const a of done) {
      for (const b of done) {
        const endedAt = a.operation.endedAt ?? Number.POSITIVE_INFINITY
        if (endedAt < b.operation.beganAt && a.at >= b.at) {
          this.bad.push(
            `I15 ${b.operation.id} began after ${a.operation.id} ended, and is before it`,
          )
        }
      }
    }
  }

  /** I13–I15 for readers. */
  #checkSightings(): void {
    const newest = new Map<string, number>()
    for (const { actor, version, beganAt, snapshotId, files } of this.#recorded.sightings) {
      if (version < (newest.get(actor) ?? 0)) this.bad.push(`I14 ${actor} saw versions go back`)
      newest.set(actor, version)
      for (const { id, endedAt = Number.POSITIVE_INFINITY, told } of this.#recorded.operations) {
        const at = this.#doneAt.get(id)?.[0]
        if (told === 'committed' && at !== undefined && endedAt < beganAt && version < at) {
          this.bad.push(`I15 ${actor} read v${version} after ${id} was told of v${at}`)
        }
      }
      const live = snapshotId === undefined ? new Set<string>() : this.#world.live.get(snapshotId)
      if (live === undefined) this.bad.push(`I13 ${actor} read a snapshot that is not there`)
      else if ([...live].sort().join() !== files.join()) {
        this.bad.push(`I13 ${actor} read [${files.join()}] of snapshot ${snapshotId}`)
      }
    }
  }

  /** I4, I17: every snapshot of the head is whole, in the bytes that it was written with. */
  #checkReachable(): void {
    const head = this.#head
    if (head === undefined) return
    const { files } = this.#recorded.tape
    for (const snapshot of head.snapshots) {
      for (const path of this.#needed.get(snapshot.snapshotId) ?? []) {
        if (files.get(path) === undefined) this.bad.push(`I4 ${path} is missing`)
        else if (files.get(path) !== this.#first.get(path)) this.bad.push(`I4 ${path} has changed`)
      }
    }
  }
}

/** The version of a slot's path; 0 for anything else. */
function versionOf(path: string): number {
  return slotVersion(path.slice(path.lastIndexOf('/') + 1)) ?? 0
}
