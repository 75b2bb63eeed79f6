/**
 * The checker of simulated histories, held against histories that are false in one respect each: a
 * checker that finds nothing proves nothing.
 */
import { expect, test } from 'vitest'
import { encodeRetired } from '../../src/commit/slot-content.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Operation } from '../../src/testing/simulation/operation.js'
import type { TapeEvent } from '../../src/testing/simulation/tape.js'
import {
  type Canary,
  check,
  edit,
  LOCATION,
  lastOf,
  metadataOf,
  replaceOperation,
  rewrite,
  slotEvents,
  tombstoneOf,
  trueHistory,
} from './canary-history.js'

const ONE = Uint8Array.of(1)
const HINT = `${LOCATION}/metadata/version-hint.text`
const slot = (version: number) => `${LOCATION}/metadata/v${version}.metadata.json`
const retired = (history: Canary) => {
  const { tableUuid } = metadataOf(history, slotEvents(history)[0] as TapeEvent)
  return encodeRetired({ formerHash: 'ab'.repeat(32), tableUuid })
}
const dataFile = ({ tape }: Canary) =>
  [...tape.files.keys()].find((path) => path.endsWith('.parquet')) as string
const written = ({ tape }: Canary, pattern: RegExp) =>
  tape.events.findLast(({ path }) => pattern.test(path)) as TapeEvent

test.each([{}, { dropped: true }, { formatVersion: 3 }, { formatVersion: 1 }] as const)(
  'a true history breaks nothing: %j',
  async (options) => {
    const history = await trueHistory(options)
    expect(await check(history)).toEqual([])
    expect(slotEvents(history).length).toBeGreaterThan(3)
    expect(history.sightings.length).toBe(2)
  },
)

test('what others leave beside the table, and markers in the place of old versions, are none', async () => {
  const history = await trueHistory()
  await history.tape.record(memoryStore(), 'world').put('memory:/wh/elsewhere', ONE)
  await history.store.put(slot(1), retired(history))
  expect(await check(history)).toEqual([])
})

type Tamper = (history: Canary) => unknown

const WRITES: readonly [string, Tamper][] = [
  ['I5 a put memory:/wh/elsewhere, outside', (h) => h.store.put('memory:/wh/elsewhere', ONE)],
  ['I4 a replaced ', (h) => h.store.put(dataFile(h), ONE)],
  ['.parquet has changed', (h) => h.store.put(dataFile(h), ONE)],
  ['.parquet is missing', (h) => h.store.delete(dataFile(h))],
  ['I4 a deleted the hint', (h) => h.store.delete(HINT)],
  ['I7 a deleted the slot', (h) => h.store.delete(slot(2))],
  ['put memory:/wh/ns/t/metadata/v99.metadata.json without', (h) => h.store.put(slot(99), ONE)],
  ['I7 a overwrote the slot', (h) => h.store.put(slot(2), tombstoneOf(h))],
  ['cannot be read', (h) => remove(h, written(h, /snap-/))],
  ['cannot be read', (h) => remove(h, written(h, /-m[0-9]+\.avro$/))],
  [
    'has another length',
    (h) => {
      const event = written(h, /-m[0-9]+\.avro$/)
      rewrite(h, event, { bytes: new Uint8Array([...(event.bytes ?? []), 0]) })
    },
  ],
]

const CHAIN: readonly [string, Tamper][] = [
  ['I7 version 5 is ', (h) => h.store.create(slot(99), ONE)],
  [
    'v2.gz.metadata.json is misnamed',
    (h) => rewrite(h, slotEvents(h)[1] as TapeEvent, { path: slot(2).replace('.m', '.gz.m') }),
  ],
  [
    'I7 version 2 began as a marker',
    (h) => rewrite(h, slotEvents(h)[1] as TapeEvent, { bytes: retired(h) }),
  ],
  ['holds the work of', (h) => rewrite(h, at(h, -2), { bytes: at(h, -1).bytes })],
  ['I13 properties of v', (h) => edit(h, -1, () => ({ properties: new Map([['x', 'y']]) }))],
  ['I13 refs of v', (h) => edit(h, -1, ({ refs }) => ({ refs: new Map(refs).set('t', tag(h)) }))],
  ['I7 has the uuid of another table', (h) => edit(h, -1, () => ({ tableUuid: UUID }))],
  ['beside what it should', (h) => nameDifferently(h)],
]

