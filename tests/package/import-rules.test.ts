import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const CHECKER = resolve('.ci/check-imports.mjs')

/** Runs the checker over a made-up tree and gives what it printed. */
function check(files: Record<string, string>): { output: string; status: number | null } {
  const root = mkdtempSync(join(tmpdir(), 'moraine-rules-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    const result = spawnSync(process.execPath, [CHECKER, '--root', root], { encoding: 'utf8' })
    return { output: result.stdout + result.stderr, status: result.status }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const CLEAN = {
  'src/errors.ts': 'export class MoraineError extends Error {}\n',
  'src/env/env.ts':
    "import { MoraineError } from '../errors.js'\nexport const now = () => Date.now()\n",
  'src/store/store.ts': "import { now } from '../env/env.js'\nexport const at = now\n",
  'src/index.ts': "export { now } from './env/env.js'\n",
}

describe('the rules of the house', () => {
  it('accept a clean tree, with banned words in comments, strings and regular expressions', () => {
    const text = [
      "import type { Table } from 'apache-arrow'",
      '// Date.now() and JSON.parse are explained here',
      "export const hint = 'Date.now() and Math.random() are banned; throw new Error('",
      "export const banned = /JSON.parse|'Date.now'/",
      'export const shown = (n: Table) => `as ' + '$' + '{n.numRows} rows of any: setTimeout`',
      '',
    ].join('\n')
    const { output, status } = check({ ...CLEAN, 'src/expr/hint.ts': text })
    expect(output).toMatch(/^\d+ passed, 0 failed\n$/)
    expect(status).toBe(0)
  })

  it.each<[string, string, string, string]>([
    ['a layer above', 'src/codec/x.ts', "import { at } from '../store/store.js'", 'layer above'],
    [
      'a layer above, by type',
      'src/util/x.ts',
      "import type { X } from '../env/../store/store.js'",
      'layer above',
    ],
    [
      'a layer above, on demand',
      'src/env/x.ts',
      "export const x = () => import('../store/store.js')",
      'layer above',
    ],
    ['an unknown layer', 'src/store/x.ts', "import { x } from '../misc/x.js'", 'unknown layer'],
    ['a sibling adapter', 'src/store/s3/x.ts', "import { x } from '../gcs/x.js'", 'sibling'],
    ['a missing extension', 'src/store/x.ts', "import { now } from '../env/env'", '.js extension'],
    [
      'a missing file',
      'src/store/x.ts',
      "import { now } from '../env/nowhere.js'",
      'does not exist',
    ],
    [
      'node: in a pure folder',
      'src/codec/x.ts',
      "import { gunzipSync } from 'node:zlib'",
      'is pure',
    ],
    [
      'the file system',
      'src/catalog/x.ts',
      "import { readFile } from 'node:fs/promises'",
      'node:fs',
    ],
    [
      'arrow in a low layer',
      'src/scan/../format/x.ts',
      "import { Table } from 'apache-arrow'",
      'apache-arrow',
    ],
    ['JSON', 'src/format/x.ts', "export const x = JSON.parse('{}')", 'JSON.parse'],
    ['the clock', 'src/commit/x.ts', 'export const x = Date.now()', 'clock'],
    ['the clock, by constructor', 'src/commit/x.ts', 'export const x = new Date()', 'clock'],
    ['randomness', 'src/commit/x.ts', 'export const x = Math.random()', 'randomness'],
    ['a timer', 'src/commit/x.ts', 'setTimeout(() => {}, 5)', 'timers'],
    ['the process', 'src/commit/x.ts', 'export const x = process.env', 'process'],
    ['an untyped error', 'src/commit/x.ts', "throw new Error('no')", 'src/errors.ts'],
    ['any', 'src/commit/x.ts', 'export const f = (x: any) => x', 'no any'],
    ['export *', 'src/commit/x.ts', "export * from '../env/env.js'", 'export *'],
    ['a default export', 'src/commit/x.ts', 'export default 5', 'default export'],
    ['a suppression', 'src/commit/x.ts', '// @ts-' + 'ignore\nexport const x = 1', 'suppression'],
    ['an open end', 'src/commit/x.ts', '// TO' + 'DO later\nexport const x = 1', 'open ends'],
    ['a long file', 'src/commit/x.ts', 'export const x = 1\n'.repeat(401), '400 at most'],
    ['a camel-case name', 'src/commit/xY.ts', 'export const x = 1', 'kebab-case'],
    ['a skipped test', 'tests/unit/x.test.ts', 'it.sk' + "ip('x', () => {})", 'every test runs'],
    ['a registry host', 'README.md', 'see registry.' + 'npmjs.org', 'registry host'],
    [
      'an issue number',
      'src/commit/x.ts',
      '// see iss' + 'ue 12\nexport const x = 1',
      'issue numbers',
    ],
  ])('refuse %s', (_name, file, text, rule) => {
    const { output, status } = check({
      ...CLEAN,
      'src/store/gcs/x.ts': 'export const x = 1\n',
      [file]: `${text}\n`,
    })
    expect(output).toContain(rule)
    expect(status).toBe(1)
  })

  it('refuse an entry that loads a heavy package at once, and show the way to it', () => {
    const { output } = check({
      ...CLEAN,
      'src/arrow/rows.ts': "import { Table } from 'apache-arrow'\nexport const rows = Table\n",
      'src/index.ts': "export { rows } from './arrow/rows.js'\n",
    })
    expect(output).toContain(
      'src/index.ts loads apache-arrow at once: src/index.ts → src/arrow/rows.ts',
    )
  })

  it('accept the same when it is loaded on demand', () => {
    const { output } = check({
      ...CLEAN,
      'src/arrow/rows.ts': "import { Table } from 'apache-arrow'\nexport const rows = Table\n",
      'src/index.ts': "export const rows = () => import('./arrow/rows.js')\n",
    })
    expect(output).toMatch(/^\d+ passed, 0 failed\n$/)
  })
})
