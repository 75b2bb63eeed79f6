/** Secrets of the environment and in what the caller gives: in no error, file, token or output. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { runCli } from '../../src/cli/run.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import { CommitStateUnknown } from '../../src/errors.js'
import { connect, openTable, t } from '../../src/index.js'
import { localStore } from '../../src/store/local.js'
import { parseLocation } from '../../src/store/location.js'
import { withCalls } from '../support/scenario.js'
import { SENTINEL } from '../support/sentinel.js'
import { fakeTerminal } from '../unit/cli/fake-terminal.js'

test('the secret stands in the environment', () => {
  expect(process.env.AWS_SECRET_ACCESS_KEY).toContain(SENTINEL)
})

const error = async (run: () => unknown): Promise<unknown> => {
  try {
    await run()
  } catch (caught) {
    return caught
  }
  return expect.fail('it must be refused')
}
const shown = (what: unknown): string =>
  [
    inspect(what, { depth: null, showHidden: true }),
    what instanceof Error ? `${what} ${what.stack} ${JSON.stringify(what)}` : '',
  ].join('\n')

test('errors show no part of a location that may be a credential', async () => {
  const places = [
    `s3://key:${SENTINEL}@bucket/wh`,
    `s3://${SENTINEL}@bucket/wh`,
    `https://host/wh?X-Amz-Signature=${SENTINEL}`,
    `https://user:${SENTINEL}@host/wh`,
    `abfss://c@account.dfs.core.windows.net/wh?sig=${SENTINEL}`,
  ]
  const store = localStore({ env: seededEnv(1) })
  for (const place of places) {
    const errors = [
      await error(() => connect(place).then((catalog) => catalog.loadTable('a.b'))),
      await error(() => openTable(place)),
      await error(() => store.read(place)),
      await error(() => parseLocation(`${place}/../x`)),
    ]
    for (const one of errors) expect(shown(one), place).not.toContain(SENTINEL)
  }
})

test('a life of a table leaves the secret in no file, token or output', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-secrets-'))
  const seen: string[] = []
  try {
    const env = seededEnv(3)
    const inner = localStore({ env, roots: [folder] })
    let dark = false
    const lost = withCalls(inner, {
      create: async (path, bytes) =>
        dark && path.endsWith('.metadata.json')
          ? { outcome: 'unknown', cause: new Error('no answer') }
          : inner.create(path, bytes),
    })
    const catalog = await connect(folder, { store: lost, workers: 0, env })
    const table = await catalog.createTable('ns.t', { schema: { id: t.long(), name: t.string() } })
    const { summary } = await table.append([{ id: 1, name: 'a' }])
    seen.push(shown(summary), shown(table.metadata))
    dark = true
    const unknown = await error(() => table.append([{ id: 2 }]))
    expect(unknown).toBeInstanceOf(CommitStateUnknown)
    seen.push(shown(unknown), (unknown as CommitStateUnknown).token)
    for (const args of [
      ['describe', `${folder}/ns/t`],
      ['rows', `${folder}/ns/t`],
      ['verify', `https://user:${SENTINEL}@host/wh?sig=${SENTINEL}`],
      ['nonsense'],
    ]) {
      const { terminal, out, err } = fakeTerminal()
      await runCli(args, terminal)
      seen.push(out(), err())
    }
    for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (name.isFile())
        seen.push((await readFile(join(name.parentPath, name.name))).toString('latin1'))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  expect(seen.length).toBeGreaterThan(10)
  for (const text of seen) expect(text).not.toContain(SENTINEL)
})
