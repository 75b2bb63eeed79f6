/**
 * Random sequences of up to 40 changes of schema, partitioning, sort order and format, interleaved with
 * appends, on random nested schemas, against a plain model: every old snapshot reads as it did under
 * its own schema, its projection to the current schema is the model's, and no data file is touched.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededEnv } from '../../src/env/seeded-env.js'
import { col } from '../../src/expr/build.js'
import { memoryStore } from '../../src/store/memory.js'
import { connect } from '../../src/table/connect.js'
import type { Snapshot } from '../../src/table/snapshot.js'
import type { Table } from '../../src/table/table.js'
import type { UnknownSchema } from '../../src/types/infer.js'
import { schemaIndex } from '../../src/types/schema-index.js'
import { isPrimitive } from '../../src/types/type-text.js'
import { places, project, textOf } from '../support/evolution-model.js'
import { EvolutionProgram } from '../support/evolution-program.js'

const numRuns = Number(process.env.MORAINE_EVOLUTION_PROGRAMS ?? 12)

interface Plan {
  readonly seed: number
  readonly formatVersion: 1 | 2 | 3
  readonly steps: number
}

const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  formatVersion: fc.constantFrom(1, 2, 3),
  steps: fc.integer({ min: 1, max: 40 }),
})

async function run({ seed, formatVersion, steps }: Plan): Promise<void> {
  const store = memoryStore({ env: seededEnv(seed) })
  const catalog = await connect('memory:/evolve', { workers: 0, store })
  const program = await EvolutionProgram.start(seed, formatVersion, async (shape) => {
    const made = await catalog.createTable('a.t', { schema: shape, formatVersion })
    return made as unknown as Table<UnknownSchema>
  })
  const ids = new Map<number, number>()
  const data = (): Map<string, Uint8Array> =>
    new Map([...store.files()].filter(([path]) => path.includes('/data/')))
  let files = data()
  try {
    for (let step = 0; step < steps; step++) {
      const lastColumnId = program.table.metadata.lastColumnId
      const appended = await program.step()
      const now = data()
      for (const [path, bytes] of files) expect(now.get(path), path).toBe(bytes)
      if (!appended) expect(now.size).toBe(files.size)
      files = now
      expect(program.table.metadata.lastColumnId).toBeGreaterThanOrEqual(lastColumnId)
      checkIds(program, ids)
      if (appended || step % 5 === 0) await checkReads(program, -1)
    }
    for (const index of program.states.keys()) await checkReads(program, index)
    expect((await program.table.verify()).violations).toEqual([])
  } catch (error) {
    throw new Error(program.done.join('\n'), { cause: error })
  }
}

/** A column keeps its field id for ever, and no two columns ever have the same. */
function checkIds(program: EvolutionProgram, ids: Map<number, number>): void {
  const index = schemaIndex(program.table.schema)
  for (const { path, column } of places(program.columns)) {
    if (column === undefined) continue
    const { id } = index.require(path)
    expect(ids.get(column.uid) ?? id, path.join('.')).toBe(id)
    ids.set(column.uid, id)
  }
  expect(new Set(ids.values()).size).toBe(ids.size)
}

/** One state, or the newest: under its own schema, and under the current one. */
async function checkReads(program: EvolutionProgram, at: number): Promise<void> {
  const state = program.states.at(at)
  if (state === undefined) return
  const { snapshotId, columns, rows } = state
  for (const [schema, wanted] of [
    ['snapshot', columns],
    ['current', program.columns],
  ] as const) {
    const past = await program.table.asOf({ snapshot: snapshotId }, { schema })
    const found = await past.scan().toArray()
    const expected = rows.map((row) => project(wanted, row))
    expect(found.map(textOf).sort(), `${schema} of ${snapshotId}`).toEqual(
      expected.map(textOf).sort(),
    )
    await checkFilters(past, expected)
  }
}

/** Old bounds, partition values and statistics prune right under the schema that is read with. */
async function checkFilters(
  past: Snapshot<UnknownSchema>,
  expected: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  for (const { name, type } of past.schema.fields) {
    if (!isPrimitive(type)) continue
    const values = expected.map((row) => row[name])
    const nulls = values.filter((value) => value === null).length
    expect(await past.scan({ where: col([name]).isNull() }).count(), name).toBe(nulls)
    const value = values.find((item) => item !== null)
    if (value === undefined) continue
    const equal = values.filter((item) => item === value).length
    expect(await past.scan({ where: col([name]).eq(value) }).count(), name).toBe(equal)
  }
}

test('every snapshot keeps its rows through every change of shape', {
  timeout: 120_000 + 10_000 * numRuns,
}, async () => {
  await fc.assert(fc.asyncProperty(plans, run), { numRuns })
})
