/** Things loaded once and shared: whoever aborts does it for himself alone. */
import { describe, expect, test } from 'vitest'
import { Aborted, NotFound } from '../../../src/errors.js'
import { SharedLoads } from '../../../src/scan/deletes/shared-loads.js'

interface Thing {
  bytes: number
}

function deferred<T>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

describe('shared loads', () => {
  test('two who ask get one thing from one load', async () => {
    const loads = new SharedLoads<Thing>(100)
    const load = deferred<Thing>()
    let count = 0
    const ask = () =>
      loads.get('a', undefined, () => {
        count += 1
        return load.promise
      })
    const both = Promise.all([ask(), ask()])
    const thing = { bytes: 10 }
    load.resolve(thing)
    expect(await both).toEqual([thing, thing])
    expect(await ask()).toBe(thing)
    expect(count).toBe(1)
  })

  test('a load that fails fails for both, and is tried again', async () => {
    const loads = new SharedLoads<Thing>(100)
    const load = deferred<Thing>()
    const first = loads.get('a', undefined, () => load.promise)
    const second = loads.get('a', undefined, async () => ({ bytes: 1 }))
    load.reject(new NotFound('file', 'gone'))
    await expect(first).rejects.toBeInstanceOf(NotFound)
    await expect(second).rejects.toBeInstanceOf(NotFound)
    expect(await loads.get('a', undefined, async () => ({ bytes: 2 }))).toEqual({ bytes: 2 })
  })

  test('who did not abort loads again; who did has aborted', async () => {
    const loads = new SharedLoads<Thing>(100)
    const load = deferred<Thing>()
    const first = loads.get('a', undefined, () => load.promise)
    const second = loads.get('a', undefined, async () => ({ bytes: 7 }))
    const gone = AbortSignal.abort()
    const third = loads.get('a', gone, async () => ({ bytes: 8 }))
    load.reject(new Aborted('enough'))
    await expect(first).rejects.toBeInstanceOf(Aborted)
    expect(await second).toEqual({ bytes: 7 })
    await expect(third).rejects.toBeInstanceOf(Aborted)
  })

  test('the least recently used is let go, never what was asked for last', async () => {
    const loads = new SharedLoads<Thing>(100)
    const loaded: string[] = []
    const ask = (key: string, bytes: number) =>
      loads.get(key, undefined, async () => {
        loaded.push(key)
        return { bytes }
      })
    await ask('a', 40)
    await ask('b', 40)
    await ask('a', 40)
    await ask('c', 40)
    expect(loaded).toEqual(['a', 'b', 'c'])
    await ask('a', 40)
    await ask('b', 40)
    expect(loaded).toEqual(['a', 'b', 'c', 'b'])
    await ask('huge', 1000)
    await ask('huge', 1000)
    await ask('a', 40)
    expect(loaded).toEqual(['a', 'b', 'c', 'b', 'huge', 'a'])
  })

  test('what grows counts anew, and what is not there or still loading does not', async () => {
    const loads = new SharedLoads<Thing>(100)
    const loaded: string[] = []
    const ask = (key: string, thing: Thing) =>
      loads.get(key, undefined, async () => {
        loaded.push(key)
        return thing
      })
    const growing = { bytes: 10 }
    await ask('old', { bytes: 60 })
    await ask('growing', growing)
    loads.resized('nobody')
    const pending = deferred<Thing>()
    const late = loads.get('late', undefined, () => pending.promise)
    loads.resized('late')
    growing.bytes = 90
    loads.resized('growing')
    await ask('growing', growing)
    await ask('old', { bytes: 5 })
    expect(loaded).toEqual(['old', 'growing', 'old'])
    pending.resolve({ bytes: 1 })
    expect(await late).toEqual({ bytes: 1 })
  })
})
