/** Tables of very many data files of which only the manifests exist: made once, then kept. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { connect, t } from 'moraine'

const FILES_PER_COMMIT = 10_000

/** The folder of a warehouse that holds the table `name` (`namespace.name`) with `files` data files. */
export async function manyFiles(data: string, name: string, files: number): Promise<string> {
  const warehouse = resolve(join(data, `evolve-${files}`))
  const ready = `${warehouse}.ready`
  if (existsSync(ready)) return warehouse
  rmSync(warehouse, { recursive: true, force: true })
  const made = await connect(warehouse, { unsafeNoSync: true, workers: 0 })
  const { location } = await made.createTable(name, {
    schema: {
      id: t.long().required(),
      city: t.string(),
      fare: t.decimal(9, 2),
      at: t.timestamptz(),
    },
  })
  await made.close()
  const { appendFiles, commitActions, fileCatalog, localStore, systemEnv } = await internals()
  const env = systemEnv()
  const store = localStore({ env, roots: [warehouse] })
  const catalog = fileCatalog({ warehouse, store, env })
  const [namespace = '', table = ''] = name.split('.')
  const target = catalog.target({ namespace: [namespace], name: table })
  for (let first = 0; first < files; first += FILES_PER_COMMIT) {
    const count = Math.min(FILES_PER_COMMIT, files - first)
    const added = Array.from({ length: count }, (_, index) => ({
      content: 'data' as const,
      path: `${location}/data/${String(first + index).padStart(8, '0')}-of-many.parquet`,
      format: 'parquet' as const,
      specId: 0,
      partition: [],
      recordCount: 1000n,
      sizeBytes: 100_000n,
    }))
    await commitActions(target, [appendFiles({ files: added })], { env, store })
  }
  writeFileSync(ready, '')
  return warehouse
}

/** What the package does not export: such tables are of no use to anybody else. */
async function internals() {
  const from = async <T>(path: string): Promise<T> =>
    (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as T
  return {
    ...(await from<typeof import('../dist/commit/actions/append-files.js')>(
      'commit/actions/append-files.js',
    )),
    ...(await from<typeof import('../dist/commit/committer.js')>('commit/committer.js')),
    ...(await from<typeof import('../dist/catalog/file.js')>('catalog/file.js')),
    ...(await from<typeof import('../dist/store/local.js')>('store/local.js')),
    ...(await from<typeof import('../dist/env/system-env.js')>('env/system-env.js')),
  }
}
