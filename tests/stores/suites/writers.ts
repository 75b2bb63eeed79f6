/** Many writers in several processes, and writers that are killed: nothing acknowledged is lost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connect, t } from '../../../src/index.js'
import type { StoreTarget } from '../target.js'

const PROCESSES = 4
const writers = Number(process.env.MORAINE_STORE_WRITERS ?? 8)
const commits = Number(process.env.MORAINE_STORE_COMMITS ?? 5)

class WriterProcess {
  readonly #child: ChildProcess
  #output = ''
  #errors = ''

  constructor(job: Readonly<Record<string, unknown>>) {
    const dist = fileURLToPath(new URL('../../../dist/index.js', import.meta.url))
    expect(existsSync(dist), 'run `npm run build` first').toBe(true)
    const script = fileURLToPath(new URL('../writer.mjs', import.meta.url))
    this.#child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: 'pipe' })
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
  }

  async seen(count: number, start: string): Promise<void> {
    while (this.lines(start).length < count) {
      if (this.#child.exitCode !== null) expect.fail(`the writer ended early: ${this.#errors}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  start(): void {
    this.#child.stdin?.write('go\n')
  }

  lines(start: string): string[] {
    const whole = this.#output.slice(0, this.#output.lastIndexOf('\n') + 1)
    return whole.split('\n').filter((line) => line.startsWith(start))
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit')
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await gone
  }

  async done(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    expect(this.#errors).toBe('')
    expect(this.#child.exitCode).toBe(0)
  }
}

export function writersSuite(target: () => StoreTarget): void {
  const makeTable = async (properties: Readonly<Record<string, string>>) => {
    const warehouse = target().freshRoot()
    const options = target().options()
    const catalog = await connect(warehouse, { ...options, workers: 0 })
    const schema = { writer: t.int().required(), n: t.int().required() }
    await catalog.createTable('ns.t', { schema, properties })
    return { warehouse, options, catalog }
  }
  const rowsOf = async (catalog: Awaited<ReturnType<typeof connect>>) => {
    const table = await catalog.loadTable('ns.t')
    const rows = (await table.scan().toArray()) as unknown as { writer: number; n: number }[]
    const report = await table.verify()
    expect(report.violations).toEqual([])
    return { table, rows: rows.map(({ writer, n }) => `row ${writer} ${n}`) }
  }

  test(`${writers} writers in ${PROCESSES} processes × ${commits} commits: none lost, none twice`, {
    timeout: 60_000 + writers * commits * 1500,
  }, async () => {
    const { warehouse, options, catalog } = await makeTable({
      'commit.retry.num-retries': '1000',
      'commit.retry.max-wait-ms': '5000',
      'write.metadata.previous-versions-max': '20',
    })
    const each = Math.ceil(writers / PROCESSES)
    const children = Array.from(
      { length: PROCESSES },
      (_, i) => new WriterProcess({ warehouse, options, first: i * each, writers: each, commits }),
    )
    await Promise.all(children.map((child) => child.seen(1, 'ready')))
    for (const child of children) child.start()
    await Promise.all(children.map((child) => child.done()))
    const told = children.flatMap((child) => child.lines('row '))
    expect(told).toHaveLength(PROCESSES * each * commits)
    const { table, rows } = await rowsOf(catalog)
    expect(rows.sort()).toEqual(told.sort())
    expect(table.snapshots()).toHaveLength(told.length)
    expect(table.version).toBe(1 + told.length)
    await catalog.close()
  })

  test('4 writers × 10 commits without any property set: none is outpaced', {
    timeout: 120_000,
  }, async () => {
    const { warehouse, options, catalog } = await makeTable({})
    const jobs = Array.from({ length: 4 }, async (_, writer) => {
      const own = await connect(warehouse, { ...options, workers: 0 })
      const table = await own.loadTable('ns.t')
      for (let n = 0; n < 10; n++) await table.append([{ writer, n }] as never)
      await own.close()
    })
    await Promise.all(jobs)
    expect((await rowsOf(catalog)).rows).toHaveLength(40)
    await catalog.close()
  })

  test('writers killed in the middle: what was acknowledged is there, nothing is half there', {
    timeout: 180_000,
  }, async () => {
    const { warehouse, options, catalog } = await makeTable({ 'commit.retry.num-retries': '1000' })
    const told: string[] = []
    for (let round = 0; round < 3; round++) {
      const pair = [0, 1].map(
        (i) =>
          new WriterProcess({
            ...{ warehouse, options, first: round * 10 + i * 2, writers: 2, commits: 100_000 },
          }),
      )
      await Promise.all(pair.map((child) => child.seen(1, 'ready')))
      for (const child of pair) child.start()
      await Promise.race(pair.map((child) => child.seen(3, 'row ')))
      // Another moment of a commit each round.
      await new Promise((resolve) => setTimeout(resolve, round * 37))
      await Promise.all(pair.map((child) => child.kill()))
      told.push(...pair.flatMap((child) => child.lines('row ')))
    }
    const { table, rows } = await rowsOf(catalog)
    expect(new Set(rows).size).toBe(rows.length)
    expect(told.filter((row) => !rows.includes(row))).toEqual([])
    // At most what each of 4 writers had on its way in each of 3 rounds.
    expect(rows.length - told.length).toBeLessThanOrEqual(12)
    await table.append([{ writer: -1, n: 0 }] as never)
    expect((await rowsOf(catalog)).rows).toContain('row -1 0')
    await catalog.close()
  })
}
