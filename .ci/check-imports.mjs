/**
 * The rules of the house that a compiler does not check: which folder may import which, where
 * non-determinism may live, how errors are thrown, how long a file may be.
 *
 *   node .ci/check-imports.mjs [--root FOLDER]
 *
 * Prints every violation as `file:line: rule` and closes with `N passed, N failed` (files).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import { blank, importsOf, lineOf } from './source-text.mjs'

/** The folders of src/, lower layers first. A file imports from its own folder or an earlier one. */
const LAYERS = [
  ['errors', 'env', 'util', 'codec', 'types', 'partition', 'expr', 'format', 'store', 'arrow'],
  ['parquet', 'scan', 'write', 'commit', 'catalog', 'inspect', 'maintenance', 'table', 'testing'],
  ['server', 'cli', 'index'],
].flat()

/** Folders that do no I/O and read no clock. */
const PURE = new Set(['util', 'codec', 'types', 'partition', 'expr', 'format'])

/** Entry points that must load these only on demand. */
const LAZY_ENTRIES = ['src/index.ts', 'src/testing/index.ts']
/** What runs in browsers: no node: module at once. */
const CORE_ENTRY = 'src/index.ts'
const LAZY_PACKAGES = ['apache-arrow', 'parquet-wasm']
const ARROW_FROM = LAYERS.indexOf('arrow')

const LINES_MAX = 400
/** A test file is a list of cases and may be longer. */
const TEST_LINES_MAX = 650

/** Places where the outside world may be touched. */
const WORLD = /^src\/(env|store|cli|server)\/|^src\/parquet\/(pool|worker)/
const JSON_HOME = /^src\/(codec\/json|cli)\//

