import { describe, expect, test } from 'vitest'
import { Aborted } from '../../../src/errors.js'
import { fromArray, mapBounded } from '../../../src/scan/concurrency.js'

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('mapBounded', () => {
  test('keeps the order of the source when asked to, whatever finishes first', async () => {
    const gates = [deferred(), deferred(), deferred()]
    const results = collect(
      mapBounded(
        fromArray([0, 1, 2]),
        async (item) => {
          await gates[item]?.promise
          return item
        },
        { width: 3, ordered: true },
      ),
    )
    for (const at of [2, 1, 0]) {
      gates[at]?.resolve()
      await tick()
    }
    expect(await results).toEqual([0, 1, 2])
  })

  test('gives results as they finish otherwise', async () => {
    const gate = deferred()
    const mapped = mapBounded(
      fromArray(['slow', 'fast']),
      async (item) => {
        if (item === 'slow') await gate.promise
        return item
      },
      { width: 2, ordered: false },
    )
    expect((await mapped.next()).value).toBe('fast')
    gate.resolve()
    expect((await mapped.next()).value).toBe('slow')
    expect((await mapped.next()).done).toBe(true)
  })

  test('never holds more items than its width, those not yet taken included', async () => {
    let started = 0
    const mapped = mapBounded(
      fromArray(Array.from({ length: 20 }, (_, at) => at)),
      async (item) => {
        started += 1
        return item
      },
      { width: 3, ordered: true },
    )
    await mapped.next()
    for (let i = 0; i < 5; i += 1) await tick()
    // The item in the consumer's hands counts until the next one is asked for.
    expect(started).toBe(3)
    expect(await collect(mapped)).toHaveLength(19)
  })

  test('bounds the weight in work, but always lets one item through', async () => {
    let held = 0
    let most = 0
    const gates = [8, 100, 4, 4, 4].map((weight) => ({ weight, ...deferred() }))
    const results = collect(
      mapBounded(
        fromArray(gates),
        async (item) => {
          held += item.weight
          most = Math.max(most, held)
          await item.promise
          held -= item.weight
          return item.weight
        },
        { width: 10, ordered: true, weigh: (item) => item.weight, maxWeight: 10 },
      ),
    )
    for (const gate of gates) {
      await tick()
      gate.resolve()
      await tick()
    }
    expect(await results).toEqual([8, 100, 4, 4, 4])
    expect(most).toBe(100)
  })

  test('leaving early aborts the work, closes the source and waits for what runs', async () => {
    let closed = false
    let settled = 0
    async function* source(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i += 1) yield i
      } finally {
        closed = true
      }
    }
    const signals: AbortSignal[] = []
    for await (const item of mapBounded(
      source(),
      async (value, signal) => {
        signals.push(signal)
        await tick()
        settled += 1
        return value
      },
      { width: 4, ordered: true },
    )) {
      if (item === 2) break
    }
    expect(closed).toBe(true)
    expect(signals.every((signal) => signal.aborted)).toBe(true)
    expect(settled).toBe(signals.length)
  })

  test('an error of the work comes out after the results before it', async () => {
    const mapped = mapBounded(
      fromArray([1, 2, 3]),
      async (item) => {
        if (item === 2) throw new RangeError('two')
        return item
      },
      { width: 3, ordered: true },
    )
    expect((await mapped.next()).value).toBe(1)
    await expect(mapped.next()).rejects.toThrow('two')
    expect((await mapped.next()).done).toBe(true)
  })

  test('an error of the source comes out', async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1
      throw new RangeError('source')
    }
    await expect(
      collect(mapBounded(source(), async (item) => item, { width: 2, ordered: false })),
    ).rejects.toThrow('source')
  })

  test('the signal ends a wait', async () => {
    const abort = new AbortController()
    const mapped = mapBounded(
      fromArray([1]),
      (_item, signal) =>
        new Promise<number>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new RangeError('stopped')))
        }),
      { width: 1, ordered: true, signal: abort.signal },
    )
    const next = mapped.next()
    await tick()
    abort.abort()
    await expect(next).rejects.toBeInstanceOf(Error)
    const again = mapBounded(fromArray([1]), async (item) => item, {
      width: 1,
      ordered: true,
      signal: abort.signal,
    })
    await expect(again.next()).rejects.toBeInstanceOf(Aborted)
  })
})
