import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Driver } from './driver.js'
import { judge } from './judge.js'
import { moraineDriver } from './moraine-driver.js'
import { alternatingScenario, type Program, parseProgram, programText } from './random-scenario.js'
import { runScenario } from './run-scenario.js'
import { shrink } from './shrink.js'
import { metadataText } from './table-states.js'

let folder = ''
let moraine: Driver

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-shrink-'))
  mkdirSync(join(folder, 'warehouse'))
  moraine = moraineDriver(folder)
})

afterAll(async () => {
  await moraine.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A reader that falls over tables with a tag: no fault that any engine is known for. */
const faulty: Driver = {
  async ask(request) {
    const answer = await moraine.ask(request)
    const isTagged = () => /"type"\s*:\s*"tag"/.test(metadataText(String(request.metadata)))
    return request.op === 'read' && 'ok' in answer && isTagged()
      ? { error: 'fell over a tag' }
      : answer
  },
  close: async () => {},
}

const make = (program: Program) => alternatingScenario(program, ['moraine'])
const seedWithTag = (): number => {
  const has = (seed: number) => make({ seed, without: [] }).steps.some(({ op }) => op === 'tag')
  return Array.from({ length: 50 }, (_, index) => index + 1).find(has) ?? 0
}

it('a failing program shrinks to the steps that it takes, and replays', async () => {
  const drivers = { moraine, spark: moraine, pyiceberg: moraine, duckdb: faulty }
  const options = { drivers, namespace: 'shrunk', everyTurn: true, snapshots: 1 }
  const program = { seed: seedWithTag(), without: [] }
  const found = (await runScenario(make(program), options)).map(judge).find((one) => one.red)
  if (found === undefined) return expect.fail('the fault was not found')
  expect(found).toMatchObject({ party: 'duckdb', verdict: 'wrong' })
  const smallest = await shrink(program, make, found, options)
  const steps = make(smallest).steps.map(({ op }) => op)
  expect(steps).toContain('tag')
  expect(steps.length).toBeLessThanOrEqual(5)
  const again = make(parseProgram(programText(smallest)))
  const findings = await runScenario(again, { ...options, namespace: 'again' })
  expect(findings.map(judge).some((one) => one.red && one.party === 'duckdb')).toBe(true)
})
