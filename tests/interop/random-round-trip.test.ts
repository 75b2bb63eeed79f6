/**
 * Random schemas and values, nested to depth 5, written by us and read by us, PyIceberg and DuckDB.
 *
 * The seed is fixed, so every run checks the same tables. More of them:
 * `MORAINE_RANDOM_TABLES=500 MORAINE_RANDOM_SEED=7 npx vitest run --project interop random`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/table/connect.js'
import { buildSchema, type SchemaInput } from '../../src/types/build-schema.js'
import { t } from '../../src/types/builder.js'
import type { Type } from '../../src/types/type.js'
import {
  type Fault,
  normalRows,
  randomTable,
  type WrittenTable,
  writeRandom,
} from './random-tables.js'

const PYTHON = resolve('.ci/.venv/bin/python')
const READER = resolve('tests/interop/read_tables.py')
const SEED = Number(process.env.MORAINE_RANDOM_SEED ?? 20260131)
const TABLES = Number(process.env.MORAINE_RANDOM_TABLES ?? 60)
const ENGINES = ['pyiceberg', 'duckdb'] as const

type Engine = (typeof ENGINES)[number]
type Answer = { readonly rows?: readonly string[]; readonly error?: string }

/**
 * Where a peer is known to be wrong, as what it makes of a value: narrow, so that any other
 * difference still counts, and seen in `EXAMPLES` below, so that a repair of it is noticed.
 */
const FAULTS: Readonly<Record<Engine, Fault>> = {
  // Rebuilds lists of structs and maps to structs from their offsets, which loses the nulls; the
  // inside of other lists and maps is taken as it is in the file.
  pyiceberg: (value, type, parents) =>
    value === null &&
    holdsStructs(type) &&
    parents.every((p) => p.kind === 'struct' || holdsStructs(p))
      ? []
      : value,
  duckdb: (value) => value,
}

/** Errors that a peer is known to give in place of rows, of which tables. */
const REFUSED: Readonly<Record<Engine, (table: WrittenTable) => RegExp | undefined>> = {
  pyiceberg: ({ expected, schema }) => {
    // Cannot make an Arrow table of no rows out of a schema with uuids inside other types.
    if (expected.length === 0 && schema.fields.some((field) => holds(field.type, isUuid)))
      return /^ArrowNotImplementedError: extension$/
    // Takes the empty places under a null struct for missing values of its required members.
    if (schema.fields.some((field) => holds(field.type, hasRequired)))
      return /^ArrowInvalid: Can't view array .* nulls in input cannot be viewed as non-nullable$/
    return undefined
  },
  duckdb: () => undefined,
}

/** Whether a type is, or has anywhere inside, one that `is` says yes to. */
function holds(type: Type, is: (type: Type) => boolean): boolean {
  if (is(type)) return true
  if (type.kind === 'struct') return type.fields.some((field) => holds(field.type, is))
  if (type.kind === 'list') return holds(type.element, is)
  return type.kind === 'map' && holds(type.value, is)
}

const isUuid = (type: Type): boolean => type.kind === 'uuid'
const hasRequired = (type: Type): boolean =>
  type.kind === 'struct' && type.fields.some((field) => field.required)

function holdsStructs(type: Type): boolean {
  if (type.kind === 'list') return type.element.kind === 'struct'
  return type.kind === 'map' && type.value.kind === 'struct'
}

/** The least table for each thing above that a peer is known for. */
const EXAMPLES: Readonly<Record<string, { schema: SchemaInput; rows: Record<string, unknown>[] }>> =
  {
    nulls: {
      schema: { l: t.list(t.struct({ a: t.int() })), m: t.map(t.int(), t.struct({ a: t.int() })) },
      rows: [{ l: null, m: null }],
    },
    empty: { schema: { l: t.list(t.uuid()) }, rows: [] },
  }

const ids = Array.from({ length: TABLES }, (_, index) => `seed${SEED}_${index}`)
const tables = new Map<string, WrittenTable>()
const answers = new Map<Engine, Readonly<Record<string, Answer>>>()
let folder = ''