/** Bans on source text: comments and the contents of strings are blanked first. */
const TEXT_RULES = [
  {
    rule: 'JSON.parse/stringify only in codec/json',
    ban: /\bJSON\s*\.\s*(parse|stringify)\b/g,
    except: JSON_HOME,
  },
  {
    rule: 'clock only in env/',
    ban: /\bDate\s*\.\s*now\b|\bnew Date\s*\(\s*\)|\bperformance\s*\.\s*now\b/g,
    except: WORLD,
  },
  {
    rule: 'randomness only in env/',
    ban: /\bMath\s*\.\s*random\b|\brandomUUID\b|\bgetRandomValues\b/g,
    except: WORLD,
  },
  { rule: 'timers only in env/', ban: /\bset(Timeout|Interval|Immediate)\b/g, except: WORLD },
  { rule: 'process only in env/', ban: /\bprocess\s*\.\s*[a-z]/g, except: WORLD },
  {
    rule: 'fetch only in a store',
    ban: /(?<![.\w])fetch\s*\(/g,
    except: /^src\/(store|catalog\/rest|cli)\//,
  },
  {
    rule: 'throw an error class of src/errors.ts',
    ban: /\bthrow new (Error|TypeError|RangeError|SyntaxError)\b|\bthrow\s+['"`]/g,
  },
  { rule: 'no any', ban: /(?::|\bas|<|,|=|\|)\s*any\b(?!\s*[:(=.])/g },
  { rule: 'no export *', ban: /\bexport\s*\*/g },
  { rule: 'no default export', ban: /\bexport\s+default\b|\bas\s+default\b/g },
]

const COMMENT_RULES = [
  { rule: 'no compiler suppressions', ban: /@ts-(ignore|nocheck|expect-error)/g },
  { rule: 'no open ends', ban: /\b(TODO|FIXME|XXX|HACK)\b/g },
]

const TEST_RULES = [
  {
    rule: 'every test runs',
    ban: /\b(it|test|describe)\s*\.\s*(skip|only|todo|fails|skipIf|runIf)\b/g,
  },
]

// Spelled in parts, so that this file is clean by its own rule.
const HOSTS = [
  ['registry', 'npmjs'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['repo1', 'maven'],
  ['maven', 'apache'],
  ['proxy', 'golang'],
  ['deb', 'debian'],
]
const WORD_RULES = [
  {
    rule: 'no registry host names',
    ban: new RegExp(HOSTS.map((parts) => parts.join('\\.')).join('|'), 'gi'),
  },
  {
    rule: 'the product speaks of itself alone',
    ban: new RegExp(
      [
        '(?<![A-Za-z0-9.])/wo' + 'rk/',
        'sub' + '-?agent',
        '\\.libr' + 'ary/',
        'clau' + 'de',
        'anthro' + 'pic',
        '/tmp/te' + 'am',
      ].join('|'),
      'gi',
    ),
  },
  {
    rule: 'no issue numbers',
    ban: /\bissues? #?\d+\b/gi,
    only: /^(src|spec|tests|bench|examples)\/|^[A-Z]+\.md$/,
  },
]
const WORDS_EXEMPT = /^tests\/golden\/|^package-lock\.json$|\.(parquet|avro|png|svg|gz|puffin)$/

const root = resolve(argument('--root') ?? '.')
const violations = []

function argument(name) {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

function report(file, line, rule) {
  violations.push({ file, line, rule })
}

function layerOf(file) {
  const [, folder] = file.split('/')
  return folder?.replace(/\.ts$/, '')
}

/** An adapter is a folder directly under store/ or catalog/: it knows its port, not its siblings. */
function adapterOf(file) {
  const parts = file.split('/')
  return /^(store|catalog)$/.test(parts[1]) && parts.length > 3
    ? `${parts[1]}/${parts[2]}`
    : undefined
}

function checkTarget(file, target, line) {
  const [from, to] = [layerOf(file), layerOf(target)]
  if (!LAYERS.includes(to)) return report(file, line, `unknown layer ${to}: add it to the order`)
  if (from !== to && LAYERS.indexOf(to) > LAYERS.indexOf(from)) {
    report(file, line, `${from}/ must not import ${to}/ (${target}): it is a layer above`)
  }
  const [own, other] = [adapterOf(file), adapterOf(target)]
  if (own !== undefined && other !== undefined && own !== other) {
    report(file, line, `${own} must not import its sibling ${other}`)
  }
}

function checkPackage(file, { specifier, line, kind }) {
  const layer = layerOf(file)
  if (specifier.startsWith('node:')) {
    if (PURE.has(layer)) report(file, line, `${layer}/ is pure: no ${specifier}`)
    if (
      /^node:(fs|net|http|https|child_process|worker_threads)/.test(specifier) &&
      !WORLD.test(file)
    ) {
      report(file, line, `${specifier} only in env/, a store, the worker pool or the command line`)
    }
    if (kind === 'static' && layer !== 'cli' && layer !== 'server' && isCore(file)) {
      report(file, line, `${specifier} must be imported on demand: the core runs in browsers`)
    }
  }
  const lazy = LAZY_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  if (lazy && kind !== 'type' && LAYERS.indexOf(layer) < ARROW_FROM) {
    report(file, line, `${layer}/ must not import ${specifier}`)
  }
}

/** The files that the core entry reaches by static imports; filled below. */
const core = new Set()
const isCore = (file) => core.has(file)

function tsFiles(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

function read(file) {
  return readFileSync(join(root, file), 'utf8')
}

function resolveRelative(file, specifier) {
  return normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts')
}

function checkImports(file, imports, known) {
  for (const found of imports) {
    if (!found.specifier.startsWith('.')) {
      checkPackage(file, found)
      continue
    }
    const target = resolveRelative(file, found.specifier)
    if (!found.specifier.endsWith('.js'))
      report(file, found.line, `"${found.specifier}" needs its .js extension`)
    else if (!target.startsWith('src/'))
      report(file, found.line, `"${found.specifier}" leaves src/`)
    else {
      if (!known.has(target)) report(file, found.line, `"${found.specifier}" does not exist`)
      checkTarget(file, target, found.line)
    }
  }
}

/** Walks static value imports from the entries; reports the chain that reaches a lazy package. */
function walkCore(imports) {
  for (const entry of LAZY_ENTRIES) {
    const queue = imports.has(entry) ? [[entry]] : []
    const seen = new Set([entry])
    while (queue.length > 0) {
      const chain = queue.shift()
      const file = chain.at(-1)
      if (entry === CORE_ENTRY) core.add(file)
      for (const { specifier, kind, line } of imports.get(file) ?? []) {
        if (kind !== 'static') continue
        if (LAZY_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
          report(file, line, `${entry} loads ${specifier} at once: ${chain.join(' → ')}`)
        }
        if (!specifier.startsWith('.')) continue
        const target = resolveRelative(file, specifier)
        if (!seen.has(target)) {
          seen.add(target)
          queue.push([...chain, target])
        }
      }
    }
  }
}

function checkText(file, text, rules) {
  for (const { rule, ban, except, only } of rules) {
    if (except?.test(file) || only?.test(file) === false) continue
    for (const match of text.matchAll(ban)) report(file, lineOf(text, match.index), rule)
  }
}

function trackedFiles() {
  try {
    const listed = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return listed
      .toString()
      .split('\0')
      .filter((file) => file !== '' && existsSync(join(root, file)))
  } catch {
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
      .filter((file) => !/(^|\/)(node_modules|dist|\.git)\//.test(file))
  }
}

const sources = tsFiles('src')
const known = new Set(sources)
const imports = new Map(sources.map((file) => [file, importsOf(read(file))]))
walkCore(imports)
for (const file of sources) {
  checkImports(file, imports.get(file), known)
  checkText(file, blank(read(file)), TEXT_RULES)
  checkText(file, read(file), COMMENT_RULES)
}
const others = ['tests', 'bench', 'examples', '.ci']
  .flatMap(tsFiles)
  .filter((file) => !WORDS_EXEMPT.test(file))
for (const file of others.filter((other) => other.startsWith('tests/'))) {
  checkText(file, blank(read(file)), TEST_RULES)
}
for (const file of [...sources, ...others]) {
  const lines = read(file).split('\n').length - 1
  const max = file.startsWith('tests/') ? TEST_LINES_MAX : LINES_MAX
  if (lines > max) report(file, lines, `${lines} lines; ${max} at most`)
  const name = file.split('/').at(-1)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|test-d|config|worker|d))?\.(ts|mts|mjs)$/.test(name)) {
    report(file, 1, 'file names are kebab-case')
  }
}
const tracked = trackedFiles().filter((file) => !WORDS_EXEMPT.test(file))
for (const file of tracked) {
  const text = readFileSync(join(root, file)).subarray(0, 4_000_000)
  if (!text.subarray(0, 8000).includes(0)) checkText(file, text.toString('utf8'), WORD_RULES)
}

const files = new Set([...sources, ...others, ...tracked])
const failed = new Set(violations.map((violation) => violation.file))
for (const { file, line, rule } of violations) console.log(`${file}:${line}: ${rule}`)
console.log(`${files.size - failed.size} passed, ${failed.size} failed`)
process.exit(failed.size > 0 ? 1 : 0)
