/** A warehouse on a simulated disk or store, and what must be true of it whatever has happened. */
import { expect } from 'vitest'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { type Catalog, connect, NotFound } from '../../src/index.js'
import { localStore } from '../../src/store/local.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { Disk, type Survivors } from './disk.js'
import { type Mutation, NAME, prepare, schema } from './mutations.js'

export const WAREHOUSE = '/wh'

/** Connects to the warehouse as a process does that has just been started. */
export type Opener = (env: SeededEnv) => Promise<Catalog>

export function onDisk(disk: Disk): Opener {
  return (env) => {
    const store = localStore({ env, fs: disk.fs, roots: [WAREHOUSE] })
    return connect(WAREHOUSE, { store, workers: 0, env })
  }
}

export function onStore(store: Store): Opener {
  return (env) => connect('memory:/wh', { store, workers: 0, env })
}

let prepared: Survivors | undefined

/** The disk before a mutation: everything on it lasts. */
export async function preparedDisk(): Promise<Disk> {
  if (prepared === undefined) {
    const disk = new Disk()
    await prepare(await onDisk(disk)(seededEnv(1)))
    prepared = disk.afterKill()
  }
  return Disk.of(prepared)
}

let stored: ReadonlyMap<string, Uint8Array> | undefined

/** A store before a mutation. */
export async function preparedStore(): Promise<Store> {
  const store = memoryStore({ env: seededEnv(2) })
  if (stored === undefined) {
    await prepare(await onStore(store)(seededEnv(1)))
    stored = store.files()
  } else for (const [path, bytes] of stored) await store.put(path, bytes)
  return store
}

/**
 * What a reader can see of the tables: equal texts mean equal states. The namespaces above a new table are
 * made before it, each by itself, so of them only what is asked for by name counts.
 */
export async function stateOf(open: Opener): Promise<string> {
  const catalog = await open(seededEnv(99))
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
  const spaces = (await catalog.listNamespaces()).map(([name]) => name)
  const made = ['empty', 'more'].filter((name) => spaces.includes(name))
  return [...seen, `namespaces: ${made}`].join('\n')
}

/** Opens, verifies, reads, and commits once more: whatever has happened, the table is whole. */
export async function checkWhole(open: Opener, what: string): Promise<void> {
  const catalog = await open(seededEnv(98))
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

/** The states before and after the mutation where nothing goes wrong, how many calls it makes, and bytes it writes. */
export interface CalmRun {
  readonly before: string
  readonly after: string
  readonly calls: number
  readonly bytes: number
}

const calm = new Map<string, Promise<CalmRun>>()

export function calmRun(mutation: Mutation): Promise<CalmRun> {
  const known = calm.get(mutation.name) ?? runCalmly(mutation)
  calm.set(mutation.name, known)
  return known
}

async function runCalmly(mutation: Mutation): Promise<CalmRun> {
  const disk = await preparedDisk()
  const before = await stateOf(onDisk(await preparedDisk()))
  const run = await begin(onDisk(disk), mutation)
  disk.begin()
  await run()
  const { calls, written } = disk
  return { before, after: await stateOf(onDisk(disk)), calls, bytes: written }
}

/** Loads what the mutation needs, so that only its own calls are counted from then on. */
export async function begin(open: Opener, mutation: Mutation): Promise<() => Promise<unknown>> {
  const catalog = await open(seededEnv(7))
  const table = await catalog.loadTable(NAME, { schema })
  return () => mutation.run(catalog, table)
}
