/**
 * A process that makes one change and is killed at its n-th file-system call, before that call or
 * (`during`) right after it was handed to the system:
 *
 *   node kill-child.mjs FOLDER MUTATION CALL before|during
 *
 * Prints `calls N` when the change went through before its n-th call.
 */
import { seededEnv } from '../../src/env/seeded-env.js'
import { connect } from '../../src/index.js'
import { localStore } from '../../src/store/local.js'
import { type LocalFile, type LocalFs, nodeFs } from '../../src/store/local-fs.js'
import { MUTATIONS, NAME, schema } from './mutations.js'

const [, , folder = '', name = '', call = '', how = 'before'] = process.argv
const target = Number(call)
let counting = false
let calls = 0

async function counted<T>(run: () => Promise<T>): Promise<T> {
  if (!counting || calls++ !== target) return run()
  if (how === 'during') void run().catch(() => undefined)
  process.kill(process.pid, 'SIGKILL')
  // Nothing is answered any more.
  return new Promise<never>(() => undefined)
}

const countedFile = (file: LocalFile): LocalFile => ({
  read: (buffer, position) => counted(() => file.read(buffer, position)),
  write: (bytes) => counted(() => file.write(bytes)),
  sync: () => counted(() => file.sync()),
  stat: () => counted(() => file.stat()),
  close: () => counted(() => file.close()),
})

const fs: LocalFs = {
  openRead: async (path) => countedFile(await counted(() => nodeFs.openRead(path))),
  openNew: async (path) => countedFile(await counted(() => nodeFs.openNew(path))),
  syncFolder: (path) => counted(() => nodeFs.syncFolder(path)),
  mkdir: (path) => counted(() => nodeFs.mkdir(path)),
  link: (from, to) => counted(() => nodeFs.link(from, to)),
  rename: (from, to) => counted(() => nodeFs.rename(from, to)),
  unlink: (path) => counted(() => nodeFs.unlink(path)),
  rmdir: (path) => counted(() => nodeFs.rmdir(path)),
  stat: (path) => counted(() => nodeFs.stat(path)),
  realpath: (path) => counted(() => nodeFs.realpath(path)),
  entries: async function* (path) {
    await counted(async () => undefined)
    yield* nodeFs.entries(path)
  },
}

const mutation = MUTATIONS.find((one) => one.name === name)
if (mutation === undefined) process.exit(2)
const env = seededEnv(7)
const catalog = await connect(folder, {
  store: localStore({ env, fs, roots: [folder] }),
  workers: 0,
  env,
})
const table = await catalog.loadTable(NAME, { schema })
counting = true
await mutation.run(catalog, table)
process.stdout.write(`calls ${calls}\n`)
process.exit(0)
