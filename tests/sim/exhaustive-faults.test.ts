/** One fault of every kind at every call to the store, in every change that a catalog can make. */
import { describe, expect, test } from 'vitest'
import type { CatalogBackend } from '../../src/catalog/catalog.js'
import type { Action } from '../../src/commit/action.js'
import { replaceFiles } from '../../src/commit/actions/replace-files.js'
import { createRef } from '../../src/commit/actions/set-ref.js'
import { updateProperties } from '../../src/commit/actions/update-properties.js'
import { commitActions } from '../../src/commit/committer.js'
import { CommitStateUnknown, MoraineError } from '../../src/errors.js'
import { currentSchema } from '../../src/format/lookup.js'
import type { TableMetadata } from '../../src/format/model.js'
import { schemaAction } from '../../src/table/shape.js'
import { type FaultKind, type FaultPoint, faultAt } from '../../src/testing/faults.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { t } from '../../src/types/builder.js'
import { location, type Scenario, scenario, table } from '../support/scenario.js'
import { appendOf, dataFile, newTable } from '../support/tables.js'
import { checkChain, liveNames, slotsOf } from './checker.js'

/** A change, and whether it is seen to have happened. */
interface Change {
  readonly name: string
  /** Runs undisturbed, before. */
  readonly before?: (base: Scenario) => Promise<unknown>
  readonly run: (base: Scenario, catalog: CatalogBackend) => Promise<unknown>
  readonly happened: (base: Scenario) => Promise<boolean>
}

/** The kinds that differ for an operation: for a read, every way of losing the answer is the same. */
function kindsFor({ operation }: FaultPoint): readonly FaultKind[] {
  if (operation === 'head') return ['fail-before', 'crash-before', 'stale']
  if (operation === 'list') return ['fail-before', 'crash-before', 'stale', 'truncated']
  if (operation === 'read')
    return ['fail-before', 'crash-before', 'stale', 'truncated', 'corrupted']
  return [
    'fail-before',
    'lost-ack',
    'zombie',
    'duplicate',
    'throttle',
    'crash-before',
    'crash-after',
  ]
}

const properties = {
  'commit.status-check.num-retries': '2',
  'write.manifest.compression-codec': 'uncompressed',
}

/** The whole product takes a while: a third of it unless CI asks for more. */
const everyCase = process.env.MORAINE_KILLS !== undefined

const exists = (base: Scenario): Promise<boolean> => base.process().tableExists(table)

const changes: readonly Change[] = [
  {
    name: 'append',
    run: (base, catalog) => base.append('mine', catalog),
    happened: async (base) => (await base.live()).includes('mine'),
  },
  {
    name: 'append after a conflict',
    run: async (base, catalog) => {
      const early = await catalog.loadTable(table)
      await base.append('other')
      return base.append('mine', catalog, { base: early })
    },
    happened: async (base) => (await base.live()).includes('mine'),
  },
  {
    name: 'create again after a drop',
    before: (base) => base.catalog.dropTable(table),
    run: (base, catalog) => catalog.createTable(table, newTable(base.env, location)),
    happened: exists,
  },
  {
    name: 'drop',
    run: (_base, catalog) => catalog.dropTable(table),
    happened: async (base) => !(await exists(base)),
  },
  {
    name: 'drop with purge',
    before: (base) => base.append('old'),
    run: (_base, catalog) => catalog.dropTable(table, { purge: true }),
    happened: async (base) => !(await exists(base)),
  },
]

/** Commits these actions through a catalog. */
function committing(actions: () => readonly Action[]): Change['run'] {
  return (base, catalog) => {
    const store = catalog.storeFor(table)
    return commitActions(catalog.target(table), actions(), { env: base.env, store })
  }
}

const now = async (base: Scenario): Promise<TableMetadata> =>
  (await base.process().loadTable(table)).metadata

