/** The demo, run by the command line in a warehouse on the server, and read back by PyIceberg. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { connect } from '../../../src/index.js'
import type { StoreTarget } from '../target.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** What reads a table by its location. */
const COMMANDS = [
  ['describe'],
  ['log'],
  ['rows', '--limit', '2'],
  ['files'],
  ['plan'],
  ['verify'],
] as const

export function demoSuite(target: () => StoreTarget): void {
  test('the demo is told in a warehouse on the server, and PyIceberg reads it back', {
    timeout: 300_000,
  }, async () => {
    const { reader, freshRoot, options } = target()
    const python = `${root}.ci/.venv/bin/python`
    expect(existsSync(python), 'run bash .ci/python-venv first').toBe(true)
    const warehouse = freshRoot()
    const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...reader.env }
    const cli = [`${root}dist/cli/main.js`, 'demo', '--warehouse', warehouse]
    const { stdout } = await run(process.execPath, cli, { env, maxBuffer: 1 << 24 })
    expect(stdout).toContain('What a filtered scan skips')
    const location = `${warehouse}/demo/flights`
    expect(stdout).toContain(`npx moraine log "${location}"`)
    for (const [command, ...more] of COMMANDS) {
      const args = [`${root}dist/cli/main.js`, command, location, ...more]
      const { stdout: said } = await run(process.execPath, args, { env, maxBuffer: 1 << 24 })
      expect(said.length, command).toBeGreaterThan(10)
      if (command === 'describe') expect(said).toContain('arrival_delay')
    }

    const catalog = await connect(warehouse, { ...options(), workers: 0 })
    const table = await catalog.loadTable('demo.flights')
    const rows = await table.scan().count()
    let delays = 0n
    for await (const batch of table.scan({ select: ['arrival_delay'] }).batches()) {
      for (const value of batch.getChildAt(0) ?? []) delays += BigInt(value ?? 0)
    }
    const first = table.snapshots()[0]?.snapshotId as bigint
    const then = await (await table.asOf({ snapshot: first })).scan().count()
    const script = fileURLToPath(new URL('./read_back.py', import.meta.url))
    const args = [script, table.metadataLocation, JSON.stringify(reader.fileIo)]
    const read = JSON.parse((await run(python, args, { env, maxBuffer: 1 << 24 })).stdout)
    expect(read).toEqual({
      rows: Number(rows),
      columns: ['date', 'arrival_delay', 'origin', 'destination', 'note'],
      delays: Number(delays),
      snapshots: table.snapshots().length,
      first: Number(then),
    })
    await catalog.close()
  })
}
