import { expect, test } from 'vitest'
import { randomSnapshotId, randomUuid } from '../../../src/env/ids.js'
import { eventLoopTurn, seededEnv } from '../../../src/env/seeded-env.js'
import { Aborted } from '../../../src/errors.js'
import { Choices } from '../../../src/testing/choices.js'

test('one seed gives one stream of numbers, ids and times', () => {
  const draw = (seed: number): unknown[] => {
    const env = seededEnv(seed)
    return [env.random(), env.int(1000), randomUuid(env), randomSnapshotId(env), env.nowMs()]
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('numbers are spread evenly', () => {
  const env = seededEnv(7)
  const buckets = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) buckets[env.int(10)]! += 1
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150)
  const bytes = env.randomBytes(4096)
  expect(new Set(bytes).size).toBe(256)
})

test('forks are streams of their own on one clock', () => {
  const env = seededEnv(1)
  const [a, b] = [env.fork('a'), env.fork('b')]
  expect(a.random()).not.toBe(b.random())
  expect(seededEnv(1).fork('a').random()).toBe(seededEnv(1).fork('a').random())
  env.advance(500)
  expect(a.monotonicMs()).toBe(500)
  a.setSkew(-10_000)
  expect(a.nowMs()).toBe(b.nowMs() - 10_000)
  expect(a.monotonicMs()).toBe(b.monotonicMs())
})

test('sleep takes virtual time only, and wakes in order', async () => {
  const env = seededEnv(1)
  const woken: string[] = []
  const sleep = async (ms: number, name: string): Promise<void> => {
    await env.sleep(ms)
    woken.push(`${name}@${env.monotonicMs()}`)
  }
  await Promise.all([sleep(3_600_000, 'c'), sleep(5, 'a'), sleep(5, 'b'), sleep(0, 'now')])
  expect(woken).toEqual(['now@0', 'a@5', 'b@5', 'c@3600000'])
})

test('what a sleeper sets off runs before the next one wakes', async () => {
  const env = seededEnv(1)
  const order: string[] = []
  const first = env.sleep(1).then(async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve()
    order.push('first is done')
  })
  const second = env.sleep(2).then(() => order.push('second'))
  await Promise.all([first, second])
  expect(order).toEqual(['first is done', 'second'])
})

test('a signal ends a sleep, and the clock does not wait for it', async () => {
  const env = seededEnv(1)
  const controller = new AbortController()
  const sleeping = env.sleep(1000, controller.signal)
  controller.abort()
  await expect(sleeping).rejects.toThrow(Aborted)
  await expect(env.sleep(1, controller.signal)).rejects.toThrow(Aborted)
  await eventLoopTurn()
  expect(env.monotonicMs()).toBe(0)
})

test('choices enumerate every sequence once', () => {
  const choices = new Choices()
  const seen: string[] = []
  do {
    const first = choices.choose(3)
    const second = first === 1 ? 0 : choices.choose(2)
    seen.push(`${first}${second}`)
    expect(choices.trace()).toHaveLength(first === 1 ? 1 : 2)
  } while (choices.next())
  expect(seen).toEqual(['00', '01', '10', '20', '21'])
})
