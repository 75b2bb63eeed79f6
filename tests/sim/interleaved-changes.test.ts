/** Changes of every kind against each other, in every order of their contended calls. */
import { expect, test } from 'vitest'
import type { Action } from '../../src/commit/action.js'
import { overwriteFiles } from '../../src/commit/actions/overwrite-files.js'
import { replaceFiles } from '../../src/commit/actions/replace-files.js'
import { rollback } from '../../src/commit/actions/rollback.js'
import { createRef } from '../../src/commit/actions/set-ref.js'
import { updateProperties } from '../../src/commit/actions/update-properties.js'
import { commitActions } from '../../src/commit/committer.js'
import type { LoadedTable } from '../../src/commit/contract.js'
import { schemaAction } from '../../src/table/shape.js'
import { t } from '../../src/types/builder.js'
import { location, type Scenario, table } from '../support/scenario.js'
import { appendOf, dataFile, idSchema } from '../support/tables.js'
import { everyOrder, onSlots, type Writer } from './every-order.js'

const file = (name: string) => dataFile(`${location}/data/${name}.parquet`)

/** The table that both writers have loaded: files x and y, in a snapshot each. */
const bases = new WeakMap<Scenario, LoadedTable>()
const prepare = async (base: Scenario): Promise<void> => {
  await base.append('x')
  await base.append('y')
  bases.set(base, await base.process().loadTable(table))
}

/** Works on the loaded table; told by its name when it is committed. */
const change =
  (name: string, action: (loaded: LoadedTable) => Action): Writer =>
  async (base, catalog) => {
    const loaded = bases.get(base) as LoadedTable
    const env = { env: base.env, store: catalog.storeFor(table), base: loaded }
    await commitActions(catalog.target(table), [action(loaded)], env)
    return name
  }

const append = change('append', () => appendOf(location, 'a'))
const replace = (remove: readonly string[], add: string): Writer =>
  change(add, () => replaceFiles({ remove: remove.map(file), add: [file(add)] }))
const overwrite = change('overwrite', ({ metadata }) =>
  overwriteFiles({
    where: { op: 'true' },
    schema: idSchema,
    files: [file('o')],
    validate: { since: metadata.currentSnapshotId ?? null, isolation: 'serializable' },
  }),
)
const back = change('rollback', ({ metadata }) =>
  rollback({ snapshotId: metadata.snapshots[0]?.snapshotId as bigint }),
)
const property = change('property', () => updateProperties({ set: new Map([['p', '1']]) }))
const column = change('column', () => schemaAction((editor) => editor.addColumn('c', t.int())))
const tag = change('tag', ({ metadata }) => {
  const snapshotId = metadata.currentSnapshotId as bigint
  return createRef({ name: 'tag', type: 'tag', snapshotId })
})

/** What may be told and be there, as `told: live files`. */
async function outcomes(a: Writer, b: Writer): Promise<readonly string[]> {
  const seen = new Set<string>()
  const orders = await everyOrder(
    [a, b],
    async (base, told) => {
      seen.add(`${told.join(' ')}: ${(await base.live()).join(' ')}`)
    },
    { contended: onSlots, prepare },
  )
  expect(orders).toBeGreaterThan(1)
  return [...seen].sort()
}

test('two rewrites of one file: one of them is refused', async () => {
  expect(await outcomes(replace(['x'], 'r'), replace(['x'], 's'))).toEqual([
    'COMMIT_CONFLICT r: r y',
    'COMMIT_CONFLICT s: s y',
  ])
})

test('a compaction and the rewrite of one of its files: one of them is refused', async () => {
  expect(await outcomes(replace(['x', 'y'], 'z'), replace(['y'], 's'))).toEqual([
    'COMMIT_CONFLICT s: s x',
    'COMMIT_CONFLICT z: z',
  ])
})

test('rewrites of different files: both are there', async () => {
  expect(await outcomes(replace(['x'], 'r'), replace(['y'], 's'))).toEqual(['r s: r s'])
})

test('a serializable overwrite never takes away what it has not seen', async () => {
  expect(await outcomes(overwrite, append)).toEqual([
    'COMMIT_CONFLICT append: a x y',
    'append overwrite: a o',
  ])
  expect(await outcomes(overwrite, replace(['x'], 'r'))).toEqual([
    'COMMIT_CONFLICT overwrite: o',
    'COMMIT_CONFLICT r: r y',
  ])
})

test('a rollback never takes away what it has not seen', async () => {
  expect(await outcomes(back, append)).toEqual([
    'COMMIT_CONFLICT append: a x y',
    'append rollback: a x',
  ])
})

test.each([
  ['a property', property, 'property'],
  ['a column', column, 'column'],
  ['a tag', tag, 'tag'],
])('%s and an append: both are there', async (_, writer, name) => {
  expect(await outcomes(writer, append)).toEqual([`append ${name}: a x y`])
})

test('a column and a serializable overwrite: both are there', async () => {
  expect(await outcomes(column, overwrite)).toEqual(['column overwrite: o'])
})
