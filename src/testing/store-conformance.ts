/** The rules of spec/protocol/storage.md as cases that any store can be put through. */
import { MoraineError } from '../errors.js'
import { deleteMany } from '../store/delete-many.js'
import { joinLocation } from '../store/location.js'
import type { ObjectInfo, Store } from '../store/store.js'
import { assert } from '../util/assert.js'
import { bytesEqual } from '../util/bytes.js'
import { encodeUtf8 } from '../util/utf8.js'
import { findsByPrefix } from './store-conformance-prefix.js'
import type { StoreUnderTest } from './store-under-test.js'

export interface ConformanceCase {
  /** The rule and what is checked. */
  readonly name: string
  /** Rejects when the store breaks the rule. */
  readonly run: (subject: StoreUnderTest) => Promise<void>
}

const A = encodeUtf8('first')
const B = encodeUtf8('second, longer')

/** How far the long cases go. Without it they are left out: the rest takes moments. */
export interface ConformanceScale {
  /** Objects in one folder, to be listed: more than a page of the store has, 1,000 or 5,000. */
  readonly objects: number
  /** Bytes of one streamed object: more than the store takes at a time. */
  readonly streamedBytes: number
}

/** Every case. Run each on a fresh folder. */
export function storeConformance(scale?: ConformanceScale): readonly ConformanceCase[] {
  return scale === undefined ? CASES : [...CASES, ...longCases(scale)]
}

const CASES: readonly ConformanceCase[] = Object.freeze([
  { name: 'S1 an object reads back whole', run: readsBack },
  { name: 'S1 a streamed object appears at close, not before', run: streamed },
  { name: 'S1 an aborted object never appears', run: aborted },
  { name: 'S3 the first create wins, the second says exists', run: createOnce },
  { name: 'S3 of many racing creates one wins, and its bytes are stored', run: createRace },
  { name: 'S3 a streamed object does not replace another', run: streamedOnce },
  { name: 'S2 put replaces, and the next read shows it', run: putReplaces },
  { name: 'S6 ranges are exact and never short', run: ranges },
  { name: 'S6 a missing object is NotFound, or undefined for head', run: missing },
  { name: 'S6 more than maxBytes is LimitExceeded', run: bounded },
  { name: 'S7 delete works twice', run: deletesTwice },
  { name: 'S2 list shows what there is, recursively', run: lists },
  { name: 'S2 list of one level shows objects and folders', run: listsOneLevel },
  { name: 'S2 names are found by how they begin, where the store can', run: findsByPrefix },
  { name: 'S6 an aborted signal stops a call', run: obeysSignal },
  { name: 'S8 traversal is refused', run: refusesTraversal },
  { name: 'an empty object is an object', run: emptyObject },
  { name: 'names with blanks, percent signs and other scripts', run: oddNames },
  { name: 'S10 a replacement needs the version that is there', run: replaces },
  { name: 'S10 of many racing replacements one wins, and its bytes are stored', run: replaceRace },
  { name: 'S7 removing many objects removes these and no others', run: deletesMany },
  { name: 'S6 reads at and past the end, and of an empty object', run: readsAtTheEnd },
  { name: 'S2 a listing shows what was just created, and not what was just deleted', run: fresh },
])

function longCases({ objects, streamedBytes }: ConformanceScale): readonly ConformanceCase[] {
  return [
    {
      name: `S2 a folder of ${objects} objects is listed whole, and each once`,
      run: (subject) => listsMany(subject, objects),
    },
    {
      name: `S1 a streamed object of ${streamedBytes} bytes is whole, and read by ranges`,
      run: (subject) => streamsLarge(subject, streamedBytes),
    },
  ]
}

async function readsBack({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'a', 'b', 'one.bin')
  await store.create(path, A)
  assert(bytesEqual(await store.read(path), A), 'the bytes read are the bytes written')
  assert((await store.head(path))?.sizeBytes === A.length, 'head gives the size')
}

async function streamed({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'data', 'streamed.bin')
  const writer = await store.writer(path)
  await writer.write(A)
  await writer.write(B)
  assert((await store.head(path)) === undefined, 'nothing is visible before close')
  const info = await writer.close()
  assert(info.sizeBytes === A.length + B.length, 'close gives the size')
  assert((await store.read(path)).length === info.sizeBytes, 'everything is stored')
}

async function aborted({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'aborted.bin')
  const writer = await store.writer(path)
  await writer.write(A)
  await writer.abort()
  assert((await store.head(path)) === undefined, 'nothing appears')
  assert((await all(store, root)).length === 0, 'nothing is left behind')
}

