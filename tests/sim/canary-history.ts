/** A short true history, and the ways to make a false one of it. */
import { encodeTombstone } from '../../src/commit/slot-content.js'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import type { FormatVersion, TableMetadata } from '../../src/format/model.js'
import { readTableMetadata } from '../../src/format/read-table-metadata.js'
import { encodeTableMetadata } from '../../src/format/write-table-metadata.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { Actor, type Stage } from '../../src/testing/simulation/actor.js'
import { checkHistory, type Recorded } from '../../src/testing/simulation/check-history.js'
import { OPERATION_WEIGHTS } from '../../src/testing/simulation/draw-operation.js'
import type { Operation, Sighting } from '../../src/testing/simulation/operation.js'
import { Tape, type TapeEvent } from '../../src/testing/simulation/tape.js'

export const LOCATION = 'memory:/wh/ns/t'

export interface Canary extends Recorded {
  readonly env: SeededEnv
  readonly operations: Operation[]
  readonly sightings: Sighting[]
  readonly actor: Actor
  /** The store of the history, with its tape. */
  readonly store: Store
}

/** Two tables one after the other, when `dropped`; each with its first files, and `changes` appends. */
export async function trueHistory(
  options: {
    readonly changes?: number
    readonly dropped?: boolean
    readonly formatVersion?: FormatVersion
  } = {},
): Promise<Canary> {
  const env = seededEnv(11)
  const tape = new Tape()
  let ticks = 0
  const appends = Object.keys(OPERATION_WEIGHTS).filter((kind) => kind !== 'append')
  const stage: Stage = {
    warehouse: 'memory:/wh',
    table: { namespace: ['ns'], name: 't' },
    location: LOCATION,
    properties: { 'write.manifest.compression-codec': 'uncompressed' },
    partitioned: false,
    formatVersion: options.formatVersion ?? 2,
    operations: [],
    sightings: [],
    bad: [],
    without: new Set(appends),
    tick: () => ticks++,
  }
  const store = tape.record(memoryStore({ env }), 'a')
  const actor = new Actor('a', env, faultyStore(store, { env, plan: () => undefined }), stage)
  await actor.create('first')
  await actor.furnish('base')
  for (let at = 0; at < (options.changes ?? 2); at++) await actor.change(`w0-${at}`)
  await actor.look()
  if (options.dropped === true) {
    await actor.drop('d-0', false)
    await actor.create('d-1')
    await actor.furnish('again')
  }
  await actor.look()
  const { operations, sightings } = stage
  return {
    env,
    tape,
    location: LOCATION,
    operations,
    sightings: sightings as Sighting[],
    actor,
    store,
  }
}

export const check = (history: Canary): Promise<readonly string[]> => checkHistory(history)

/** The events that made slots, in order. */
export function slotEvents({ tape }: Canary): readonly TapeEvent[] {
  return tape.events.filter(
    ({ operation, path }) => operation === 'create' && /\/v[0-9]+\.metadata\.json$/.test(path),
  )
}

export function metadataOf(history: Canary, { bytes = new Uint8Array(0) }: TapeEvent) {
  return readTableMetadata(bytes, { limits: history.env.limits })
}

/** Changes what is on the tape. */
export function rewrite(history: Canary, event: TapeEvent, change: Partial<TapeEvent>): void {
  const { events } = history.tape
  events[events.indexOf(event)] = { ...event, ...change }
}

/** Another version of the table in a slot; those that count from the end are negative. */
export function edit(
  history: Canary,
  at: number,
  change: (metadata: TableMetadata) => Partial<TableMetadata>,
): void {
  const event = slotEvents(history).at(at) as TapeEvent
  const metadata = metadataOf(history, event)
  const bytes = encodeTableMetadata({ ...metadata, ...change(metadata) })
  rewrite(history, event, { bytes })
}

export function tombstoneOf(history: Canary): Uint8Array {
  return encodeTombstone({
    attempt: '0f8fad5b-d9cb-469f-a165-70867728950e',
    tableUuid: metadataOf(history, slotEvents(history)[0] as TapeEvent).tableUuid,
    droppedAtMs: history.env.nowMs(),
    lastMetadata: undefined,
  })
}

/** The operation that did something of this kind last. */
export function lastOf({ operations }: Canary, kind: string): Operation {
  return operations.findLast((operation) => operation.kind === kind) as Operation
}

export function replaceOperation(
  { operations }: Canary,
  old: Operation,
  change: Partial<Operation>,
): void {
  operations[operations.indexOf(old)] = { ...old, ...change }
}
