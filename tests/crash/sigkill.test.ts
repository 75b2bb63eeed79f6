import { expect, test } from 'vitest'
import { seededEnv } from '../../src/env/seeded-env.js'
import { litter, rowsByWriter, WriterProcess, withTable } from './processes.js'

const kills = Number(process.env.MORAINE_KILLS ?? 2)
/** How long a round waits for the first commit of each of its writers. */
const PATIENCE_MS = 3000
const seed = Number(process.env.MORAINE_SEED ?? 1)

test(`${kills} writers killed at random moments: nothing acknowledged is lost, nothing is half there`, {
  timeout: 300_000 + kills * 15_000,
}, async () => {
  const random = seededEnv(seed)
  await withTable(async (folder, catalog) => {
    const told: {
      readonly writer: number
      readonly rows: number[]
      readonly properties: number[]
    }[] = []
    for (let round = 0; round < kills; round++) {
      // Two at once, so that some die while another one commits.
      const pair = [2 * round, 2 * round + 1].map((id) => new WriterProcess(folder, id, 100_000))
      await Promise.all(pair.map((writer) => writer.ready()))
      for (const writer of pair) writer.start()
      // One of two may be kept waiting by the other for long: it is killed without a commit then.
      await Promise.race([
        Promise.all(pair.map((writer) => writer.seen('row 1'))),
        new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)),
      ])
      await new Promise((resolve) => setTimeout(resolve, random.int(120)))
      await Promise.all(pair.map((writer) => writer.kill()))
      for (const writer of pair) {
        told.push({
          writer: writer.writer,
          rows: writer.acknowledged('row'),
          properties: writer.acknowledged('property'),
        })
      }
    }
    const rows = await rowsByWriter(catalog)
    const table = await catalog.loadTable('ns.t')
    for (const { writer, rows: acked, properties } of told) {
      const found = rows.get(writer) ?? []
      expect(found.slice(0, acked.length), `writer ${writer}`).toEqual(acked)
      // What was on its way when the process died is there or not; never twice, never more.
      expect(found.length - acked.length).toBeLessThanOrEqual(1)
      const last = properties.at(-1)
      if (last !== undefined) {
        expect(Number(table.properties.get(`last-of-${writer}`))).toBeGreaterThanOrEqual(last)
      }
    }
    expect((await table.verify()).violations).toEqual([])
    // At most the one file that was being written by each.
    expect((await litter(folder)).length).toBeLessThanOrEqual(told.length)
    await table.append([{ writer: -1, n: 0 }] as never)
    expect((await rowsByWriter(catalog)).get(-1)).toEqual([0])
  })
})
