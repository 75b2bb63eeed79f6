/**
 * Commits and scans through a proxy that spoils requests. What is told must be true, whatever happens:
 * a commit that resolved is there once, one that was refused is not, one that is unknown is settled
 * by its token; a scan gives the rows or a typed error; and no request goes to another origin.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Catalog, CommitStateUnknown, connect, MoraineError, t } from '../../../src/index.js'
import { type FaultProxy, startFaultProxy } from '../fault-proxy.js'
import type { StoreTarget } from '../target.js'
import { type FaultRow, readFaults, writeFaults } from './fault-table.js'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 20)))
/** Pauses are short; and so is the time-out where silence is the fault, and only there: a busy machine is slow. */
const env = { sleep }
const timeoutMsOf = ({ fault }: FaultRow): number => (fault === 'hang' ? 2000 : 30_000)

export function faultsSuite(target: () => StoreTarget): void {
  let proxy: FaultProxy
  let direct: Catalog
  let warehouse: string
  let n = 0
  const acknowledged: number[] = []

  beforeAll(async () => {
    proxy = await startFaultProxy(target().origin)
    warehouse = target().freshRoot()
    direct = await connect(warehouse, { ...target().options(), workers: 0 })
    await direct.createTable('ns.t', {
      schema: { n: t.int().required() },
      properties: { 'commit.status-check.min-wait-ms': '10', 'commit.retry.min-wait-ms': '10' },
    })
    const table = await direct.loadTable('ns.t')
    await table.append([{ n: -1 }] as never)
  })
  afterAll(async () => {
    await direct.close()
    await proxy.stop()
  })

  const numbers = async (): Promise<number[]> => {
    const rows = await (await direct.loadTable('ns.t')).scan().toArray()
    return (rows as unknown as { n: number }[]).map((row) => row.n)
  }
  const open = async (row: FaultRow) => {
    const options = target().options(proxy.origin, timeoutMsOf(row))
    const catalog = await connect(warehouse, { ...options, env, workers: 0 })
    return { catalog, table: await catalog.loadTable('ns.t') }
  }
  const spoil = ({ fault, match, times }: FaultRow) => {
    let left = times
    proxy.plan = (request) => (match(request) && left-- > 0 ? fault : undefined)
  }

  describe('a commit', () => {
    test.each(writeFaults.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      const { catalog, table } = await open(row)
      // A writer proves the store before it writes: that is not what is spoiled here.
      const own = ++n
      await table.append([{ n: own + 1_000_000 }] as never)
      spoil(row)
      let told: 'yes' | 'no' | 'unknown' = 'yes'
      let token = ''
      try {
        await table.append([{ n: own }] as never)
      } catch (error) {
        expect(error).toBeInstanceOf(MoraineError)
        told = error instanceof CommitStateUnknown ? 'unknown' : 'no'
        if (error instanceof CommitStateUnknown) token = error.token
      }
      expect(proxy.spoiled.length, 'the fault happened').toBeGreaterThan(0)
      await proxy.settle()
      proxy.reset()
      if (told === 'unknown') {
        const { outcome } = await direct.resolveCommit(token)
        told = outcome === 'committed' ? 'yes' : 'no'
      }
      const found = await numbers()
      expect(found.filter((number) => number === own)).toHaveLength(told === 'yes' ? 1 : 0)
      if (told === 'yes') acknowledged.push(own)
      acknowledged.push(own + 1_000_000)
      expect(
        acknowledged.filter((number) => !found.includes(number)),
        'nothing is lost',
      ).toEqual([])
      expect(proxy.elsewhere, 'nothing goes to another origin').toEqual([])
      await catalog.close()
    })

    test('after all of them the table is sound', async () => {
      const table = await direct.loadTable('ns.t')
      expect((await table.verify()).violations).toEqual([])
      expect(new Set(await numbers()).size).toBe((await numbers()).length)
    })
  })

  describe('a scan', () => {
    test.each(readFaults.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      const wanted = (await numbers()).sort((a, b) => a - b)
      spoil(row)
      const read = async () => {
        const { catalog, table } = await open(row)
        const rows = (await table.scan().toArray()) as unknown as { n: number }[]
        await catalog.close()
        return rows.map((one) => one.n).sort((a, b) => a - b)
      }
      const came = await read().catch((error: unknown) => error)
      expect(proxy.spoiled.length, 'the fault happened').toBeGreaterThan(0)
      proxy.reset()
      if (came instanceof Error) {
        expect(came).toBeInstanceOf(MoraineError)
        // What passes is tried again: only a refusal, or what does not pass, is an error.
        const refused = typeof row.fault === 'object' && !isPassing(row.fault)
        expect(refused || row.times > 1, `${row.name}: ${came.message}`).toBe(true)
      } else expect(came).toEqual(wanted)
      expect(proxy.elsewhere, 'nothing goes to another origin').toEqual([])
    })
  })
}

function isPassing(fault: Exclude<FaultRow['fault'], string>): boolean {
  return 'status' in fault && (fault.status >= 500 || fault.status === 429 || fault.status === 408)
}
