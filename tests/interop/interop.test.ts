import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/table/connect.js'
import { type Case, WRITERS } from './tables.js'

const PYTHON = resolve('.ci/.venv/bin/python')
const READER = resolve('tests/interop/read_tables.py')
const ENGINES = ['pyiceberg', 'duckdb'] as const
type Engine = (typeof ENGINES)[number]
type Answer = { readonly rows?: readonly string[]; readonly error?: string }

/** Where an engine is known to be wrong: what it does instead, so that a fix of it is noticed. */
const KNOWN: Readonly<Record<Engine, Readonly<Record<string, RegExp>>>> = {
  pyiceberg: {},
  duckdb: {},
}

let folder = ''
let cases: readonly Case[] = []
const answers = new Map<Engine, Readonly<Record<string, Answer>>>()

beforeAll(async () => {
  folder = process.env.MORAINE_INTEROP_DIR ?? mkdtempSync(join(tmpdir(), 'moraine-interop-'))
  if (!existsSync(PYTHON))
    throw new Error('run bash .ci/python-venv first: it makes the Python environment')
  const catalog = await connect(join(folder, 'warehouse'))
  const made: Case[] = []
  for (const write of WRITERS) made.push(...(await write(catalog)))
  await catalog.close()
  cases = made
  for (const engine of ENGINES) answers.set(engine, ask(engine))
}, 240_000)

afterAll(() => {
  if (process.env.MORAINE_INTEROP_DIR === undefined)
    rmSync(folder, { recursive: true, force: true })
})

/** One process for each engine: should one crash, the other's answers still count. */
function ask(engine: Engine): Readonly<Record<string, Answer>> {
  const request = join(folder, `${engine}-request.json`)
  const answer = join(folder, `${engine}-answer.json`)
  writeFileSync(request, JSON.stringify(cases.map(({ expected: _expected, ...asked }) => asked)))
  const { status, stderr } = spawnSync(PYTHON, [READER, engine, request, answer], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${engine} ended with ${status}:\n${stderr}`)
  return JSON.parse(readFileSync(answer, 'utf8')) as Record<string, Answer>
}

/** Rows as sorted texts that do not depend on how a number was spelled. */
function normal(rows: readonly string[]): readonly string[] {
  return rows.map((row) => JSON.stringify(JSON.parse(row))).sort()
}

const IDS = [
  'primitives',
  'nested',
  ...['identity', 'month', 'day'].flatMap((name) => [`by_${name}`, `by_${name} before`]),
  'evolved',
  'evolved before',
  'overwritten where',
  'overwritten all',
  'emptied',
  'rolled back',
  ...['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed'].map((codec) => `codec ${codec}`),
  'from Arrow',
  'no snapshot',
  'odd names',
]

it('lists every table that the writers leave', () => {
  expect(cases.map(({ id }) => id).sort()).toEqual([...IDS].sort())
})

describe.each(ENGINES)('%s', (engine) => {
  it.each(IDS)('reads %s', (id) => {
    const wanted = cases.find((one) => one.id === id)
    const answer = answers.get(engine)?.[id]
    const known = KNOWN[engine][id]
    if (known !== undefined) {
      expect(answer?.error ?? JSON.stringify(answer?.rows)).toMatch(known)
      return
    }
    expect(answer?.error).toBeUndefined()
    expect(normal(answer?.rows ?? [])).toEqual(normal(wanted?.expected ?? []))
  })
})
