import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** A fenced block of a Markdown file. */
interface Block {
  readonly language: string
  readonly code: string
}

function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language: language ?? '',
    code: code ?? '',
  }))
}

// Every command is a process of its own, several in a row.
vi.setConfig({ testTimeout: 120_000 })

const blocks = blocksOf(readFileSync('README.md', 'utf8'))
const of = (language: string): readonly string[] =>
  blocks.filter((block) => block.language === language).map(({ code }) => code)

// Inside the package, so that `import … from 'moraine'` finds the build as a user's import would.
let folder = ''
beforeAll(() => {
  mkdirSync('dist', { recursive: true })
  folder = resolve(mkdtempSync('dist/.readme-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

function runProgram(name: string, source: string): string {
  const cwd = join(folder, name)
  mkdirSync(cwd)
  writeFileSync(
    join(cwd, 'program.mjs'),
    transformSync(source, { loader: 'ts', target: 'es2023' }).code,
  )
  return run(process.execPath, ['program.mjs'], cwd)
}

/** Pages beside the README that are about one program: what they show, and what it prints. */
const PAGES = [
  'evolution',
  'maintenance',
  'row-level',
  'slowly-changing',
  'tables',
  'variants',
] as const
const pages = new Map(
  PAGES.map((page) => [page, blocksOf(readFileSync(`docs/${page}.md`, 'utf8'))] as const),
)
const ofPage = (page: (typeof PAGES)[number], language: string): readonly string[] =>
  (pages.get(page) ?? []).filter((block) => block.language === language).map(({ code }) => code)

const EXPECTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PAGES.map((page) => [`${page}.ts`, ofPage(page, 'txt').join('')])),
  'first-table.ts': of('txt').join(''),
  'test-a-store.ts': 'conforms\n10 histories keep every promise\n',
  'commit-errors.ts': '3 rows\nsurely not committed; reload and decide\n',
}

describe('README.md', () => {
  it('shows the first example as it is', () => {
    expect(of('ts')).toEqual([readFileSync('examples/first-table.ts', 'utf8')])
  })

  it('has no block that nobody runs', () => {
    expect(blocks.filter(({ language }) => !['ts', 'sh', 'txt'].includes(language))).toEqual([])
  })

  it('names commands that the continuous integration runs', () => {
    const [demo, test] = of('sh')
    expect([demo, test]).toEqual(['npm ci && npm run demo\n', 'npm ci && npm test\n'])
    const script = readFileSync('.ci/run', 'utf8')
    expect(script).toContain('npm ci && npm test')
    expect(script).toContain('npm run demo')
  })

  it('has commands that work in order', () => {
    const cwd = join(folder, 'commands')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'trips.csv'), 'id,fare,day\n1,12.5,2026-01-31\n2,7,2026-02-01\n')
    const commands = of('sh').slice(2).join('').trim().split('\n')
    const outputs = commands.map((command) => {
      const line = command.replace(
        'npx moraine',
        `'${process.execPath}' '${resolve('dist/cli/main.js')}'`,
      )
      return run('bash', ['-c', line], cwd)
    })
    expect(outputs).toHaveLength(5)
    const [imported, log, rows, plan, verified] = outputs
    expect(imported).toMatch(/^2 rows in 2 files, snapshot \d+, /)
    expect(log).toContain('append')
    expect(rows).toBe('id,fare,day\n1,12.5,2026-01-31\n')
    expect(plan).toMatch(/skipped/)
    expect(verified).toMatch(/^1 snapshots, .*: clean\n$/)
  })
})

describe.each(PAGES)('docs/%s.md', (page) => {
  it('shows its example as it is, and nothing that nobody runs', () => {
    expect(ofPage(page, 'ts')).toEqual([readFileSync(`examples/${page}.ts`, 'utf8')])
    expect(pages.get(page)).toHaveLength(2)
  })
})

it('every page of docs/ shows programs that are run, or none', () => {
  const shown = readdirSync('docs').filter(
    (name) => blocksOf(readFileSync(join('docs', name), 'utf8')).length > 0,
  )
  // The page of docs/browser.md is run in a browser, by tests/stores/browser.test.ts; that of
  // docs/object-stores.md beside a server, by object-stores-page.test.ts.
  const others = ['browser.md', 'object-stores.md', 'testing.md']
  expect(shown.sort()).toEqual([...PAGES.map((page) => `${page}.md`), ...others].sort())
})

describe('docs/testing.md', () => {
  it('shows its example as it is', () => {
    const [program] = blocksOf(readFileSync('docs/testing.md', 'utf8'))
    expect(program?.code).toEqual(readFileSync('examples/test-a-store.ts', 'utf8'))
  })
})

describe('examples/', () => {
  it('has nothing that is not run here', () => {
    const here = readdirSync('examples').filter((name) => name !== 'browser')
    expect(here.sort()).toEqual(Object.keys(EXPECTED).sort())
  })

  it.each(Object.keys(EXPECTED))('%s prints what it should', (name) => {
    expect(runProgram(name, readFileSync(join('examples', name), 'utf8'))).toBe(EXPECTED[name])
  })
})