const more: readonly Change[] = [
  {
    name: 'transaction of a file, a tag and a property',
    before: (base) => base.append('old'),
    run: committing(() => [
      appendOf(location, 'mine'),
      createRef({ name: 'q', type: 'tag' }),
      updateProperties({ set: new Map([['p', '1']]) }),
    ]),
    happened: async (base) => {
      const { refs, properties } = await now(base)
      const parts = [(await base.live()).includes('mine'), refs.has('q'), properties.has('p')]
      expect(new Set(parts).size, 'all or nothing').toBe(1)
      return refs.has('q')
    },
  },
  {
    name: 'column added',
    run: committing(() => [schemaAction((editor) => editor.addColumn('x', t.int()))]),
    happened: async (base) =>
      currentSchema(await now(base)).fields.some(({ name }) => name === 'x'),
  },
  {
    name: 'file replaced',
    before: (base) => base.append('old'),
    run: committing(() => {
      const [old, mine] = ['old', 'mine'].map((name) =>
        dataFile(`${location}/data/${name}.parquet`),
      )
      return [replaceFiles({ remove: old ? [old] : [], add: mine ? [mine] : [] })]
    }),
    happened: async (base) => {
      const live = await base.live()
      expect(live.includes('mine')).toBe(!live.includes('old'))
      return live.includes('mine')
    },
  },
]

async function checkOne(change: Change, index: number, kind: FaultKind): Promise<boolean> {
  const base = await scenario(properties, index + 1)
  await change.before?.(base)
  const faulty = faultyStore(base.store, { env: base.env, plan: faultAt(index, kind) })
  const where = `${change.name}: ${kind} at call ${index}`
  const told = await change.run(base, base.process(faulty)).then(
    () => 'committed' as const,
    (error: unknown) => error,
  )
  await faulty.settle()
  const fired = faulty.fired().size > 0
  const happened = await change.happened(base)
  if (faulty.crashed) {
    // Nobody was told anything; the state must only be whole.
  } else if (told === 'committed') expect(happened, `${where}: acked`).toBe(true)
  else if (told instanceof CommitStateUnknown) {
    const { outcome } = await base.process().resolveCommit(told.token)
    expect(await change.happened(base), where).toBe(outcome === 'committed')
  } else {
    expect(told, where).toBeInstanceOf(MoraineError)
    expect((told as MoraineError).code, where).not.toBe('INTERNAL_BUG')
    expect(happened, `${where}: denied (${String(told)})`).toBe(false)
  }
  await checkState(base, where)
  return fired
}

/** The chain is whole, nothing referred to is missing, and a fresh writer can go on. */
async function checkState(base: Scenario, where: string): Promise<void> {
  const bad: string[] = []
  const chain = slotsOf(base.store, location, base.env, bad)
  checkChain(chain, bad)
  const head = chain.at(-1)?.content
  if (head?.kind === 'metadata') await liveNames(base.store, base.env, head.metadata, bad)
  // The files of these appends are never written, only described.
  expect(
    bad.filter((text) => !text.includes('/data/')),
    where,
  ).toEqual([])
  const catalog = base.process()
  if (!(await catalog.tableExists(table)))
    await catalog.createTable(table, newTable(base.env, location))
  const report = await base.append('after', catalog)
  expect(report.attempts, where).toBe(1)
}

describe.each([...changes, ...more])('$name', (change) => {
  test('every fault at every call is answered truthfully', { timeout: 300_000 }, async () => {
    const base = await scenario(properties)
    await change.before?.(base)
    const points: FaultPoint[] = []
    const plan = (point: FaultPoint): undefined => {
      points.push(point)
    }
    await change.run(base, base.process(faultyStore(base.store, { env: base.env, plan })))
    expect(await change.happened(base)).toBe(true)
    expect(points.length).toBeGreaterThan(5)
    let [fired, planned] = [0, 0]
    for (const point of points) {
      for (const kind of kindsFor(point)) {
        if (!everyCase && (point.index + kind.length) % 3 !== 0) continue
        planned++
        if (await checkOne(change, point.index, kind)) fired++
      }
    }
    // Each fault that was planned has really happened.
    expect(fired).toBe(planned)
  })
})