async function createOnce({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'slot')
  assert((await store.create(path, A)).outcome === 'created', 'the first create wins')
  assert((await store.create(path, B)).outcome === 'exists', 'the second finds it taken')
  assert((await store.create(path, A)).outcome === 'exists', 'also with the same bytes')
  assert(bytesEqual(await store.read(path), A), 'the first bytes stay')
  assert((await all(store, root)).length === 1, 'nothing else is left behind')
}

async function createRace({ store, root }: StoreUnderTest): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const path = joinLocation(root, `race-${round}`)
    const writers = Array.from({ length: 8 }, (_, i) =>
      encodeUtf8(`writer ${i}`.repeat(i * 100 + 1)),
    )
    const outcomes = await Promise.all(writers.map((bytes) => store.create(path, bytes)))
    const winners = outcomes.flatMap((result, i) => (result.outcome === 'created' ? [i] : []))
    assert(winners.length === 1, `one of eight wins, not ${winners.length}`)
    const winner = writers[winners[0] as number] as Uint8Array
    assert(bytesEqual(await store.read(path), winner), 'the winner is stored')
  }
}

async function streamedOnce({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'taken.bin')
  const writer = await store.writer(path)
  await writer.write(B)
  await store.create(path, A)
  await rejects(writer.close(), 'ALREADY_EXISTS')
  assert(bytesEqual(await store.read(path), A), 'the first object stays')
}

async function putReplaces({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'hint')
  await store.put(path, B)
  await store.put(path, A)
  assert(bytesEqual(await store.read(path), A), 'the last put counts')
  assert((await all(store, root)).length === 1, 'nothing else is left behind')
}

async function ranges({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'ranges')
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff)
  await store.create(path, bytes)
  for (const [start, end] of [
    [0, 1000],
    [0, 0],
    [1000, 1000],
    [17, 18],
    [999, 1000],
    [3, 700],
  ]) {
    const part = await store.read(path, { start: start as number, end: end as number })
    assert(bytesEqual(part, bytes.subarray(start, end)), `bytes ${start} to ${end}`)
  }
  await rejects(store.read(path, { start: 0, end: 1001 }))
  await rejects(store.read(path, { start: 2000, end: 2001 }))
  const mine = await store.read(path, { start: 0, end: 4 })
  mine.fill(7)
  assert((await store.read(path))[1] === 1, 'the bytes given are the caller’s own')
}

async function missing({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'no', 'such', 'object')
  assert((await store.head(path)) === undefined, 'head of nothing is undefined')
  await rejects(store.read(path), 'NOT_FOUND')
  assert((await all(store, joinLocation(root, 'no'))).length === 0, 'a missing folder is empty')
}

async function bounded({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'bounded')
  await store.create(path, A)
  await rejects(store.read(path, undefined, { maxBytes: A.length - 1 }), 'LIMIT_EXCEEDED')
  const whole = await store.read(path, undefined, { maxBytes: A.length })
  assert(whole.length === A.length, 'the bound itself is allowed')
}

async function deletesTwice({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'gone')
  await store.create(path, A)
  await store.delete(path)
  await store.delete(path)
  await store.delete(joinLocation(root, 'never', 'was'))
  assert((await store.head(path)) === undefined, 'it is gone')
}

async function lists({ store, root }: StoreUnderTest): Promise<void> {
  const names = ['x', 'a/y', 'a/b/z', 'ab/w']
  for (const name of names) await store.create(joinLocation(root, ...name.split('/')), A)
  const found = (await all(store, root)).map((info) => info.path).sort()
  const wanted = names.map((name) => joinLocation(root, ...name.split('/'))).sort()
  assert(found.join() === wanted.join(), `the list is ${wanted.join()}, not ${found.join()}`)
  const below = await all(store, joinLocation(root, 'a'))
  assert(below.length === 2, 'a folder is no prefix: ab is not in a')
  assert(
    below.every((info) => info.sizeBytes === A.length),
    'infos give the size',
  )
}

async function listsOneLevel({ store, root }: StoreUnderTest): Promise<void> {
  for (const name of ['x', 'a/y', 'a/b/z']) {
    await store.create(joinLocation(root, ...name.split('/')), A)
  }
  const found = await all(store, root, false)
  const shown = found.map((info) => `${info.path}${info.isFolder === true ? '/' : ''}`).sort()
  const wanted = [`${joinLocation(root, 'a')}/`, joinLocation(root, 'x')].sort()
  assert(shown.join() === wanted.join(), `one level is ${wanted.join()}, not ${shown.join()}`)
}

