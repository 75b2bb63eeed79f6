/** The rules of spec/protocol/storage.md as cases that any store can be put through. */
import { MoraineError } from '../errors.js'
import { joinLocation } from '../store/location.js'
import type { ObjectInfo, Store } from '../store/store.js'
import { assert } from '../util/assert.js'
import { bytesEqual } from '../util/bytes.js'
import { encodeUtf8 } from '../util/utf8.js'

export interface StoreUnderTest {
  readonly store: Store
  /** An empty folder that the cases may fill. */
  readonly root: string
}

export interface ConformanceCase {
  /** The rule and what is checked. */
  readonly name: string
  /** Rejects when the store breaks the rule. */
  readonly run: (subject: StoreUnderTest) => Promise<void>
}

const A = encodeUtf8('first')
const B = encodeUtf8('second, longer')

/** Every case. Run each on a fresh folder. */
export function storeConformance(): readonly ConformanceCase[] {
  return [
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
    { name: 'S6 an aborted signal stops a call', run: obeysSignal },
    { name: 'S8 traversal is refused', run: refusesTraversal },
    { name: 'an empty object is an object', run: emptyObject },
    { name: 'names with blanks, percent signs and other scripts', run: oddNames },
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
