import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const LISTER = resolve('.ci/public-api.mjs')
let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'moraine-api-'))
  mkdirSync(join(root, 'dist'))
  mkdirSync(join(root, 'spec'))
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'thing', exports }))
  writeFileSync(
    join(root, 'dist/index.d.ts'),
    "export { open, type Options as OpenOptions } from './open.js';\n",
  )
  declare('export interface Options {\n    readonly path: string;\n}')
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

function declare(options: string): void {
  const open = '/** Opens. */\nexport declare function open(options: Options): { a: 1; };'
  writeFileSync(
    join(root, 'dist/open.d.ts'),
    `${options}\n${open}\ndeclare const hidden = 1;\nexport {};\n`,
  )
}

function list(...args: string[]): { output: string; status: number | null } {
  const result = spawnSync(process.execPath, [LISTER, ...args], { cwd: root, encoding: 'utf8' })
  return { output: result.stdout + result.stderr, status: result.status }
}

it('lists every exported name with its declaration, sorted, and nothing else', () => {
  list()
  expect(readFileSync(join(root, 'spec/public-api.txt'), 'utf8')).toBe(
    [
      '# thing: 2 names',
      '',
      'OpenOptions',
      '  interface Options {',
      '      readonly path: string;',
      '  }',
      '',
      'open',
      '  function open(options: Options): { a: 1; };',
      '',
    ].join('\n'),
  )
})

it('passes while nothing changed, fails and shows the line when something did', () => {
  list()
  expect(list('--check')).toEqual({ output: '1 passed, 0 failed\n', status: 0 })
  declare('export interface Options {\n    readonly location: string;\n}')
  const { output, status } = list('--check')
  expect(output).toContain('-       readonly path: string;')
  expect(output).toContain('+       readonly location: string;')
  expect(output.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed')
  expect(status).toBe(1)
})
