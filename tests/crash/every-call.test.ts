/**
 * The process dies, the power goes, or the disk refuses, at each single file-system call of each
 * mutation: afterwards the table opens, is whole, holds the old state or the new one, and takes the
 * next commit. `MORAINE_CRASH_SHARE=5` tries every fifth call, `MORAINE_CRASH_ALL=1` each call with each
 * error, and each subset of up to eight changes.
 */
import { describe, expect, test } from 'vitest'
import { seededEnv } from '../../src/env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../src/errors.js'
import { Disk } from './disk.js'
import { begin, calmRun, checkWhole, onDisk, preparedDisk, stateOf } from './harness.js'
import { MUTATIONS, type Mutation, OPEN_FILES_MAX } from './mutations.js'

const all = process.env.MORAINE_CRASH_ALL === '1'
/** One call in so many is tried when not all are; another one each, so that together they meet many. */
const SHARE = Number(process.env.MORAINE_CRASH_SHARE ?? 60)
const ERRORS = ['ENOSPC', 'EIO', 'EMFILE', 'EROFS', 'ENOENT']
const timeout = all ? 1_800_000 : 120_000

function chosen(calls: number, offset: number, share = SHARE): number[] {
  return Array.from({ length: calls }, (_, index) => index).filter(
    (index) => all || (index + offset) % share === 0 || index >= calls - 1,
  )
}

/** Runs the mutation until the machine stops before the call; undefined when it was never reached. */
async function stoppedAt(mutation: Mutation, call: number): Promise<Disk | undefined> {
  const disk = await preparedDisk()
  const run = await begin(onDisk(disk), mutation)
  disk.begin((index) => (index === call ? 'stop' : undefined))
  const ended = await Promise.race([disk.stopped.then(() => 'stopped'), run().then(() => 'ended')])
  return ended === 'stopped' ? disk : undefined
}

describe.each(MUTATIONS.map((mutation, offset) => ({ ...mutation, offset })))(
  '$name',
  ({ offset, ...mutation }) => {
    test('killed at each call: the old state or the new one', { timeout }, async () => {
      const { before, after, calls } = await calmRun(mutation)
      expect(before).not.toBe(after)
      const seen = new Set<string>()
      for (const call of chosen(calls, offset)) {
        const dead = await stoppedAt(mutation, call)
        if (dead === undefined) continue
        const what = `${mutation.name}, killed before call ${call} of ${calls}`
        const state = await stateOf(onDisk(Disk.of(dead.afterKill())))
        expect([before, after], what).toContain(state)
        seen.add(state)
        const again = Disk.of(dead.afterKill())
        const litter = [...dead.afterKill().keys()].filter((path) => path.endsWith('.tmp'))
        expect(litter.length, `${what} leaves ${litter}`).toBeLessThanOrEqual(OPEN_FILES_MAX)
        await checkWhole(onDisk(again), what)
      }
      if (all) expect(seen.size).toBe(2)
    })

    test('the power goes at each call: nothing acknowledged or referred to is lost', {
      timeout,
    }, async () => {
      const { before, after, calls } = await calmRun(mutation)
      const random = seededEnv(offset + 1)
      for (const call of [...chosen(calls, offset + 3, 2 * SHARE), calls]) {
        const disk = call === calls ? await ended(mutation) : await stoppedAt(mutation, call)
        if (disk === undefined) continue
        for (const [lasts, torn] of cuts(disk.pending, random)) {
          const what = `${mutation.name}, power cut at call ${call} of ${calls}`
          const left = disk.afterPowerCut(lasts, torn)
          const state = await stateOf(onDisk(Disk.of(left)))
          expect(call === calls ? [after] : [before, after], what).toContain(state)
          await checkWhole(onDisk(Disk.of(left)), what)
        }
      }
    })

    test('the disk refuses each call: a typed error and no damage', { timeout }, async () => {
      const { before, after, calls } = await calmRun(mutation)
      for (const call of chosen(calls, offset + 5)) {
        for (const code of all ? ERRORS : [ERRORS[(call + offset) % ERRORS.length] as string]) {
          const disk = await preparedDisk()
          const run = await begin(onDisk(disk), mutation)
          disk.begin((index) => (index === call ? code : undefined))
          const what = `${mutation.name}, ${code} at call ${call} of ${calls}`
          const error = await failureOf(run)
          disk.begin()
          const state = await stateOf(onDisk(disk))
          if (error === undefined) expect(state, what).toBe(after)
          else {
            expect(error, what).toBeInstanceOf(MoraineError)
            const allowed = error instanceof CommitStateUnknown ? [before, after] : [before]
            expect(allowed, `${what}: ${error}`).toContain(state)
          }
          await checkWhole(onDisk(disk), what)
        }
      }
    })

    test('the disk is full after each 4 KiB: a typed error, and the table is read where it is full', {
      timeout,
    }, async () => {
      const { before, after, bytes } = await calmRun(mutation)
      for (let room = 0; room < bytes; room += 4_096) {
        const disk = await preparedDisk()
        const run = await begin(onDisk(disk), mutation)
        disk.begin()
        disk.room = room
        const what = `${mutation.name}, room for ${room} of ${bytes} bytes`
        const error = await failureOf(run)
        const state = await stateOf(onDisk(disk))
        if (error === undefined) expect(state, what).toBe(after)
        else {
          expect(error, what).toBeInstanceOf(MoraineError)
          expect([before, ...(error instanceof CommitStateUnknown ? [after] : [])]).toContain(state)
        }
        disk.room = Number.POSITIVE_INFINITY
        await checkWhole(onDisk(disk), what)
      }
    })
  },
)

function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
}

async function ended(mutation: Mutation): Promise<Disk> {
  const disk = await preparedDisk()
  const run = await begin(onDisk(disk), mutation)
  disk.begin()
  await run()
  return disk
}

/** Subsets of the changes that last: none, all, each alone missing or alone there, and some at random. */
function cuts(pending: number, random: ReturnType<typeof seededEnv>) {
  const found: [(index: number) => boolean, boolean][] = [
    [() => false, false],
    [() => true, true],
  ]
  if (all && pending <= 8) {
    for (let bits = 0; bits < 2 ** pending; bits++) {
      found.push([(index) => ((bits >> index) & 1) === 1, bits % 2 === 0])
    }
    return found
  }
  const singles = all ? pending : Math.min(pending, 2)
  for (let n = 0; n < singles; n++) {
    const one = all ? n : random.int(pending)
    found.push([(index) => index === one, true], [(index) => index !== one, false])
  }
  for (let n = 0; n < (all ? 32 : 1); n++) {
    const bits = Array.from({ length: pending }, () => random.chance(0.5))
    found.push([(index) => bits[index] === true, random.chance(0.5)])
  }
  return found
}

test('a file system without hard links is refused with an explanation', async () => {
  for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']) {
    const disk = await preparedDisk()
    const before = await stateOf(onDisk(disk))
    const catalog = await onDisk(disk)(seededEnv(3))
    const table = await catalog.loadTable('ns.t')
    disk.begin((_, call) => (call === 'link' ? code : undefined))
    await expect(table.append([{ id: 1, city: 'x' }] as never), code).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      feature: 'hard-links',
      message: expect.stringContaining('no hard links'),
    })
    disk.begin()
    expect(await stateOf(onDisk(disk))).toBe(before)
  }
})