async function obeysSignal({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'signal')
  await store.create(path, A)
  const signal = AbortSignal.abort()
  await rejects(store.read(path, undefined, { signal }), 'ABORTED')
  await rejects(store.head(path, { signal }), 'ABORTED')
  await rejects(store.writer(joinLocation(root, 'w'), { signal }), 'ABORTED')
}

async function refusesTraversal({ store, root }: StoreUnderTest): Promise<void> {
  for (const bad of ['/../x', '/a/../../x', '/a\0b', '/a\\b', '/./x', '/%2e%2e/x']) {
    await rejects(store.create(`${root}${bad}`, A), 'LOCATION_DENIED')
    await rejects(store.read(`${root}${bad}`), 'LOCATION_DENIED')
    await rejects(store.delete(`${root}${bad}`), 'LOCATION_DENIED')
  }
}

async function emptyObject({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'empty')
  assert((await store.create(path, new Uint8Array(0))).outcome === 'created', 'it is created')
  assert((await store.read(path)).length === 0, 'it reads back')
  assert((await store.create(path, A)).outcome === 'exists', 'its name is taken')
}

async function oddNames({ store, root }: StoreUnderTest): Promise<void> {
  const names = ['a b', 'city=a%2Fb', 'größe=ß', '日本', 'quote\'"', 'plus+and&', '#hash?']
  for (const name of names) {
    const path = joinLocation(root, name, 'f')
    await store.create(path, encodeUtf8(name))
    assert(bytesEqual(await store.read(path), encodeUtf8(name)), `${name} reads back`)
  }
  assert((await all(store, root)).length === names.length, 'each name is its own')
}

async function replaces({ store, root }: StoreUnderTest): Promise<void> {
  if (store.replace === undefined) return
  const path = joinLocation(root, 'pointer')
  await store.create(path, A)
  const first = await versionOf(store, path)
  const second = await store.replace(path, B, first)
  assert(second.outcome === 'replaced', 'the version that is there may be replaced')
  assert((await versionOf(store, path)) === second.version, 'its outcome gives the new version')
  assert(second.version !== first, 'other bytes have another version')
  const late = await store.replace(path, A, first)
  assert(late.outcome === 'changed', 'a replacement of an old version changes nothing')
  assert(bytesEqual(await store.read(path), B), 'the bytes of the winner stay')
  await store.put(path, A)
  assert((await store.replace(path, B, second.version)).outcome === 'changed', 'a put counts')
  await store.delete(path)
  const gone = await store.replace(path, B, second.version)
  assert(gone.outcome === 'changed', 'what is gone cannot be replaced')
  assert((await store.head(path)) === undefined, 'nor does it come back')
}

async function replaceRace({ store, root }: StoreUnderTest): Promise<void> {
  if (store.replace === undefined) return
  const replace = store.replace.bind(store)
  const path = joinLocation(root, 'pointer')
  await store.create(path, A)
  for (let round = 0; round < 10; round++) {
    const version = await versionOf(store, path)
    const writers = Array.from({ length: 8 }, (_, i) => encodeUtf8(`round ${round} writer ${i}`))
    const outcomes = await Promise.all(writers.map((bytes) => replace(path, bytes, version)))
    const winners = outcomes.flatMap((result, i) => (result.outcome === 'replaced' ? [i] : []))
    // A server may leave all of them undecided; it may not let two win.
    assert(winners.length <= 1, `one of eight wins, not ${winners.length}`)
    const decided = outcomes.every((result) => result.outcome !== 'unknown')
    assert(winners.length === 1 || !decided, 'one of eight wins')
    const stored = await store.read(path)
    const winner = writers[winners[0] ?? -1]
    if (winner !== undefined && decided) assert(bytesEqual(stored, winner), 'the winner is stored')
  }
}

async function versionOf(store: Store, path: string): Promise<string> {
  const version = (await store.head(path))?.version
  assert(version !== undefined && version !== '', 'head gives a version where there is `replace`')
  return version
}

async function deletesMany({ store, root }: StoreUnderTest): Promise<void> {
  const names = ['a', 'b/c', "d e'&<>", 'größe', 'f%2Fg=h', 'last']
  const paths = names.map((name) => joinLocation(root, ...name.split('/')))
  for (const path of paths) await store.create(path, A)
  const failures = await deleteMany(store, [...paths.slice(0, -1), joinLocation(root, 'never')])
  assert(failures.length === 0, 'nothing fails, not even what never was')
  const left = (await all(store, root)).map((info) => info.path)
  assert(left.join() === paths.at(-1), `only the last one is left, not ${left.join()}`)
}