beforeAll(async () => {
  if (!existsSync(PYTHON))
    throw new Error('run bash .ci/python-venv first: it makes the Python environment')
  folder = mkdtempSync(join(tmpdir(), 'moraine-random-'))
  const catalog = await connect(join(folder, 'warehouse'), { unsafeNoSync: true })
  const random = fc.sample(randomTable, { seed: SEED, numRuns: TABLES })
  for (const [index, one] of random.entries()) {
    const id = ids[index] as string
    tables.set(id, await writeRandom(catalog, id, one))
  }
  const plain = { formatVersion: 2, codec: 'zstd', partition: [], cuts: [] } as const
  for (const [id, { schema, rows }] of Object.entries(EXAMPLES)) {
    const built = buildSchema(schema).schema
    tables.set(id, await writeRandom(catalog, id, { ...plain, schema: built, rows }))
  }
  // Lists of maps to null structs with required members of type fixed, in several files.
  const required = fc.sample(randomTable, { seed: 5, numRuns: 182 }).at(-1)
  if (required !== undefined)
    tables.set('required', await writeRandom(catalog, 'required', required))
  await catalog.close()
  for (const engine of ENGINES) answers.set(engine, ask(engine))
}, 600_000)

afterAll(() => {
  if (folder !== '' && process.env.MORAINE_RANDOM_KEEP === undefined)
    rmSync(folder, { recursive: true, force: true })
})

function ask(engine: Engine): Readonly<Record<string, Answer>> {
  const request = join(folder, `${engine}-request.json`)
  const answer = join(folder, `${engine}-answer.json`)
  const asked = [...tables.values()].map(({ id, metadata, schemaId }) => ({
    id,
    metadata,
    schemaId,
  }))
  writeFileSync(request, JSON.stringify(asked))
  const { status, stderr } = spawnSync(PYTHON, [READER, engine, request, answer], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${engine} ended with ${status}:\n${stderr}`)
  return JSON.parse(readFileSync(answer, 'utf8')) as Record<string, Answer>
}

function wanted(id: string): WrittenTable {
  const table = tables.get(id)
  if (table === undefined) throw new Error(`${id} was not written`)
  return table
}

test.each(ids)('our own reader gives back %s', (id) => {
  const { expected, ours, schema } = wanted(id)
  expect(normalRows(ours, schema)).toEqual(normalRows(expected, schema))
})

describe.each(ENGINES)('%s', (engine) => {
  test.each(ids)('reads %s', (id) => {
    const { expected, schema } = wanted(id)
    const answer = answers.get(engine)?.[id]
    const refused = REFUSED[engine](wanted(id))
    if (refused !== undefined && answer?.error !== undefined) {
      expect(answer.error).toMatch(refused)
      return
    }
    expect(answer?.error).toBeUndefined()
    const rows = normalRows(answer?.rows ?? [], schema)
    expect(rows).toEqual(normalRows(expected, schema, FAULTS[engine]))
  })
})

describe('what a peer is known for is still so; else its exception above must go', () => {
  const answerOf = (id: string): Answer => answers.get('pyiceberg')?.[id] ?? {}

  test('PyIceberg reads null lists of structs and null maps to structs as empty', () => {
    const { expected, schema } = wanted('nulls')
    const rows = normalRows(answerOf('nulls').rows ?? [], schema)
    expect(rows).toEqual(normalRows(expected, schema, FAULTS.pyiceberg))
    expect(rows).not.toEqual(normalRows(expected, schema))
  })

  test.each(['empty', 'required'])('PyIceberg refuses the table "%s"', (id) => {
    expect(answerOf(id).error).toMatch(REFUSED.pyiceberg(wanted(id)) ?? 'an exception')
  })

  test.each([...Object.keys(EXAMPLES), 'required'])('DuckDB and we read "%s" as it is', (id) => {
    const { expected, ours, schema } = wanted(id)
    expect(normalRows(ours, schema)).toEqual(normalRows(expected, schema))
    const answer = answers.get('duckdb')?.[id]?.rows ?? []
    expect(normalRows(answer, schema)).toEqual(normalRows(expected, schema))
  })
})