const CREATIONS: readonly [string, Tamper][] = [
  ['reuses a uuid', (h) => reuse(h)],
  ['I7 a new table begins with snapshots', (h) => beginWithSnapshots(h)],
  ['I2 nobody asked for the table of version', (h) => drop(h, lastOf(h, 'create'))],
  [
    'got into the table made after its own',
    (h) => replaceOperation(h, lastOf(h, 'append'), { tableUuid: UUID }),
  ],
  ['I1 1 drops are there: 0 were told, 0', (h) => drop(h, lastOf(h, 'drop'))],
  ['I1 1 drops are there: 2 were told', (h) => h.operations.push(lastOf(h, 'drop'))],
]

const CLAIMS: readonly [string, Tamper][] = [
  ['nobody is w0-1', (h) => drop(h, h.operations.find(({ id }) => id === 'w0-1') as Operation)],
  ['(append, told undefined) never ended', (h) => tell(h, { told: undefined as never })],
  ['(append, told not-committed) is there', (h) => tell(h, { told: 'not-committed' })],
  ['has no answer', (h) => tell(h, { told: 'unknown' })],
  ['said it had nothing to do, and is there', (h) => tell(h, { told: 'nothing' })],
  ['is not there', (h) => h.operations.push({ ...lastOf(h, 'append'), id: 'ghost' })],
  [
    'says job j had been done, but it is not there',
    (h) => h.operations.push({ ...lastOf(h, 'append'), id: 'ghost', key: 'j', told: 'nothing' }),
  ],
  ['is there 2 times', (h) => doneTwice(h)],
  [
    'ended, and is before it',
    (h) => {
      const last = lastOf(h, 'append')
      const base = h.operations.find(({ id }) => id === 'base') as Operation
      replaceOperation(h, base, { beganAt: (last.endedAt ?? 0) + 1, endedAt: 1e6 })
    },
  ],
]

const SIGHTINGS: readonly [string, Tamper][] = [
  ['I14 a saw versions go back', (h) => h.sightings.push({ ...seen(h), version: 1 })],
  [
    'I15 a read v1 after',
    (h) => h.sightings.splice(0, 2, { ...seen(h), version: 1, beganAt: 1e6 }),
  ],
  ['I13 a read a snapshot that', (h) => h.sightings.push({ ...seen(h), snapshotId: 5n })],
  ['I13 a read [x] of snapshot', (h) => h.sightings.push({ ...seen(h), files: ['x'] })],
  [
    'I13 a read [x] of snapshot undefined',
    (h) => h.sightings.push({ ...seen(h), snapshotId: undefined, files: ['x'] }),
  ],
]

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e'
const at = (history: Canary, index: number) => slotEvents(history).at(index) as TapeEvent
const seen = ({ sightings }: Canary) => sightings.at(-1) as NonNullable<(typeof sightings)[0]>
const tell = (history: Canary, told: Partial<Operation>): void =>
  replaceOperation(history, lastOf(history, 'append'), told)
const drop = ({ operations }: Canary, operation: Operation): void => {
  operations.splice(operations.indexOf(operation), 1)
}
const remove = ({ tape }: Canary, event: TapeEvent): void => {
  tape.events.splice(tape.events.indexOf(event), 1)
}
const tag = (history: Canary) => {
  const snapshotId = metadataOf(history, at(history, -1)).currentSnapshotId ?? 0n
  return { snapshotId, type: 'tag' } as const
}

/** The last append, which says that its file was of another name. */
function nameDifferently(history: Canary): void {
  const append = lastOf(history, 'append')
  const files = [{ name: 'other', key: 0, rows: 1 }]
  replaceOperation(history, append, { parts: [{ type: 'append', branch: 'main', files }] })
}

/** The second table gets the first one's uuid. */
function reuse(history: Canary): void {
  const { tableUuid } = metadataOf(history, at(history, 0))
  edit(history, -2, () => ({ tableUuid }))
}

/** The second table begins with what its first change made. */
function beginWithSnapshots(history: Canary): void {
  rewrite(history, at(history, -2), { bytes: at(history, -1).bytes })
}

/** The last snapshot says that it is the work of the change before. */
function doneTwice(history: Canary): void {
  edit(history, -1, ({ snapshots }) => {
    const [before, last] = snapshots.slice(-2)
    if (before?.summary === undefined || last === undefined) return {}
    return { snapshots: [...snapshots.slice(0, -1), { ...last, summary: before.summary }] }
  })
}

test.each([...WRITES, ...CHAIN, ...CLAIMS, ...SIGHTINGS])('%s', async (complaint, tamper) => {
  const history = await trueHistory()
  await tamper(history)
  expect((await check(history)).join('\n')).toContain(complaint)
})

test.each(CREATIONS)('a table made anew: %s', async (complaint, tamper) => {
  const history = await trueHistory({ dropped: true })
  await tamper(history)
  expect((await check(history)).join('\n')).toContain(complaint)
})
