/** A warehouse on a simulated disk, and what must be true of it whatever has happened. */
import { expect } from 'vitest'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { type Catalog, connect, NotFound } from '../../src/index.js'
import { localStore } from '../../src/store/local.js'
import { Disk, type Survivors } from './disk.js'
import { type Mutation, NAME, prepare, schema } from './mutations.js'

export const WAREHOUSE = '/wh'

/** A connection to the warehouse on the disk, as a process that has just been started makes it. */
export async function open(disk: Disk, env: SeededEnv): Promise<Catalog> {
  const store = localStore({ env, fs: disk.fs, roots: [WAREHOUSE] })
  return connect(WAREHOUSE, { store, workers: 0, env })
}

let prepared: Survivors | undefined

/** The disk before a mutation: everything on it lasts. */
export async function preparedDisk(): Promise<Disk> {
  if (prepared === undefined) {
    const disk = new Disk()
    const catalog = await open(disk, seededEnv(1))
    await prepare(catalog)
    prepared = disk.afterKill()
  }
  return Disk.of(prepared)
}

/**
 * What a reader can see of the tables: equal texts mean equal states. The namespaces above a new table are
 * made before it, each by itself, so of them only what is asked for by name counts.
 */
export async function stateOf(disk: Disk): Promise<string> {
  const catalog = await open(disk, seededEnv(99))
  const seen: string[] = []
  for (const name of [NAME, 'other.ns.new']) {
    try {
      const table = await catalog.loadTable(name)
      const rows = (await table.scan().toArray()).map((row) => Object.values(row).join('/'))
      const { metadata } = table
      seen.push(
        [
          name,
          rows.sort().join(' '),
          metadata.formatVersion,
          metadata.currentSchemaId,
          metadata.defaultSpecId,
          metadata.defaultSortOrderId,
          [...metadata.properties].sort().join(' '),
          metadata.snapshots.length,
          table
            .refs()
            .map(
              (ref) =>
                `${ref.name}@${metadata.snapshots.findIndex((s) => s.snapshotId === ref.snapshotId)}`,
            )
            .join(' '),
        ].join(' | '),
      )
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
      seen.push(`${name}: none`)
    }
  }
  const spaces = await catalog.listNamespaces()
  const made = spaces.some((levels) => levels[0] === 'more')
  return [...seen, `namespace: ${made}`].join('\n')
}

/** Opens, verifies, reads, and commits once more: whatever has happened, the table is whole. */
export async function checkWhole(disk: Disk, what: string): Promise<void> {
  const catalog = await open(disk, seededEnv(98))
  if (!(await catalog.tableExists(NAME))) {
    const again = await catalog.createTable(NAME, { schema })
    await again.append([{ id: 100, city: 'Bern' }])
    expect(await again.scan().count(), what).toBe(1)
    return
  }
  const table = await catalog.loadTable(NAME, { schema: { id: schema.id } })
  expect((await table.verify()).violations, what).toEqual([])
  const before = await table.scan().count()
  const { attempts } = await table.append([{ id: 100 }] as never)
  expect(attempts, what).toBeLessThanOrEqual(2)
  expect(await table.scan().count(), what).toBe(before + 1)
}

/** The states before and after the mutation where nothing goes wrong, and how many calls it makes. */
export interface CalmRun {
  readonly before: string
  readonly after: string
  readonly calls: number
}

const calm = new Map<string, Promise<CalmRun>>()

export function calmRun(mutation: Mutation): Promise<CalmRun> {
  const known = calm.get(mutation.name) ?? runCalmly(mutation)
  calm.set(mutation.name, known)
  return known
}

async function runCalmly(mutation: Mutation): Promise<CalmRun> {
  const disk = await preparedDisk()
  const before = await stateOf(await preparedDisk())
  const run = await begin(disk, mutation)
  disk.begin()
  await run()
  const { calls } = disk
  return { before, after: await stateOf(disk), calls }
}

/** Loads what the mutation needs, so that only its own calls are counted from `disk.begin` on. */
export async function begin(disk: Disk, mutation: Mutation): Promise<() => Promise<unknown>> {
  const catalog = await open(disk, seededEnv(7))
  const table = await catalog.loadTable(NAME, { schema })
  return () => mutation.run(catalog, table)
}