async function readsAtTheEnd({ store, root }: StoreUnderTest): Promise<void> {
  const path = joinLocation(root, 'short')
  await store.create(path, A)
  const size = A.length
  const last = await store.read(path, { start: size - 1, end: size })
  assert(last.length === 1 && last[0] === A[size - 1], 'the last byte is the last byte')
  for (const [start, end] of [
    [size - 1, size + 1],
    [size, size + 1],
    [0, size + 1000],
  ] as const) {
    await rejects(store.read(path, { start, end }), 'CORRUPT_DATA')
  }
  const empty = joinLocation(root, 'empty')
  await store.create(empty, new Uint8Array(0))
  assert((await store.read(empty, { start: 0, end: 0 })).length === 0, 'nothing of nothing')
  await rejects(store.read(empty, { start: 0, end: 1 }), 'CORRUPT_DATA')
  const writer = await store.writer(joinLocation(root, 'empty-streamed'))
  assert((await writer.close()).sizeBytes === 0, 'a streamed object may be empty')
  assert((await store.head(joinLocation(root, 'empty-streamed')))?.sizeBytes === 0, 'and is there')
}

async function fresh({ store, root }: StoreUnderTest): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const path = joinLocation(root, `round-${round}`)
    await store.create(path, A)
    assert((await all(store, root)).length === 1, 'what was created is listed')
    await store.delete(path)
    assert((await all(store, root)).length === 0, 'what was deleted is not')
  }
}

async function listsMany({ store, root }: StoreUnderTest, objects: number): Promise<void> {
  const names = Array.from({ length: objects }, (_, i) => `${i % 7}/${i}`)
  const left = names.values()
  const create = async (): Promise<void> => {
    for (const name of left) await store.create(joinLocation(root, ...name.split('/')), A)
  }
  await Promise.all(Array.from({ length: 16 }, create))
  const found = (await all(store, root)).map((info) => info.path)
  assert(found.length === objects, `${objects} objects are listed, not ${found.length}`)
  assert(new Set(found).size === objects, 'each once')
  const folders = await all(store, root, false)
  assert(folders.length === 7, `one level has 7 folders, not ${folders.length}`)
  assert((await deleteMany(store, found)).length === 0, 'all of them can be removed')
  assert((await all(store, root)).length === 0, 'and are gone')
}

async function streamsLarge({ store, root }: StoreUnderTest, sizeBytes: number): Promise<void> {
  const path = joinLocation(root, 'large.bin')
  const byteAt = (at: number): number => (at * 31 + (at >> 8) * 7) & 0xff
  const writer = await store.writer(path)
  const chunk = 1 << 20
  for (let at = 0; at < sizeBytes; at += chunk) {
    const length = Math.min(chunk, sizeBytes - at)
    await writer.write(Uint8Array.from({ length }, (_, i) => byteAt(at + i)))
  }
  assert((await writer.close()).sizeBytes === sizeBytes, 'close gives the size')
  assert((await store.head(path))?.sizeBytes === sizeBytes, 'everything is stored')
  for (const start of [0, chunk - 3, 5 * chunk - 3, 8 * chunk - 3, sizeBytes - 7]) {
    if (start + 7 > sizeBytes) continue
    const part = await store.read(path, { start, end: start + 7 })
    assert(part.length === 7, 'a range is whole')
    assert(
      part.every((byte, i) => byte === byteAt(start + i)),
      `bytes from ${start} on`,
    )
  }
  const dropped = await store.writer(joinLocation(root, 'dropped.bin'))
  await dropped.write(new Uint8Array(Math.min(sizeBytes, 9 * chunk)))
  await dropped.abort()
  assert((await all(store, root)).length === 1, 'an aborted one leaves nothing')
}

async function all(store: Store, folder: string, recursive = true): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = []
  for await (const info of store.list(folder, { recursive })) infos.push(info)
  return infos
}

async function rejects(promise: Promise<unknown>, code?: string): Promise<void> {
  let error: unknown
  try {
    await promise
  } catch (caught) {
    error = caught
  }
  assert(error instanceof MoraineError, `rejects with a moraine error, not ${String(error)}`)
  if (code !== undefined) assert(error.code === code, `rejects with ${code}, not ${error.code}`)
}
